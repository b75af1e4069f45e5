// SPDX-License-Identifier: MIT OR Apache-2.0
/* Kernel isolation: see isolation.h. */
#include <arch/cpu_init.h>
#include <arch/isolation.h>
#include <arch/kernel_map.h>
#include <arch/paging.h>
#include <arch/physmap.h>
#include <arch/stacks.h>

extern const char kernel_entry_text_start[];
extern const char kernel_entry_text_end[];

void isolation_start(uint64_t kernel_root)
{
	const char *idt = idt_table();

	arch_isolation_root = physical_of(boot_allocate(PAGE_SHIFT));
	kernel_map_share(arch_isolation_root, kernel_root, kernel_entry_text_start,
		kernel_entry_text_end, KERNEL_MAP_EXECUTE);
	kernel_map_share(arch_isolation_root, kernel_root, idt, idt + PAGE_SIZE, 0);
}

void isolation_add_cpu(const struct cpu *cpu)
{
	if (arch_isolation_root == 0)
		return;
	kernel_map_share(arch_isolation_root, cpu->entry.kernel_root, &cpu->entry, &cpu->entry + 1,
		KERNEL_MAP_WRITE);
	for (uint32_t i = 0; i < FATAL_STACKS; i++) {
		const char *stack = stacks_fatal(cpu, i);

		kernel_map_share(arch_isolation_root, cpu->entry.kernel_root, stack,
			stack + PAGE_SIZE, KERNEL_MAP_WRITE);
	}
}
