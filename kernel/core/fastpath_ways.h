// SPDX-License-Identifier: MIT OR Apache-2.0
/* The short ways of the calls that direct the flow of control from one thread to another: call,
 * reply_recv, send and signal to a thread that waits, yield. For anything else nothing is changed
 * and the general way (ipc.c, notification.c, sched.c) does it; so each condition here is one that
 * the general way would decide alike.
 *
 * A message's words stay in registers all the way: they are arguments that are passed on to the
 * exit (preserve_none has no registers to save). docs/design/kernel.md counts the instructions.
 *
 * Not a header: the body of fastpath.c and its variants, which define
 *   FASTPATH_WAY(name)  the name of a way or an exit in this variant
 *   FASTPATH_LOCKED     whether there are other CPUs, and the kernel lock was taken by the entry */
#include "run_queue.h"
#include "switch.h"
#include <arch/machine.h>
#include <arch/paging.h>
#include <arch/vector.h>
#include <kernel/fastpath.h>
#include <kernel/space.h>
#include <kernel/time.h>

/* The second word of a slot: tag, type, rights. */
#define SLOT_TYPE(type)     ((uint64_t)(type) << ABI_HANDLE_TAG_BITS)
#define SLOT_RIGHTS(rights) ((uint64_t)(rights) << 48)
#define SLOT_TAG_TYPE       (((uint64_t)1 << 48) - 1)

/* Whether a handle of one level names a slot with `type` and all `rights`. The two slots of a
 * CNode's header never match a type. */
ALWAYS_INLINE bool find(const struct thread *self, handle_t handle, uint64_t type, uint64_t rights,
	struct slot **found)
{
	const struct cnode *root = self->fast_cspace;
	uint32_t path = (uint32_t)handle & ((1u << ABI_HANDLE_PATH_BITS) - 1);
	struct slot *slot = (struct slot *)(uintptr_t)root + path;
	uint64_t word;

	if (UNLIKELY(path > root->mask))
		return false;
	*found = slot;
	__builtin_memcpy(&word, (const char *)slot + sizeof(uint64_t), sizeof(word));
	word &= SLOT_TAG_TYPE | SLOT_RIGHTS(rights);
	return LIKELY(
		word == (handle >> ABI_HANDLE_PATH_BITS | SLOT_TYPE(type) | SLOT_RIGHTS(rights)));
}

/* Whether the message is of words only, no capabilities, no flags. Those that do not lie in
 * registers are copied. */
ALWAYS_INLINE bool transfer(const struct thread *from, struct thread *to, uint64_t info)
{
	uint32_t words = (uint32_t)info;

	if (LIKELY(words <= ABI_MESSAGE_REGISTER_WORDS))
		return true;
	if (words > ABI_MESSAGE_WORDS || from->message == NULL || to->message == NULL)
		return false;
	for (uint32_t i = ABI_MESSAGE_REGISTER_WORDS; i < words; i++)
		to->message->words[i] = from->message->words[i];
	return true;
}

ALWAYS_INLINE void make_current(struct thread *thread)
{
	if (thread->space != cpu_here->space) {
		cpu_here->space = thread->space;
		cr3_write(thread->space->root);
	}
	cpu_here->entry.current = thread;
	if (FASTPATH_LOCKED)
		thread->last_cpu = (uint8_t)cpu_here->id;
}

/* Between two threads that keep no vector state. */
ALWAYS_INLINE void switch_to(struct thread *from, struct thread *to)
{
	vector_switch_dead(from, to);
	arch_tls_switch(to);
	make_current(to);
}

#define FAIL(way)                                                  \
	__attribute__((musttail)) return FASTPATH_WAY(way##_fail)( \
		w3, w4, w5, self, handle, info, deadline, other, w0, w1, w2)
#define EXIT(thread, badge)                                  \
	__attribute__((musttail)) return FASTPATH_WAY(exit)( \
		w3, w4, w5, thread, badge, info, 0, (thread)->frame.rip, w0, w1, w2)
/* Without a message: what the thread gets in rdx. */
#define EXIT_RESULT(thread, result)                          \
	__attribute__((musttail)) return FASTPATH_WAY(exit)( \
		0, 0, 0, thread, 0, 0, result, (thread)->frame.rip, 0, 0, 0)
/* With all the registers in its frame. */
#define RESUME(thread) \
	__attribute__((musttail)) return FASTPATH_WAY(resume)(0, 0, 0, thread, 0, 0, 0, 0, 0, 0, 0)

/* Whether another CPU took something from this one or its thread before the lock was taken. */
ALWAYS_INLINE bool disturbed(const struct thread *self)
{
	if (!FASTPATH_LOCKED)
		return false;
	return self->state != THREAD_STATE_READY || self->sc == NULL ||
	       self->sc != cpu_here->running || cpu_here->reschedule || cpu_here->flush_request ||
	       cpu_here->drop_space;
}

