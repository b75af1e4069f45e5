// SPDX-License-Identifier: MIT OR Apache-2.0
/* The kernel's stacks. Each CPU has a window of addresses with its stacks in it, and a page that is
 * not mapped below each: a stack that overflows ends in a double fault, on another stack. */
#ifndef ARCH_STACKS_H
#define ARCH_STACKS_H

#include <kernel/cpu.h>

#define KERNEL_STACK_SIZE (2 * PAGE_SIZE)

/* Vectors that may come at any instruction have stacks of their own (Intel SDM volume 3, section
 * 6.14.5): one page each. */
enum fatal_stack_number { STACK_DOUBLE_FAULT, STACK_NMI, STACK_MACHINE, FATAL_STACKS };

/* The end of such a stack; entry_isolated.S knows it. */
struct fatal_stack {
	struct cpu *cpu;
	uint64_t kernel_root;
};

/* Makes a CPU's stacks (cpu->id, cpu->entry.kernel_root) and notes them in its task state. */
void stacks_make(struct cpu *cpu);

/* The lowest address of such a stack. */
const void *stacks_fatal(const struct cpu *cpu, enum fatal_stack_number number);

/* Whether `address` is in a page that is left unmapped below a stack. */
NODISCARD bool stacks_is_guard(uint64_t address);

#endif
