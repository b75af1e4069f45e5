// SPDX-License-Identifier: MIT OR Apache-2.0
/* Pipes. Their bytes are in shared memory (struct pipe_shared), which the programs at both ends
 * map; here is only which ends are open. An end is closed with its last description. What is in the
 * shared memory is never trusted: it is written, and read only to be reported. Tests:
 * tests/host/services/vfs_pipe_test.c */
#pragma once

#include <abi/protocol/vfs.h>
#include <craton/runtime.h>

#define PIPES_OF_CLIENT 64u

/* Carves the pool from the estate and maps the pipes that there are. */
bool pipes_open(uint32_t count);

/* Makes a pipe with both ends open, at the expense of a program. ERR_QUOTA: it has too many or no
 * memory for one; ERR_TOO_MANY: nobody can have more. */
[[nodiscard]] status_t pipe_make(uint64_t account, uint32_t *pipe);

void pipe_close(uint32_t pipe, enum pipe_end end);

/* Gives the memory to a program at an address. */
[[nodiscard]] status_t pipe_lend(uint32_t pipe, uint64_t program, uint64_t address);

/* A program gives up a number: its mapping goes, and a lock that it holds. */
void pipe_leave(uint32_t pipe, uint64_t program, uint64_t address);

void pipe_set_nonblock(uint32_t pipe, enum pipe_end end, bool nonblock);

/* Puts bytes in as a whole, for the VFS itself, which has the writing end, and wakes who reads.
 * False: there is no room. */
bool pipe_tell(uint32_t pipe, const void *bytes, size_t size);
/* There is something that nobody has read. */
bool pipe_has_bytes(uint32_t pipe);

void pipe_attributes(uint32_t pipe, struct file_attributes *attributes);

/* Wakes whoever waits on a word. */
void pipe_wake(uint32_t *word);
