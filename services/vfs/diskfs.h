// SPDX-License-Identifier: MIT OR Apache-2.0
/* Disks and partitions as files of their size, whose pages are cached: /dev/disk/NAME. One that is
 * mounted, in whole or in part, cannot be written so. What is cached here and what a file system
 * reads are different pages: a disk is looked at when it is not mounted. What was written is on the
 * disk before it is mounted, and what is cached of one that nobody has open goes when it is
 * unmounted. */
#pragma once

#include "volume.h"

#define DISKFS_ROOT 1u

extern const struct file_system_ops diskfs_ops;

/* At the start of an instance: `volume` is its place among the volumes. */
void diskfs_open(uint32_t volume);

/* The end of a request to the disk; false: the id is none of these. */
bool diskfs_io_done(uint64_t id, status_t status);

/* OK: nothing of the unit is changed and not written yet; or the disk refuses it. FILE_LATER: it is
 * being written. */
[[nodiscard]] status_t diskfs_clean(uint64_t unit);

/* What is cached of the unit, which is gone or has other contents now, goes. False: not yet, it is
 * open or something is under way.
 */
bool diskfs_forget(uint64_t unit);

/* Goes on with what is under way; true: some of it has ended. */
bool diskfs_work(void);
