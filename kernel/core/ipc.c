// SPDX-License-Identifier: MIT OR Apache-2.0
/* Calls, sends, receives and replies: see endpoint.h. The handlers check everything first
 * (decode), then change state (commit, which cannot fail). */
#include "message.h"
#include "switch.h"

#include <kernel/cspace.h>
#include <kernel/endpoint.h>
#include <kernel/fault.h>
#include <kernel/sched.h>
#include <kernel/thread.h>
#include <kernel/time.h>

/* --- contexts along calls ------------------------------------------------------------------- */

static void context_give(struct sched_context *sc, struct thread *thread)
{
	thread->sc = sc;
	if (sc != NULL)
		sc->holder = thread;
}

static void donate_priority(struct thread *thread, uint8_t priority)
{
	thread->donated_priority = priority;
	if (priority > thread->priority)
		thread->priority = priority;
}

static void undonate_priority(struct thread *thread)
{
	if (thread->donated_priority == 0)
		return;
	thread->donated_priority = 0;
	if (thread->priority != thread->base_priority)
		thread_update_priority(thread);
}

/* Lends `caller`'s context to `server` under `reply`. */
static void call_connect(
	struct thread *caller, struct thread *server, struct reply *reply, time_ns deadline)
{
	struct sched_context *sc = caller->sc;

	reply->state = REPLY_OWED;
	reply->server = NULL;
	reply->caller = caller;
	reply->lent = sc;
	reply->next = sc->chain;
	reply->deadline = deadline;
	reply->outer_deadline = context_chain_deadline(sc);
	sc->chain = reply;
	sc->chain_depth++;
	sc->deadline = context_chain_deadline(sc);
	caller->reply = reply;
	caller->state = THREAD_STATE_CALLING;
	caller->sc = NULL;
	server->reply = NULL;
	context_give(sc, server);
	donate_priority(server, caller->priority);
}

static bool is_timeout(const struct thread *caller)
{
	return caller->fault_pending && caller->fault_words[0] == FAULT_TIMEOUT;
}

/* `caller` keeps its context, which has nothing left to lend: the server runs on its own. */
static void timeout_connect(struct thread *caller, struct reply *reply)
{
	*reply = (struct reply){.state = REPLY_OWED, .caller = caller, .deadline = TIME_NEVER};
	caller->reply = reply;
	caller->state = THREAD_STATE_CALLING;
}

void context_leave_holder(struct thread *holder)
{
	sched_dequeue(holder);
	context_give(holder->home, holder);
	undonate_priority(holder);
	if (holder->state == THREAD_STATE_READY) {
		thread_make_ready(holder);
		if (holder->sc == NULL)
			sched_kick_if_current(holder);
	} else if (holder->home != NULL) {
		holder->home->deadline = holder->wait_deadline;
		sched_update_timer(holder->home);
	}
}

void reply_return_context(struct reply *reply, struct thread *caller)
{
	struct sched_context *sc = reply->lent;
	struct thread *holder;

	if (sc == NULL) {
		if (caller->sc == NULL) /* else it had kept it: fault_timeout */
			context_give(caller->home, caller);
		return;
	}
	holder = sc->holder;
	for (;;) { /* at most ABI_CALL_CHAIN steps */
		struct reply *top = sc->chain;

		sc->chain = top->next;
		sc->chain_depth--;
		top->lent = NULL;
		if (top == reply)
			break;
	}
	sc->deadline = context_chain_deadline(sc);
	context_give(sc, caller);
	if (holder != NULL)
		context_leave_holder(holder);
	sched_update_timer(sc);
}

void reply_abort(struct reply *reply)
{
	struct thread *caller = reply->caller;

	reply->caller = NULL;
	caller->reply = NULL;
	reply_return_context(reply, caller);
}

/* --- endpoint queues ------------------------------------------------------------------------- */

static struct thread *endpoint_first(const struct endpoint *endpoint)
{
	return CONTAINER_OF(endpoint->waiting.first, struct thread, wait_node);
}

