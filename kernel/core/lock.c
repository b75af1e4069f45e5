// SPDX-License-Identifier: MIT OR Apache-2.0
/* The kernel lock: see lock.h. */
#include <arch/machine.h>
#include <kernel/lock.h>

bool kernel_has_others;

static struct {
	_Atomic uint32_t next;
	_Atomic uint32_t serving;
} lock;

void kernel_lock(struct cpu *cpu)
{
	uint32_t ticket;

	if (!kernel_has_others)
		return;
	ticket = __c11_atomic_fetch_add(&lock.next, 1, __ATOMIC_RELAXED);
	while (__c11_atomic_load(&lock.serving, __ATOMIC_ACQUIRE) != ticket)
		arch_relax();
	if (UNLIKELY(cpu->flush_request || cpu->drop_space))
		arch_flush_requested(cpu);
}

void kernel_unlock(struct cpu *cpu)
{
	uint32_t serving;

	__atomic_store_n(&cpu->entry.in_kernel, 0, __ATOMIC_RELEASE);
	if (!kernel_has_others)
		return;
	serving = __c11_atomic_load(&lock.serving, __ATOMIC_RELAXED);
	__c11_atomic_store(&lock.serving, serving + 1, __ATOMIC_RELEASE);
}
