// SPDX-License-Identifier: MIT OR Apache-2.0
/* Pipes of native programs: mapped at a fixed place, read and written without services. */
#pragma once

#include <abi/abi.h>
#include <craton/client.h>

/* How a pipe's system is asked: the vfs. */
typedef status_t (*pipe_ask)(uint32_t method, struct call *call);

/* Whether the vfs's description `id` is a pipe; asked once for each. */
bool native_is_pipe(pipe_ask ask, uint64_t id);

/* Moves some bytes, waiting until there are some (or room). Reading 0 bytes: the end. */
[[nodiscard]] status_t native_pipe_move(pipe_ask ask, uint64_t id, uint32_t self, bool writes,
	void *bytes, size_t size, size_t *done);
