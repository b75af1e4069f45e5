// SPDX-License-Identifier: MIT OR Apache-2.0
/* Cached pages: states and lists. See cache_internal.h. */
#include "cache_internal.h"

#include <craton/estate.h>
#include <craton/service.h>

static struct page *pages; /* by block */
static uint32_t count;

bool pages_open(uint32_t block_count)
{
	count = block_count;
	pages = estate_allocate((size_t)count * sizeof(*pages), 64);
	return pages != nullptr;
}

uint32_t pages_count(void)
{
	return count;
}

struct page *page_at(uint32_t block)
{
	return block != 0 ? &pages[block - 1] : nullptr;
}

uint32_t page_block(const struct page *page)
{
	return (uint32_t)(page - pages) + 1;
}

uint8_t *page_bytes(const struct page *page)
{
	return block_data(page_block(page));
}

struct page *page_find(const struct object *object, uint64_t index)
{
	return page_at(page_map_find(&object->map, index));
}

/* --- lists ----------------------------------------------------------------------------------- */

static void append(struct page_list *list, struct page *page)
{
	uint32_t block = page_block(page);

	estate_save(list, sizeof(*list));
	page->previous = list->last;
	page->next = 0;
	if (list->last != 0)
		ESTATE_SET(page_at(list->last)->next, block);
	else
		list->first = block;
	list->last = block;
}

static void leave(struct page_list *list, const struct page *page)
{
	estate_save(list, sizeof(*list));
	if (page->previous != 0)
		ESTATE_SET(page_at(page->previous)->next, page->next);
	else
		list->first = page->next;
	if (page->next != 0)
		ESTATE_SET(page_at(page->next)->previous, page->previous);
	else
		list->last = page->previous;
}

static struct page_list *list_of(const struct page *page)
{
	switch (page->state) {
	case PAGE_CLEAN:
		return &cache->clean;
	case PAGE_CHANGED:
	case PAGE_WRITING:
		return &object_of(page)->changed;
	case PAGE_FAILED:
		return &cache->failed;
	default:
		return nullptr;
	}
}

/* --- states ---------------------------------------------------------------------------------- */

static bool is_busy(enum page_state state)
{
	return state == PAGE_FILLING || state == PAGE_WRITING;
}

static bool is_changed(enum page_state state)
{
	return state == PAGE_CHANGED || state == PAGE_WRITING;
}

static void count_change(struct object *object, enum page_state from, enum page_state to)
{
	uint32_t busy = (uint32_t)is_busy(to) - (uint32_t)is_busy(from);

	estate_save(cache, offsetof(struct cache, lists));
	cache->busy += busy;
	cache->changed += (uint32_t)is_changed(to) - (uint32_t)is_changed(from);
	cache->clean_count += (uint32_t)(to == PAGE_CLEAN) - (uint32_t)(from == PAGE_CLEAN);
	if (busy != 0)
		ESTATE_SET(object->busy, object->busy + busy);
}

void page_set_state(struct page *page, enum page_state state)
{
	struct page_list *old = list_of(page);
	struct page_list *new;

	count_change(object_of(page), page->state, state);
	estate_save(page, sizeof(*page));
	if (is_changed(page->state) && state == PAGE_WRITING) { /* keeps its place */
		page->state = state;
		return;
	}
	if (old != nullptr)
		leave(old, page);
	page->state = state;
	new = list_of(page);
	if (new != nullptr)
		append(new, page);
}

void page_change(struct page *page)
{
	if (page->state == PAGE_CHANGED)
		return;
	page_set_state(page, PAGE_CHANGED);
	page->since = time_now(); /* saved already */
}

struct page *page_add(struct object *object, uint64_t index, enum page_state state, bool dirty)
{
	uint32_t *place = page_map_place(&object->map, index);
	uint32_t block;
	struct page *page;

	if (place == nullptr)
		return nullptr;
	block = dirty ? block_allocate_dirty() : block_allocate();
	if (block == 0)
		return nullptr;
	ESTATE_SET(*place, block);
	ESTATE_SET(object->pages, object->pages + 1);
	page = page_at(block);
	estate_save(page, sizeof(*page));
	*page = (struct page){
		.index = (uint32_t)index,
		.transfers = page->transfers,
		.object = (uint16_t)object_number(object),
		.used = 1,
	};
	page_set_state(page, state);
	if (state == PAGE_CHANGED)
		page->since = time_now();
	return page;
}

void page_drop(struct page *page)
{
	struct object *object = object_of(page);

	ASSERT(!is_busy(page->state));
	page_set_state(page, PAGE_FREE);
	ESTATE_SET(object->pages, object->pages - 1);
	page_map_remove(&object->map, page->index);
	block_release(page_block(page));
}
