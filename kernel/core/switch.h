// SPDX-License-Identifier: MIT OR Apache-2.0
/* Steps of every switch of threads; private to the scheduler and the calls that switch directly. */
#ifndef KERNEL_CORE_SWITCH_H
#define KERNEL_CORE_SWITCH_H

#include "run_queue.h"

#include <arch/machine.h>
#include <kernel/sched.h>
#include <kernel/time.h>
#include <kernel/trace.h>

#define TIMER_SLACK 500u /* ns: a budget with less left is used up */

/* Charges the running context and its thread for the time since they were charged last. */
ALWAYS_INLINE void switch_charge(struct cpu *cpu, time_ns now)
{
	struct sched_context *sc = cpu->running;
	time_ns used = now - cpu->run_start;

	cpu->run_start = now;
	if (sc == NULL)
		return;
	sc->consumed += used;
	if (cpu->entry.current != NULL)
		cpu->entry.current->cpu_time += used;
	sc->remaining = used < sc->remaining ? sc->remaining - used : 0;
}

ALWAYS_INLINE bool budget_is_used_up(const struct sched_context *sc)
{
	return sc->remaining <= TIMER_SLACK;
}

/* The hardware timer may fire too early, never too late: it is only set for something earlier. */
ALWAYS_INLINE void switch_program_timer(struct cpu *cpu, time_ns when)
{
	if (LIKELY(when >= cpu->timer_next))
		return;
	cpu->timer_next = when;
	arch_timer_set(cpu, when);
}

/* Sets the timer for the end of what runs, its deadline, and what waits on this CPU. */
ALWAYS_INLINE void switch_arm_timer(struct cpu *cpu, time_ns end, time_ns deadline)
{
	if (cpu->timers.first != NULL && cpu->timers.first->major < end)
		end = cpu->timers.first->major;
	switch_program_timer(cpu, end < deadline ? end : deadline);
}

/* Makes `next` the CPU's thread, save for its vector state and TLS. */
ALWAYS_INLINE void switch_current(struct cpu *cpu, struct thread *next)
{
	cpu->entry.current = next;
	next->last_cpu = (uint8_t)cpu->id;
	if (next->space != NULL && next->space != cpu->space)
		arch_space_switch(cpu, next->space);
}

/* True if `thread` holds the context that runs on this CPU and nothing more urgent is ready. */
ALWAYS_INLINE bool switch_is_direct(const struct cpu *cpu, const struct thread *thread)
{
	if (thread->sc == NULL || thread->sc != cpu->running || cpu->ready.deadline.root != NULL)
		return false;
	return thread->priority >= cpu->ready.top || thread->sc->class == SCHED_CLASS_DEADLINE;
}

/* Switches to `next`, which takes over the running context (a call or reply). */
ALWAYS_INLINE void switch_direct(struct cpu *cpu, struct thread *next)
{
	struct thread *previous = cpu->entry.current;

	cpu->reschedule = false;
	switch_program_timer(cpu, next->sc->deadline);
	if (previous != NULL && previous->state != THREAD_STATE_READY && previous->sc != NULL &&
		previous->sc->deadline != TIME_NEVER)
		sched_update_timer(previous->sc);
	if (UNLIKELY(kernel_watch != 0))
		trace_record(cpu, TRACE_EVENT_SWITCH, next->id, next->priority);
	switch_current(cpu, next);
	if (LIKELY(previous != NULL))
		arch_thread_switch(previous, next);
	else
		arch_thread_load(next);
}

#endif
