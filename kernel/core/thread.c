// SPDX-License-Identifier: MIT OR Apache-2.0
/* Thread states and priorities: see thread.h. */
#include "message.h"

#include <arch/vector.h>
#include <kernel/cspace.h>
#include <kernel/endpoint.h>
#include <kernel/fault.h>
#include <kernel/futex.h>
#include <kernel/sched.h>
#include <kernel/thread.h>

#define INHERITANCE_CHAIN 32u /* lock owners that wait for lock owners */

void thread_init(struct thread *thread)
{
	static uint64_t next_id; /* guarded by the kernel lock */

	thread->id = ++next_id;
	thread->wait_deadline = TIME_NEVER;
	thread->container.slots = thread->slots;
	thread->container.slot_count = THREAD_SLOT_COUNT;
	thread->mxcsr = ARCH_MXCSR_INITIAL;
	thread->fcw = ARCH_FCW_INITIAL;
	thread_set_cspace(thread, &cspace_empty);
	arch_frame_init(&thread->frame);
}

void thread_set_cspace(struct thread *thread, struct cnode *cspace)
{
	thread->cspace = cspace;
	thread->fast_cspace = thread->first_native == 0 ? cspace : &cspace_empty;
}

void thread_set_tls(struct thread *thread, uint64_t fs_base, uint64_t gs_base)
{
	static uint64_t last_key; /* guarded by the kernel lock */

	if (thread->fs_base == fs_base && thread->gs_base == gs_base)
		return;
	thread->fs_base = fs_base;
	thread->gs_base = gs_base;
	thread->tls_key = fs_base == 0 && gs_base == 0 ? 0 : ++last_key;
}

void thread_make_ready(struct thread *thread)
{
	thread->wait_deadline = TIME_NEVER;
	if (thread->sc == NULL) {
		thread->state = THREAD_STATE_STOPPED;
		return;
	}
	thread->sc->deadline = context_chain_deadline(thread->sc);
	thread->state = THREAD_STATE_READY;
	if (thread->sc->timer.linked != 0 || thread->sc->deadline != TIME_NEVER)
		sched_update_timer(thread->sc);
	sched_enqueue(thread, false);
}

void thread_leave_wait(struct thread *thread)
{
	switch (thread->state) {
	case THREAD_STATE_SENDING:
		endpoint_remove_waiter(thread->waiting_on, thread);
		break;
	case THREAD_STATE_RECEIVING:
		endpoint_remove_waiter(thread->waiting_on, thread);
		if (thread->reply != NULL) {
			thread->reply->state = REPLY_FREE;
			thread->reply->server = NULL;
			thread->reply = NULL;
		}
		break;
	case THREAD_STATE_CALLING:
		reply_abort(thread->reply);
		break;
	case THREAD_STATE_WAITING:
		((struct notification *)thread->waiting_on)->waiter = NULL;
		thread->waiting_on = NULL;
		break;
	case THREAD_STATE_FUTEX:
		futex_remove_waiter(thread);
		break;
	default:
		break;
	}
}

void thread_end_wait(struct thread *thread, status_t status)
{
	thread_leave_wait(thread);
	if (thread->fault_pending) { /* its registers are not a system call's */
		thread->fault_pending = false;
		thread->wait_deadline = TIME_NEVER;
		if (thread->fault_words[0] == FAULT_TIMEOUT)
			thread_make_ready(thread); /* and waits for its refill */
		else
			thread->state = THREAD_STATE_FAULTED;
		return;
	}
	thread_set_status(thread, status);
	upcall_interrupt(thread);
	thread_make_ready(thread);
}

void thread_stop(struct thread *thread)
{
	if (thread_is_blocked(thread)) {
		thread_leave_wait(thread);
		if (thread->fault_pending)
			thread->fault_pending = false;
		else
			thread_set_status(thread, ERR_CANCELLED);
		thread->wait_deadline = TIME_NEVER;
		if (thread->sc != NULL) {
			thread->sc->deadline = context_chain_deadline(thread->sc);
			sched_update_timer(thread->sc);
		}
	}
	if (thread->state == THREAD_STATE_READY)
		sched_dequeue(thread);
	thread->state = THREAD_STATE_STOPPED;
	sched_kick_if_current(thread);
}

/* Those whose calls it was serving learn that it is gone. */
static void abandon_callers(struct thread *thread)
{
	while (thread->sc != NULL && thread->sc != thread->home && thread->sc->chain != NULL) {
		struct thread *caller = thread->sc->chain->caller;

		reply_abort(thread->sc->chain);
		if (caller->fault_pending)
			caller->fault_pending = false;
		else
			thread_set_status(caller, ERR_PEER_DEAD);
		thread_make_ready(caller);
	}
}

