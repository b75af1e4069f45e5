// SPDX-License-Identifier: MIT OR Apache-2.0
/* Inodes whose end is not finished: without a name, to be deleted when nobody holds them, and such
 * that became shorter, whose blocks are not freed yet. The volume keeps them as a list, so that a
 * mount after a crash finishes them; in memory is the same list. */
#pragma once

#include "inode.h"

/* ERR_TOO_MANY. It is in the list afterwards, once; `is_cut`: because it became shorter. */
[[nodiscard]] status_t orphan_add(struct ext4 *fs, const struct inode *inode, bool is_cut);
/* Blocks behind its end are not freed yet: nothing else is done with it meanwhile. */
bool orphan_is_cut(const struct ext4 *fs, uint32_t inode);

/* Takes the list of the volume, in steps: FILE_LATER. */
[[nodiscard]] status_t orphans_load(struct ext4 *fs);

/* Nobody may hold it: kept until then. */
[[nodiscard]] status_t orphan_retain(struct ext4 *fs, uint32_t inode);
void orphan_release(struct ext4 *fs, uint32_t inode);

/* There is one whose end can be finished. */
bool orphans_are_ready(const struct ext4 *fs);

/* A step of its end. Commits. False: there is none, or it needs something that is not there yet. */
bool orphans_work(struct ext4 *fs);
