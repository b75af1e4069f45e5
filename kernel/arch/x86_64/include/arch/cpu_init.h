// SPDX-License-Identifier: MIT OR Apache-2.0
/* Bringing up a CPU; only the boot code needs it. */
#ifndef ARCH_CPU_INIT_H
#define ARCH_CPU_INIT_H

#include <kernel/cpu.h>

/* The interrupt table, shared by all CPUs. Once. */
void idt_init(void);

/* Its page. */
const void *idt_table(void);

/* Loads this CPU's descriptor tables, control registers and system-call entry. Its stacks are made.
 */
void cpu_init(struct cpu *cpu);

/* Chooses this CPU's system-call entry: for one CPU or several, with kernel isolation or without.
 * Again when kernel_has_others was set. */
void cpu_set_entry(void);

/* Starts the other CPUs that `apic_ids` names, up to `limit` in all. Returns when they are idle. */
void smp_start(const uint32_t *apic_ids, uint32_t count, uint32_t limit);

/* Memory that the kernel keeps for ever, 2^order bytes, aligned and cleared. */
void *boot_allocate(uint32_t order);

/* Makes the structures of one more CPU: boot_allocate'd, stack included. */
struct cpu *boot_make_cpu(uint32_t id, uint32_t apic_id);

/* A page below 1 MiB for the start of other CPUs; 0: there is none. */
uint64_t boot_low_page(void);

#endif
