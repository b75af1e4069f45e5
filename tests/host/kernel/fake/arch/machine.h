// SPDX-License-Identifier: MIT OR Apache-2.0
/* Host tests: the interface of arch/machine.h over the fake of fake.h. */
#ifndef ARCH_MACHINE_H
#define ARCH_MACHINE_H

#include <arch/asm.h>
#include <kernel/cpu.h>
#include <kernel/machine.h>
#include <kernel/space.h>

extern struct cpu *fake_cpu;

ALWAYS_INLINE struct cpu *cpu_self(void)
{
	return fake_cpu;
}

#define cpu_here fake_cpu

ALWAYS_INLINE void arch_relax(void)
{
}

void arch_thread_unload(struct thread *thread);
void arch_thread_load(struct thread *thread);
ALWAYS_INLINE void arch_thread_switch(struct thread *from, struct thread *to)
{
	arch_thread_unload(from);
	arch_thread_load(to);
}

ALWAYS_INLINE void arch_tls_switch(const struct thread *thread)
{
	fake_cpu->arch.tls_key = thread->tls_key;
}

ALWAYS_INLINE void arch_space_switch(struct cpu *cpu, struct address_space *space)
{
	cpu->space = space;
	cr3_write(space->root);
}

#endif
