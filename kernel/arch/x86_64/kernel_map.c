// SPDX-License-Identifier: MIT OR Apache-2.0
/* The kernel's own mappings: see kernel_map.h. Formats: Intel SDM volume 3, section 4.5. */
#include <arch/cpu_init.h>
#include <arch/kernel_map.h>
#include <arch/paging.h>
#include <arch/physmap.h>
#include <kernel/crash.h>

#define ENTRY_PRESENT ((uint64_t)1 << 0)
#define ENTRY_WRITE   ((uint64_t)1 << 1)
#define ENTRY_NX      ((uint64_t)1 << 63)
#define ENTRY_ADDRESS 0x000ffffffffff000ull
#define LEVELS        4u

static uint64_t *entry_of(uint64_t *table, uint64_t address, uint32_t level)
{
	return &table[address >> (PAGE_SHIFT + 9 * level) & 511];
}

void kernel_map_page(uint64_t root, uint64_t address, uint64_t physical, uint64_t flags)
{
	uint64_t *table = virtual_of(root);
	uint64_t value = physical | ENTRY_PRESENT;

	for (uint32_t level = LEVELS - 1; level > 0; level--) {
		uint64_t *entry = entry_of(table, address, level);

		if ((*entry & ENTRY_PRESENT) == 0)
			*entry = physical_of(boot_allocate(PAGE_SHIFT)) | ENTRY_PRESENT |
				 ENTRY_WRITE;
		table = virtual_of(*entry & ENTRY_ADDRESS);
	}
	if ((flags & KERNEL_MAP_WRITE) != 0)
		value |= ENTRY_WRITE;
	if ((flags & KERNEL_MAP_EXECUTE) == 0)
		value |= ENTRY_NX;
	*entry_of(table, address, 0) = value;
}

static void share_page(uint64_t to, uint64_t from, uint64_t address, uint64_t flags)
{
	uint64_t size;
	uint64_t entry = arch_leaf(from, address, &size);

	if (entry == 0)
		panic("a page of the kernel is not mapped", NULL);
	if ((entry & ENTRY_WRITE) == 0)
		flags &= ~KERNEL_MAP_WRITE;
	if ((entry & ENTRY_NX) != 0)
		flags &= ~KERNEL_MAP_EXECUTE;
	kernel_map_page(
		to, address, (entry & ENTRY_ADDRESS & ~(size - 1)) + (address & (size - 1)), flags);
}

void kernel_map_share(
	uint64_t to, uint64_t from, const void *start, const void *end, uint64_t flags)
{
	uint64_t address = (uint64_t)(uintptr_t)start & ~(PAGE_SIZE - 1);

	for (; address < (uint64_t)(uintptr_t)end; address += PAGE_SIZE)
		share_page(to, from, address, flags);
}
