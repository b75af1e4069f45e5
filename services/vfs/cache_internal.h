// SPDX-License-Identifier: MIT OR Apache-2.0
/* What the parts of the cache share: pages (cache_page.c), objects, which are files that have pages
 * or are open (cache_object.c), runs of pages that are filled or written together (cache_run.c),
 * and what is to be done (cache_work.c). All of it is in the estate, but for what is to be done. */
#pragma once

#include "blocks.h"
#include "cache.h"
#include "page_map.h"

#define NO_CUT UINT32_MAX

enum page_state : uint8_t {
	PAGE_FREE,
	PAGE_FILLING,
	PAGE_CLEAN,   /* on the list of clean ones: what was not used for long is first */
	PAGE_CHANGED, /* on its object's list, in the order in which they were changed */
	PAGE_WRITING, /* still there; its bytes do not change meanwhile */
	PAGE_FAILED,  /* could not be filled; on the list of those */
};

/* What is known of a block that holds a cached page. */
struct page {
	uint32_t index; /* in its file */
	uint32_t next;  /* on its list: block numbers */
	uint32_t previous;
	uint32_t transfers; /* runs that began here, so that an end that comes twice is known */
	uint16_t object;    /* + 1 */
	enum page_state state;
	uint8_t used; /* since the last look: a hint, no part of transactions */
	uint32_t run; /* being filled or written, first of it: how many pages; else 0 */
	union {
		uint64_t since;  /* changed */
		int64_t failure; /* failed: the status */
	};
};

struct page_list {
	uint32_t first;
	uint32_t last;
};

enum object_list : uint32_t { LIST_NONE, LIST_IDLE, LIST_CHANGED, LIST_COUNT };

/* A file that has pages or is open. */
struct object {
	uint64_t node;
	uint32_t volume;    /* + 1; 0: the object is free */
	uint32_t holders;   /* descriptions */
	uint32_t retained;  /* the file system's node is */
	uint32_t forgotten; /* nobody can name it any more: only its pages have to go */
	uint32_t pages;
	uint32_t busy; /* of them: being filled or written */
	struct page_list changed;
	enum object_list list; /* on which it is */
	uint32_t next;         /* there: object + 1 */
	uint32_t previous;
	uint32_t hash_next; /* or next free */
	uint32_t cut;       /* pages from here on have to go before anything else; NO_CUT */
	/* Hints, which no transaction comprises: where reading goes on, if it does; pages up to
	 * here were asked for ahead, so many at once. */
	uint32_t next_read;
	uint32_t ahead_end;
	uint32_t ahead;
	uint32_t errors; /* that writing pages has had */
	status_t error;  /* the last */
	uint32_t
		is_failing; /* its last page that was to be written was not, and is changed still */
	struct page_map map;
};

struct object_ends {
	uint32_t first;
	uint32_t last;
};

/* What of a volume is under way. */
struct volume_runs {
	uint32_t runs;
	uint32_t writing; /* pages */
};

#define HASH_HEADS 512u

struct cache {
	uint32_t changed; /* pages, those being written too */
	uint32_t busy;    /* pages that are filled or written */
	uint32_t clean_count;
	uint32_t holders; /* objects that are held */
	struct page_list clean;
	struct page_list failed;
	struct object_ends lists[LIST_COUNT];
	uint32_t free_object;
	uint32_t unused_object; /* from here on they were never used */
	uint64_t errors;
	uint32_t runs; /* under way */
	uint32_t reserved;
	struct volume_runs volumes[VOLUMES_MOST];
	uint32_t hash[HASH_HEADS];
	struct object objects[CACHE_OBJECTS];
};

extern struct cache *cache;

/* --- cache_page.c ------------------------------------------------------------------------------
 */

bool pages_open(uint32_t block_count);
uint32_t pages_count(void);

struct page *page_at(uint32_t block);
uint32_t page_block(const struct page *page);
uint8_t *page_bytes(const struct page *page);

/* The object's page `index`; nullptr: it is not there. */
struct page *page_find(const struct object *object, uint64_t index);

/* Puts a page there, in a new block whose contents are zero, or with `dirty` anything. nullptr:
 * there is no block; the caller undoes what was done. */
struct page *page_add(struct object *object, uint64_t index, enum page_state state, bool dirty);

/* Moves it to the list of its new state. */
void page_set_state(struct page *page, enum page_state state);

/* Its bytes are changed now. */
void page_change(struct page *page);

/* Takes a page that is not busy away and frees its block: the last step of a transaction. */
void page_drop(struct page *page);

/* --- cache_object.c ----------------------------------------------------------------------------
 */

struct object *object_of(const struct page *page);
struct object *object_at(uint32_t number); /* from 1; 0: nullptr */
uint32_t object_number(const struct object *object);
struct volume *object_volume(const struct object *object);

/* nullptr: the file has no pages and is not open. */
struct object *object_find(struct place place);

/* The file's object, made if there is none. ERR_TOO_MANY, FILE_LATER. */
[[nodiscard]] status_t object_make(struct place place, struct object **object);

/* Sees to it that the file system keeps the node. */
[[nodiscard]] status_t object_retain(struct object *object);

/* Files have changed pages, and of each of them the last that was to be written was not: only when
 * they are old is it tried again. */
bool cache_is_stuck(void);

/* Puts the object on the list where it belongs; frees it if nothing keeps it. After each change of
 * its holders or pages. */
void object_settle(struct object *object);

/* --- cache_run.c -------------------------------------------------------------------------------
 */

/* Of how many pages a run of this volume can be that begins now; 0: as much of it is under way as
 * its share allows. */
uint32_t run_room(uint32_t volume, bool is_write);

/* Pages that are being filled, or written, from now on are a run. */
void run_begin(struct page *first, uint32_t count);

/* Tells the file system. True: it has ended already. `is_again`: in a new instance. */
bool run_submit(struct page *first, bool is_again);

/* In a new instance: all that are under way. */
void runs_resume(void);

/* --- cache_work.c ------------------------------------------------------------------------------
 */

void want_fill(struct place place, uint64_t index, uint64_t count);
/* Changed pages of an object (nullptr: of all) that were changed until then. */
void want_write(const struct object *object, uint64_t until);
/* Pages behind the object's `cut` go. */
void want_cut(const struct object *object);
/* All pages of an object go that is on the list of idle ones. */
void want_evict(const struct object *object);
