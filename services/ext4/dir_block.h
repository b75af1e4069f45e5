// SPDX-License-Identifier: MIT OR Apache-2.0
/* Blocks of directories: finding, adding and taking out entries within one. */
#pragma once

#include "directory.h"

static inline char *dir_name(const struct dir_entry *entry)
{
	return (char *)(uintptr_t)(entry + 1);
}

/* Bytes that an entry with such a name takes. */
static inline uint32_t dir_entry_size(size_t name_size)
{
	return (uint32_t)(DIR_ENTRY_HEAD + name_size + 3) & ~3u;
}

/* Bytes of a block that entries can have: not its checksum. */
uint32_t dir_block_room(const struct ext4 *fs);

/* A block of a directory, by its number there: of entries, or of its index. With BLOCK_UNKNOWN it
 * is what it seems to be; it stays unknown if it has no entries and could be of the index. A hole
 * is ERR_CORRUPT. */
[[nodiscard]] status_t dir_block_get(struct ext4 *fs, const struct inode *directory,
	uint32_t number, enum block_kind kind, struct buffer **buffer);
/* One more at the end, empty; `*number`: which. */
[[nodiscard]] status_t dir_block_append(struct ext4 *fs, const struct inode *directory,
	enum block_kind kind, uint32_t *number, struct buffer **buffer);
uint32_t dir_block_count(const struct ext4 *fs, const struct inode *directory);

/* One entry without a name over the whole block, and the checksum's. */
void dir_block_init(const struct ext4 *fs, struct buffer *buffer);

bool dir_block_find(
	const struct ext4 *fs, struct buffer *buffer, struct name name, struct dir_place *place);
/* False: there is no room. */
bool dir_block_add(
	struct ext4 *fs, struct buffer *buffer, struct name name, uint32_t inode, uint8_t type);

uint8_t dir_type(const struct ext4 *fs, uint16_t mode);
