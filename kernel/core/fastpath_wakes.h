// SPDX-License-Identifier: MIT OR Apache-2.0
/* The short ways of send and signal to a thread that preempts, or signal to nobody, and of yield:
 * switches between two contexts that need nothing but their time noted. As fastpath_calls.h, which
 * is before this in each variant. */

/* Without a message: what the thread gets in rdx. */
#define EXIT_RESULT(thread, result)                          \
	__attribute__((musttail)) return FASTPATH_WAY(exit)( \
		0, 0, 0, thread, 0, 0, result, (thread)->frame.rip, 0, 0, 0)

/* Whether a context needs nothing but its time noted when it takes or leaves the CPU. */
ALWAYS_INLINE bool is_plain(const struct sched_context *sc)
{
	return sc->plain && sc->deadline == TIME_NEVER;
}

/* Whether `next`, which waits, is to run at once in place of `self`, which could go on. */
ALWAYS_INLINE bool preempts(const struct thread *next, const struct thread *self)
{
	return next->priority > self->priority && (int32_t)self->priority >= cpu_here->ready.top &&
	       is_plain(self->sc) && next->sc != NULL && is_plain(next->sc) &&
	       (!FASTPATH_LOCKED || next->sc->cpu == cpu_here->id);
}

/* Charges `self` and starts `next`'s time. False, and nothing happened: a slice ended, or the timer
 * is to be set. */
ALWAYS_INLINE bool hand_over(struct thread *self, struct thread *next)
{
	struct sched_context *sc = self->sc;
	time_ns now = time_now();
	time_ns used = now - cpu_here->run_start;

	if (UNLIKELY(used + TIMER_SLACK >= sc->remaining ||
		     now + next->sc->remaining < cpu_here->timer_next))
		return false;
	sc->remaining -= used;
	sc->consumed += used;
	self->cpu_time += used;
	cpu_here->run_start = now;
	cpu_here->running = next->sc;
	cpu_here->switches++;
	return true;
}

/* `self`, which will find `OK` when it runs again, stands first among its equals. */
ALWAYS_INLINE void step_back(struct thread *self, struct thread *next)
{
	self->frame.number = (uint64_t)OK;
	run_queue_push(&cpu_self()->ready, self);
	next->state = THREAD_STATE_READY;
	next->wait_deadline = TIME_NEVER;
}

FASTPATH(FASTPATH_WAY(send))
{
	struct slot *slot;
	struct endpoint *endpoint;
	struct thread *receiver;
	struct reply *reply;

	if (UNLIKELY(disturbed(self) || !find(self, handle, OBJECT_ENDPOINT, RIGHT_WRITE, &slot)))
		FAIL(send);
	endpoint = (struct endpoint *)slot->object;
	receiver = only_receiver(endpoint);
	if (UNLIKELY(receiver == NULL || receiver->vector_saved || !preempts(receiver, self) ||
		     !transfer(self, receiver, info) || !hand_over(self, receiver)))
		FAIL(send);
	forget_receiver(endpoint);
	reply = receiver->reply;
	if (reply != NULL) {
		reply->state = REPLY_FREE;
		reply->server = NULL;
		receiver->reply = NULL;
	}
	step_back(self, receiver);
	switch_to(self, receiver);
	EXIT(receiver, slot->badge);
}

FASTPATH(FASTPATH_WAY(signal))
{
	struct slot *slot;
	struct notification *notification;
	struct thread *waiter;
	uint64_t bits;
	uint64_t taken;

	if (UNLIKELY(disturbed(self) ||
		     !find(self, handle, OBJECT_NOTIFICATION, RIGHT_WRITE, &slot)))
		FAIL(signal);
	notification = (struct notification *)slot->object;
	waiter = notification->waiter;
	bits = slot->badge != 0 ? slot->badge : 1;
	bits |= notification->bits;
	if (UNLIKELY(notification->bound != NULL))
		FAIL(signal);
	if (waiter == NULL) {
		notification->bits = bits;
		EXIT_RESULT(self, 0);
	}
	taken = bits & waiter->wait_info;
	if (UNLIKELY(taken == 0 || !preempts(waiter, self) || !hand_over(self, waiter)))
		FAIL(signal);
	notification->bits = bits & ~taken;
	notification->waiter = NULL;
	step_back(self, waiter);
	self->vector_dead = false;
	arch_thread_unload(self);
	arch_thread_load(waiter);
	make_current(waiter);
	EXIT_RESULT(waiter, taken);
}

FASTPATH(FASTPATH_WAY(yield))
{
	struct thread *next;

	if (UNLIKELY(disturbed(self) || self->first_native != 0 || !is_plain(self->sc)))
		FAIL(yield);
	if (cpu_here->ready.top < (int32_t)self->priority)
		EXIT_RESULT(self, 0);
	next = cpu_here->ready.heads[self->priority];
	if (UNLIKELY(cpu_here->ready.top != (int32_t)self->priority || !is_plain(next->sc) ||
		     !hand_over(self, next)))
		FAIL(yield);
	self->sc->remaining = self->sc->budget;
	self->frame.number = (uint64_t)OK;
	self->vector_dead = true;
	run_queue_rotate(&cpu_self()->ready, self);
	arch_thread_switch(self, next);
	make_current(next);
	RESUME(next);
}
