// SPDX-License-Identifier: MIT OR Apache-2.0
/* Runs of neighbouring pages that are filled or written together: see cache_internal.h. What a run
 * is about is committed before the file system hears of it, and its end is committed before anybody
 * acts upon it; so after a kill at any place the same run is begun again, under the same id, and
 * ended once. Its pages stay where they are meanwhile: they are found through its object. */
#include "cache_internal.h"

#include <craton/estate.h>

#define WRITING_MOST 256u /* pages of a volume: engines note in which order they are written */
#define VOLUME_SHARE (CACHE_TRANSFERS / CACHED_VOLUMES)

static uint64_t id_of(const struct page *first)
{
	return (uint64_t)first->transfers << 32 | page_block(first);
}

static bool is_under_way(const struct page *first)
{
	return first->run != 0 && (first->state == PAGE_FILLING || first->state == PAGE_WRITING);
}

static struct page *page_of_run(const struct page *first, uint32_t i)
{
	return i != 0 ? page_find(object_of(first), first->index + i) : page_at(page_block(first));
}

/* --- beginning ---------------------------------------------------------------------------------
 */

uint32_t run_room(uint32_t volume, bool is_write)
{
	const struct volume_runs *v = &cache->volumes[volume];
	uint32_t room = PAGE_RUN_MOST;

	if (cache->runs >= CACHE_TRANSFERS || v->runs >= VOLUME_SHARE)
		return 0;
	if (is_write && WRITING_MOST - v->writing < room)
		room = WRITING_MOST - v->writing;
	return room;
}

static void count_run(const struct page *first, uint32_t runs, uint32_t pages)
{
	struct volume_runs *v = &cache->volumes[object_of(first)->volume - 1];

	ESTATE_SET(cache->runs, cache->runs + runs);
	estate_save(v, sizeof(*v));
	v->runs += runs;
	if (first->state == PAGE_WRITING)
		v->writing += pages;
}

void run_begin(struct page *first, uint32_t count)
{
	estate_save(first, sizeof(*first));
	first->transfers++;
	first->run = count;
	count_run(first, 1, count);
}

bool run_submit(struct page *first, bool is_again)
{
	const struct object *object = object_of(first);
	struct volume *v = object_volume(object);
	struct page_run run = {
		.id = id_of(first),
		.node = object->node,
		.offset = (uint64_t)first->index * BLOCK_SIZE,
		.count = first->run,
		.is_write = first->state == PAGE_WRITING,
		.is_again = is_again,
	};
	status_t status;

	for (uint32_t i = 0; i < run.count; i++)
		run.blocks[i] = page_block(page_of_run(first, i));
	status = run.is_write ? v->ops->write_back(v, &run) : v->ops->fill(v, &run);
	estate_commit(); /* what it noted */
	if (status != OK)
		cache_run_done(run.id, (struct page_end){status, UINT64_MAX});
	return id_of(first) != run.id || !is_under_way(first);
}

void runs_resume(void)
{
	for (uint32_t block = 1; block <= pages_count() && cache->runs > 0; block++) {
		if (is_under_way(page_at(block)))
			(void)run_submit(page_at(block), true);
	}
}

/* --- ending ------------------------------------------------------------------------------------
 */

static void end_fill(struct page *page, status_t status)
{
	page_set_state(page, status == OK ? PAGE_CLEAN : PAGE_FAILED);
	if (status != OK)
		page->failure = status; /* saved with the state */
}

/* What could not be written is tried again when it is old. */
static void end_write(struct page *page, status_t status)
{
	page_set_state(page, PAGE_CLEAN);
	if (status != OK)
		page_change(page);
}

static void note_error(struct object *object, status_t status)
{
	ESTATE_SET(object->is_failing, 1);
	ESTATE_SET(object->errors, object->errors + 1);
	ESTATE_SET(object->error, status);
	ESTATE_SET(cache->errors, cache->errors + 1);
}

static void note_end(struct object *object, bool is_write, status_t status)
{
	if (is_write && status != OK)
		note_error(object, status);
	else if (is_write && object->is_failing)
		ESTATE_SET(object->is_failing, 0);
}

static bool has_failed(const struct page_end *end, uint32_t page)
{
	return end->status != OK && (end->failed >> page & 1) != 0;
}

static void end_pages(struct page *first, const struct page_end *end)
{
	bool is_write = first->state == PAGE_WRITING;
	uint32_t count = first->run;
	uint32_t index = first->index;
	const struct object *object = object_of(first);

	count_run(first, UINT32_MAX, -count);
	estate_save(first, sizeof(*first));
	first->run = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct page *page = page_find(object, index + i);
		status_t status = has_failed(end, i) ? end->status : OK;

		if (is_write)
			end_write(page, status);
		else
			end_fill(page, status);
	}
}

void cache_run_done(uint64_t id, struct page_end end)
{
	uint32_t block = (uint32_t)id;
	struct page *first = block <= pages_count() ? page_at(block) : nullptr;
	struct object *object;

	if (first == nullptr || id_of(first) != id || !is_under_way(first))
		return;
	object = object_of(first);
	note_end(object, first->state == PAGE_WRITING, end.status);
	end_pages(first, &end);
	object_settle(object);
	estate_commit();
	if (object->volume != 0 && object->cut != NO_CUT)
		want_cut(object);
}
