// SPDX-License-Identifier: MIT OR Apache-2.0
/* Which block holds which page of a file: a map like that of ext2, whose own blocks come from the
 * same pool (blocks.h). Every operation takes a number of steps that the map's depth bounds.
 * Tests: tests/host/services/vfs_contents_test.c, vfs_cache_test.c */
#pragma once

#include <craton/runtime.h>

#define PAGE_MAP_DIRECT 8u
#define PAGE_MAP_LEVELS 3u

struct page_map {
	uint32_t direct[PAGE_MAP_DIRECT];
	uint32_t indirect[PAGE_MAP_LEVELS]; /* maps of blocks, maps of maps, ... */
};

/* How many pages a file can have. */
uint64_t page_map_most(void);

/* The block of a page; 0: none. */
uint32_t page_map_find(const struct page_map *map, uint64_t index);

/* Where the block's number is, or is to be put, with the maps made on the way. nullptr: there is no
 * block for one. The caller saves what it changes. */
uint32_t *page_map_place(struct page_map *map, uint64_t index);

/* Takes a page out, and frees the maps that are empty without it, not the page's own block. The
 * last step of a transaction. */
void page_map_remove(struct page_map *map, uint64_t index);

/* The first page from `index` on that there is; UINT64_MAX: there is none. */
uint64_t page_map_next(const struct page_map *map, uint64_t index);

/* Frees the blocks of all pages but the first `keep`. The map is saved by the caller, who has begun
 * to free (blocks_begin_free). The last step of a transaction. */
void page_map_cut(struct page_map *map, uint64_t keep);
