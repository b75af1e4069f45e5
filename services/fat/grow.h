// SPDX-License-Identifier: MIT OR Apache-2.0
/* Files become longer: clusters are taken, and zeros written up to where a file goes on, as FAT has
 * no holes. What one operation cannot do is done in steps by grow_work(). */
#pragma once

#include "fs.h"

/* Room for so many bytes, and zeros from the file's end up to `zeros`. ERR_NO_SPACE; FILE_LATER:
 * also while that is being done. */
[[nodiscard]] status_t grow_to(struct fat *fs, struct node *node, uint64_t size, uint64_t zeros);

/* Zeros are being written to it. */
bool grow_is_busy(const struct fat *fs, uint64_t id);

/* Commits. True: there may be more to do at once. */
bool grow_work(struct fat *fs);
void grow_resume(struct fat *fs);
void grow_io_done(struct fat *fs, uint64_t id, status_t status);
