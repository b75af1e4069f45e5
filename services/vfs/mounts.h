// SPDX-License-Identifier: MIT OR Apache-2.0
/* Volumes that are mounted while the system runs. The table is in the estate: a new instance has
 * the same ones, and goes on with what was under way. */
#pragma once

#include "vfs.h"

#include <abi/protocol/block.h>

#define MOUNT_READ_ONLY 1u /* flag of vfs.mount */
#define UNMOUNT_GIVE_UP 1u /* flag of vfs.unmount */

/* Behind vfs_start. False: the estate is too small, or the memory of a volume is gone. */
bool mounts_open(void);

/* Before cache_resume. */
void mounts_resume(void);

/* Mounts a disk or partition ("vda1", "/dev/vda1") at a directory. FILE_LATER; ERR_BUSY: a part of
 * it is mounted; ERR_NOT_FOUND: no such disk; ERR_BAD_IMAGE: no file system that is known;
 * ERR_NOT_SUPPORTED; ERR_CORRUPT; ERR_TOO_MANY. */
[[nodiscard]] status_t mounts_add(
	struct client *client, struct vfs_name at, struct vfs_bytes device, uint64_t flags);

/* FILE_LATER; ERR_BUSY: a file is open there; ERR_INVALID_ARGUMENT: nothing is mounted there that
 * could go; ERR_IO: something cannot be written, and the volume stays unless it has become
 * read-only or `flags` say to give that up. */
[[nodiscard]] status_t mounts_remove(struct client *client, struct vfs_name at, uint64_t flags);

/* All of which nothing is open. FILE_LATER. */
[[nodiscard]] status_t mounts_remove_all(void);

/* True: a part of the unit is mounted. */
bool mounts_use(uint64_t unit);

/* Bits of the notification came: disks may have come or gone. In a transaction of its own, and
 * before mounts_work(). */
void mounts_notified(uint64_t bits);

/* Bits of the notification came, or something was begun: in transactions of its own. True: what
 * requests wait for may be there. */
bool mounts_work(void);

/* When mounts_work() is wanted next. */
uint64_t mounts_deadline(void);
