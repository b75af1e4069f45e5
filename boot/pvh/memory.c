// SPDX-License-Identifier: MIT OR Apache-2.0
#include "memory.h"

#include "boot/platform.h"

#include <string.h>

enum { RANGES_MAX = 512 };
#define LOW_END UINT64_C(0x100000) // left to the kernel: processors start there

static struct memory_range items[RANGES_MAX];
static struct ranges memory = {.items = items, .capacity = RANGES_MAX};

static uint32_t kind_of(uint32_t type)
{
	switch (type) {
	case PVH_USABLE:
		return MEMORY_KIND_USABLE;
	case PVH_ACPI:
		return MEMORY_KIND_ACPI_RECLAIM;
	case PVH_NVS:
		return MEMORY_KIND_ACPI_NVS;
	case PVH_BAD:
		return MEMORY_KIND_BAD;
	default:
		return MEMORY_KIND_RESERVED;
	}
}

static status_t add(const struct pvh_memory *map, uint64_t count, bool usable)
{
	for (uint64_t i = 0; i < count; i++) {
		uint32_t kind = kind_of(map[i].type);
		if ((kind == MEMORY_KIND_USABLE) != usable)
			continue;
		status_t status = ranges_set(&memory, map[i].base, map[i].size, kind);
		if (status != OK)
			return status;
	}
	return OK;
}

// Usable memory first: where entries overlap, the other kind wins.
status_t memory_begin(const struct pvh_memory *map, uint64_t count)
{
	status_t status = add(map, count, true);
	return status == OK ? add(map, count, false) : status;
}

status_t memory_reserve(uint64_t base, uint64_t size, uint32_t kind)
{
	return ranges_set(&memory, base, size, kind);
}

status_t memory_copy(struct ranges *ranges)
{
	if (memory.count > ranges->capacity)
		return ERR_NO_MEMORY;
	memcpy(ranges->items, memory.items, memory.count * sizeof *memory.items);
	ranges->count = memory.count;
	return OK;
}

status_t platform_allocate(uint64_t size, uint32_t kind, uint64_t *physical)
{
	status_t status =
		ranges_find(&memory, size, ABI_PAGE_SIZE, LOW_END, PVH_MAPPED_END, physical);
	if (status == OK)
		status = ranges_set(&memory, *physical, size, kind);
	if (status == OK)
		memset((void *)*physical, 0, size);
	return status;
}

status_t platform_allocate_code(uint64_t *physical)
{
	return platform_allocate(ABI_PAGE_SIZE, MEMORY_KIND_LOADER, physical);
}

uint64_t platform_memory_end(void)
{
	return ranges_memory_end(&memory);
}
