// SPDX-License-Identifier: MIT OR Apache-2.0
/* Where the blocks of a file lie: the tree of extents in its inode and in blocks of its own. */
#pragma once

#include "inode.h"

/* Neighbouring blocks of a file. */
struct extent_run {
	uint64_t block; /* of the volume; 0: a hole */
	uint32_t count;
	bool is_unwritten; /* there is room, but it reads as zeros */
};

#define EXTENT_END UINT32_MAX /* behind the last block that a file can have */

/* An empty tree, for a new inode; between inode_change() and inode_seal(). */
void extents_init(const struct inode *inode);

/* What is at a block of a file, at most `most` blocks. Old files without a tree are read, too. */
[[nodiscard]] status_t extent_find(struct ext4 *fs, const struct inode *inode, uint32_t at,
	uint32_t most, struct extent_run *run);

/* Where a block for this place of the file would best lie. */
[[nodiscard]] status_t extent_goal(
	struct ext4 *fs, const struct inode *inode, uint32_t at, uint64_t *goal);

/* Fills a hole, or a part of one. */
[[nodiscard]] status_t extent_add(
	struct ext4 *fs, const struct inode *inode, uint32_t at, const struct extent_run *run);

/* So many blocks from `at` on, of one unwritten run, are written. */
[[nodiscard]] status_t extent_set_written(
	struct ext4 *fs, const struct inode *inode, uint32_t at, uint32_t count);

/* Frees blocks from the end of the file down to `from`, as many as one operation may. `is_data`:
 * the journal knows nothing of them. `*done`: there are no more. */
[[nodiscard]] status_t extent_cut(
	struct ext4 *fs, const struct inode *inode, uint32_t from, bool is_data, bool *done);
