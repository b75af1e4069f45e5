// SPDX-License-Identifier: MIT OR Apache-2.0
/* Physical memory at boot: see boot_memory.h. */
#include <kernel/boot_memory.h>

#define RANGES 128u /* of the machine's map; further small pieces are left unused */

struct range {
	uint64_t base;
	uint64_t end;
};

static struct range ranges[RANGES];
static uint32_t range_count;
static uint64_t total;
static uint64_t taken;

static void add_range(uint64_t base, uint64_t end)
{
	base = (base + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
	end &= ~(PAGE_SIZE - 1);
	if (base == 0)
		base = PAGE_SIZE; /* physical address 0 means nothing */
	if (base >= end || range_count == RANGES)
		return;
	ranges[range_count++] = (struct range){base, end};
}

void boot_memory_init(const struct memory_range *map, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		if (map[i].kind != MEMORY_KIND_USABLE)
			continue;
		total += map[i].size;
		add_range(map[i].base, map[i].base + map[i].size);
	}
}

uint64_t boot_memory_take_below(uint32_t order, uint64_t limit)
{
	uint64_t size = (uint64_t)1 << order;

	for (uint32_t i = range_count; i-- > 0;) {
		struct range *range = &ranges[i];
		uint64_t end = range->end < limit ? range->end : limit;
		uint64_t base;
		uint64_t old_end = range->end;

		if (end < range->base + size)
			continue;
		base = (end - size) & ~(size - 1);
		if (base < range->base)
			continue;
		range->end = base;
		add_range(base + size, old_end);
		taken += size;
		return base;
	}
	return 0;
}

uint64_t boot_memory_take(uint32_t order)
{
	return boot_memory_take_below(order, (uint64_t)1 << 32);
}

static uint32_t largest_order(const struct range *range)
{
	uint32_t order = (uint32_t)__builtin_ctzll(range->base);

	while (((uint64_t)1 << order) > range->end - range->base)
		order--;
	return order;
}

bool boot_memory_next(uint64_t *physical, uint32_t *order)
{
	while (range_count > 0) {
		struct range *range = &ranges[range_count - 1];

		/* What is left of a page is nobody's: untyped memory begins at pages. */
		if (range->end < range->base + PAGE_SIZE) {
			range_count--;
			continue;
		}
		*physical = range->base;
		*order = largest_order(range);
		range->base += (uint64_t)1 << *order;
		return true;
	}
	return false;
}

uint64_t boot_memory_total(void)
{
	return total;
}

uint64_t boot_memory_taken(void)
{
	return taken;
}
