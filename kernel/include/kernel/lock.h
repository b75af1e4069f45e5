// SPDX-License-Identifier: MIT OR Apache-2.0
/* The kernel lock: one spin lock, taken by every entry and released at every exit. Long
 * operations leave the kernel between slices, so it is never held for long. It is not fair on
 * purpose: where a CPU of a virtual machine may itself be descheduled, a queue of tickets stands
 * still behind it. A CPU that waits for it has its registers saved and uses no user memory
 * (`in_kernel`), so whoever holds the lock may take its thread or translations away. */
#ifndef KERNEL_LOCK_H
#define KERNEL_LOCK_H

#include <kernel/cpu.h>

/* Set before the first use of the lock if other CPUs will be started. */
extern bool kernel_has_others;

/* 1: taken. The entries of the short ways take and release it as well. */
extern _Atomic uint32_t kernel_lock_taken;

/* With several CPUs: waits for the lock and honours what others asked of this CPU meanwhile. */
void kernel_lock_slow(struct cpu *cpu);
void kernel_unlock_slow(void);

/* Takes the lock. */
ALWAYS_INLINE void kernel_lock(struct cpu *cpu)
{
	if (UNLIKELY(kernel_has_others))
		kernel_lock_slow(cpu);
}

ALWAYS_INLINE void kernel_unlock(struct cpu *cpu)
{
	__atomic_store_n(&cpu->entry.in_kernel, 0, __ATOMIC_RELEASE);
	if (UNLIKELY(kernel_has_others))
		kernel_unlock_slow();
}

#endif
