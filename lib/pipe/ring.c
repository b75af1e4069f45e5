// SPDX-License-Identifier: MIT OR Apache-2.0
/* Bytes of pipes: see ring.h. */
#include "ring.h"

#include <craton/runtime.h>

/* --- locks ------------------------------------------------------------------------------------ */

bool pipe_lock(uint32_t *lock, uint32_t self, uint32_t *seen)
{
	uint32_t value = 0;

	for (;;) {
		if (value == 0) {
			if (__atomic_compare_exchange_n(
				    lock, &value, self, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
				return true;
			continue;
		}
		*seen = value | PIPE_WAITERS;
		if (__atomic_compare_exchange_n(
			    lock, &value, *seen, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			return false;
	}
}

bool pipe_unlock(uint32_t *lock)
{
	return (__atomic_exchange_n(lock, 0, __ATOMIC_RELEASE) & PIPE_WAITERS) != 0;
}

/* --- counts ----------------------------------------------------------------------------------- */

static uint64_t load(const uint64_t *count)
{
	return __atomic_load_n(count, __ATOMIC_ACQUIRE);
}

static bool is_closed(const struct pipe_shared *pipe, enum pipe_end end)
{
	return __atomic_load_n(&pipe->closed[end], __ATOMIC_ACQUIRE) != 0;
}

static uint8_t *ring_of(const struct pipe_shared *pipe)
{
	return (uint8_t *)(uintptr_t)(pipe + 1);
}

/* How much of `size` bytes from stream position `at` lies before the ring's end. */
static size_t first_part(uint64_t at, size_t size)
{
	size_t rest = PIPE_BYTES - at % PIPE_BYTES;

	return size < rest ? size : rest;
}

/* --- moving bytes ----------------------------------------------------------------------------- */

status_t pipe_take(struct pipe_shared *pipe, void *bytes, size_t size, size_t *done)
{
	bool ended = is_closed(pipe, PIPE_END_WRITE); /* before the count: what came last counts */
	uint64_t at = load(&pipe->read);
	uint64_t there = load(&pipe->written) - at;
	size_t part;

	*done = 0;
	if (there > PIPE_BYTES)
		return ERR_IO;
	if (there == 0)
		return ended ? OK : ERR_WOULD_BLOCK;
	size = size < there ? size : there;
	part = first_part(at, size);
	memcpy(bytes, ring_of(pipe) + at % PIPE_BYTES, part);
	memcpy((uint8_t *)bytes + part, ring_of(pipe), size - part);
	__atomic_store_n(&pipe->read, at + size, __ATOMIC_SEQ_CST);
	*done = size;
	return OK;
}

status_t pipe_put(struct pipe_shared *pipe, const void *bytes, size_t size, size_t *done)
{
	uint64_t at = load(&pipe->written);
	uint64_t there = at - load(&pipe->read);
	size_t room = PIPE_BYTES - (size_t)there;
	size_t part;

	*done = 0;
	if (is_closed(pipe, PIPE_END_READ))
		return ERR_BROKEN_PIPE;
	if (there > PIPE_BYTES)
		return ERR_IO;
	if (room == 0 || (size <= PIPE_WHOLE && room < size))
		return ERR_WOULD_BLOCK;
	size = size < room ? size : room;
	part = first_part(at, size);
	memcpy(ring_of(pipe) + at % PIPE_BYTES, bytes, part);
	memcpy(ring_of(pipe), (const uint8_t *)bytes + part, size - part);
	__atomic_store_n(&pipe->written, at + size, __ATOMIC_SEQ_CST);
	*done = size;
	return OK;
}

bool pipe_is_ready(const struct pipe_shared *pipe, enum pipe_end end)
{
	uint64_t there = load(&pipe->written) - load(&pipe->read);

	if (end == PIPE_END_READ)
		return there != 0 || is_closed(pipe, PIPE_END_WRITE);
	return is_closed(pipe, PIPE_END_READ) || there > PIPE_BYTES ||
	       PIPE_BYTES - there >= PIPE_WHOLE;
}
