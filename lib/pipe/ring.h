// SPDX-License-Identifier: MIT OR Apache-2.0
/* The bytes of a pipe in memory that its programs share (struct pipe_shared of the vfs's protocol),
 * without waiting. Everything in it may change or be nonsense at any time: counts are taken once
 * and checked. Tests: tests/host/lib/pipe_ring_test.c, tests/fuzz/pipe_ring.c */
#pragma once

#include <abi/protocol/vfs.h>
#include <stddef.h>

/* The locks: one for each end. `self` is the program's number. False: another one holds it; then
 * PIPE_WAITERS is set in `*seen`, the word to wait on. */
bool pipe_lock(uint32_t *lock, uint32_t self, uint32_t *seen);

/* True: somebody waits for the lock and must be woken. */
[[nodiscard]] bool pipe_unlock(uint32_t *lock);

/* Under the lock of the reading end. OK with 0 bytes: nobody writes any more. ERR_WOULD_BLOCK:
 * empty; ERR_IO: the counts make no sense. */
[[nodiscard]] status_t pipe_take(struct pipe_shared *pipe, void *bytes, size_t size, size_t *done);

/* Under the lock of the writing end. Up to PIPE_WHOLE bytes go in as a whole, of more as many as
 * there is room for. ERR_WOULD_BLOCK: full; ERR_BROKEN_PIPE; ERR_IO. */
[[nodiscard]] status_t pipe_put(
	struct pipe_shared *pipe, const void *bytes, size_t size, size_t *done);

/* True: the end's operation would not wait. Needs no lock. */
bool pipe_is_ready(const struct pipe_shared *pipe, enum pipe_end end);
