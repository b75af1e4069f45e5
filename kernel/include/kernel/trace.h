// SPDX-License-Identifier: MIT OR Apache-2.0
/* The trace: a ring of records per CPU, read by who holds the platform capability with the debug
 * right. Each CPU has a small ring of its own; the reader may lend it a larger one (a frame), which
 * the CPU stops using when that capability goes.
 * Switches, interrupts and faults are recorded unless tracing is off. System calls and messages
 * cost time, so they are recorded on demand only, and every call then goes the general way.
 * Tests: tests/system/trace.c */
#ifndef KERNEL_TRACE_H
#define KERNEL_TRACE_H

#include <arch/clock.h>
#include <kernel/cpu.h>

/* Why the entries to the kernel look twice; nothing of it costs the usual way a look of its own. */
#define WATCH_TIME  1u /* boot option `log=debug`: time without interrupts (platform.statistics) */
#define WATCH_CALLS 2u /* system calls and messages are recorded */
#define WATCH_ENTRY 4u /* some CPU's entry for system calls is to be changed for that, or back */
extern uint32_t kernel_watch;

extern bool trace_events; /* switches, interrupts and faults are recorded */

/* The CPU's own ring. */
void trace_init(struct cpu *cpu);

/* What is recorded from now on, as in platform.trace_control. Returns what was before. */
uint64_t trace_mode(void);
void trace_set_mode(uint64_t mode);

/* The frame that was lent (`slot` is cpu.trace.lent) is going. */
void trace_buffer_gone(struct slot *slot);

/* With WATCH_ENTRY: gives this CPU the entry that the mode asks for. */
COLD void trace_set_entry(struct cpu *cpu);

/* With WATCH_CALLS: at the begin of a system call, at the way back to the user, at a message. */
COLD void trace_call_enter(struct cpu *cpu);
COLD void trace_call_leave(struct cpu *cpu);
COLD void trace_message(const struct thread *from, const struct thread *to, uint64_t info);

ALWAYS_INLINE void trace_put(struct cpu *cpu, uint32_t event, uint64_t a, uint64_t b)
{
	struct trace_record *record = &cpu->trace.records[cpu->trace.sequence++ & cpu->trace.mask];

	record->tsc = arch_timestamp();
	record->event = event;
	record->thread = cpu->entry.current != NULL ? (uint32_t)cpu->entry.current->id : 0;
	record->a = a;
	record->b = b;
}

ALWAYS_INLINE void trace_record(struct cpu *cpu, uint32_t event, uint64_t a, uint64_t b)
{
	if (trace_events)
		trace_put(cpu, event, a, b);
}

#endif
