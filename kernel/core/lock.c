// SPDX-License-Identifier: MIT OR Apache-2.0
/* The kernel lock: see lock.h. */
#include <arch/machine.h>
#include <kernel/lock.h>

bool kernel_has_others;

static _Atomic uint32_t taken;

void kernel_lock_slow(struct cpu *cpu)
{
	while (UNLIKELY(__c11_atomic_exchange(&taken, 1, __ATOMIC_ACQUIRE) != 0)) {
		while (__c11_atomic_load(&taken, __ATOMIC_RELAXED) != 0)
			arch_relax();
	}
	if (UNLIKELY(cpu->flush_request || cpu->drop_space))
		arch_flush_requested(cpu);
}

void kernel_unlock_slow(void)
{
	__c11_atomic_store(&taken, 0, __ATOMIC_RELEASE);
}
