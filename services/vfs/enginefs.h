// SPDX-License-Identifier: MIT OR Apache-2.0
/* Volumes of disks as file systems of the VFS: engines of files (craton/file_engine.h), in
 * processes of their own (remote.h) or fused into this one. Their state is in the memory of their
 * volume; fused, this estate's transactions comprise it, so that it is undone with the request that
 * changes it. */
#pragma once

#include "drive.h"
#include "volume.h"

#include <craton/file_engine.h>

#define ENGINEFS_MOST   2u        /* volumes */
#define ENGINEFS_MEMORY 0x200000u /* bytes, of a chunk that is shared with the driver */

extern const struct file_system_ops enginefs_ops;

/* `memory` is where each volume has its bytes once it is mounted. */
bool enginefs_open(uint8_t *const memory[ENGINEFS_MOST]);

/* What a volume needs besides its memory. ERR_NO_MEMORY. */
[[nodiscard]] status_t enginefs_prepare(unsigned index);

/* True: its process does not answer. */
bool enginefs_is_silent(unsigned index);

/* Which volume of the name space this is, on which unit, and where the driver finds its memory,
 * which is there: at the start of an instance, and before it is mounted. */
void enginefs_bind(unsigned index, uint32_t volume, uint64_t unit, uint64_t object);

/* Goes on with what this engine has in the memory. */
void enginefs_choose(unsigned index, unsigned kind);

/* Begins with an empty memory: all that is there is forgotten. */
void enginefs_begin(unsigned index, unsigned kind, uint64_t size, bool read_only);

/* What was under way in the instance before. */
void enginefs_resume(unsigned index);

/* FILE_LATER until it is done. */
[[nodiscard]] status_t enginefs_mount(unsigned index);
[[nodiscard]] status_t enginefs_unmount(unsigned index);

/* The volume has gone: its memory can go. */
void enginefs_end(unsigned index);

/* FILE_LATER until nothing is under way, whatever became of it. */
[[nodiscard]] status_t enginefs_settle(unsigned index);

/* Why it could not be mounted, or can only be read; may be empty. */
const char *enginefs_trouble(unsigned index);
bool enginefs_is_read_only(unsigned index);

/* Bits of the notification came. */
void enginefs_signalled(uint64_t bits);

/* The end of a request to the disk. */
void enginefs_io_done(unsigned index, uint64_t id, status_t status);

/* Goes on with everything, in transactions of its own; true: there is more to do at once, or
 * something that requests may have waited for is there. */
bool enginefs_work(unsigned index);

/* False: it has nothing to do, and will have nothing, unless it is called. */
bool enginefs_is_busy(unsigned index);
