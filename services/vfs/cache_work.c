// SPDX-License-Identifier: MIT OR Apache-2.0
/* What the cache has to do: see cache.h. Requests only note what they want; it is done here, each
 * step in a transaction of its own. Pages on their way: cache_run.c. */
#include "cache_internal.h"

#include <craton/estate.h>
#include <craton/service.h>

#define WANTS          64u
#define RECLAIM_BATCH  16u
#define CUT_BATCH      16u
#define SECOND_CHANCES 64u /* pages that are spared in one go */

enum want_kind { WANT_FILL, WANT_WRITE, WANT_CUT, WANT_EVICT, WANT_ROOM };

struct want {
	struct place place;
	uint64_t index; /* the first page */
	uint64_t end;   /* behind the last */
	uint64_t until;
	enum want_kind kind;
	uint32_t object; /* its number; 0: all */
};

static struct want wants[WANTS];
static unsigned want_count;
static uint64_t next_look;
static status_t failure; /* why the last page could not be added */
static bool is_needed;   /* a volume has cached files */

/* --- wishes ---------------------------------------------------------------------------------- */

/* A request that finds no room for a wish makes it again. */
static void want(struct want wanted)
{
	if (want_count < WANTS)
		wants[want_count++] = wanted;
}

void want_fill(struct place place, uint64_t index, uint64_t count)
{
	struct want *last = want_count > 0 ? &wants[want_count - 1] : nullptr;

	if (last != nullptr && last->kind == WANT_FILL && place_is_same(last->place, place) &&
		last->end == index)
		last->end += count;
	else
		want((struct want){
			.kind = WANT_FILL, .place = place, .index = index, .end = index + count});
}

void want_write(const struct object *object, uint64_t until)
{
	want((struct want){.kind = WANT_WRITE, .object = object_number(object), .until = until});
}

void want_cut(const struct object *object)
{
	want((struct want){.kind = WANT_CUT, .object = object_number(object)});
}

void want_evict(const struct object *object)
{
	want((struct want){.kind = WANT_EVICT, .object = object_number(object)});
}

bool cache_want_room(void)
{
	if (cache->clean_count == 0 && (cache->changed == 0 || cache_is_stuck()))
		return false;
	want((struct want){.kind = WANT_ROOM});
	return true;
}

bool cache_spares_blocks(void)
{
	return !is_needed || blocks_left() > CACHE_KEPT;
}

bool cache_has_work(void)
{
	return want_count > 0;
}

uint64_t cache_clean_bytes(void)
{
	return (uint64_t)cache->clean_count * BLOCK_SIZE;
}

/* --- making room ----------------------------------------------------------------------------- */

static void drop(struct page *page)
{
	struct object *object = object_of(page);

	page_drop(page);
	object_settle(object);
	estate_commit();
}

/* Gives up clean pages that were not used for long. A page's block is free only after the commit,
 * for its contents would be needed to undo. */
static unsigned reclaim(unsigned wanted)
{
	unsigned spared = 0;
	unsigned done = 0;

	while (done < wanted && cache->clean.first != 0) {
		struct page *page = page_at(cache->clean.first);

		if (page->used && spared++ < SECOND_CHANCES) {
			page->used = 0;
			page_set_state(page, PAGE_CLEAN);
			estate_commit();
			continue;
		}
		drop(page);
		done++;
	}
	return done;
}

/* Pages of a forgotten file that are on their way go when that has ended; of others there are none
 * behind a cut. */
static bool do_cut(struct object *object)
{
	uint64_t index;

	if (object->volume != 0 && object->forgotten && object->busy > 0)
		return false;
	index = object->cut;
	while (object->volume != 0 && object->cut != NO_CUT) {
		index = page_map_next(&object->map, index);
		for (unsigned i = 0; i < CUT_BATCH && index != UINT64_MAX; i++) {
			page_drop(page_find(object, index));
			index = page_map_next(&object->map, index + 1);
		}
		if (index == UINT64_MAX)
			ESTATE_SET(object->cut, NO_CUT);
		object_settle(object);
		estate_commit();
	}
	return true;
}

/* --- writing --------------------------------------------------------------------------------- */

static struct page *next_to_write(const struct object *object, uint64_t until)
{
	struct page *page = page_at(object->changed.first);

	while (page != nullptr && page->state == PAGE_WRITING)
		page = page_at(page->next);
	return page != nullptr && page->since <= until ? page : nullptr;
}

/* How many pages from this one on can be written together. Later changes go with earlier ones. */
static uint32_t changed_run(const struct object *object, const struct page *first, uint32_t most)
{
	uint32_t count = 1;

	while (count < most) {
		const struct page *page = page_find(object, first->index + count);

		if (page == nullptr || page->state != PAGE_CHANGED)
			break;
		count++;
	}
	return count;
}

static void begin_write(const struct object *object, struct page *first, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		page_set_state(page_find(object, first->index + i), PAGE_WRITING);
	run_begin(first, count);
	estate_commit();
}

/* True: something has ended already. */
static bool write_object(struct object *object, uint64_t until)
{
	bool ended = false;

	if (object->cut != NO_CUT)
		ended = do_cut(object);
	while (object->volume != 0 && !object->forgotten) {
		uint32_t room = run_room(object->volume - 1, true);
		struct page *first = room != 0 ? next_to_write(object, until) : nullptr;

		if (first == nullptr)
			break;
		begin_write(object, first, changed_run(object, first, room));
		if (!run_submit(first, false))
			continue;
		ended = true;
		if (object->is_failing)
			break; /* it failed at once: not again and again */
	}
	return ended;
}

