// SPDX-License-Identifier: MIT OR Apache-2.0
/* The scheduler: per-CPU queues by priority, budgets, timers.
 * Invariant: a thread is in a run queue iff its state is READY, it has a context that is not
 * throttled, and it is not the current thread of a CPU. */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include <kernel/cpu.h>
#include <kernel/object.h>

/* Puts a ready thread into its context's CPU's queue, behind (or, `front`, before) its equals,
 * and has that CPU look at it if it is more urgent than what runs there. */
void sched_enqueue(struct thread *thread, bool front);
void sched_dequeue(struct thread *thread);

/* Chooses what this CPU runs next and makes it current. Called once, at the end of each entry to
 * the kernel in which `cpu->reschedule` was set. */
void sched_run(struct cpu *cpu);

/* The timer interrupt: budgets, refills, deadlines. */
void sched_timer(struct cpu *cpu);

/* The context's earliest deadline or state changed: reinserts its timer. */
void sched_update_timer(struct sched_context *sc);

/* Takes a context whose CPU, budget or owner changes, or that is destroyed, out of all queues. */
void sched_context_detach(struct sched_context *sc);

NODISCARD status_t sched_context_configure(
	struct sched_context *sc, uint64_t cpu, time_ns budget, time_ns period, uint64_t class);

/* The current thread of this CPU is not to run on. */
void sched_current_blocked(void);

/* If `thread` is running on some CPU, that CPU enters the kernel and chooses anew. */
void sched_kick_if_current(struct thread *thread);

/* True if some CPU has the thread as its current one. */
NODISCARD bool sched_is_current(const struct thread *thread);

/* No CPU knows the thread any more; it is not ready. */
void sched_forget_thread(struct thread *thread);

/* Prepares a CPU's queues. */
void sched_init(struct cpu *cpu);

/* Gives up the current thread's slice. */
void sched_yield(struct cpu *cpu);

#endif
