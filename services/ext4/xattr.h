// SPDX-License-Identifier: MIT OR Apache-2.0
/* Extended attributes in a block of their own, which several inodes may share. They are kept, not
 * read or made. */
#pragma once

#include "inode.h"

/* The inode is deleted: its block of attributes is let go. */
[[nodiscard]] status_t xattr_drop(struct ext4 *fs, const struct inode *inode);
