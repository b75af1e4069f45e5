// SPDX-License-Identifier: MIT OR Apache-2.0
/* Reading, writing and sizes of files whose pages are cached: see cache.h. Each function first
 * looks whether all that it needs is there, and only then changes something. */
#include "cache_internal.h"
#include "sheet.h"

#include <craton/estate.h>
#include <craton/service.h>

#define AHEAD_FIRST   16u /* pages that are filled ahead of who reads on, at first; it doubles */
#define AHEAD_PART    4u  /* of the blocks that can be had are filled ahead at most */
#define CHANGED_PART  4u  /* of the blocks may be changed pages */
#define CHANGED_MOST  2048u
#define CHANGED_LEAST 16u
#define FEW_BLOCKS    128u

/* Bytes of a file, and the pages in which they lie. */
struct range {
	struct place place;
	uint64_t offset;
	size_t size;
	uint64_t first;
	uint64_t last;
	uint64_t file_size;
};

static struct range range_of(struct place place, uint64_t offset, size_t size, uint64_t file_size)
{
	return (struct range){place, offset, size, offset / BLOCK_SIZE,
		(offset + size - 1) / BLOCK_SIZE, file_size};
}

static uint64_t size_most(void)
{
	return page_map_most() * BLOCK_SIZE;
}

static status_t size_of(struct place place, uint64_t *size)
{
	struct file_attributes a;
	status_t status = place_attributes(place, &a);

	*size = a.size;
	return status;
}

/* When blocks are few, a request gets one page at a time, so that it can go on with what there is.
 */
static size_t modest(uint64_t offset, size_t size)
{
	size_t rest = BLOCK_SIZE - offset % BLOCK_SIZE;

	return size > rest && blocks_left() + cache->clean_count < FEW_BLOCKS ? rest : size;
}

/* The part of page `index` that belongs to a range. */
static size_t part_of(const struct range *r, uint64_t index, size_t *from)
{
	uint64_t start = index * BLOCK_SIZE;
	uint64_t begin = r->offset > start ? r->offset : start;
	uint64_t end = r->offset + r->size;

	*from = begin - start;
	return (end < start + BLOCK_SIZE ? end : start + BLOCK_SIZE) - begin;
}

/* FILE_LATER if pages from `index` on are not to be used before older ones have gone. */
static status_t check_cut(const struct object *object, uint64_t index)
{
	if (object == nullptr || index < object->cut)
		return OK;
	want_cut(object);
	return FILE_LATER;
}

/* That a page can be read. */
static status_t check_there(const struct object *object, struct place place, uint64_t index)
{
	struct page *page = object != nullptr ? page_find(object, index) : nullptr;

	if (page == nullptr) {
		want_fill(place, index, 1);
		return FILE_LATER;
	}
	page->used = 1;
	if (page->state == PAGE_FAILED)
		return (status_t)page->failure;
	return page->state == PAGE_FILLING ? FILE_LATER : OK;
}

/* That a page can be changed. Its bytes stay the same while they are written. */
static status_t check_changeable(const struct object *object, struct place place, uint64_t index)
{
	status_t status = check_there(object, place, index);

	if (status == OK && page_find(object, index)->state == PAGE_WRITING)
		return FILE_LATER;
	return status;
}

/* The worse of two: an error, else FILE_LATER. */
static status_t worse(status_t a, status_t b)
{
	if (a < 0)
		return a;
	return b != OK ? b : a;
}

/* --- reading --------------------------------------------------------------------------------- */

static status_t check_read(const struct object *object, const struct range *r)
{
	status_t status = check_cut(object, r->last);

	for (uint64_t i = r->first; status >= OK && i <= r->last; i++)
		status = worse(status, check_there(object, r->place, i));
	return status;
}

/* Pages that can be filled without those that are needed now having to go. */
static uint32_t ahead_most(void)
{
	uint64_t blocks = (blocks_left() + cache->clean_count) / AHEAD_PART;

	return blocks < PAGE_RUN_MOST ? (uint32_t)blocks : PAGE_RUN_MOST;
}

/* More is asked for when half of what was asked for last is used up. */
static void fill_ahead(struct object *object, const struct range *r)
{
	uint64_t next = r->last + 1;
	uint64_t pages = (r->file_size + BLOCK_SIZE - 1) / BLOCK_SIZE;
	uint64_t from = object->ahead_end > next ? object->ahead_end : next;
	uint32_t most = ahead_most();

	if (from >= pages || next + object->ahead / 2 < from)
		return;
	object->ahead = object->ahead != 0 ? object->ahead * 2 : AHEAD_FIRST;
	if (object->ahead > most)
		object->ahead = most;
	if (object->ahead > pages - from)
		object->ahead = (uint32_t)(pages - from);
	object->ahead_end = (uint32_t)(from + object->ahead);
	while (from < object->ahead_end && page_find(object, from) != nullptr)
		from++;
	if (from < object->ahead_end)
		want_fill(r->place, from, object->ahead_end - from);
}

