// SPDX-License-Identifier: MIT OR Apache-2.0
/* Kernel isolation (KPTI), for CPUs that read memory speculatively that the mode may not read
 * ("Meltdown"): user mode runs on tables in which of the kernel only the entry code, the descriptor
 * tables, a page and three stacks of each CPU are. Each address space then has a second top table
 * with the same user half; see paging.h. Decided once, before the first space is made.
 * Tests: tests/system/isolation_test.py, tests/host/kernel/space_test.c */
#ifndef ARCH_ISOLATION_H
#define ARCH_ISOLATION_H

#include <kernel/cpu.h>

/* Makes the tables without user half: arch_isolation_root is set from here on. */
void isolation_start(uint64_t kernel_root);

/* Shares what a CPU needs to enter the kernel. Its stacks are there. */
void isolation_add_cpu(const struct cpu *cpu);

#endif