/* The only thread that waits to receive from the endpoint, or NULL. */
ALWAYS_INLINE struct thread *only_receiver(const struct endpoint *endpoint)
{
	const struct tree_node *node = endpoint->waiting.root;

	if (UNLIKELY(endpoint->state != ENDPOINT_RECEIVERS || node->left != NULL ||
		     node->right != NULL))
		return NULL;
	return CONTAINER_OF(node, struct thread, wait_node);
}

ALWAYS_INLINE void forget_receiver(struct endpoint *endpoint)
{
	endpoint->waiting.root = NULL;
	endpoint->waiting.first = NULL;
	endpoint->state = ENDPOINT_IDLE;
}

/* --- on the caller's context ------------------------------------------------------------------ */

FASTPATH(FASTPATH_WAY(call))
{
	struct slot *slot;
	struct sched_context *sc = self->sc;
	struct endpoint *endpoint;
	struct thread *server;
	struct reply *reply;
	time_ns earliest;
	uint8_t priority;

	if (UNLIKELY(disturbed(self) || !find(self, handle, OBJECT_ENDPOINT, RIGHT_WRITE, &slot)))
		FAIL(call);
	endpoint = (struct endpoint *)slot->object;
	server = only_receiver(endpoint);
	if (UNLIKELY(server == NULL))
		FAIL(call);
	reply = server->reply;
	earliest = deadline < sc->deadline ? deadline : sc->deadline;
	priority = server->priority > self->priority ? server->priority : self->priority;
	if (UNLIKELY(reply == NULL || server->vector_saved || sc->chain_depth >= ABI_CALL_CHAIN ||
		     earliest < cpu_here->timer_next || (int32_t)priority < cpu_here->ready.top ||
		     !transfer(self, server, info)))
		FAIL(call);

	forget_receiver(endpoint);
	reply->state = REPLY_OWED;
	reply->caller = self;
	reply->lent = sc;
	reply->next = sc->chain;
	reply->deadline = deadline;
	reply->outer_deadline = sc->deadline;
	sc->chain = reply;
	sc->chain_depth++;
	sc->deadline = earliest;
	sc->holder = server;
	self->reply = reply;
	self->state = THREAD_STATE_CALLING;
	self->sc = NULL;
	server->sc = sc;
	server->state = THREAD_STATE_READY;
	server->wait_deadline = TIME_NEVER;
	server->donated_priority = self->priority;
	server->priority = priority;
	switch_to(self, server);
	EXIT(server, slot->badge);
}

FASTPATH(FASTPATH_WAY(reply_recv))
{
	struct slot *reply_slot;
	struct slot *slot;
	struct sched_context *sc = self->sc;
	struct endpoint *endpoint;
	struct thread *caller;
	struct reply *reply;

	if (UNLIKELY(disturbed(self) || deadline != TIME_NEVER ||
		     !find(self, handle, OBJECT_REPLY, 0, &reply_slot)))
		FAIL(reply_recv);
	reply = (struct reply *)reply_slot->object;
	caller = reply->caller;
	if (UNLIKELY(reply->state != REPLY_OWED || caller == NULL || reply->lent != sc ||
		     sc->chain != reply || caller->fault_pending || caller->vector_saved))
		FAIL(reply_recv);
	if (UNLIKELY(!find(self, other, OBJECT_ENDPOINT, RIGHT_READ, &slot)))
		FAIL(reply_recv);
	endpoint = (struct endpoint *)slot->object;
	if (UNLIKELY(endpoint->state != ENDPOINT_IDLE || self->boosters.root != NULL ||
		     (self->bound != NULL && self->bound->bits != 0) ||
		     (int32_t)caller->priority < cpu_here->ready.top ||
		     !transfer(self, caller, info)))
		FAIL(reply_recv);

	sc->chain = reply->next;
	sc->chain_depth--;
	sc->deadline = reply->outer_deadline;
	sc->holder = caller;
	caller->sc = sc;
	caller->state = THREAD_STATE_READY;
	reply->state = REPLY_ARMED;
	reply->server = self;
	self->sc = self->home;
	self->reply = reply;
	self->state = THREAD_STATE_RECEIVING;
	self->donated_priority = 0;
	self->priority = self->base_priority;
	self->waiting_on = endpoint;
	self->wait_node.major = 255u - self->base_priority;
	self->wait_node.minor = endpoint->arrivals++;
	endpoint->waiting.root = &self->wait_node; /* its links are NULL while it is in no tree */
	endpoint->waiting.first = &self->wait_node;
	endpoint->state = ENDPOINT_RECEIVERS;
	switch_to(self, caller);
	EXIT(caller, 0);
}

/* --- to a context of its own ------------------------------------------------------------------ */

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
	arch_thread_unload(cpu_self(), self);
	arch_thread_load(cpu_self(), waiter);
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
	arch_thread_switch(cpu_self(), self, next);
	make_current(next);
	RESUME(next);
}
