// SPDX-License-Identifier: MIT OR Apache-2.0
/* Mounting and unmounting: what is read and written besides buffers, one request at a time. */
#pragma once

#include "fs.h"

[[nodiscard]] status_t fat_mount_volume(struct fat *fs);
[[nodiscard]] status_t fat_unmount_volume(struct fat *fs);

/* As a step: OK when it has ended; what it is about must be the same until then, and that it ended
 * must be committed with what comes of it. */
[[nodiscard]] status_t fat_mount_transfer(
	struct fat *fs, enum engine_io_kind kind, uint64_t offset, void *bytes, uint32_t size);

/* The boot sector says on the device that the volume is in use, or that it is not. */
[[nodiscard]] status_t fat_mount_mark(struct fat *fs, bool in_use);

void fat_mount_resume(struct fat *fs);
void fat_mount_io_done(struct fat *fs, uint64_t id, status_t status);
