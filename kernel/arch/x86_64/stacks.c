// SPDX-License-Identifier: MIT OR Apache-2.0
/* The kernel's stacks: see stacks.h. */
#include <arch/cpu_init.h>
#include <arch/kernel_map.h>
#include <arch/physmap.h>
#include <arch/stacks.h>

#define STACKS_BASE  0xffffff0000000000ull /* a top-level entry that the loader leaves empty */
#define WINDOW_SIZE  (16 * PAGE_SIZE)
#define KERNEL_FIRST 1u /* pages of a window: this and the next */
#define FATAL_FIRST  4u /* this, and every other one after it */

static uint64_t window_of(const struct cpu *cpu)
{
	return STACKS_BASE + cpu->id * WINDOW_SIZE;
}

static uint64_t fatal_bottom(const struct cpu *cpu, uint32_t number)
{
	return window_of(cpu) + (FATAL_FIRST + 2 * number) * PAGE_SIZE;
}

const void *stacks_fatal(const struct cpu *cpu, enum fatal_stack_number number)
{
	return (const void *)(uintptr_t)fatal_bottom(cpu, number);
}

/* New memory at `address`; returns the address after it. */
static uint64_t map_new(const struct cpu *cpu, uint64_t address, uint64_t pages)
{
	for (uint64_t i = 0; i < pages; i++, address += PAGE_SIZE)
		kernel_map_page(cpu->entry.kernel_root, address,
			physical_of(boot_allocate(PAGE_SHIFT)), KERNEL_MAP_WRITE);
	return address;
}

void stacks_make(struct cpu *cpu)
{
	cpu->entry.kernel_stack = map_new(
		cpu, window_of(cpu) + KERNEL_FIRST * PAGE_SIZE, KERNEL_STACK_SIZE >> PAGE_SHIFT);
	for (uint32_t i = 0; i < FATAL_STACKS; i++) {
		uint64_t top = map_new(cpu, fatal_bottom(cpu, i), 1) - sizeof(struct fatal_stack);

		*(struct fatal_stack *)(uintptr_t)top =
			(struct fatal_stack){cpu, cpu->entry.kernel_root};
		cpu->entry.tss.ist[i] = top;
	}
}

bool stacks_is_guard(uint64_t address)
{
	uint64_t page = (address - STACKS_BASE) % WINDOW_SIZE >> PAGE_SHIFT;

	if (address < STACKS_BASE || address >= STACKS_BASE + cpu_count * WINDOW_SIZE)
		return false;
	return page == KERNEL_FIRST - 1 || (page >= FATAL_FIRST - 1 && page % 2 == 1);
}
