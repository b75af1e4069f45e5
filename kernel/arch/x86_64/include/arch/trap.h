// SPDX-License-Identifier: MIT OR Apache-2.0
/* The kernel's own registers at a trap in kernel mode, as entry.S pushes them. */
#ifndef ARCH_TRAP_H
#define ARCH_TRAP_H

#include <kernel/cpu.h>

struct trap_frame {
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t vector;
	uint64_t error;
	uint64_t rip, cs, rflags, rsp, ss;
};

/* From entry.S. */
void interrupt_enter(struct cpu *cpu, struct thread *self, uint64_t vector, uint64_t error);
void interrupt_in_kernel_enter(struct trap_frame *trap);
NORETURN void interrupt_fatal(struct trap_frame *trap);

void arch_print_trap(const struct trap_frame *trap);
bool arch_is_kernel_stack(uint64_t address);
NORETURN void arch_panic_exit(void);

#endif
