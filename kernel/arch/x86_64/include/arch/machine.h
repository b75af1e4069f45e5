// SPDX-License-Identifier: MIT OR Apache-2.0
/* What the portable core asks of the machine. */
#ifndef ARCH_MACHINE_H
#define ARCH_MACHINE_H

#include <arch/asm.h>
#include <arch/vector.h>
#include <kernel/cpu.h>
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

/* Sets this CPU's timer to the absolute time `when`. */
void arch_timer_set(struct cpu *cpu, time_ns when);

/* Has another CPU enter the kernel. */
void arch_send_reschedule(struct cpu *cpu);

/* The same, and returns when it is there: its registers are saved and it uses no user memory. */
void arch_pull_into_kernel(struct cpu *cpu);

/* What others asked of this CPU: forget translations, drop its address space. */
void arch_flush_requested(struct cpu *cpu);

/* A short pause in a waiting loop. */
ALWAYS_INLINE void arch_relax(void)
{
	__asm__ volatile("pause");
}

/* Releases the kernel lock and sleeps until an interrupt, which re-enters the kernel. */
NORETURN void arch_idle(struct cpu *cpu);

/* Loads an address space's tables. */
void arch_space_load(struct cpu *cpu, struct address_space *space);

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

/* Whether every system call of this CPU goes the general way, where it is recorded. */
void arch_set_entry(bool general);

/* One byte to the kernel's console. */
void arch_console_put(char byte);

/* Port input and output of 1, 2 or 4 bytes. */
uint64_t arch_port_in(uint16_t port, uint64_t width);
void arch_port_out(uint16_t port, uint64_t width, uint64_t value);

/* Stops all other CPUs for good. */
void arch_stop_others(void);
NORETURN void arch_halt(void);
NORETURN void arch_reset(void);

/* Copies between the kernel and the current user address space. False: some of it is not mapped
 * so, or not user memory. */
NODISCARD bool arch_copy_from_user(void *to, uint64_t from, size_t size);
NODISCARD bool arch_copy_to_user(uint64_t to, const void *from, size_t size);

/* Interrupt lines and messages; see kernel/irq.h. */
struct irq;
NODISCARD status_t arch_irq_allocate_line(uint64_t line, uint64_t flags, struct irq **irq);
NODISCARD status_t arch_irq_allocate_msi(
	uint64_t cpu, struct irq **irq, uint64_t *address, uint64_t *data);
void arch_irq_free(struct irq *irq);
void arch_irq_mask(struct irq *irq, bool masked);

#endif
