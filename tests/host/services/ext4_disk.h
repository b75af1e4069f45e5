// SPDX-License-Identifier: MIT OR Apache-2.0
/* A device in memory with a cache of its own: requests end later and out of order; what was written
 * and not flushed may be lost, in part, if the power goes. */
#pragma once

#include "ext4.h"

/* A device with the contents of an image file; the one before is forgotten. */
void disk_load(const char *path);
/* What a program that opened the device now would see goes to a file. */
void disk_save(const char *path);
/* Remembers the contents, and puts them back. */
void disk_keep(void);
void disk_restore(void);
uint64_t disk_size(void);

/* As `struct engine_environment` wants it. A request that is known already is not begun twice. */
bool disk_start(void *self, const struct engine_io *io);

/* Ends one request, chosen by `which`. False: there is none. */
bool disk_end_one(unsigned which, uint64_t *id, status_t *status);
unsigned disk_pending(void);

/* For contents of files: at once. They are in the device's cache like the rest. */
void disk_write_now(uint64_t offset, const void *bytes, size_t size);
void disk_read_now(uint64_t offset, void *bytes, size_t size);

/* From the n-th request on, so many end with ERR_IO. */
void disk_set_trouble(unsigned after, unsigned count);

/* The power goes: requests that are under way are done in part or not at all, and so is what was
 * written since the last flush. `random` chooses. */
void disk_cut(unsigned (*random)(void));