void endpoint_remove_waiter(struct endpoint *endpoint, struct thread *thread)
{
	tree_remove(&endpoint->waiting, &thread->wait_node);
	if (endpoint->waiting.root == NULL)
		endpoint->state = ENDPOINT_IDLE;
	thread->waiting_on = NULL;
}

static void endpoint_add_waiter(
	struct endpoint *endpoint, struct thread *thread, enum endpoint_state state)
{
	thread->wait_node.major = 255u - thread->priority;
	thread->wait_node.minor = endpoint->arrivals++;
	thread->waiting_on = endpoint;
	tree_insert(&endpoint->waiting, &thread->wait_node);
	endpoint->state = state;
}

static void reply_disarm(struct thread *receiver)
{
	if (receiver->reply == NULL)
		return;
	receiver->reply->state = REPLY_FREE;
	receiver->reply->server = NULL;
	receiver->reply = NULL;
}

/* --- sending -----------------------------------------------------------------------------------
 */

/* Whether `receiver`, which waits, can take the message. */
static status_t delivery_check(const struct thread *receiver, uint64_t info, bool is_call)
{
	if (!message_fits(receiver, info))
		return ERR_TOO_LONG;
	if (is_call)
		return receiver->reply != NULL ? OK : ERR_UNFUNDED;
	return receiver->home != NULL ? OK : ERR_UNFUNDED;
}

/* The server runs at once on the context that it was lent. */
static void run_server(struct cpu *cpu, struct thread *server)
{
	server->state = THREAD_STATE_READY;
	server->wait_deadline = TIME_NEVER;
	if (switch_is_direct(cpu, server)) {
		switch_direct(cpu, server);
		return;
	}
	sched_enqueue(server, true);
	cpu->reschedule = true;
}

static status_t send_to_receiver(struct cpu *cpu, struct thread *self, struct endpoint *endpoint,
	const struct slot *cap, uint64_t info, time_ns deadline, bool is_call)
{
	struct thread *receiver = endpoint_first(endpoint);
	struct reply *reply = receiver->reply;
	status_t status = delivery_check(receiver, info, is_call);

	if (status != OK)
		return status;
	endpoint_remove_waiter(endpoint, receiver);
	if (!is_call) {
		message_transfer(self, receiver, info, cap->badge);
		reply_disarm(receiver);
		thread_make_ready(receiver);
		return OK;
	}
	message_transfer(self, receiver, info, cap->badge);
	call_connect(self, receiver, reply, deadline);
	run_server(cpu, receiver);
	return STATUS_BLOCKED;
}

static status_t wait_check(const struct thread *self, time_ns deadline)
{
	if (deadline == 0)
		return ERR_WOULD_BLOCK;
	if (deadline == TIME_NEVER)
		return OK;
	if (self->sc == NULL)
		return ERR_UNFUNDED;
	return deadline > time_now() ? OK : ERR_DEADLINE;
}

static status_t send_message(struct cpu *cpu, struct thread *self, bool is_call)
{
	uint64_t info = self->frame.args[1];
	time_ns deadline = self->frame.args[2];
	struct endpoint *endpoint;
	struct slot *cap;
	bool may_grant;
	status_t status =
		cspace_lookup_object(self, self->frame.args[0], OBJECT_ENDPOINT, RIGHT_WRITE, &cap);

	if (status != OK)
		return status;
	may_grant = (cap->rights & RIGHT_GRANT) != 0;
	status = message_check(self, info, may_grant);
	if (status != OK)
		return status;
	if (is_call && self->sc->chain_depth >= ABI_CALL_CHAIN)
		return ERR_DEPTH;
	endpoint = (struct endpoint *)cap->object;
	if (endpoint->state == ENDPOINT_RECEIVERS)
		return send_to_receiver(cpu, self, endpoint, cap, info, deadline, is_call);
	status = wait_check(self, deadline);
	if (status != OK)
		return status;
	self->wait_info = info;
	self->wait_badge = cap->badge;
	self->wait_is_call = is_call;
	self->wait_may_grant = may_grant;
	endpoint_add_waiter(endpoint, self, ENDPOINT_SENDERS);
	thread_block(self, THREAD_STATE_SENDING, deadline);
	return STATUS_BLOCKED;
}

