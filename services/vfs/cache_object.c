// SPDX-License-Identifier: MIT OR Apache-2.0
/* Objects of the cache: see cache_internal.h. An object is found by volume and node; one without a
 * holder stays as long as it has pages. */
#include "cache_internal.h"
#include "sheet.h"

#include <craton/estate.h>

#define SLOT_FIRST (SHEET_WORDS - SHEET_OBJECTS)

static_assert(CACHE_OBJECTS <= SHEET_OBJECTS);

struct cache *cache;

bool cache_open(uint32_t block_count)
{
	cache = estate_allocate(sizeof(*cache), 64);
	return cache != nullptr && pages_open(block_count);
}

uint32_t object_number(const struct object *object)
{
	return object != nullptr ? (uint32_t)(object - cache->objects) + 1 : 0;
}

struct object *object_at(uint32_t number)
{
	return number != 0 ? &cache->objects[number - 1] : nullptr;
}

struct object *object_of(const struct page *page)
{
	return object_at(page->object);
}

struct volume *object_volume(const struct object *object)
{
	return volume_at(object->volume - 1);
}

/* --- finding --------------------------------------------------------------------------------- */

static uint32_t *hash_head(uint32_t volume, uint64_t node)
{
	uint64_t key = (node + ((uint64_t)volume << 48)) * 0x9e3779b97f4a7c15u;

	return &cache->hash[key >> 55];
}

static_assert(HASH_HEADS == 1u << (64 - 55));

struct object *object_find(struct place place)
{
	struct object *object = object_at(*hash_head(place.volume, place.node));

	while (object != nullptr &&
		(object->node != place.node || object->volume != place.volume + 1))
		object = object_at(object->hash_next);
	return object;
}

static void leave_hash(const struct object *object)
{
	uint32_t *link = hash_head(object->volume - 1, object->node);

	while (object_at(*link) != object)
		link = &object_at(*link)->hash_next;
	ESTATE_SET(*link, object->hash_next);
}

/* --- lists ----------------------------------------------------------------------------------- */

static void append(struct object_ends *list, struct object *object)
{
	uint32_t number = object_number(object);

	estate_save(list, sizeof(*list));
	object->previous = list->last;
	object->next = 0;
	if (list->last != 0)
		ESTATE_SET(object_at(list->last)->next, number);
	else
		list->first = number;
	list->last = number;
}

static void leave(struct object_ends *list, const struct object *object)
{
	estate_save(list, sizeof(*list));
	if (object->previous != 0)
		ESTATE_SET(object_at(object->previous)->next, object->next);
	else
		list->first = object->next;
	if (object->next != 0)
		ESTATE_SET(object_at(object->next)->previous, object->previous);
	else
		list->last = object->previous;
}

static void move_to(struct object *object, enum object_list list)
{
	if (object->list == list)
		return;
	estate_save(object, sizeof(*object));
	if (object->list != LIST_NONE)
		leave(&cache->lists[object->list], object);
	object->list = list;
	if (list != LIST_NONE)
		append(&cache->lists[list], object);
}

/* --- making and freeing ---------------------------------------------------------------------- */

static struct object *take(void)
{
	struct object *object = object_at(cache->free_object);

	if (object != nullptr) {
		ESTATE_SET(cache->free_object, object->hash_next);
		return object;
	}
	if (cache->unused_object == CACHE_OBJECTS)
		return nullptr;
	ESTATE_SET(cache->unused_object, cache->unused_object + 1);
	return object_at(cache->unused_object);
}

bool cache_is_stuck(void)
{
	uint32_t first = cache->lists[LIST_CHANGED].first;
	uint32_t number = first;

	while (number != 0 && object_at(number)->is_failing)
		number = object_at(number)->next;
	return first != 0 && number == 0;
}

/* Another file has to give up its object: one that is not open, for clean ones need nothing. */
static status_t evict(void)
{
	struct object *idle = object_at(cache->lists[LIST_IDLE].first);

	if (cache->holders == CACHE_OBJECTS || (idle == nullptr && cache_is_stuck()))
		return ERR_TOO_MANY;
	if (idle != nullptr)
		want_evict(idle);
	else
		want_write(nullptr, UINT64_MAX);
	return FILE_LATER;
}

status_t object_make(struct place place, struct object **out)
{
	uint32_t *head = hash_head(place.volume, place.node);
	struct object *object = object_find(place);

	*out = object;
	if (object != nullptr)
		return OK;
	object = take();
	if (object == nullptr)
		return evict();
	estate_save(object, sizeof(*object));
	*object = (struct object){
		.node = place.node,
		.volume = place.volume + 1,
		.hash_next = *head,
		.cut = NO_CUT,
	};
	ESTATE_SET(*head, object_number(object));
	*out = object;
	return OK;
}

status_t object_retain(struct object *object)
{
	struct volume *v = object_volume(object);
	status_t status = OK;

	if (object->retained)
		return OK;
	if (v->ops->retain != nullptr)
		status = v->ops->retain(v, object->node);
	if (status == OK)
		ESTATE_SET(object->retained, 1);
	return status;
}

