// SPDX-License-Identifier: MIT OR Apache-2.0
/* Memory for one job. Small pieces are cut from one region and kept in a list for each power of two
 * when they are given back. Large ones have a region each, with address space to grow into, so that
 * the compiler's buffers grow in place; their pages go back when they are freed. */
#include "worker.h"

#include <abi/protocol/memory.h>

#define LARGE      0x8000u /* from here on a region of its own */
#define SPAN       ((uint64_t)1 << 30)
#define SMALL_AREA ((uint64_t)4 << 30)
#define AREA_LOW   0x400000000000u
#define SMALLEST   4u
#define ORDERS     16u /* up to LARGE */

struct piece {
	struct piece *next;
};

static struct piece *pieces[ORDERS];
static uint64_t next_place;
static uint8_t *fresh;
static uint8_t *end;

uint64_t heap_place(uint64_t size)
{
	if (next_place == 0)
		next_place = AREA_LOW + (service_start()->entropy[3] & 0xffffff) * 0x10000;
	next_place += size;
	return next_place - size;
}

static uint8_t *map(uint64_t size)
{
	uint64_t address = heap_place(size);
	struct call call = {
		.words = {0, address, size, RIGHT_READ | RIGHT_WRITE, MEMORY_OBJECT_ANONYMOUS, 0}};

	return memory_call(MEMORY_MAP, &call) == OK ? (uint8_t *)address : nullptr;
}

static void unmap(void *address)
{
	struct call call = {.words = {0, (uint64_t)(uintptr_t)address, SPAN}};

	(void)!memory_call(MEMORY_UNMAP, &call);
}

static unsigned order_of(size_t size)
{
	unsigned order = SMALLEST;

	while (order < ORDERS && (size_t)1 << order < size)
		order++;
	return order;
}

static void *take_small(unsigned order)
{
	struct piece *piece = pieces[order];

	if (piece != nullptr) {
		pieces[order] = piece->next;
		return piece;
	}
	if (fresh == nullptr) {
		fresh = map(SMALL_AREA);
		end = fresh == nullptr ? nullptr : fresh + SMALL_AREA;
	}
	if ((size_t)(end - fresh) < (size_t)1 << order)
		return nullptr;
	fresh += (size_t)1 << order;
	return fresh - ((size_t)1 << order);
}

static void *take(size_t size)
{
	if (size > SPAN)
		return nullptr;
	return size > LARGE ? map(SPAN) : take_small(order_of(size));
}

static void give(void *memory, size_t size)
{
	struct piece *piece = memory;

	if (size > LARGE) {
		unmap(memory);
		return;
	}
	piece->next = pieces[order_of(size)];
	pieces[order_of(size)] = piece;
}

static bool fits(size_t old_size, size_t new_size)
{
	if (old_size > LARGE)
		return new_size > LARGE && new_size <= SPAN;
	return old_size != 0 && new_size <= LARGE && order_of(old_size) == order_of(new_size);
}

static void *resize(void *self, void *old, size_t old_size, size_t new_size)
{
	void *new;

	(void)self;
	if (new_size != 0 && fits(old_size, new_size))
		return old;
	new = new_size != 0 ? take(new_size) : nullptr;
	if (new_size != 0 && new == nullptr)
		return nullptr;
	if (old_size != 0) {
		if (new != nullptr)
			memcpy(new, old, old_size < new_size ? old_size : new_size);
		give(old, old_size);
	}
	return new;
}

const struct wasm_allocator heap = {.resize = resize};