status_t ipc_call(struct cpu *cpu, struct thread *self)
{
	return send_message(cpu, self, true);
}

status_t ipc_send(struct cpu *cpu, struct thread *self)
{
	return send_message(cpu, self, false);
}

/* --- replying -------------------------------------------------------------------------------- */

/* Completes the call that `reply` owes. The caller is ready to run and in no queue, with its
 * context; or, after a fault that was not to be resumed, NULL is returned. */
static struct thread *reply_complete(struct thread *self, struct reply *reply, uint64_t info)
{
	struct thread *caller = reply->caller;
	bool runs = true;

	reply->state = REPLY_FREE;
	reply->caller = NULL;
	caller->reply = NULL;
	if (caller->fault_pending)
		runs = fault_answer(caller, info_label(info));
	else
		message_transfer(self, caller, info, 0);
	reply_return_context(reply, caller);
	caller->state = runs ? THREAD_STATE_READY : THREAD_STATE_STOPPED;
	return runs ? caller : NULL;
}

/* ERR_GONE: nobody waits for this reply (any more). */
static status_t reply_check(struct thread *self, struct reply *reply, uint64_t info)
{
	status_t status = message_check(self, info, true);

	if (status != OK)
		return status;
	if (reply->state != REPLY_OWED)
		return ERR_GONE;
	if (reply->caller == NULL) {
		reply->state = REPLY_FREE;
		return ERR_GONE;
	}
	return message_fits(reply->caller, info) ? OK : ERR_TOO_LONG;
}

status_t ipc_reply(struct cpu *cpu, struct thread *self)
{
	uint64_t info = self->frame.args[1];
	struct thread *caller;
	struct slot *cap;
	status_t status = cspace_lookup_object(self, self->frame.args[0], OBJECT_REPLY, 0, &cap);

	if (status != OK)
		return status;
	status = reply_check(self, (struct reply *)cap->object, info);
	if (status != OK)
		return status;
	caller = reply_complete(self, (struct reply *)cap->object, info);
	if (caller != NULL)
		thread_make_ready(caller);
	cpu->reschedule = true; /* the context that `self` ran on may have gone */
	return OK;
}

/* --- receiving ------------------------------------------------------------------------------- */

void context_park(struct thread *self)
{
	if (self->sc == self->home)
		return;
	if (self->sc != NULL)
		self->sc->holder = NULL;
	context_give(self->home, self);
	if (self->home != NULL) /* it may have been waiting with a deadline when a call came */
		self->home->deadline = context_chain_deadline(self->home);
	undonate_priority(self);
}

static void deliver_bits(struct thread *self, struct notification *notification)
{
	self->frame.args[0] = 0;
	self->frame.args[1] = 0;
	self->frame.args[2] = notification->bits;
	notification->bits = 0;
}

/* Takes the first sender's message. ERR_...: that sender was refused with it; try the next. */
static status_t accept_sender(
	struct cpu *cpu, struct thread *self, struct endpoint *endpoint, struct reply *reply)
{
	struct thread *sender = endpoint_first(endpoint);
	uint64_t info = sender->wait_info;
	status_t status = OK;

	if (!message_fits(self, info))
		status = ERR_TOO_LONG;
	else if (is_timeout(sender))
		status = reply == NULL || self->home == NULL ? ERR_UNFUNDED : OK;
	else if (sender->wait_is_call ? reply == NULL || sender->sc == NULL : self->home == NULL)
		status = ERR_UNFUNDED; /* a caller's context can have gone while it waited */
	if (status != OK) {
		thread_end_wait(sender, status);
		return status;
	}
	endpoint_remove_waiter(endpoint, sender);
	message_transfer(sender, self, info, sender->wait_badge);
	context_park(self);
	if (is_timeout(sender)) {
		timeout_connect(sender, reply);
	} else if (sender->wait_is_call) {
		time_ns deadline = sender->wait_deadline;
		struct sched_context *sc = sender->sc;

		sender->wait_deadline = TIME_NEVER;
		call_connect(sender, self, reply, deadline);
		self->state = THREAD_STATE_READY; /* without a home it had nothing to run on */
		sched_update_timer(sc);
	} else {
		thread_set_status(sender, OK);
		thread_make_ready(sender);
	}
	cpu->reschedule = true;
	return OK;
}

