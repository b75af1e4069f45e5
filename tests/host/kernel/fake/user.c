// SPDX-License-Identifier: MIT OR Apache-2.0
/* User programs of the tests: see user.h. */
#include "user.h"

#include <arch/physmap.h>

#define CALL_ADDRESS 0x400100u
#define WORKER_SLICE 1000000u

struct thread *user_self;
static uint64_t next_slot;
static handle_t memory;
static uint64_t random_state = 1;

void user_seed(uint64_t seed)
{
	random_state = seed * 0x9e3779b97f4a7c15u + 1;
}

uint64_t user_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state * 0x2545f4914f6cdd1du >> 16;
}

uint64_t user_below(uint64_t limit)
{
	return user_random() % limit;
}

status_t user_status(const struct thread *thread)
{
	return (status_t)thread->frame.number;
}

/* The instruction pointer tells whether the kernel asks for the call again. */
status_t user_syscall(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	struct thread *self = user_self;
	struct cpu *cpu = fake_cpu_of(self);

	if (cpu == NULL) { /* it is on its way to another CPU */
		fake_settle();
		cpu = fake_cpu_of(self);
	}
	FAKE_CHECK(cpu != NULL);
	self->frame.number = number;
	self->frame.args[0] = a;
	self->frame.args[1] = b;
	self->frame.args[2] = c;
	self->frame.args[3] = d;
	self->frame.rip = CALL_ADDRESS;
	fake_syscall(cpu);
	while (self->frame.rip == CALL_ADDRESS - 2 && fake_cpu_of(self) == cpu) {
		self->frame.rip = CALL_ADDRESS;
		fake_settle(); /* it may wait for what another CPU does */
		fake_syscall(cpu);
	}
	if (thread_is_blocked(self))
		return STILL_BLOCKED;
	return user_status(self);
}

status_t user_invoke_words(handle_t object, uint64_t method, const uint64_t words[6])
{
	memcpy(user_self->frame.words, words, 6 * sizeof(words[0]));
	return user_syscall(SYSCALL_INVOKE, object, method, 0, 0);
}

status_t user_call(handle_t endpoint, uint64_t info, time_ns deadline)
{
	return user_syscall(SYSCALL_CALL, endpoint, info, deadline, 0);
}

status_t user_send(handle_t endpoint, uint64_t info, time_ns deadline)
{
	return user_syscall(SYSCALL_SEND, endpoint, info, deadline, 0);
}

status_t user_recv(handle_t reply, handle_t endpoint, time_ns deadline)
{
	return user_syscall(SYSCALL_RECV, reply, 0, deadline, endpoint);
}

status_t user_reply_recv(handle_t reply, uint64_t info, handle_t endpoint, time_ns deadline)
{
	return user_syscall(SYSCALL_REPLY_RECV, reply, info, deadline, endpoint);
}

status_t user_reply(handle_t reply, uint64_t info)
{
	return user_syscall(SYSCALL_REPLY, reply, info, 0, 0);
}

status_t user_signal(handle_t notification)
{
	return user_syscall(SYSCALL_SIGNAL, notification, 0, 0, 0);
}

status_t user_wait(handle_t notification, uint64_t mask, time_ns deadline)
{
	return user_syscall(SYSCALL_WAIT, notification, mask, deadline, 0);
}

/* --- slots and objects ------------------------------------------------------------------------ */

uint64_t user_slot(void)
{
	return next_slot++;
}

struct slot *user_slot_at(uint64_t index)
{
	return &fake_root->cspace->container.slots[index];
}

handle_t user_handle(uint64_t index)
{
	return (uint64_t)user_slot_at(index)->tag << ABI_HANDLE_PATH_BITS | index;
}

uint64_t user_index(handle_t handle)
{
	return handle & (((uint64_t)1 << ABI_HANDLE_PATH_BITS) - 1);
}

void *user_object(handle_t handle)
{
	const struct slot *slot = user_slot_at(user_index(handle));

	if (slot->type == OBJECT_FRAME || slot->type == OBJECT_UNTYPED)
		return (void *)slot_address(slot);
	return (void *)slot->object;
}

handle_t user_memory(void)
{
	return memory;
}

handle_t user_make(uint64_t type, uint64_t size)
{
	uint64_t index = user_slot();
	status_t status =
		user_invoke(memory, METHOD_UNTYPED_RETYPE, type, size, 1, fake_info->cnode, index);

	FAKE_CHECK(status == OK);
	return user_handle(index);
}

handle_t user_copy(handle_t source, uint64_t rights)
{
	uint64_t index = user_slot();
	status_t status = user_invoke(fake_info->cnode, METHOD_CNODE_COPY, index, source, rights);

	FAKE_CHECK(status == OK);
	return user_handle(index);
}

handle_t user_mint(handle_t source, uint64_t rights, uint64_t badge)
{
	uint64_t index = user_slot();
	status_t status =
		user_invoke(fake_info->cnode, METHOD_CNODE_MINT, index, source, rights, badge);

	FAKE_CHECK(status == OK);
	return user_handle(index);
}

status_t user_delete(handle_t handle)
{
	return user_invoke(fake_info->cnode, METHOD_CNODE_DELETE, user_index(handle));
}

status_t user_revoke(handle_t handle)
{
	return user_invoke(fake_info->cnode, METHOD_CNODE_REVOKE, user_index(handle));
}

static handle_t largest_untyped(void)
{
	const struct root_untyped *best = NULL;

	for (uint64_t i = 0; i < fake_info->untyped_count; i++) {
		const struct root_untyped *u = &fake_info->untyped[i];

		if (u->device == 0 && (best == NULL || u->order > best->order))
			best = u;
	}
	return best->handle;
}

void user_boot(uint32_t cpu_total)
{
	fake_boot(cpu_total, (uint64_t)2 << 20);
	user_self = fake_root;
	next_slot = fake_info->first_free_index;
	memory = largest_untyped();
	FAKE_CHECK(user_invoke(memory, METHOD_UNTYPED_RESET, 0) == OK);
}

/* --- threads ---------------------------------------------------------------------------------- */

struct worker user_worker(uint8_t priority, uint32_t cpu)
{
	struct worker w = {
		.handle = user_make(OBJECT_THREAD, 0),
		.context = user_make(OBJECT_SCHED_CONTEXT, 0),
		.page_frame = user_make(OBJECT_FRAME, PAGE_SHIFT),
	};

	handle_t lent; /* minted, so that the context goes with `w.context` */

	w.thread = user_object(w.handle);
	w.page = user_object(w.page_frame);
	FAKE_CHECK(user_invoke(w.context, METHOD_SCHED_CONTEXT_CONFIGURE, cpu, WORKER_SLICE, 0,
			   0) == OK);
	lent = user_mint(w.context, RIGHT_ALL, 0);
	FAKE_CHECK(user_invoke(w.handle, METHOD_THREAD_CONFIGURE, fake_info->cnode,
			   fake_info->space, w.page_frame, lent) == OK);

	FAKE_CHECK(user_invoke(w.handle, METHOD_THREAD_SET_PRIORITY, priority, fake_info->thread) ==
		   OK);
	return w;
}

void user_start(const struct worker *worker)
{
	FAKE_CHECK(user_invoke(worker->handle, METHOD_THREAD_RESUME, 0) == OK);
	fake_settle();
}

void user_become(const struct worker *worker)
{
	fake_settle();
	FAKE_CHECK(fake_cpu_of(worker->thread) != NULL);
	user_self = worker->thread;
}

void user_become_root(void)
{
	fake_settle();
	FAKE_CHECK(fake_cpu_of(fake_root) != NULL);
	user_self = fake_root;
}
