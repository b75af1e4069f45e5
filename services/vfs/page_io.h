// SPDX-License-Identifier: MIT OR Apache-2.0
/* Runs of pages on their way between the cache and a disk. A run is moved in parts, each as long as
 * its bytes lie together on the disk and few pieces of memory hold its pages. When a part fails the
 * run is moved again page by page, so that only pages that cannot be moved have failed.
 *
 * None of this is in the estate: a new instance is given all runs that are under way again
 * (cache_resume). It waits for the parts that the instance before began, and then does all of the
 * run once more, for it does not know how those it does not find have ended.
 * Tests: tests/host/services/vfs_engine_test.c, vfs_engine_cases_test.c */
#pragma once

#include "cache.h"

/* Whose pages they are. `self` is the caller's. */
struct page_owner {
	/* How many bytes of the run the file has; it reads as zeros behind them. All of these can
	 * answer FILE_LATER. */
	status_t (*learn)(void *self, const struct page_run *run, uint32_t *valid);
	/* Bytes in which the disk is read and written. */
	uint32_t (*block_size)(void *self);
	/* Where `size` bytes of the run from `at` on lie: the first piece of them (as an engine's
	 * map() and map_write()). */
	status_t (*map)(void *self, const struct page_run *run, uint32_t at, uint32_t size,
		struct engine_run *place);
	/* Bytes of a run that is written are on the disk. May be nullptr. */
	status_t (*written)(void *self, const struct page_run *run, uint32_t at, uint32_t size);
};

/* At the start of an instance: there are none. */
void page_io_open(void);

/* Begins with a run of an owner, on this unit, in step() of page_io_work(). */
[[nodiscard]] status_t page_io_begin(
	const struct page_owner *owner, void *self, uint64_t unit, const struct page_run *run);

/* Goes on with an owner's runs, each step in a transaction of its own; true: some have ended. */
bool page_io_work(const void *self);

/* The end of a request to the disk. False: the id is none of a page's. */
bool page_io_done(uint64_t unit, uint64_t id, status_t status);

/* True: pages of a node are under way. */
bool page_io_is_under_way(const void *self, uint64_t node);
