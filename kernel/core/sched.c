// SPDX-License-Identifier: MIT OR Apache-2.0
/* The scheduler: see sched.h.
 * `cpu->running` is the context that the CPU's time is charged to since `run_start`. Calls and
 * replies move it between threads without a word to the scheduler. A context that leaves the CPU
 * with a deadline, or that waits for its refill, has its timer in `cpu->timers`. */
#include "run_queue.h"
#include "switch.h"

#include <arch/machine.h>
#include <arch/vector.h>
#include <kernel/endpoint.h>
#include <kernel/fault.h>
#include <kernel/sched.h>
#include <kernel/space.h>
#include <kernel/thread.h>
#include <kernel/time.h>
#include <kernel/trace.h>

#define TIMER_BATCH 16u    /* contexts handled in one timer interrupt */
#define BUDGET_MIN  10000u /* ns */

struct cpu *cpus[CPU_MAX];
uint32_t cpu_count = 1;

void sched_init(struct cpu *cpu)
{
	cpu->ready.top = -1;
	cpu->timer_next = TIME_NEVER;
	cpu->idle = true;
	trace_init(cpu);
}

/* --- urgency ------------------------------------------------------------------------------------
 */

static bool more_urgent(const struct thread *a, const struct thread *b)
{
	if (a->sc->class != b->sc->class)
		return a->sc->class == SCHED_CLASS_DEADLINE;
	if (a->sc->class == SCHED_CLASS_DEADLINE)
		return a->sc->refill < b->sc->refill;
	return a->priority > b->priority;
}

static void cpu_kick(struct cpu *cpu)
{
	cpu->reschedule = true;
	if (cpu != cpu_self())
		arch_send_reschedule(cpu);
}

void sched_current_blocked(void)
{
	cpu_self()->reschedule = true;
}

void sched_kick_if_current(struct thread *thread)
{
	for (uint32_t i = 0; i < cpu_count; i++) {
		if (cpus[i]->entry.current == thread)
			cpu_kick(cpus[i]);
	}
}

bool sched_is_current(const struct thread *thread)
{
	return cpus[thread->last_cpu]->entry.current == thread;
}

/* True if a CPU runs `thread` now; that CPU will look at it when it leaves the kernel. */
static bool is_current(struct thread *thread)
{
	struct cpu *cpu = cpus[thread->last_cpu];

	if (cpu->entry.current != thread)
		return false;
	cpu_kick(cpu);
	return true;
}

void sched_enqueue(struct thread *thread, bool front)
{
	struct cpu *cpu = cpus[thread->sc->cpu];

	if (thread->queued || thread->sc->throttled || is_current(thread))
		return;
	run_queue_insert(&cpu->ready, thread, front);
	if (cpu->entry.current == NULL || cpu->entry.current->state != THREAD_STATE_READY ||
		cpu->entry.current->sc == NULL || more_urgent(thread, cpu->entry.current))
		cpu_kick(cpu);
}

void sched_dequeue(struct thread *thread)
{
	if (thread->queued)
		run_queue_remove(&cpus[thread->sc->cpu]->ready, thread);
}

/* --- timers --------------------------------------------------------------------------------------
 */

static void timer_remove(struct sched_context *sc)
{
	if (sc->timer.linked != 0)
		tree_remove(&cpus[sc->cpu]->timers, &sc->timer);
}

static time_ns timer_key(const struct sched_context *sc)
{
	return sc->throttled && sc->refill < sc->deadline ? sc->refill : sc->deadline;
}

void sched_update_timer(struct sched_context *sc)
{
	struct cpu *cpu = cpus[sc->cpu];
	time_ns when = timer_key(sc);

	if (cpu->running == sc) {
		if (sc->deadline < cpu->timer_next)
			cpu_kick(cpu); /* sched_run programs the timer */
		return;
	}
	timer_remove(sc);
	if (when == TIME_NEVER)
		return;
	sc->timer.major = when;
	sc->timer.minor = (uint64_t)(uintptr_t)sc;
	tree_insert(&cpu->timers, &sc->timer);
	if (when < cpu->timer_next)
		cpu_kick(cpu);
}

/* --- budgets -------------------------------------------------------------------------------------
 */

static void budget_refill(struct sched_context *sc, time_ns now)
{
	sc->remaining = sc->budget;
	sc->throttled = false;
	if (sc->period == 0)
		return;
	sc->refill += sc->period;
	if (sc->refill <= now)
		sc->refill = now + sc->period;
}

/* The running context used up its budget. Round robin: a new slice, behind its equals. Others wait
 * for their refill; the holder's time-out endpoint, if it has one, is told. */