static void release(struct object *object)
{
	struct volume *v = object_volume(object);

	ESTATE_SET(object->retained, 0);
	if (v->ops->release != nullptr)
		v->ops->release(v, object->node); /* which may forget it */
}

static void object_free(struct object *object)
{
	if (!object->forgotten)
		leave_hash(object);
	sheet_change(SLOT_FIRST + object_number(object) - 1);
	estate_save(object, sizeof(*object));
	object->volume = 0;
	object->hash_next = cache->free_object;
	ESTATE_SET(cache->free_object, object_number(object));
}

void object_settle(struct object *object)
{
	if (object->is_failing && object->changed.first == 0)
		ESTATE_SET(object->is_failing, 0);
	if (object->holders == 0 && object->busy == 0 && object->retained)
		release(object);
	if (object->changed.first != 0 && !object->forgotten)
		move_to(object, LIST_CHANGED);
	else if (object->holders == 0 && object->pages > 0 && object->busy == 0 &&
		 !object->forgotten)
		move_to(object, LIST_IDLE);
	else
		move_to(object, LIST_NONE);
	if (object->holders == 0 && object->pages == 0 && !object->retained)
		object_free(object);
}

/* --- holders --------------------------------------------------------------------------------- */

status_t cache_hold(struct place place)
{
	struct object *object;
	status_t status = object_make(place, &object);

	if (status == OK)
		status = object_retain(object);
	if (status != OK)
		return status;
	if (object->holders == 0)
		ESTATE_SET(cache->holders, cache->holders + 1);
	ESTATE_SET(object->holders, object->holders + 1);
	object_settle(object);
	return OK;
}

void cache_let_go(struct place place)
{
	struct object *object = object_find(place);

	ESTATE_SET(object->holders, object->holders - 1);
	if (object->holders > 0)
		return;
	ESTATE_SET(cache->holders, cache->holders - 1);
	object_settle(object);
}

static void forget(struct object *object)
{
	leave_hash(object);
	ESTATE_SET(object->forgotten, 1);
	ESTATE_SET(object->cut, 0);
	want_cut(object);
}

void cache_forget(const struct volume *v, uint64_t node)
{
	struct object *object =
		object_find((struct place){.volume = volume_index(v), .node = node});

	if (object != nullptr && object->holders == 0)
		forget(object);
}

bool cache_is_busy(struct place place)
{
	const struct object *object = object_find(place);

	return object != nullptr && (object->holders != 0 || object->busy != 0);
}

status_t place_hold(struct place place)
{
	struct volume *v = volume_at(place.volume);

	if (is_cached(v))
		return cache_hold(place);
	return v->ops->retain != nullptr ? v->ops->retain(v, place.node) : OK;
}

void place_let_go(struct place place)
{
	struct volume *v = volume_at(place.volume);

	if (is_cached(v))
		cache_let_go(place);
	else if (v->ops->release != nullptr)
		v->ops->release(v, place.node);
}

uint32_t cache_slot(struct place place)
{
	const struct object *object = object_find(place);

	return object != nullptr ? SLOT_FIRST + object_number(object) - 1 : 0;
}

uint32_t cache_errors(struct place place)
{
	const struct object *object = object_find(place);

	return object != nullptr ? object->errors : 0;
}

status_t cache_clean(struct place place)
{
	const struct object *object = object_find(place);

	if (object == nullptr || object->changed.first == 0)
		return OK;
	if (object->is_failing)
		return ERR_IO;
	want_write(object, UINT64_MAX);
	return FILE_LATER;
}

/* --- whole volumes -------------------------------------------------------------------------------
 */

static bool is_of(const struct object *object, uint32_t volume)
{
	return object->volume == volume + 1;
}

bool cache_is_held(uint32_t volume)
{
	for (uint32_t i = 1; i <= cache->unused_object; i++) {
		if (is_of(object_at(i), volume) && object_at(i)->holders > 0)
			return true;
	}
	return false;
}

void cache_give_up(uint32_t volume)
{
	for (uint32_t i = 1; i <= cache->unused_object; i++) {
		struct object *object = object_at(i);

		if (!is_of(object, volume) || object->changed.first == 0 || object->forgotten)
			continue;
		forget(object);
		estate_commit();
	}
}

status_t cache_empty(uint32_t volume)
{
	status_t status = OK;

	for (uint32_t i = 1; i <= cache->unused_object; i++) {
		struct object *object = object_at(i);

		if (!is_of(object, volume))
			continue;
		if (object->list == LIST_IDLE)
			want_evict(object);
		else if (object->forgotten)
			want_cut(object);
		else if (object->is_failing)
			return ERR_IO;
		else if (object->changed.first != 0)
			want_write(object, UINT64_MAX);
		status = FILE_LATER;
	}
	return status;
}
