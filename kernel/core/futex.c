// SPDX-License-Identifier: MIT OR Apache-2.0
/* Futexes: see futex.h. */
#include <arch/paging.h>
#include <kernel/cspace.h>
#include <kernel/endpoint.h>
#include <kernel/futex.h>
#include <kernel/space.h>
#include <kernel/thread.h>
#include <kernel/time.h>

#define WAKE_SLICE    32u /* waiters handled before pending interrupts are taken */
#define BOOSTER_STEPS 2u

static struct tree waiters; /* guarded by the kernel lock */
static uint64_t arrivals;

#define ARRIVAL_BITS 56u

static uint64_t order_key(const struct thread *thread, uint64_t arrival)
{
	uint64_t low = arrival & (((uint64_t)1 << ARRIVAL_BITS) - 1);

	return (uint64_t)(255u - thread->priority) << ARRIVAL_BITS | low;
}

/* The kernel address of a user word. ERR_ALIGNMENT, ERR_RANGE, ERR_BAD_ADDRESS: not mapped
 * readable at the moment. */
static status_t futex_word(struct thread *self, uint64_t address, const uint32_t **word)
{
	if ((address & 3u) != 0)
		return ERR_ALIGNMENT;
	if (address >= ABI_USER_ADDRESS_END)
		return ERR_RANGE;
	*word = arch_user_word(self->space, address);
	return *word != NULL ? OK : ERR_BAD_ADDRESS;
}

static void boost_owner(struct thread *self, struct thread *owner)
{
	self->lock_owner = owner;
	self->boost_node.major = 255u - self->priority;
	self->boost_node.minor = self->id;
	tree_insert(&owner->boosters, &self->boost_node);
	thread_update_priority(owner);
}

static void unboost_owner(struct thread *self)
{
	struct thread *owner = self->lock_owner;

	if (owner == NULL)
		return;
	self->lock_owner = NULL;
	tree_remove(&owner->boosters, &self->boost_node);
	thread_update_priority(owner);
}

void futex_remove_waiter(struct thread *thread)
{
	tree_remove(&waiters, &thread->wait_node);
	thread->state = THREAD_STATE_STOPPED; /* locks may wait in a circle: it is in no tree now */
	unboost_owner(thread);
}

void futex_reposition(struct thread *thread)
{
	struct thread *owner = thread->lock_owner;

	tree_remove(&waiters, &thread->wait_node);
	thread->wait_node.minor = order_key(thread, thread->wait_node.minor);
	tree_insert(&waiters, &thread->wait_node);
	if (owner == NULL)
		return;
	tree_remove(&owner->boosters, &thread->boost_node);
	thread->boost_node.major = 255u - thread->priority;
	tree_insert(&owner->boosters, &thread->boost_node);
}

COLD status_t futex_release_boosters(struct thread *owner, struct slice *slice)
{
	status_t status = OK;

	owner->doomed = true;
	while (status == OK && owner->boosters.first != NULL) {
		struct thread *waiter =
			CONTAINER_OF(owner->boosters.first, struct thread, boost_node);

		if (!slice_take(slice, BOOSTER_STEPS)) {
			status = ERR_AGAIN;
			continue;
		}
		waiter->lock_owner = NULL;
		tree_remove(&owner->boosters, &waiter->boost_node);
	}
	thread_update_priority(owner);
	return status;
}

static status_t futex_owner(struct thread *self, handle_t handle, struct thread **owner)
{
	struct slot *cap;
	status_t status;

	*owner = NULL;
	if (handle == 0)
		return OK;
	status = cspace_lookup_object(self, handle, OBJECT_THREAD, 0, &cap);
	if (status != OK)
		return status;
	*owner = (struct thread *)cap->object;
	if ((*owner)->doomed)
		return ERR_STALE;
	return *owner != self ? OK : ERR_INVALID_ARGUMENT;
}

status_t futex_wait_call(struct cpu *cpu, struct thread *self)
{
	time_ns deadline = self->frame.args[2];
	const uint32_t *word;
	struct thread *owner;
	status_t status = futex_word(self, self->frame.args[0], &word);

	(void)cpu;
	if (status != OK)
		return status;
	status = futex_owner(self, self->frame.args[3], &owner);
	if (status != OK)
		return status;
	if (*(const volatile uint32_t *)word != (uint32_t)self->frame.args[1])
		return ERR_WOULD_BLOCK;
	if (deadline <= time_now())
		return ERR_DEADLINE;
	self->wait_node.major = (uint64_t)(uintptr_t)word;
	self->wait_node.minor = order_key(self, arrivals++);
	tree_insert(&waiters, &self->wait_node);
	if (owner != NULL)
		boost_owner(self, owner);
	thread_block(self, THREAD_STATE_FUTEX, deadline);
	return STATUS_BLOCKED;
}

static struct thread *first_waiter(const uint32_t *word)
{
	struct tree_node *node = tree_lower_bound(&waiters, (uint64_t)(uintptr_t)word, 0);

	if (node == NULL || node->major != (uint64_t)(uintptr_t)word)
		return NULL;
	return CONTAINER_OF(node, struct thread, wait_node);
}

static uint64_t wake_some(const uint32_t *word, uint64_t count)
{
	uint64_t woken = 0;

	while (woken < count) {
		struct thread *thread = first_waiter(word);

		if (thread == NULL)
			break;
		thread_end_wait(thread, OK);
		woken++;
	}
	return woken;
}

void futex_wake_one(const uint32_t *word)
{
	(void)wake_some(word, 1);
}

status_t futex_wake_call(struct cpu *cpu, struct thread *self)
{
	uint64_t count = self->frame.args[1];
	const uint32_t *word;
	status_t status = futex_word(self, self->frame.args[0], &word);

	(void)cpu;
	if (status != OK)
		return status;
	self->frame.args[2] = wake_some(word, count < WAKE_SLICE ? count : WAKE_SLICE);
	return count > WAKE_SLICE && first_waiter(word) != NULL ? ERR_AGAIN : OK;
}

static uint64_t move_some(const uint32_t *from, const uint32_t *to, uint64_t count)
{
	uint64_t moved = 0;

	while (moved < count && from != to) {
		struct thread *thread = first_waiter(from);

		if (thread == NULL)
			break;
		tree_remove(&waiters, &thread->wait_node);
		thread->wait_node.major = (uint64_t)(uintptr_t)to;
		tree_insert(&waiters, &thread->wait_node);
		moved++;
	}
	return moved;
}

status_t futex_requeue_call(struct cpu *cpu, struct thread *self)
{
	uint64_t wake = self->frame.args[1];
	uint64_t move = self->frame.args[3];
	const uint32_t *from;
	const uint32_t *to;
	status_t status = futex_word(self, self->frame.args[0], &from);

	(void)cpu;
	if (status == OK)
		status = futex_word(self, self->frame.args[2], &to);
	if (status != OK)
		return status;
	wake = wake < WAKE_SLICE ? wake : WAKE_SLICE;
	move = move < WAKE_SLICE ? move : WAKE_SLICE;
	self->frame.args[2] = wake_some(from, wake) + move_some(from, to, move);
	return OK;
}
