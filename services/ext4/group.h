// SPDX-License-Identifier: MIT OR Apache-2.0
/* Groups of blocks: their descriptors. */
#pragma once

#include "fs.h"

/* A group's descriptor, in its block. */
struct group {
	uint32_t number;
	struct buffer *buffer;
	struct group_desc *desc; /* its second half is there only if they are long */
};

[[nodiscard]] status_t group_get(struct ext4 *fs, uint32_t number, struct group *group);

uint64_t group_block_bitmap(const struct ext4 *fs, const struct group_desc *desc);
uint64_t group_inode_bitmap(const struct ext4 *fs, const struct group_desc *desc);
uint64_t group_inode_table(const struct ext4 *fs, const struct group_desc *desc);
uint32_t group_free_blocks(const struct ext4 *fs, const struct group_desc *desc);
uint32_t group_free_inodes(const struct ext4 *fs, const struct group_desc *desc);
uint32_t group_unused_inodes(const struct ext4 *fs, const struct group_desc *desc);

/* The first block of a group, and how many it has. */
uint64_t group_first(const struct ext4 *fs, uint32_t number);
uint32_t group_blocks(const struct ext4 *fs, uint32_t number);

/* How many blocks a copy of superblock and descriptors takes at the beginning of this group. */
uint32_t group_super_blocks(const struct ext4 *fs, uint32_t number);

/* Changes numbers of a descriptor by so much. */
void group_add_blocks(struct ext4 *fs, const struct group *group, int32_t free);
void group_add_inodes(
	struct ext4 *fs, const struct group *group, int32_t free, int32_t directories);
void group_set_unused(struct ext4 *fs, const struct group *group, uint32_t unused);
void group_clear_flags(struct ext4 *fs, const struct group *group, uint16_t flags);

/* Checksum of a bitmap, as a descriptor says it, and what it should be. */
bool group_bitmap_is_right(const struct ext4 *fs, const struct group_desc *desc,
	const uint8_t *bitmap, bool of_inodes);
void group_bitmap_changed(
	struct ext4 *fs, const struct group *group, const uint8_t *bitmap, bool of_inodes);

/* The descriptor's own checksum. */
bool group_is_right(const struct ext4 *fs, uint32_t number, const struct group_desc *desc);
