// SPDX-License-Identifier: MIT OR Apache-2.0
/* Cached pages of files that lie on a device (docs/design/files.md). The VFS reads and writes files
 * here; a file system fills pages and writes them back (file_system.h) and says when it has.
 *
 * A function that finds pages missing, or on their way, answers FILE_LATER and has changed nothing
 * that counts: its caller undoes its transaction, lets cache_work() start what is missing, and asks
 * again when something has come (later.h).
 * Tests: tests/host/services/vfs_cache_test.c, vfs_cache_kill_test.c */
#pragma once

#include "volume.h"

#define CACHE_OBJECTS   1024u /* files with pages, or open */
#define CACHE_TRANSFERS 64u   /* runs of pages under way at once */
#define CACHED_VOLUMES  3u    /* share those: two volumes of disks, and the disks as files */
#define CACHE_KEPT      64u   /* blocks that tmpfs leaves to the cache */
#define CACHE_AGE_NS    5000000000u
#define CACHE_LOOK_NS   1000000000u /* how often old pages are looked for */

/* Carves the tables from the estate, for so many blocks of the pool. */
bool cache_open(uint32_t block_count);

/* In a new instance, when all is mounted: starts again what was under way. */
void cache_resume(void);

/* True: the volume's files have pages here. */
static inline bool is_cached(const struct volume *v)
{
	return v->ops->fill != nullptr;
}

/* A file is opened and closed. A file system's node is retained from the first holder until the
 * last has gone and nothing of it is under way. ERR_TOO_MANY: as many files are open as there can
 * be; what the file system says. */
[[nodiscard]] status_t cache_hold(struct place place);
void cache_let_go(struct place place);

/* The same for a node of any volume, by whatever it is kept. */
[[nodiscard]] status_t place_hold(struct place place);
void place_let_go(struct place place);

/* For file systems: a node that was released is deleted, and its number may be used again. A file
 * that is open keeps what it has: only a volume that is not sound says so of one. */
void cache_forget(const struct volume *v, uint64_t node);

/* The word of the sheet of a file that is held; 0 if it is not. */
uint32_t cache_slot(struct place place);

/* OK: no page of the file is changed and not written back yet. FILE_LATER; ERR_IO: pages cannot be
 * written. */
[[nodiscard]] status_t cache_clean(struct place place);

/* True: the file is open, or something of it is under way. */
bool cache_is_busy(struct place place);

/* True: files of the volume are open. */
bool cache_is_held(uint32_t volume);

/* Writes what is changed and gives up all pages of a volume of which nothing is open. FILE_LATER;
 * ERR_IO: pages cannot be written. */
[[nodiscard]] status_t cache_empty(uint32_t volume);

/* What is changed in a volume of which nothing is open and that takes no changes any more will
 * never be written. Commits. */
void cache_give_up(uint32_t volume);

/* --- contents: FILE_LATER, and what the file system says ---------------------------------------
 */

[[nodiscard]] status_t cache_read(
	struct place place, uint64_t offset, void *buffer, size_t size, size_t *done);
/* At most MEMORY_SHARED_UNIT bytes. ERR_RANGE; ERR_NO_SPACE. */
[[nodiscard]] status_t cache_write(
	struct place place, uint64_t offset, const void *bytes, size_t size, size_t *done);
[[nodiscard]] status_t cache_set_size(struct place place, uint64_t size);

/* --- making it last -------------------------------------------------------------------------- */

/* How far a request has come; all 0 at its beginning. */
struct sync_progress {
	uint64_t until;  /* what was changed later does not matter */
	uint64_t ticket; /* of the file system */
	uint64_t volume; /* of all: the next */
	uint64_t errors; /* of all: when it began, + 1 */
};

/* How often writing pages of a file has failed: a description that has seen fewer must hear of it.
 */
uint32_t cache_errors(struct place place);

/* What was written of a file is on the device when this answers OK. `*seen`: failures that the
 * caller knows of; more are told once, as the last one's status. */
[[nodiscard]] status_t cache_sync(
	struct place place, struct sync_progress *progress, uint32_t *seen);
/* The same for all volumes. ERR_IO: something could not be written. */
[[nodiscard]] status_t cache_sync_all(struct sync_progress *progress);

/* --- work ------------------------------------------------------------------------------------ */

/* Starts what was found missing, in transactions of its own, and commits. `*again`: something is
 * there already. ERR_NO_MEMORY, or what the file system says: nothing can be started, and nothing
 * is under way. */
[[nodiscard]] status_t cache_work(bool *again);

/* True: cache_work has something to do. */
bool cache_has_work(void);

/* How a run of pages has ended. */
struct page_end {
	status_t status; /* OK: all of it */
	uint64_t failed; /* else: bit for each page that has failed */
};

/* For file systems: a run has ended. One that is not under way (any more) is ignored. Commits. */
void cache_run_done(uint64_t id, struct page_end end);

/* After all that waited were asked again: pages that could not be filled go, so that whoever wants
 * them later tries again. Commits. */
void cache_drop_failed(void);

/* When old pages are to be looked for next, and what to do then. */
uint64_t cache_deadline(void);
void cache_expired(uint64_t now);

/* Bytes that could be had at once by giving up clean pages. */
uint64_t cache_clean_bytes(void);

/* False: what blocks there are the cache needs for itself, if a volume has cached files. */
bool cache_spares_blocks(void);

/* Asks for blocks: cache_work gives up clean pages. False: there are none to be had. */
bool cache_want_room(void);