/* To make room, files whose pages are not taken are passed over: they would keep the others
 * waiting. */
static bool write_all(uint64_t until)
{
	uint32_t number = cache->lists[LIST_CHANGED].first;
	bool ended = false;

	while (number != 0 && cache->runs < CACHE_TRANSFERS) {
		struct object *object = object_at(number);

		number = object->next;
		if (object->is_failing && until == UINT64_MAX)
			continue;
		ended = write_object(object, until) || ended;
	}
	return ended;
}

static bool do_write(const struct want *w)
{
	struct object *object = object_at(w->object);

	return object != nullptr ? write_object(object, w->until) : write_all(w->until);
}

static bool do_room(void)
{
	if (reclaim(RECLAIM_BATCH) > 0)
		return true;
	return !cache_is_stuck() && write_all(UINT64_MAX);
}

/* --- filling --------------------------------------------------------------------------------- */

static status_t add_pages(struct object *object, uint64_t index, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (page_add(object, index + i, PAGE_FILLING, true) == nullptr)
			return ERR_NO_MEMORY;
	}
	return OK;
}

/* nullptr: see `failure`. */
static struct page *add_filling(struct place place, uint64_t index, uint32_t count)
{
	struct page *first;
	struct object *object;

	failure = object_make(place, &object);
	if (failure == OK)
		failure = object_retain(object);
	if (failure == OK)
		failure = add_pages(object, index, count);
	if (failure != OK) {
		estate_rollback();
		return nullptr;
	}
	first = page_find(object, index);
	run_begin(first, count);
	object_settle(object);
	estate_commit();
	return first;
}

/* As many of the pages as there is memory for. */
static struct page *add_some(struct place place, uint64_t index, uint32_t count)
{
	struct page *first = nullptr;

	if (count > 1 && blocks_left() < count)
		(void)reclaim(count);
	if (count > 1)
		first = add_filling(place, index, count);
	if (first == nullptr && (count == 1 || failure == ERR_NO_MEMORY))
		first = add_filling(place, index, 1);
	if (first == nullptr && failure == ERR_NO_MEMORY && do_room())
		first = add_filling(place, index, 1);
	return first;
}

/* How many pages from `index` on are not there. */
static uint32_t absent_run(const struct object *object, uint64_t index, uint32_t most)
{
	uint32_t count = 0;

	while (count < most && (object == nullptr || page_find(object, index + count) == nullptr))
		count++;
	return count;
}

static uint32_t limited(uint64_t pages, uint32_t most)
{
	return pages < most ? (uint32_t)pages : most;
}

/* True: something is there already, or has ended. */
static bool do_fill(const struct want *w)
{
	struct object *object = object_find(w->place);
	uint64_t index = w->index;
	bool ended = false;

	if (object != nullptr && object->cut != NO_CUT)
		ended = do_cut(object);
	while (index < w->end) {
		uint32_t room = run_room(w->place.volume, false);
		uint32_t count = limited(w->end - index, PAGE_RUN_MOST);
		struct page *first;

		object = object_find(w->place);
		count = absent_run(object, index, count);
		if (count == 0) {
			ended = true;
			index++;
			continue;
		}
		first = room != 0 ? add_some(w->place, index, limited(count, room)) : nullptr;
		if (first == nullptr)
			break;
		index += first->run;
		ended = run_submit(first, false) || ended;
	}
	return ended;
}

static bool do_evict(uint32_t number)
{
	struct object *object = object_at(number);

	if (object->list != LIST_IDLE)
		return false;
	ESTATE_SET(object->cut, 0);
	estate_commit();
	return do_cut(object);
}

static bool do_want(const struct want *w)
{
	switch (w->kind) {
	case WANT_FILL:
		return do_fill(w);
	case WANT_WRITE:
		return do_write(w);
	case WANT_CUT:
		return do_cut(object_at(w->object));
	case WANT_EVICT:
		return do_evict(w->object);
	default:
		return do_room();
	}
}

status_t cache_work(bool *again)
{
	struct want list[WANTS];
	unsigned count = want_count;

	memcpy(list, wants, count * sizeof(list[0]));
	want_count = 0;
	failure = ERR_NO_MEMORY;
	*again = false;
	for (unsigned i = 0; i < count; i++)
		*again = do_want(&list[i]) || *again;
	if (count == 0 || *again || cache->busy > 0 || failure == FILE_LATER)
		return OK;
	return failure;
}

/* --- from time to time ----------------------------------------------------------------------- */

void cache_drop_failed(void)
{
	while (cache->failed.first != 0)
		drop(page_at(cache->failed.first));
}

uint64_t cache_deadline(void)
{
	if (want_count > 0 || (cache->changed > 0 && next_look == 0))
		return 1; /* long ago */
	return cache->changed > 0 ? next_look : ABI_DEADLINE_NEVER;
}

void cache_expired(uint64_t now)
{
	if (cache->changed == 0 || now < next_look)
		return;
	next_look = now + CACHE_LOOK_NS;
	if (now > CACHE_AGE_NS)
		want_write(nullptr, now - CACHE_AGE_NS);
}

void cache_resume(void)
{
	want_count = 0;
	next_look = 0;
	is_needed = false;
	for (uint32_t i = 0; i < volume_count(); i++)
		is_needed = is_needed || (volume_is_there(i) && is_cached(volume_at(i)));
	estate_commit();
	cache_drop_failed();
	for (uint32_t i = 1; i <= cache->unused_object; i++) {
		struct object *object = object_at(i);

		if (object->volume != 0 && object->cut != NO_CUT)
			(void)do_cut(object);
	}
	runs_resume();
}
