// SPDX-License-Identifier: MIT OR Apache-2.0
/* Message passing: endpoints, replies, notifications.
 *
 * Life of a call: the caller is SENDING until accepted, then CALLING while a reply object is OWED.
 * Its context travels with the call (`lent`), through further calls of the server (`chain`), and
 * comes back with the reply, or when the call ends otherwise: deadline, cancel, death. Then the
 * server goes on with its own context and its late reply gets ERR_GONE.
 * The same life cycle is modelled in tests/model/ipc.pml. */
#ifndef KERNEL_ENDPOINT_H
#define KERNEL_ENDPOINT_H

#include <kernel/cpu.h>
#include <kernel/object.h>
#include <kernel/slice.h>

/* Returned by handlers that have set, or left to whoever ends the wait, the thread's status. */
#define STATUS_BLOCKED ((status_t)1)
/* The system call must run again from its start after pending interrupts were taken. */
#define STATUS_RESTART ((status_t)2)

/* System calls of the current thread; arguments as in abi/kernel.toml. */
NODISCARD status_t ipc_call(struct cpu *cpu, struct thread *self);
NODISCARD status_t ipc_reply_recv(struct cpu *cpu, struct thread *self);
NODISCARD status_t ipc_recv(struct cpu *cpu, struct thread *self);
NODISCARD status_t ipc_send(struct cpu *cpu, struct thread *self);
NODISCARD status_t ipc_reply(struct cpu *cpu, struct thread *self);
NODISCARD status_t notification_signal_call(struct cpu *cpu, struct thread *self);
NODISCARD status_t notification_wait_call(struct cpu *cpu, struct thread *self);

/* Sends a fault on behalf of `self` to the endpoint in `slot` and leaves it CALLING. A time-out
 * does not lend the context: whoever takes it runs on its own. ERR_...: there is nobody to take it;
 * nothing changed. */
NODISCARD status_t ipc_fault(struct cpu *cpu, struct thread *self, struct slot *slot);

/* Ends the wait of a thread that is CALLING: it leaves with its context. */
void reply_abort(struct reply *reply);

/* Gives the context that `reply` took along back to its caller. */
void reply_return_context(struct reply *reply, struct thread *caller);

/* The holder of a context that is taken away goes on with its own. */
void context_leave_holder(struct thread *holder);

/* A receiver keeps no context of others: a call that it has not answered is parked. */
void context_park(struct thread *self);

void endpoint_remove_waiter(struct endpoint *endpoint, struct thread *thread);
NODISCARD status_t endpoint_destroy(struct endpoint *endpoint, struct slice *slice);
NODISCARD status_t endpoint_cancel_badge(
	struct endpoint *endpoint, const struct thread *actor, uint64_t badge, struct slice *slice);
void reply_destroy(struct reply *reply);
void notification_signal(struct notification *notification, uint64_t bits);
void notification_destroy(struct notification *notification);

/* The deadline that binds a context apart from its holder's own wait. */
ALWAYS_INLINE time_ns context_chain_deadline(const struct sched_context *sc)
{
	const struct reply *reply = sc->chain;

	if (reply == NULL)
		return TIME_NEVER;
	return reply->deadline < reply->outer_deadline ? reply->deadline : reply->outer_deadline;
}

#endif
