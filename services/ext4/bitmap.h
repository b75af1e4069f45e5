// SPDX-License-Identifier: MIT OR Apache-2.0
/* Which blocks and inodes are in use. Operations: journal_begin() came before. */
#pragma once

#include "fs.h"

/* Some blocks in a row, at most so many, near `goal`; at least one. ERR_NO_SPACE. */
[[nodiscard]] status_t blocks_allocate(
	struct ext4 *fs, uint64_t goal, uint32_t most, uint64_t *block, uint32_t *count);
/* ERR_CORRUPT: some are free already. */
[[nodiscard]] status_t blocks_free(struct ext4 *fs, uint64_t block, uint32_t count);

/* The number of an inode near a directory; a directory is put where there is room. ERR_NO_SPACE. */
[[nodiscard]] status_t inode_allocate(
	struct ext4 *fs, uint32_t parent, bool is_directory, uint32_t *number);
[[nodiscard]] status_t inode_free(struct ext4 *fs, uint32_t number, bool is_directory);
