// SPDX-License-Identifier: MIT OR Apache-2.0
/* What the cache has to do: see cache.h. Requests only note what they want; it is done here, each
 * step in a transaction of its own. Whatever a page's transfer is about is committed before the
 * file system hears of it, and its end is committed before anybody acts upon it; so after a kill at
 * any place the same transfer is begun again, under the same id, and ended once. */
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
	uint64_t index; /* page */
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

void want_fill(struct place place, uint64_t index)
{
	want((struct want){.kind = WANT_FILL, .place = place, .index = index});
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

/* --- transfers ------------------------------------------------------------------------------- */

static uint64_t id_of(const struct page *page)
{
	return (uint64_t)page->transfers << 32 | page_block(page);
}

/* Tells the file system. True: it has ended already. */
static bool submit(struct page *page)
{
	const struct object *object = object_of(page);
	struct volume *v = object_volume(object);
	struct page_transfer transfer = {
		.id = id_of(page),
		.node = object->node,
		.offset = (uint64_t)page->index * BLOCK_SIZE,
		.block = page_block(page),
		.length = BLOCK_SIZE,
	};
	status_t status = page->state == PAGE_FILLING ? v->ops->fill(v, &transfer)
						      : v->ops->write_back(v, &transfer);

	estate_commit(); /* what it noted */
	if (status != OK)
		cache_transfer_done(transfer.id, status);
	return id_of(page) != transfer.id ||
	       !(page->state == PAGE_FILLING || page->state == PAGE_WRITING);
}

static void begin(struct page *page)
{
	estate_save(page, sizeof(*page));
	page->transfers++;
}

static void note_error(struct object *object, status_t status)
{
	ESTATE_SET(object->is_failing, 1);
	ESTATE_SET(object->errors, object->errors + 1);
	ESTATE_SET(object->error, status);
	ESTATE_SET(cache->errors, cache->errors + 1);
}

static void end_fill(struct page *page, status_t status)
{
	page_set_state(page, status == OK ? PAGE_CLEAN : PAGE_FAILED);
	if (status != OK)
		page->failure = status; /* saved with the state */
}

/* What could not be written is tried again when it is old. */
static void end_write(struct page *page, status_t status)
{
	struct object *object = object_of(page);

	page_set_state(page, PAGE_CLEAN);
	if (status == OK) {
		ESTATE_SET(object->is_failing, 0);
		return;
	}
	page_change(page);
	note_error(object, status);
}

void cache_transfer_done(uint64_t id, status_t status)
{
	uint32_t block = (uint32_t)id;
	struct page *page = block <= pages_count() ? page_at(block) : nullptr;
	struct object *object;

	if (page == nullptr || id_of(page) != id)
		return;
	object = object_of(page);
	if (page->state == PAGE_FILLING)
		end_fill(page, status);
	else if (page->state == PAGE_WRITING)
		end_write(page, status);
	else
		return;
	object_settle(object);
	estate_commit();
	if (object->volume != 0 && object->cut != NO_CUT)
		want_cut(object);
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
	if (object->volume != 0 && object->forgotten && object->busy > 0)
		return false;
	while (object->volume != 0 && object->cut != NO_CUT) {
		uint64_t index = page_map_next(&object->map, object->cut);

		for (unsigned i = 0; i < CUT_BATCH && index != UINT64_MAX; i++) {
			page_drop(page_find(object, index));
			index = page_map_next(&object->map, object->cut);
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

/* True: something has ended already. */
static bool write_object(struct object *object, uint64_t until)
{
	bool ended = false;

	if (object->cut != NO_CUT)
		ended = do_cut(object);
	while (cache->busy < CACHE_TRANSFERS && object->volume != 0 && !object->forgotten) {
		struct page *page = next_to_write(object, until);

		if (page == nullptr)
			break;
		begin(page);
		page_set_state(page, PAGE_WRITING);
		estate_commit();
		if (!submit(page))
			continue;
		ended = true;
		if (page->state == PAGE_CHANGED)
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

	while (number != 0 && cache->busy < CACHE_TRANSFERS) {
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

/* nullptr: see `failure`. */
static struct page *add_filling(const struct want *w)
{
	struct page *page = nullptr;
	struct object *object;

	failure = object_make(w->place, &object);
	if (failure == OK)
		failure = object_retain(object);
	if (failure == OK) {
		page = page_add(object, w->index, PAGE_FILLING, true);
		failure = page != nullptr ? OK : ERR_NO_MEMORY;
	}
	if (page == nullptr) {
		estate_rollback();
		return nullptr;
	}
	begin(page);
	object_settle(object);
	estate_commit();
	return page;
}

static bool do_fill(const struct want *w)
{
	struct object *object = object_find(w->place);
	struct page *page;
	bool ended = false;

	if (object != nullptr && object->cut != NO_CUT)
		ended = do_cut(object);
	object = object_find(w->place);
	if (object != nullptr && page_find(object, w->index) != nullptr)
		return true;
	if (cache->busy == CACHE_TRANSFERS)
		return ended;
	page = add_filling(w);
	if (page == nullptr && failure == ERR_NO_MEMORY && do_room())
		page = add_filling(w);
	if (page == nullptr)
		return ended;
	return submit(page) || ended;
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
	for (uint32_t block = 1; block <= pages_count() && cache->busy > 0; block++) {
		struct page *page = page_at(block);

		if (page->state == PAGE_FILLING || page->state == PAGE_WRITING)
			(void)submit(page);
	}
}