static void budget_exhausted(struct cpu *cpu, time_ns now)
{
	struct sched_context *sc = cpu->running;
	struct thread *holder = sc->holder;
	bool gave_up = sc->gave_up;

	sc->gave_up = false;
	if (sc->period == 0 || now >= sc->refill) {
		budget_refill(sc, now);
		return;
	}
	sc->throttled = true;
	if (!gave_up && holder != NULL && holder == cpu->entry.current &&
		holder->state == THREAD_STATE_READY && holder->sc == sc)
		fault_timeout(cpu, holder);
}

/* --- choosing ------------------------------------------------------------------------------------
 */

/* A thread that parked a call and blocks with a deadline has it on its own context, which did not
 * run. */
static void keep_deadline(const struct cpu *cpu, const struct thread *thread)
{
	if (thread != NULL && thread->sc != NULL && thread->sc != cpu->running &&
		thread_is_blocked(thread) && thread->sc->deadline != TIME_NEVER)
		sched_update_timer(thread->sc);
}

/* The running context leaves the CPU. */
static void leave_cpu(struct cpu *cpu)
{
	struct sched_context *sc = cpu->running;

	cpu->running = NULL;
	if (sc != NULL && timer_key(sc) != TIME_NEVER)
		sched_update_timer(sc);
}

/* Puts the thread that was running back into a queue if it is still to run. */
static void requeue(struct cpu *cpu, struct thread *thread, bool front)
{
	cpu->entry.current = NULL;
	if (thread == NULL || thread->state != THREAD_STATE_READY || thread->queued)
		return;
	if (thread->sc == NULL)
		thread->state = THREAD_STATE_STOPPED;
	else
		sched_enqueue(thread, front);
}

static void enter_context(struct cpu *cpu, struct sched_context *sc, time_ns now)
{
	timer_remove(sc);
	if (sc->period != 0 && now >= sc->refill)
		budget_refill(sc, now);
	cpu->running = sc;
	switch_arm_timer(cpu, now + sc->remaining, sc->deadline);
}

static void become_idle(struct cpu *cpu, time_ns now)
{
	if (!cpu->idle) {
		cpu->idle_start = now;
		trace_record(cpu, TRACE_EVENT_SWITCH, 0, 0);
	}
	cpu->idle = true;
	switch_arm_timer(cpu, TIME_NEVER, TIME_NEVER);
}

static void become_busy(struct cpu *cpu, time_ns now)
{
	cpu->idle_time += now - cpu->idle_start;
	cpu->idle = false;
}

/* True if the thread that was running is still the one to run. */
static bool stays(const struct cpu *cpu, const struct thread *thread)
{
	const struct thread *first;

	if (thread == NULL || thread->state != THREAD_STATE_READY || thread->queued ||
		cpu->running == NULL || thread->sc != cpu->running || thread->sc->throttled ||
		thread->sc->cpu != cpu->id)
		return false;
	first = run_queue_first(&cpu->ready);
	return first == NULL || !more_urgent(first, thread);
}

static void switch_threads(struct cpu *cpu, struct thread *previous, bool front, time_ns now)
{
	struct thread *next;

	keep_deadline(cpu, previous);
	leave_cpu(cpu);
	requeue(cpu, previous, front);
	next = run_queue_first(&cpu->ready);
	if (next != previous && previous != NULL)
		arch_thread_unload(previous);
	if (next == NULL) {
		become_idle(cpu, now);
		return;
	}
	run_queue_remove(&cpu->ready, next);
	if (cpu->idle)
		become_busy(cpu, now);
	enter_context(cpu, next->sc, now);
	if (next == previous) {
		cpu->entry.current = next;
		return;
	}
	cpu->switches++;
	trace_record(cpu, TRACE_EVENT_SWITCH, next->id, next->priority);
	switch_current(cpu, next);
	arch_thread_load(next);
}

void sched_run(struct cpu *cpu)
{
	time_ns now = time_now();
	struct thread *previous = cpu->entry.current;
	bool used_up = false;

	switch_charge(cpu, now);
	if (cpu->running != NULL && budget_is_used_up(cpu->running)) {
		used_up = true;
		budget_exhausted(cpu, now);
	}
	if (!used_up && stays(cpu, previous))
		switch_arm_timer(cpu, now + cpu->running->remaining, cpu->running->deadline);
	else
		switch_threads(cpu, previous, !used_up, now);
	cpu->reschedule = false;
}

void sched_yield(struct cpu *cpu)
{
	struct sched_context *sc = cpu->running;

	if (sc == NULL) { /* another CPU took it away just now */
		cpu->reschedule = true;
		return;
	}
	if (cpu->ready.top < (int32_t)cpu->entry.current->priority && sc->period == 0)
		return;
	switch_charge(cpu, time_now());
	sc->remaining = 0;
	sc->gave_up = true;
	cpu->reschedule = true;
}

/* --- the timer interrupt
 * ---------------------------------------------------------------------------- */

