// SPDX-License-Identifier: MIT OR Apache-2.0
/* The superblock. */
#pragma once

#include "fs.h"

/* Checks it and takes the geometry from it. ERR_BAD_IMAGE, ERR_CORRUPT, ERR_NOT_SUPPORTED; a
 * feature that only writing would need makes the volume read-only. */
[[nodiscard]] status_t super_read(struct ext4 *fs, const struct super_block *super);

/* What its checksum should be. */
uint32_t super_sum(const struct super_block *super);

/* True for a superblock of which only the checksum is wrong, as far as can be seen: its second
 * sector may be older or newer than its first. */
bool super_is_torn(const struct super_block *super);

/* Where the copy in the second group begins, in bytes; the volume may be smaller. */
uint64_t super_copy_place(const struct super_block *super);

/* True: the copy is whole, and what never changes is the same in both. */
bool super_is_copy(const struct super_block *super, const struct super_block *copy);

/* The one in the cache. It is in every transaction that allocates. */
[[nodiscard]] status_t super_get(
	struct ext4 *fs, struct buffer **buffer, struct super_block **super);

/* Its block, and where it lies in there. */
uint64_t super_place(const struct ext4 *fs);
uint32_t super_offset(const struct ext4 *fs);

[[nodiscard]] status_t super_add_free(struct ext4 *fs, int64_t blocks, int32_t inodes);
uint64_t super_free_blocks(const struct super_block *super);