/* A caller whose server is gone. One that waited for its fault to be handled just runs the
 * instruction again, and so asks the next instance of the handler. */
static void thread_resume_orphan(struct thread *caller)
{
	if (caller->fault_pending) {
		caller->fault_pending = false;
		upcall_interrupt(caller);
	} else {
		thread_set_status(caller, ERR_PEER_DEAD);
	}
	thread_make_ready(caller);
}

/* An object that is armed again gives up whoever still waited for its answer. */
static void reply_release_owed(struct reply *reply)
{
	struct thread *caller = reply->caller;

	if (reply->state == REPLY_OWED && caller != NULL) {
		reply_abort(reply);
		thread_resume_orphan(caller);
	}
	reply->state = REPLY_FREE;
}

#define REFUSED_MAX 16u /* senders refused before pending interrupts are taken */

static status_t receive_message(struct cpu *cpu, struct thread *self, struct endpoint *endpoint,
	struct reply *reply, time_ns deadline)
{
	status_t status;

	if (self->bound != NULL && self->bound->bits != 0 && self->sc != NULL) {
		deliver_bits(self, self->bound);
		return OK;
	}
	if (reply != NULL && reply->state == REPLY_OWED)
		reply_release_owed(reply);
	for (uint32_t refused = 0; endpoint->state == ENDPOINT_SENDERS; refused++) {
		if (refused >= REFUSED_MAX && self->sc != NULL) /* else it could not try again */
			return STATUS_RESTART;
		if (accept_sender(cpu, self, endpoint, reply) == OK)
			return OK;
	}
	status = wait_check(self, deadline);
	if (status != OK)
		return status;
	if (deadline != TIME_NEVER && self->home == NULL)
		return ERR_UNFUNDED;
	context_park(self);
	self->reply = reply;
	if (reply != NULL) {
		reply->state = REPLY_ARMED;
		reply->server = self;
	}
	endpoint_add_waiter(endpoint, self, ENDPOINT_RECEIVERS);
	thread_block(self, THREAD_STATE_RECEIVING, deadline);
	return STATUS_BLOCKED;
}

/* Looks up a reply object that can be used to receive. Handle 0: none. */
static status_t receive_reply(struct thread *self, handle_t handle, struct reply **reply)
{
	struct slot *cap;
	status_t status;

	*reply = NULL;
	if (handle == 0)
		return OK;
	status = cspace_lookup_object(self, handle, OBJECT_REPLY, 0, &cap);
	if (status != OK)
		return status;
	*reply = (struct reply *)cap->object;
	return (*reply)->state == REPLY_ARMED ? ERR_BUSY : OK;
}

static status_t receive_endpoint(struct thread *self, struct endpoint **endpoint)
{
	struct slot *cap;
	status_t status =
		cspace_lookup_object(self, self->frame.args[3], OBJECT_ENDPOINT, RIGHT_READ, &cap);

	if (status == OK)
		*endpoint = (struct endpoint *)cap->object;
	return status;
}

status_t ipc_recv(struct cpu *cpu, struct thread *self)
{
	struct endpoint *endpoint;
	struct reply *reply;
	status_t status = receive_endpoint(self, &endpoint);

	if (status != OK)
		return status;
	status = receive_reply(self, self->frame.args[0], &reply);
	if (status != OK)
		return status;
	return receive_message(cpu, self, endpoint, reply, self->frame.args[2]);
}

