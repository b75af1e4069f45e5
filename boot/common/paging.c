// SPDX-License-Identifier: MIT OR Apache-2.0
#include "boot/paging.h"

#define PAGE_PRESENT (UINT64_C(1) << 0)
#define PAGE_LARGE   (UINT64_C(1) << 7)
#define PAGE_ADDRESS UINT64_C(0x000ffffffffff000)

enum { LEVELS = 4, INDEX_BITS = 9, PAGE_BITS = 12 };

static unsigned level_shift(unsigned level)
{
	return PAGE_BITS + INDEX_BITS * (level - 1);
}

static uint64_t *entry_for(uint64_t *table, uint64_t address, unsigned level)
{
	return &table[address >> level_shift(level) & 511];
}

static uint64_t *take_table(struct page_builder *builder)
{
	if (builder->next == builder->end)
		return nullptr;
	uint64_t table = builder->next;
	builder->next += ABI_PAGE_SIZE;
	return (uint64_t *)table;
}

void page_builder_begin(struct page_builder *builder, uint64_t pool, uint64_t size)
{
	builder->next = pool;
	builder->end = pool + size;
	builder->root = take_table(builder);
}

// The table below `entry`, made if there is none. Null: the pool is used up.
static uint64_t *next_table(struct page_builder *builder, uint64_t *entry)
{
	if (*entry & PAGE_PRESENT)
		return (uint64_t *)(*entry & PAGE_ADDRESS);
	uint64_t *table = take_table(builder);
	if (table)
		*entry = (uint64_t)table | PAGE_PRESENT | PAGE_WRITE;
	return table;
}

static status_t map_one(
	struct page_builder *builder, uint64_t address, uint64_t value, enum page_level level)
{
	uint64_t *table = builder->root;
	for (unsigned i = LEVELS; i > level; i--) {
		table = next_table(builder, entry_for(table, address, i));
		if (!table)
			return ERR_NO_MEMORY;
	}
	*entry_for(table, address, level) = value;
	return OK;
}

status_t page_map(struct page_builder *builder, uint64_t address, uint64_t physical, uint64_t size,
	uint64_t flags, enum page_level level)
{
	uint64_t step = UINT64_C(1) << level_shift(level);
	uint64_t bits = flags | PAGE_PRESENT | (level == PAGE_4K ? 0 : PAGE_LARGE);
	for (uint64_t done = 0; done < size; done += step) {
		status_t status = map_one(builder, address + done, (physical + done) | bits, level);
		if (status != OK)
			return status;
	}
	return OK;
}

uint64_t page_tables_needed(uint64_t address, uint64_t size, enum page_level level)
{
	uint64_t count = 0;
	for (unsigned i = LEVELS; i > level; i--) {
		unsigned shift = level_shift(i);
		count += ((address + size - 1) >> shift) - (address >> shift) + 1;
	}
	return count;
}
