// SPDX-License-Identifier: MIT OR Apache-2.0
/* The index of a directory: a tree of at most two levels, by the hashes of names, with the blocks
 * of entries as leaves. The lowest bit of a key says that names with the same hash are in the leaf
 * before, too. */
#pragma once

#include "directory.h"

[[nodiscard]] status_t index_find(
	struct ext4 *fs, const struct inode *directory, struct name name, struct dir_place *place);
/* ERR_NO_SPACE: the tree is full. */
[[nodiscard]] status_t index_add(struct ext4 *fs, const struct inode *directory, struct name name,
	uint32_t inode, uint8_t type);

/* A directory of one block, which is full, gets an index. */
[[nodiscard]] status_t index_make(struct ext4 *fs, const struct inode *directory);