static void read_ahead(struct object *object, const struct range *r)
{
	bool goes_on = object->next_read == r->first && r->first > 0;

	object->next_read =
		(uint32_t)(r->offset % BLOCK_SIZE + r->size < BLOCK_SIZE ? r->first : r->last + 1);
	if (goes_on && object->cut == NO_CUT) {
		fill_ahead(object, r);
	} else if (!goes_on) {
		object->ahead = 0;
		object->ahead_end = 0;
	}
}

static void copy_out(const struct object *object, const struct range *r, uint8_t *buffer)
{
	for (uint64_t i = r->first; i <= r->last; i++) {
		size_t from;
		size_t part = part_of(r, i, &from);

		memcpy(buffer, page_bytes(page_find(object, i)) + from, part);
		buffer += part;
	}
}

status_t cache_read(struct place place, uint64_t offset, void *buffer, size_t size, size_t *done)
{
	struct object *object = object_find(place);
	struct range r;
	uint64_t file_size;
	status_t status = size_of(place, &file_size);

	*done = 0;
	if (file_size > size_most())
		file_size = size_most();
	if (status != OK || offset >= file_size || size == 0)
		return status;
	size = modest(offset, size < file_size - offset ? size : file_size - offset);
	r = range_of(place, offset, size, file_size);
	status = check_read(object, &r);
	if (status != OK)
		return status;
	copy_out(object, &r, buffer);
	read_ahead(object, &r);
	*done = r.size;
	return OK;
}

/* --- writing --------------------------------------------------------------------------------- */

static uint32_t changed_most(void)
{
	uint32_t most = pages_count() / CHANGED_PART;

	most = most < CHANGED_MOST ? most : CHANGED_MOST;
	return most > CHANGED_LEAST ? most : CHANGED_LEAST;
}

/* True: what is in the page besides the range does not matter, for the file has nothing there. */
static bool is_replaced(const struct range *r, uint64_t index)
{
	size_t from;

	return part_of(r, index, &from) == BLOCK_SIZE || index * BLOCK_SIZE >= r->file_size;
}

static bool is_absent(const struct object *object, uint64_t index)
{
	return object == nullptr || page_find(object, index) == nullptr;
}

/* The page in which the file ends is written again when the file becomes longer: what is behind the
 * end is zero in the cache, perhaps not on the device. UINT64_MAX: it ends with a page. */
static uint64_t tail_of(uint64_t file_size)
{
	return file_size % BLOCK_SIZE != 0 ? file_size / BLOCK_SIZE : UINT64_MAX;
}

static status_t check_tail(const struct object *object, const struct range *r)
{
	uint64_t tail = tail_of(r->file_size);

	if (tail == UINT64_MAX || tail >= r->first || r->offset + r->size <= r->file_size)
		return OK;
	return check_changeable(object, r->place, tail);
}

/* Who writes faster than the device waits. Pages that are not taken stay: a file of which there are
 * some gets no more room. */
static status_t check_changed(const struct object *object, const struct range *r)
{
	uint64_t changed = cache->changed + r->last - r->first + 2;
	uint32_t most = changed_most();
	bool is_stuck = changed > most / 2 && cache_is_stuck();

	if (changed > most / 2 && !is_stuck)
		want_write(nullptr, UINT64_MAX);
	if (changed <= most)
		return OK;
	return is_stuck || object->is_failing ? ERR_IO : FILE_LATER;
}

static status_t check_write(const struct object *object, const struct range *r)
{
	status_t status = worse(check_cut(object, r->last), check_tail(object, r));

	for (uint64_t i = r->first; status >= OK && i <= r->last; i++) {
		if (!is_absent(object, i) || !is_replaced(r, i))
			status = worse(status, check_changeable(object, r->place, i));
	}
	return worse(status, check_changed(object, r));
}

/* FILE_LATER: clean pages have to go first. */
static status_t no_room(void)
{
	return cache_want_room() ? FILE_LATER : ERR_NO_SPACE;
}

static status_t write_page(
	struct object *object, const struct range *r, uint64_t index, const uint8_t *bytes)
{
	size_t from;
	size_t part = part_of(r, index, &from);
	struct page *page = page_find(object, index);

	if (page != nullptr) {
		estate_save(page_bytes(page) + from, part);
		page_change(page);
	} else {
		page = page_add(object, index, PAGE_CHANGED, part == BLOCK_SIZE);
		if (page == nullptr)
			return no_room();
	}
	memcpy(page_bytes(page) + from, bytes, part);
	return OK;
}

static void change_tail(struct object *object, uint64_t file_size, uint64_t new_size)
{
	uint64_t tail = tail_of(file_size);
	struct page *page =
		tail != UINT64_MAX && new_size > file_size ? page_find(object, tail) : nullptr;

	if (page != nullptr)
		page_change(page);
}

static void note_change(struct object *object)
{
	object_settle(object);
	sheet_change(
		cache_slot((struct place){.volume = object->volume - 1, .node = object->node}));
}