static void unbind(struct thread *thread)
{
	if (thread->bound != NULL)
		thread->bound->bound = NULL;
	thread->bound = NULL;
}

void thread_detach(struct thread *thread)
{
	thread_stop(thread);
	abandon_callers(thread);
	sched_forget_thread(thread);
	if (thread->home != NULL) {
		thread->home->owner = NULL;
		thread->home->holder = NULL;
	}
	thread->home = NULL;
	thread->sc = NULL;
	thread->upcall = NULL;
	thread->message = NULL;
	thread_set_cspace(thread, &cspace_empty);
	thread->space = NULL;
	unbind(thread);
}

static void message_page_gone(struct thread *thread)
{
	thread->message = NULL;
	if (thread->state == THREAD_STATE_SENDING && !info_is_short(thread->wait_info))
		thread_end_wait(thread, ERR_BAD_ADDRESS);
}

void thread_part_gone(struct slot *slot)
{
	uint32_t part = (uint32_t)(slot->detail & 0xff);
	struct thread *thread = CONTAINER_OF(slot - part, struct thread, slots);

	switch (part) {
	case THREAD_SLOT_CSPACE:
		thread_set_cspace(thread, &cspace_empty);
		break;
	case THREAD_SLOT_SPACE:
		thread_stop(thread);
		thread->space = NULL;
		break;
	case THREAD_SLOT_MESSAGE:
		message_page_gone(thread);
		break;
	case THREAD_SLOT_HOME:
		if (thread->home != NULL)
			sched_context_detach(thread->home);
		break;
	case THREAD_SLOT_UPCALL:
		thread->upcall = NULL;
		thread->upcall_entry = 0;
		break;
	case THREAD_SLOT_BOUND:
		unbind(thread);
		break;
	default:
		break;
	}
}

void thread_block(struct thread *thread, uint32_t state, time_ns deadline)
{
	thread->state = state;
	thread->wait_deadline = deadline;
	if (thread->sc != NULL && deadline < thread->sc->deadline)
		thread->sc->deadline = deadline;
	sched_current_blocked();
}

static uint8_t inherited_priority(const struct thread *thread)
{
	uint8_t priority = thread->base_priority;

	if (thread->donated_priority > priority)
		priority = thread->donated_priority;
	if (thread->boosters.first != NULL && 255u - thread->boosters.first->major > priority)
		priority = (uint8_t)(255u - thread->boosters.first->major);
	return priority;
}

/* Puts a queued or waiting thread where its new priority belongs. */
static void reposition(struct thread *thread, uint8_t priority)
{
	bool queued = thread->queued;

	if (queued)
		sched_dequeue(thread);
	thread->priority = priority;
	if (queued)
		sched_enqueue(thread, false);
	else if (thread->state == THREAD_STATE_SENDING || thread->state == THREAD_STATE_RECEIVING) {
		struct endpoint *endpoint = thread->waiting_on;

		tree_remove(&endpoint->waiting, &thread->wait_node);
		thread->wait_node.major = 255u - priority;
		tree_insert(&endpoint->waiting, &thread->wait_node);
	} else if (thread->state == THREAD_STATE_FUTEX)
		futex_reposition(thread);
	else
		sched_kick_if_current(thread);
}

/* Who goes on for a thread that waits: the owner of its lock, or its server, which its new priority
 * is lent to. At most ABI_CALL_CHAIN steps. */
static struct thread *acts_for(struct thread *thread)
{
	const struct reply *newer = NULL;
	struct sched_context *sc;
	struct thread *server;

	if (thread->state == THREAD_STATE_FUTEX)
		return thread->lock_owner;
	if (thread->state != THREAD_STATE_CALLING || (sc = thread->reply->lent) == NULL)
		return NULL;
	for (const struct reply *r = sc->chain; r != thread->reply; r = r->next)
		newer = r;
	server = newer != NULL ? newer->caller : sc->holder;
	if (server != NULL)
		server->donated_priority = thread->priority;
	return server;
}

void thread_update_priority(struct thread *thread)
{
	for (uint32_t i = 0; i < INHERITANCE_CHAIN && thread != NULL; i++) {
		uint8_t priority = inherited_priority(thread);

		if (priority == thread->priority)
			return;
		reposition(thread, priority);
		thread = acts_for(thread);
	}
}
