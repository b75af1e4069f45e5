// SPDX-License-Identifier: MIT OR Apache-2.0
/* A file system on a device for tests of the cache: one directory of files and symbolic links,
 * mounted at /disk. Names and sizes are in the estate, as they would be in a file system's journal;
 * contents are on a `platter`, which outlives kills, and `lasting` is what would be left if the
 * power went. Transfers end when the test says so, in any order, with any status; any call may
 * answer FILE_LATER. */
#pragma once

#include "file_system.h"

#include <setjmp.h>

#define DISK_NODES 8u
#define DISK_PAGES 48u /* of a file */

/* Mounts it (fixture_mount). A new disk if the estate is new. */
void disk_mount(void);

/* --- what the device does -------------------------------------------------------------------- */

/* Room for so many pages; all that were ever written by `reserve` count. */
void disk_set_capacity(uint32_t pages);

/* Of a hundred calls and transfers: how many answer FILE_LATER or fail. */
void disk_set_trouble(unsigned later, unsigned failing);

/* How many transfers and other things are under way. */
unsigned disk_pending(void);

/* How many transfers of a kind there were ever. */
unsigned disk_fills(void);
unsigned disk_writes(void);

/* Ends one that is under way, which is taken from the caller's number; true: there was one. */
bool disk_finish(unsigned choice);
void disk_finish_all(void);

/* When not null, the next page that is to be written ends there, after the disk has taken it. */
extern jmp_buf *disk_dies_at_write;

/* The process dies. `keep`: the file system lives elsewhere and goes on. */
void disk_kill(bool keep);

/* A file by its name: 0 if there is none. */
uint64_t disk_find(const char *name);
uint64_t disk_size(uint64_t node);
const uint8_t *disk_lasting(uint64_t node);
uint8_t *disk_platter(uint64_t node);

/* How many nodes are in use. */
unsigned disk_nodes_used(void);
