// SPDX-License-Identifier: MIT OR Apache-2.0
#include "boot/ranges.h"

#include <string.h>

static uint64_t end_of(const struct memory_range *range)
{
	return range->base + range->size;
}

static void insert(struct ranges *ranges, uint64_t index, struct memory_range range)
{
	struct memory_range *at = ranges->items + index;
	memmove(at + 1, at, (ranges->count - index) * sizeof *at);
	*at = range;
	ranges->count++;
}

static void erase(struct ranges *ranges, uint64_t index)
{
	struct memory_range *at = ranges->items + index;
	ranges->count--;
	memmove(at, at + 1, (ranges->count - index) * sizeof *at);
}

// Cuts [base, end) out of every range. Needs room for one more range.
static void cut(struct ranges *ranges, uint64_t base, uint64_t end)
{
	for (uint64_t i = 0; i < ranges->count;) {
		struct memory_range *range = &ranges->items[i];
		uint64_t range_end = end_of(range);
		if (range_end <= base || range->base >= end) {
			i++;
			continue;
		}
		struct memory_range tail = *range;
		tail.base = end;
		tail.size = range_end > end ? range_end - end : 0;
		range->size = range->base < base ? base - range->base : 0;
		if (range->size > 0)
			i++;
		else
			erase(ranges, i);
		if (tail.size > 0)
			insert(ranges, i++, tail);
	}
}

static bool joins(const struct memory_range *left, const struct memory_range *right)
{
	return left->kind == right->kind && end_of(left) == right->base;
}

static void join_with_next(struct ranges *ranges, uint64_t index)
{
	if (index + 1 >= ranges->count)
		return;
	struct memory_range *range = &ranges->items[index];
	if (!joins(range, range + 1))
		return;
	range->size += range[1].size;
	erase(ranges, index + 1);
}

static void to_whole_pages(uint64_t *base, uint64_t *end, uint32_t kind)
{
	constexpr uint64_t mask = ABI_PAGE_SIZE - 1;
	constexpr uint64_t last = ~mask;
	uint64_t up_base = *base > last ? last : (*base + mask) & ~mask;
	uint64_t up_end = *end > last ? last : (*end + mask) & ~mask;
	bool shrink = kind == MEMORY_KIND_USABLE;
	*base = shrink ? up_base : *base & ~mask;
	*end = shrink ? *end & ~mask : up_end;
}

status_t ranges_set(struct ranges *ranges, uint64_t base, uint64_t size, uint32_t kind)
{
	uint64_t end = size > UINT64_MAX - base ? UINT64_MAX : base + size;
	to_whole_pages(&base, &end, kind);
	if (size == 0 || end <= base)
		return OK;
	// A cut in the middle of a range makes two of it, and the new one comes on top.
	if (ranges->count + 2 > ranges->capacity)
		return ERR_NO_MEMORY;
	cut(ranges, base, end);
	uint64_t index = 0;
	while (index < ranges->count && ranges->items[index].base < base)
		index++;
	insert(ranges, index,
		(struct memory_range){.base = base, .size = end - base, .kind = kind});
	join_with_next(ranges, index);
	if (index > 0)
		join_with_next(ranges, index - 1);
	return OK;
}

static bool find_in(const struct memory_range *range, uint64_t size, uint64_t align, uint64_t from,
	uint64_t to, uint64_t *base)
{
	uint64_t low = range->base > from ? range->base : from;
	uint64_t high = end_of(range) < to ? end_of(range) : to;
	if (low > UINT64_MAX - align)
		return false;
	low = (low + align - 1) & ~(align - 1);
	if (low >= high || high - low < size)
		return false;
	*base = low;
	return true;
}

status_t ranges_find(const struct ranges *ranges, uint64_t size, uint64_t align, uint64_t from,
	uint64_t to, uint64_t *base)
{
	for (uint64_t i = 0; i < ranges->count; i++) {
		const struct memory_range *range = &ranges->items[i];
		if (range->kind == MEMORY_KIND_USABLE &&
			find_in(range, size, align, from, to, base))
			return OK;
	}
	return ERR_NO_MEMORY;
}

static bool is_memory(uint32_t kind)
{
	return kind != MEMORY_KIND_RESERVED && kind != MEMORY_KIND_DEVICE &&
	       kind != MEMORY_KIND_BAD;
}

uint64_t ranges_memory_end(const struct ranges *ranges)
{
	for (uint64_t i = ranges->count; i > 0; i--) {
		if (is_memory(ranges->items[i - 1].kind))
			return end_of(&ranges->items[i - 1]);
	}
	return 0;
}