/* Ends what has passed its deadline on a context: its holder's wait, then the oldest call. */
static void context_expire(struct sched_context *sc, time_ns now)
{
	struct thread *holder = sc->holder;
	struct reply *oldest = NULL;
	struct reply *reply;
	struct thread *caller;

	if (holder != NULL && thread_is_blocked(holder) && holder->sc == sc &&
		holder->wait_deadline <= now)
		thread_end_wait(holder, ERR_DEADLINE);
	for (reply = sc->chain; reply != NULL; reply = reply->next) {
		if (reply->deadline <= now)
			oldest = reply;
	}
	if (oldest == NULL) {
		sc->deadline = context_chain_deadline(sc);
		if (holder != NULL && holder->sc == sc && holder->wait_deadline < sc->deadline)
			sc->deadline = holder->wait_deadline;
		return;
	}
	caller = oldest->caller;
	reply_abort(oldest);
	thread_set_status(caller, ERR_DEADLINE);
	thread_make_ready(caller);
}

static void context_timer(struct sched_context *sc, time_ns now)
{
	if (sc->throttled && sc->refill <= now) {
		budget_refill(sc, now);
		if (sc->holder != NULL && sc->holder->state == THREAD_STATE_READY &&
			sc->holder->sc == sc)
			sched_enqueue(sc->holder, false);
	}
	if (sc->deadline <= now)
		context_expire(sc, now);
	sched_update_timer(sc);
}

void sched_timer(struct cpu *cpu)
{
	time_ns now = time_now();

	cpu->timer_next = TIME_NEVER;
	for (uint32_t i = 0; i < TIMER_BATCH; i++) {
		struct tree_node *first = cpu->timers.first;
		struct sched_context *sc;

		if (first == NULL || first->major > now)
			break;
		sc = CONTAINER_OF(first, struct sched_context, timer);
		timer_remove(sc);
		context_timer(sc, now);
	}
	if (cpu->running != NULL && cpu->running->deadline <= now)
		context_expire(cpu->running, now);
	cpu->reschedule = true; /* sched_run charges and programs the timer */
}

/* --- contexts
 * --------------------------------------------------------------------------------------- */

void sched_forget_thread(struct thread *thread)
{
	for (uint32_t i = 0; i < cpu_count; i++) {
		if (cpus[i]->entry.current != thread)
			continue;
		if (cpus[i] != cpu_self())
			arch_pull_into_kernel(cpus[i]); /* it saved the registers by now */
		cpus[i]->entry.current = NULL;
		cpus[i]->reschedule = true;
	}
}

void sched_context_detach(struct sched_context *sc)
{
	struct thread *holder = sc->holder;
	struct reply *reply;

	timer_remove(sc);
	for (reply = sc->chain; reply != NULL; reply = reply->next)
		reply->lent = NULL;
	if (sc->owner != NULL)
		sc->owner->home = NULL;
	if (holder != NULL && holder->sc == sc)
		context_leave_holder(holder); /* one that served a call goes on on its own */
	for (uint32_t i = 0; i < cpu_count; i++) {
		if (cpus[i]->running == sc)
			cpus[i]->running = NULL;
	}
	sc->owner = NULL;
	sc->holder = NULL;
	sc->chain = NULL;
	sc->chain_depth = 0;
}

status_t sched_context_configure(
	struct sched_context *sc, uint64_t cpu, time_ns budget, time_ns period, uint64_t class)
{
	struct thread *holder = sc->holder;
	bool queued = holder != NULL && holder->sc == sc && holder->queued;

	if (cpu >= cpu_count || class > SCHED_CLASS_DEADLINE)
		return ERR_RANGE;
	if (budget < BUDGET_MIN || budget > TIME_NEVER / 4 || period > TIME_NEVER / 4)
		return ERR_RANGE;
	if ((period != 0 && period < budget) || (class == SCHED_CLASS_DEADLINE && period == 0))
		return ERR_INVALID_ARGUMENT;
	if (queued)
		sched_dequeue(holder);
	timer_remove(sc);
	for (uint32_t i = 0; i < cpu_count; i++) {
		if (cpus[i]->running != sc)
			continue;
		switch_charge(cpus[i], time_now());
		cpus[i]->running = NULL;
		cpu_kick(cpus[i]);
	}
	sc->cpu = (uint32_t)cpu;
	sc->budget = budget;
	sc->period = period;
	sc->class = class;
	sc->plain = period == 0 && class == SCHED_CLASS_PRIORITY;
	sc->remaining = budget;
	sc->refill = time_now() + period;
	sc->throttled = false;
	sc->configured = true;
	if (holder != NULL && holder->sc == sc && holder->state == THREAD_STATE_READY)
		sched_enqueue(holder, false);
	sched_update_timer(sc);
	return OK;
}