static status_t change(struct object *object, const struct range *r, const uint8_t *bytes)
{
	status_t status = OK;

	change_tail(object, r->file_size, r->offset + r->size);
	for (uint64_t i = r->first; status == OK && i <= r->last; i++) {
		size_t from;

		status = write_page(object, r, i, bytes);
		bytes += part_of(r, i, &from);
	}
	note_change(object);
	return status;
}

status_t cache_write(
	struct place place, uint64_t offset, const void *bytes, size_t size, size_t *done)
{
	struct volume *v = volume_at(place.volume);
	struct object *object;
	struct range r;
	uint64_t file_size;
	status_t status = size_of(place, &file_size);

	*done = 0;
	if (status != OK || size == 0)
		return status;
	if (offset >= size_most())
		return ERR_RANGE;
	size = modest(offset, size < size_most() - offset ? size : size_most() - offset);
	r = range_of(place, offset, size, file_size);
	status = check_write(object_find(place), &r);
	if (status == OK)
		status = v->ops->reserve(v, place.node, offset, r.size);
	if (status == OK)
		status = object_make(place, &object);
	if (status == OK)
		status = change(object, &r, bytes);
	if (status == OK)
		*done = r.size;
	return status;
}

/* --- size ------------------------------------------------------------------------------------ */

/* Nothing may be under way in the pages that go, and the last that stays must be there: what is
 * behind the new end is set to zero. */
static status_t check_shorten(const struct object *object, struct place place, uint64_t size)
{
	uint64_t tail = tail_of(size);
	status_t status = check_cut(object, NO_CUT - 1);

	if (object != nullptr && object->busy > 0)
		return FILE_LATER;
	return tail != UINT64_MAX ? worse(status, check_changeable(object, place, tail)) : status;
}

static void shorten(struct object *object, uint64_t size)
{
	uint64_t tail = tail_of(size);
	struct page *page = tail != UINT64_MAX ? page_find(object, tail) : nullptr;

	if (page != nullptr) {
		uint8_t *rest = page_bytes(page) + size % BLOCK_SIZE;

		estate_save(rest, BLOCK_SIZE - size % BLOCK_SIZE);
		memset(rest, 0, BLOCK_SIZE - size % BLOCK_SIZE);
		page_change(page);
	}
	ESTATE_SET(object->cut, (uint32_t)((size + BLOCK_SIZE - 1) / BLOCK_SIZE));
	want_cut(object);
}

static status_t check_size(const struct object *object, const struct range *r, uint64_t size)
{
	if (size < r->file_size)
		return check_shorten(object, r->place, size);
	if (size > r->file_size && tail_of(r->file_size) != UINT64_MAX)
		return check_changeable(object, r->place, tail_of(r->file_size));
	return OK;
}

status_t cache_set_size(struct place place, uint64_t size)
{
	struct volume *v = volume_at(place.volume);
	struct object *object = object_find(place);
	struct range r = {.place = place};
	status_t status = size_of(place, &r.file_size);

	if (status == OK && size > size_most())
		status = ERR_RANGE;
	if (status == OK)
		status = check_size(object, &r, size);
	if (status == OK)
		status = v->ops->set_size(v, place.node, size);
	if (status != OK || object == nullptr)
		return status;
	if (size < r.file_size)
		shorten(object, size);
	change_tail(object, r.file_size, size);
	note_change(object);
	return OK;
}

/* --- making it last -------------------------------------------------------------------------- */

static bool has_old(const struct object *object, uint64_t until)
{
	const struct page *page = object != nullptr ? page_at(object->changed.first) : nullptr;

	return page != nullptr && page->since <= until;
}

static status_t file_system_sync(struct volume *v, uint64_t node, uint64_t *ticket)
{
	return v->ops->sync != nullptr ? v->ops->sync(v, node, ticket) : OK;
}

status_t cache_sync(struct place place, struct sync_progress *progress, uint32_t *seen)
{
	const struct object *object = object_find(place);

	if (progress->until == 0)
		progress->until = time_now();
	if (object != nullptr && object->errors != *seen) {
		*seen = object->errors;
		return object->error;
	}
	if (has_old(object, progress->until)) {
		want_write(object, progress->until);
		return FILE_LATER;
	}
	return file_system_sync(volume_at(place.volume), place.node, &progress->ticket);
}

static bool any_old(uint64_t until)
{
	uint32_t number = cache->lists[LIST_CHANGED].first;

	while (number != 0 && !has_old(object_at(number), until))
		number = object_at(number)->next;
	return number != 0;
}

status_t cache_sync_all(struct sync_progress *progress)
{
	if (progress->until == 0) {
		progress->until = time_now();
		progress->errors = cache->errors + 1;
	}
	if (progress->errors != cache->errors + 1)
		return ERR_IO;
	if (any_old(progress->until)) {
		want_write(nullptr, progress->until);
		return FILE_LATER;
	}
	for (; progress->volume < volume_count(); progress->volume++) {
		struct volume *v = volume_at((uint32_t)progress->volume);
		status_t status = volume_is_there((uint32_t)progress->volume)
					  ? file_system_sync(v, 0, &progress->ticket)
					  : OK;

		if (status != OK)
			return status;
		progress->ticket = 0;
	}
	return OK;
}
