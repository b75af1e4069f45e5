// SPDX-License-Identifier: MIT OR Apache-2.0
/* Files of ext2 and ext3: lists of blocks, in blocks of lists. They are read only. */
#pragma once

#include "extent.h"

[[nodiscard]] status_t indirect_find(struct ext4 *fs, const struct inode *inode, uint32_t at,
	uint32_t most, struct extent_run *run);