status_t ipc_reply_recv(struct cpu *cpu, struct thread *self)
{
	uint64_t info = self->frame.args[1];
	time_ns deadline = self->frame.args[2];
	struct endpoint *endpoint;
	struct thread *caller;
	struct reply *reply;
	status_t status = receive_endpoint(self, &endpoint);

	if (status != OK)
		return status;
	status = receive_reply(self, self->frame.args[0], &reply);
	if (status != OK)
		return status;
	if (reply == NULL)
		return ERR_INVALID_HANDLE;
	status = reply_check(self, reply, info);
	if (status != OK && status != ERR_GONE)
		return status;
	caller = status == OK ? reply_complete(self, reply, info) : NULL;
	status = receive_message(cpu, self, endpoint, reply, deadline);
	if (caller == NULL)
		return status;
	if (status == STATUS_BLOCKED && switch_is_direct(cpu, caller))
		switch_direct(cpu, caller);
	else
		thread_make_ready(caller);
	return status;
}

/* --- faults -------------------------------------------------------------------------------------
 */

status_t ipc_fault(struct cpu *cpu, struct thread *self, struct slot *slot)
{
	struct endpoint *endpoint;
	struct thread *receiver;

	if (slot->type != OBJECT_ENDPOINT || self->sc == NULL)
		return ERR_INVALID_HANDLE;
	self->fault_pending = true;
	if (self->sc->chain_depth >= ABI_CALL_CHAIN && !is_timeout(self)) {
		self->fault_pending = false;
		return ERR_DEPTH;
	}
	endpoint = (struct endpoint *)slot->object;
	if (endpoint->state != ENDPOINT_RECEIVERS) {
		self->wait_info = FAULT_MESSAGE_INFO;
		self->wait_badge = slot->badge;
		self->wait_is_call = true;
		self->wait_may_grant = false;
		endpoint_add_waiter(endpoint, self, ENDPOINT_SENDERS);
		thread_block(self, THREAD_STATE_SENDING, TIME_NEVER);
		return OK;
	}
	receiver = endpoint_first(endpoint);
	if (receiver->reply == NULL || (is_timeout(self) && receiver->home == NULL)) {
		self->fault_pending = false;
		return ERR_UNFUNDED;
	}
	endpoint_remove_waiter(endpoint, receiver);
	message_transfer_fault(self, receiver, slot->badge);
	if (is_timeout(self)) {
		timeout_connect(self, receiver->reply);
		receiver->reply = NULL;
		thread_make_ready(receiver);
		return OK;
	}
	call_connect(self, receiver, receiver->reply, TIME_NEVER);
	run_server(cpu, receiver);
	return OK;
}

/* --- destruction --------------------------------------------------------------------------------
 */

status_t endpoint_destroy(struct endpoint *endpoint, struct slice *slice)
{
	while (endpoint->waiting.root != NULL) {
		if (!slice_take(slice, 4))
			return ERR_AGAIN;
		thread_end_wait(endpoint_first(endpoint), ERR_PEER_DEAD);
	}
	return OK;
}

/* Where `actor` was when its slice ended, or the first waiter. */
static struct tree_node *cancel_start(
	const struct endpoint *endpoint, const struct thread *actor, uint64_t badge)
{
	if (endpoint->cancel_actor != actor->id || endpoint->cancel_badge != badge)
		return endpoint->waiting.first;
	return tree_lower_bound(&endpoint->waiting, endpoint->cancel_major, endpoint->cancel_minor);
}

status_t endpoint_cancel_badge(
	struct endpoint *endpoint, const struct thread *actor, uint64_t badge, struct slice *slice)
{
	struct tree_node *node = cancel_start(endpoint, actor, badge);

	endpoint->cancel_actor = 0;
	if (endpoint->state != ENDPOINT_SENDERS)
		return OK;
	while (node != NULL) {
		struct thread *thread = CONTAINER_OF(node, struct thread, wait_node);

		if (!slice_take(slice, 1)) {
			endpoint->cancel_actor = actor->id;
			endpoint->cancel_badge = badge;
			endpoint->cancel_major = (uint32_t)node->major;
			endpoint->cancel_minor = node->minor;
			return ERR_AGAIN;
		}
		node = tree_next(node);
		if (thread->wait_badge == badge)
			thread_end_wait(thread, ERR_CANCELLED);
	}
	return OK;
}

void reply_destroy(struct reply *reply)
{
	if (reply->state == REPLY_ARMED && reply->server != NULL)
		thread_end_wait(reply->server, ERR_CANCELLED);
	reply_release_owed(reply);
}
