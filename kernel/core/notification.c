// SPDX-License-Identifier: MIT OR Apache-2.0
/* Notifications: a word of bits. One thread may wait on it, and one may be bound, whose receives
 * return the bits as well. */
#include <kernel/cspace.h>
#include <kernel/endpoint.h>
#include <kernel/irq.h>
#include <kernel/sched.h>
#include <kernel/thread.h>
#include <kernel/time.h>

/* The waiter, if what it waits for came: with its result, out of its wait. */
static struct thread *take_waiter(struct notification *notification)
{
	struct thread *waiter = notification->waiter;
	uint64_t taken;

	if (waiter == NULL)
		return NULL;
	taken = notification->bits & waiter->wait_info;
	if (taken == 0)
		return NULL;
	notification->bits &= ~taken;
	notification->waiter = NULL;
	waiter->waiting_on = NULL;
	waiter->frame.number = (uint64_t)OK;
	waiter->frame.args[2] = taken;
	return waiter;
}

/* The same for the bound thread's receive. */
static struct thread *take_bound(struct notification *notification)
{
	struct thread *bound = notification->bound;

	if (bound == NULL || notification->bits == 0 || bound->state != THREAD_STATE_RECEIVING ||
		bound->sc == NULL)
		return NULL;
	thread_leave_wait(bound);
	bound->frame.number = (uint64_t)OK;
	bound->frame.args[0] = 0;
	bound->frame.args[1] = 0;
	bound->frame.args[2] = notification->bits;
	notification->bits = 0;
	return bound;
}

void notification_signal(struct notification *notification, uint64_t bits)
{
	struct thread *woken;

	notification->bits |= bits;
	woken = take_waiter(notification);
	if (woken != NULL)
		thread_make_ready(woken);
	woken = take_bound(notification);
	if (woken != NULL)
		thread_make_ready(woken);
}

void notification_destroy(struct notification *notification)
{
	if (notification->waiter != NULL)
		thread_end_wait(notification->waiter, ERR_PEER_DEAD);
	if (notification->bound != NULL)
		notification->bound->bound = NULL;
	notification->bound = NULL;
	if (notification->has_irq)
		irq_forget_notification(notification);
}

status_t notification_signal_call(struct cpu *cpu, struct thread *self)
{
	struct slot *cap;
	status_t status = cspace_lookup_object(
		self, self->frame.args[0], OBJECT_NOTIFICATION, RIGHT_WRITE, &cap);

	(void)cpu;
	if (status != OK)
		return status;
	notification_signal((struct notification *)cap->object, cap->badge != 0 ? cap->badge : 1);
	return OK;
}

status_t notification_wait_call(struct cpu *cpu, struct thread *self)
{
	uint64_t mask = self->frame.args[1];
	time_ns deadline = self->frame.args[2];
	struct notification *notification;
	struct slot *cap;
	status_t status = cspace_lookup_object(
		self, self->frame.args[0], OBJECT_NOTIFICATION, RIGHT_READ, &cap);

	(void)cpu;
	if (status != OK)
		return status;
	notification = (struct notification *)cap->object;
	if ((notification->bits & mask) != 0) {
		self->frame.args[2] = notification->bits & mask;
		notification->bits &= ~mask;
		return OK;
	}
	if (notification->waiter != NULL)
		return ERR_BUSY;
	if (deadline == 0)
		return ERR_WOULD_BLOCK;
	if (deadline <= time_now())
		return ERR_DEADLINE;
	notification->waiter = self;
	self->waiting_on = notification;
	self->wait_info = mask;
	thread_block(self, THREAD_STATE_WAITING, deadline);
	return STATUS_BLOCKED;
}
