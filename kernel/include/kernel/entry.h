// SPDX-License-Identifier: MIT OR Apache-2.0
/* Called by the entry code, with interrupts off and the registers of `self` saved. */
#ifndef KERNEL_ENTRY_H
#define KERNEL_ENTRY_H

#include <kernel/cpu.h>

extern const uint64_t abi_hash;

/* Takes the lock at an entry. */
void kernel_enter(struct cpu *cpu);

void syscall_enter(struct cpu *cpu, struct thread *self);

/* Chooses what runs and releases the lock; if that is nobody, does not return. The lock is held. */
void kernel_leave(struct cpu *cpu);

#endif
