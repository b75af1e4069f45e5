// SPDX-License-Identifier: MIT OR Apache-2.0
/* drive.h over an image in memory: requests end in any order, and live on when the VFS dies, as the
 * slots of the driver do. What is written and not flushed can be lost. */
#pragma once

#include "drive.h"

/* A disk "vda" with the contents of a file. */
void drive_host_load(const char *path);
/* With these bytes, which it frees. */
void drive_host_set(uint8_t *bytes, uint64_t count);
void drive_host_save(const char *path);

/* What is written as a whole when the power goes, at most 1024 bytes. */
void drive_host_sector(unsigned bytes);

/* Files may share places of the disk from now on, and be where it has none: the volume is not
 * sound. */
void drive_host_allow_shared(bool allow);

/* One request ends: its end waits to be taken. False: none is under way. */
bool drive_host_finish(unsigned choice);

/* The machine stops: what was not flushed is lost, each sector or not; nothing is under way. */
void drive_host_cut(void);

/* How many of the next requests fail (ERR_IO), in percent. */
void drive_host_fail(unsigned percent);

/* The sector with this byte of the disk can be neither read nor written; SIZE_MAX: all can. */
void drive_host_spoil(size_t at);

/* Where a page (4096 bytes) with these bytes lies on the disk, which has one. */
size_t drive_host_find(const uint8_t *page);

/* Whether the driver was told to refuse writing. */
bool drive_host_is_protected(void);
