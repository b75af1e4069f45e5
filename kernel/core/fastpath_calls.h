// SPDX-License-Identifier: MIT OR Apache-2.0
/* The short ways of call and reply_recv: a short message to a thread that waits, on a context that
 * travels along. For anything else nothing is changed and the general way (ipc.c) does it; so each
 * condition here is one that the general way would decide alike.
 *
 * A message's words stay in registers all the way: they are arguments that are passed on to the
 * exit (preserve_none has no registers to save). docs/design/kernel.md counts the instructions.
 *
 * Not a header: the body of fastpath.c and its variants, which define
 *   FASTPATH_WAY(name)  the name of a way or an exit in this variant
 *   FASTPATH_LOCKED     whether there are other CPUs, and the kernel lock was taken by the entry */
#include "message.h"
#include "run_queue.h"
#include "switch.h"
#include <arch/machine.h>
#include <arch/paging.h>
#include <arch/vector.h>
#include <kernel/fastpath.h>
#include <kernel/fault.h>
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
	message_copy_page_words(from->message, to->message, words);
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

/* The two sides of an answer that `self` owes and would wait behind. */
struct answer {
	struct reply *reply;
	struct thread *caller;
	struct endpoint *endpoint;
};

ALWAYS_INLINE bool can_answer(
	const struct thread *self, handle_t handle, handle_t other, struct answer *answer)
{
	struct slot *slot;
	struct reply *reply;

	if (UNLIKELY(!find(self, handle, OBJECT_REPLY, 0, &slot)))
		return false;
	reply = (struct reply *)slot->object;
	answer->reply = reply;
	answer->caller = reply->caller;
	if (UNLIKELY(reply->state != REPLY_OWED || reply->caller == NULL ||
		     reply->lent != self->sc || self->sc->chain != reply))
		return false;
	if (UNLIKELY(!find(self, other, OBJECT_ENDPOINT, RIGHT_READ, &slot)))
		return false;
	answer->endpoint = (struct endpoint *)slot->object;
	return LIKELY(answer->endpoint->state == ENDPOINT_IDLE && self->boosters.root == NULL &&
		      (self->bound == NULL || self->bound->bits == 0) &&
		      (int32_t)reply->caller->priority >= cpu_here->ready.top);
}

/* Gives the context back to the caller and leaves `self` waiting for the next message. */
ALWAYS_INLINE void give_answer(struct thread *self, const struct answer *answer)
{
	struct sched_context *sc = self->sc;
	struct reply *reply = answer->reply;
	struct thread *caller = answer->caller;
	struct endpoint *endpoint = answer->endpoint;

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
}

/* Whether the thread, whose call is answered, does not just go on behind it. */
ALWAYS_INLINE bool faulted_or_keeps_vector(const struct thread *caller)
{
	uint16_t both;

	_Static_assert(offsetof(struct thread, vector_saved) ==
			       offsetof(struct thread, fault_pending) + sizeof(bool),
		"looked at together");
	__builtin_memcpy(&both, &caller->fault_pending, sizeof(both));
	return both != 0;
}

FASTPATH(FASTPATH_WAY(reply_recv))
{
	struct answer answer;
	struct thread *caller;

	if (UNLIKELY(disturbed(self) || deadline != TIME_NEVER ||
		     !can_answer(self, handle, other, &answer)))
		FAIL(reply_recv);
	caller = answer.caller;
	if (UNLIKELY(faulted_or_keeps_vector(caller))) {
		if (!caller->fault_pending || caller->interrupt_pending ||
			info != MESSAGE_INFO(FAULT_REPLY_RESUME, 0))
			FAIL(reply_recv);
		caller->fault_pending = false;
		give_answer(self, &answer);
		self->vector_dead = true;
		arch_thread_switch(self, caller);
		make_current(caller);
		RESUME(caller);
	}
	if (UNLIKELY(!transfer(self, caller, info)))
		FAIL(reply_recv);
	give_answer(self, &answer);
	switch_to(self, caller);
	EXIT(caller, 0);
}
