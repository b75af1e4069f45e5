// SPDX-License-Identifier: MIT OR Apache-2.0
/* The kernel lock: see lock.h. */
#include <arch/machine.h>
#include <kernel/lock.h>

bool kernel_has_others;

_Atomic uint32_t kernel_lock_taken;

void kernel_lock_slow(struct cpu *cpu)
{
	while (UNLIKELY(__c11_atomic_exchange(&kernel_lock_taken, 1, __ATOMIC_ACQUIRE) != 0)) {
		while (__c11_atomic_load(&kernel_lock_taken, __ATOMIC_RELAXED) != 0)
			arch_relax();
	}
	if (UNLIKELY(cpu->flush_request || cpu->drop_space))
		arch_flush_requested(cpu);
}

void kernel_unlock_slow(void)
{
	__c11_atomic_store(&kernel_lock_taken, 0, __ATOMIC_RELEASE);
}
