// SPDX-License-Identifier: MIT OR Apache-2.0
/* Mounting and unmounting, step by step. Each step is a transaction; it is done again if it needs
 * something that is not there yet. */
#pragma once

#include "fs.h"

/* Goes on as far as it can. Commits. True: it went on. */
bool mount_work(struct ext4 *fs);
void mount_resume(struct ext4 *fs);
bool mount_io_done(struct ext4 *fs, uint64_t id, status_t status);

/* One read or write, or flush; FILE_LATER until it has ended. Commits: it comes first in a step. */
[[nodiscard]] status_t mount_io(struct ext4 *fs, struct engine_io io);
