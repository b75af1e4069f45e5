// SPDX-License-Identifier: MIT OR Apache-2.0
/* Host tests: the interface of arch/machine.h over the fake of fake.h. */
#ifndef ARCH_MACHINE_H
#define ARCH_MACHINE_H

#include <arch/asm.h>
#include <kernel/cpu.h>
#include <kernel/space.h>

extern struct cpu *fake_cpu;

ALWAYS_INLINE struct cpu *cpu_self(void)
{
	return fake_cpu;
}

#define cpu_here fake_cpu

void arch_timer_set(struct cpu *cpu, time_ns when);
void arch_send_reschedule(struct cpu *cpu);
void arch_pull_into_kernel(struct cpu *cpu);
void arch_flush_requested(struct cpu *cpu);

ALWAYS_INLINE void arch_relax(void)
{
}

NORETURN void arch_idle(struct cpu *cpu);
void arch_space_load(struct cpu *cpu, struct address_space *space);
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

void arch_set_entry(bool general);
void arch_console_put(char byte);
uint64_t arch_port_in(uint16_t port, uint64_t width);
void arch_port_out(uint16_t port, uint64_t width, uint64_t value);
void arch_stop_others(void);
NORETURN void arch_halt(void);
NORETURN void arch_reset(void);
NODISCARD bool arch_copy_from_user(void *to, uint64_t from, size_t size);
NODISCARD bool arch_copy_to_user(uint64_t to, const void *from, size_t size);

struct irq;
NODISCARD status_t arch_irq_allocate_line(uint64_t line, uint64_t flags, struct irq **irq);
NODISCARD status_t arch_irq_allocate_msi(
	uint64_t cpu, struct irq **irq, uint64_t *address, uint64_t *data);
void arch_irq_free(struct irq *irq);
void arch_irq_mask(struct irq *irq, bool masked);

#endif
