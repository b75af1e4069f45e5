// SPDX-License-Identifier: MIT OR Apache-2.0
/* Pipes: rings of bytes in the estate. An end is closed with its last description. A write is
 * taken as a whole or not at all, so that writes of several programs do not mix.
 * Tests: tests/host/services/vfs_test.c */
#pragma once

#include <abi/protocol/vfs.h>
#include <craton/runtime.h>

enum pipe_end { PIPE_READ, PIPE_WRITE };

/* Carves the pool from the estate. */
bool pipes_open(uint32_t count);

/* Makes a pipe with both ends open. ERR_TOO_MANY. */
[[nodiscard]] status_t pipe_make(uint32_t *pipe);

void pipe_close(uint32_t pipe, enum pipe_end end);

/* ERR_WOULD_BLOCK: empty (full). 0 bytes read: empty, and nobody can write. ERR_BROKEN_PIPE. */
[[nodiscard]] status_t pipe_read(uint32_t pipe, void *buffer, size_t size, size_t *done);
[[nodiscard]] status_t pipe_write(uint32_t pipe, const void *bytes, size_t size);

/* True: the end's operation would not wait. */
bool pipe_is_ready(uint32_t pipe, enum pipe_end end);

void pipe_attributes(uint32_t pipe, struct file_attributes *attributes);

/* True once after each change for which somebody may wait. */
bool pipes_take_change(void);
