// SPDX-License-Identifier: MIT OR Apache-2.0
/* Pipes: the program maps them and moves bytes itself; it calls the kernel only to wait and to wake
 * who waits, and the vfs only to map and to close. */
#include "host.h"

#include <pipe/ring.h>

#include <abi/syscall.h>

static status_t map(description_t *description)
{
	uint64_t words[6] = {description->id};
	void *place = arena_place(description->id);
	status_t status;

	if (description->pipe != nullptr)
		return OK;
	if (place == nullptr)
		return ERR_NO_MEMORY;
	status = service_ask(SERVICE_NUMBER_VFS, VFS_MAP_PIPE, words);
	if (status != OK)
		return status;
	description->pipe = place;
	description->pipe_end = words[0] == PIPE_END_WRITE ? PIPE_END_WRITE : PIPE_END_READ;
	return OK;
}

static status_t wait_on(uint32_t *word, uint32_t value, uint64_t deadline)
{
	status_t status = sys_futex_wait((uint64_t)(uintptr_t)word, value, deadline, 0);

	return status == ERR_WOULD_BLOCK ? OK : status; /* it has changed already */
}

static void wake_all(uint32_t *word)
{
	uint64_t woken;

	(void)!sys_futex_wake((uint64_t)(uintptr_t)word, UINT32_MAX, &woken);
}

/* Another program holds the lock only while it moves bytes; if it was killed then, the vfs unlocks.
 * So an interrupt need not end this wait. */
static void lock(uint32_t *word)
{
	uint32_t self = (uint32_t)service_badge();
	uint32_t seen;

	while (!pipe_lock(word, self, &seen))
		(void)!wait_on(word, seen, ABI_DEADLINE_NEVER);
}

static void unlock(uint32_t *word)
{
	if (pipe_unlock(word))
		wake_all(word);
}

/* Tells the other side of a change, if it waits. */
static void notify(uint32_t *is_waiting, uint32_t *event)
{
	if (__atomic_load_n(is_waiting, __ATOMIC_SEQ_CST) == 0)
		return;
	__atomic_store_n(is_waiting, 0, __ATOMIC_SEQ_CST);
	(void)__atomic_add_fetch(event, 1, __ATOMIC_SEQ_CST);
	wake_all(event);
}

/* What a side that waits looks at. */
struct side {
	uint32_t *is_waiting;
	uint32_t *event;
	uint32_t seen; /* of the event, before it looked */
};

static struct side side_of(struct pipe_shared *pipe, enum pipe_end end)
{
	if (end == PIPE_END_READ)
		return (struct side){&pipe->readers_wait, &pipe->data_event, 0};
	return (struct side){&pipe->writers_wait, &pipe->room_event, 0};
}

/* Says that this side is going to wait. It looks once more then: what comes after changes the
 * event. */
static void prepare_wait(struct side *side)
{
	side->seen = __atomic_load_n(side->event, __ATOMIC_SEQ_CST);
	__atomic_store_n(side->is_waiting, 1, __ATOMIC_SEQ_CST);
}

/* ERR_CANCELLED: an interrupt came; ERR_DEADLINE. */
static status_t wait_side(const struct side *side, uint64_t deadline)
{
	return interrupt_noted() ? ERR_CANCELLED : wait_on(side->event, side->seen, deadline);
}

static bool is_nonblocking(const struct pipe_shared *pipe, enum pipe_end end)
{
	return __atomic_load_n(&pipe->nonblock[end], __ATOMIC_RELAXED) != 0;
}

static status_t take(struct pipe_shared *pipe, void *bytes, size_t size, uint64_t *done)
{
	status_t status;

	lock(&pipe->read_lock);
	status = pipe_take(pipe, bytes, size, done);
	unlock(&pipe->read_lock);
	if (*done > 0)
		notify(&pipe->writers_wait, &pipe->room_event);
	return status;
}

static status_t put(struct pipe_shared *pipe, const void *bytes, size_t size, uint64_t *done)
{
	status_t status;

	lock(&pipe->write_lock);
	status = pipe_put(pipe, bytes, size, done);
	unlock(&pipe->write_lock);
	if (*done > 0)
		notify(&pipe->readers_wait, &pipe->data_event);
	return status;
}

/* The description's pipe, if it is this end of it. */
static status_t pipe_of(description_t *description, enum pipe_end end, struct pipe_shared **pipe)
{
	status_t status = map(description);

	*pipe = description->pipe;
	return status == OK && description->pipe_end != end ? ERR_ACCESS : status;
}

status_t pipes_read(description_t *description, void *bytes, size_t size, uint64_t *done)
{
	struct pipe_shared *pipe;
	status_t status = pipe_of(description, PIPE_END_READ, &pipe);
	struct side side;

	*done = 0;
	if (status == OK)
		status = take(pipe, bytes, size, done);
	if (status != ERR_WOULD_BLOCK || is_nonblocking(pipe, PIPE_END_READ))
		return status;
	side = side_of(pipe, PIPE_END_READ);
	for (;;) {
		prepare_wait(&side);
		status = take(pipe, bytes, size, done);
		if (status != ERR_WOULD_BLOCK)
			return status;
		status = wait_side(&side, ABI_DEADLINE_NEVER);
		if (status != OK)
			return status;
	}
}

status_t pipes_write(description_t *description, const void *bytes, size_t size, uint64_t *done)
{
	struct pipe_shared *pipe;
	status_t status = pipe_of(description, PIPE_END_WRITE, &pipe);
	struct side side;

	*done = 0;
	if (status == OK)
		status = put(pipe, bytes, size, done);
	if (status != ERR_WOULD_BLOCK || is_nonblocking(pipe, PIPE_END_WRITE))
		return status;
	side = side_of(pipe, PIPE_END_WRITE);
	for (;;) {
		prepare_wait(&side);
		status = put(pipe, bytes, size, done);
		if (status != ERR_WOULD_BLOCK)
			return status;
		status = wait_side(&side, ABI_DEADLINE_NEVER);
		if (status != OK)
			return status;
	}
}

status_t pipes_poll(description_t *description, uint64_t deadline, bool *ready)
{
	status_t status = map(description);
	enum pipe_end end = description->pipe_end;
	struct side side;

	*ready = status == OK && pipe_is_ready(description->pipe, end);
	if (status != OK || *ready || deadline <= time_now())
		return status;
	side = side_of(description->pipe, end);
	for (;;) {
		prepare_wait(&side);
		*ready = pipe_is_ready(description->pipe, end);
		if (*ready)
			return OK;
		status = wait_side(&side, deadline);
		if (status != OK)
			return status == ERR_DEADLINE ? OK : status;
	}
}
