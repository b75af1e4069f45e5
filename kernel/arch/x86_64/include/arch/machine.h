// SPDX-License-Identifier: MIT OR Apache-2.0
/* What the portable core asks of the machine, inline; the rest is in <kernel/machine.h>. */
#ifndef ARCH_MACHINE_H
#define ARCH_MACHINE_H

#include <arch/asm.h>
#include <arch/vector.h>
#include <kernel/cpu.h>
#include <kernel/machine.h>
#include <kernel/space.h>

ALWAYS_INLINE struct cpu *cpu_self(void)
{
	struct cpu *cpu;

	__asm__("mov %%gs:0, %0" : "=r"(cpu));
	return cpu;
}

/* The same CPU's state through GS, without a register for its address. */
#define cpu_here ((struct cpu __attribute__((address_space(256))) *)0)

/* Loads FS and GS base of the thread that is to run, where they differ from what is loaded. */
ALWAYS_INLINE void arch_tls_switch(const struct thread *thread)
{
	if (LIKELY(cpu_here->arch.tls_key == thread->tls_key))
		return;
	cpu_here->arch.tls_key = thread->tls_key;
	msr_write(MSR_FS_BASE, thread->fs_base);
	msr_write(MSR_KERNEL_GS_BASE, thread->gs_base);
}

/* Loads another address space's tables. */
ALWAYS_INLINE void arch_space_switch(struct cpu *cpu, struct address_space *space)
{
	cpu->space = space;
	cr3_write(space->root);
}

/* A short pause in a waiting loop. */
ALWAYS_INLINE void arch_relax(void)
{
	__asm__ volatile("pause");
}

/* Saves what the thread leaving the CPU has in it (vector state where it is to be kept). */
ALWAYS_INLINE void arch_thread_unload(struct thread *thread)
{
	vector_leave(thread);
}

/* Loads vector state, FS and GS base of the thread that is to run. */
ALWAYS_INLINE void arch_thread_load(struct thread *thread)
{
	vector_enter(thread);
	arch_tls_switch(thread);
}

ALWAYS_INLINE void arch_thread_switch(struct thread *from, struct thread *to)
{
	arch_thread_unload(from);
	arch_thread_load(to);
}

#endif
