// SPDX-License-Identifier: MIT OR Apache-2.0
/* ext4 as a file system of the VFS: services/ext4, fused into this process. Its state is in this
 * estate, so that it is undone with the request that changes it. */
#pragma once

#include "drive.h"
#include "volume.h"

#define EXT4FS_MOST   2u
#define EXT4FS_ROOT   2u        /* node of the root directory */
#define EXT4FS_MEMORY 0x200000u /* bytes, of a chunk that is shared with the driver */

extern const struct file_system_ops ext4fs_ops;

/* Carves the state of EXT4FS_MOST volumes; `memory` is where each has its bytes once it is mounted.
 */
bool ext4fs_open(uint8_t *const memory[EXT4FS_MOST]);

/* Which volume of the name space this is, on which unit, and where the driver finds its memory: at
 * the start of an instance, and before it is mounted. */
void ext4fs_bind(unsigned index, uint32_t volume, uint64_t unit, uint64_t object);

/* A new volume begins. */
void ext4fs_begin(unsigned index, uint64_t size, bool read_only);

/* What was under way in the instance before. */
void ext4fs_resume(unsigned index);

/* FILE_LATER until it is done. */
[[nodiscard]] status_t ext4fs_mount(unsigned index);
[[nodiscard]] status_t ext4fs_unmount(unsigned index);

/* FILE_LATER until nothing is under way, whatever became of it. */
[[nodiscard]] status_t ext4fs_settle(unsigned index);

/* Why it could not be mounted, or can only be read; may be empty. */
const char *ext4fs_trouble(unsigned index);
bool ext4fs_is_read_only(unsigned index);

/* The end of a request to the disk. */
void ext4fs_io_done(unsigned index, uint64_t id, status_t status);

/* Goes on with everything, in transactions of its own; true: there is more to do at once, or
 * something that requests may have waited for is there. */
bool ext4fs_work(unsigned index);

/* False: it has nothing to do, and will have nothing, unless it is called. */
bool ext4fs_is_busy(unsigned index);
