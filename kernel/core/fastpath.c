// SPDX-License-Identifier: MIT OR Apache-2.0
/* The short way of call and reply_recv: a short message to a thread that waits, on a context that
 * travels along. For anything else nothing is changed and the general way (ipc.c) does it; so each
 * condition here is one that the general way would decide alike.
 *
 * The message's words stay in registers all the way: they are arguments that are passed on to the
 * exit (preserve_none has no registers to save). Nothing else is called. docs/kernel.md counts the
 * instructions. */
#include <arch/machine.h>
#include <arch/paging.h>
#include <arch/vector.h>
#include <kernel/fastpath.h>
#include <kernel/lock.h>
#include <kernel/space.h>

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

ALWAYS_INLINE void switch_to(struct thread *from, struct thread *to)
{
	vector_switch_dead(from, to);
	arch_tls_switch(to);
	if (to->space != cpu_here->space) {
		cpu_here->space = to->space;
		cr3_write(to->space->root);
	}
	cpu_here->entry.current = to;
}

#define FAIL(way)                                               \
	__attribute__((musttail)) return fastpath_##way##_fail( \
		w3, w4, w5, self, handle, info, deadline, other, w0, w1, w2)
#define EXIT(thread, badge)                             \
	__attribute__((musttail)) return fastpath_exit( \
		w3, w4, w5, thread, badge, info, 0, (thread)->frame.rip, w0, w1, w2)

FASTPATH(fastpath_call)
{
	struct slot *slot;
	struct sched_context *sc = self->sc;
	struct endpoint *endpoint;
	struct tree_node *node;
	struct thread *server;
	struct reply *reply;
	uint8_t priority;
	time_ns earliest = deadline < sc->deadline ? deadline : sc->deadline;

	if (UNLIKELY(!find(self, handle, OBJECT_ENDPOINT, RIGHT_WRITE, &slot)))
		FAIL(call);
	endpoint = (struct endpoint *)slot->object;
	node = endpoint->waiting.root;
	if (UNLIKELY(endpoint->state != ENDPOINT_RECEIVERS || node->left != NULL ||
		     node->right != NULL))
		FAIL(call);
	server = CONTAINER_OF(node, struct thread, wait_node);
	reply = server->reply;
	priority = server->priority > self->priority ? server->priority : self->priority;
	if (UNLIKELY(reply == NULL || sc->chain_depth >= ABI_CALL_CHAIN ||
		     earliest < cpu_here->timer_next || (int32_t)priority < cpu_here->ready.top ||
		     !transfer(self, server, info)))
		FAIL(call);

	endpoint->waiting.root = NULL;
	endpoint->waiting.first = NULL;
	endpoint->state = ENDPOINT_IDLE;
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

FASTPATH(fastpath_reply_recv)
{
	struct slot *reply_slot;
	struct slot *slot;
	struct sched_context *sc = self->sc;
	struct endpoint *endpoint;
	struct thread *caller;
	struct reply *reply;

	if (UNLIKELY(deadline != TIME_NEVER || !find(self, handle, OBJECT_REPLY, 0, &reply_slot)))
		FAIL(reply_recv);
	reply = (struct reply *)reply_slot->object;
	caller = reply->caller;
	if (UNLIKELY(reply->state != REPLY_OWED || caller == NULL || reply->lent != sc ||
		     sc->chain != reply || caller->fault_pending))
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
