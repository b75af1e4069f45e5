// SPDX-License-Identifier: MIT OR Apache-2.0
/* Pipes of native programs: see pipe.h, and services/wasm/pipes.c for how both sides wait. */
#include "pipe.h"

#include <abi/protocol/vfs.h>
#include <abi/syscall.h>
#include <pipe/ring.h>

#define ARENA 0x400000000000u /* nothing else of a native program is there */
#define PIPES 8u

static struct known {
	uint64_t id;
	struct pipe_shared *pipe; /* nullptr: it is none */
	bool is_used;
} known[PIPES];
static bool is_attached;

static bool is_pipe(pipe_ask ask, uint64_t id)
{
	struct file_attributes attributes = {0};
	struct call call = {.words = {id}, .out = &attributes, .out_size = sizeof(attributes)};

	return ask(VFS_STAT, &call) == OK && attributes.type == FILE_TYPE_PIPE;
}

static struct pipe_shared *map(pipe_ask ask, uint64_t id)
{
	struct call attach = {.words = {ARENA, 0}};
	struct call call = {.words = {id}};

	if (!is_attached && ask(VFS_ATTACH, &attach) != OK)
		return nullptr;
	is_attached = true;
	if (ask(VFS_MAP_PIPE, &call) != OK)
		return nullptr;
	return (struct pipe_shared *)(ARENA + (1 + id) * MEMORY_SHARED_UNIT);
}

static struct pipe_shared *find(pipe_ask ask, uint64_t id)
{
	for (unsigned i = 0; i < PIPES; i++) {
		struct known *k = &known[i];

		if (k->is_used && k->id == id)
			return k->pipe;
		if (k->is_used)
			continue;
		*k = (struct known){.id = id, .is_used = true};
		k->pipe = is_pipe(ask, id) ? map(ask, id) : nullptr;
		return k->pipe;
	}
	return nullptr;
}

bool native_is_pipe(pipe_ask ask, uint64_t id)
{
	return find(ask, id) != nullptr;
}

static void lock(uint32_t *word, uint32_t self)
{
	uint32_t seen;

	while (!pipe_lock(word, self, &seen))
		(void)!sys_futex_wait((uint64_t)(uintptr_t)word, seen, ABI_DEADLINE_NEVER, 0);
}

static void wake(uint32_t *word)
{
	uint64_t woken;

	(void)!sys_futex_wake((uint64_t)(uintptr_t)word, UINT32_MAX, &woken);
}

static void notify(uint32_t *is_waiting, uint32_t *event)
{
	if (__atomic_load_n(is_waiting, __ATOMIC_SEQ_CST) == 0)
		return;
	__atomic_store_n(is_waiting, 0, __ATOMIC_SEQ_CST);
	(void)__atomic_add_fetch(event, 1, __ATOMIC_SEQ_CST);
	wake(event);
}

static status_t try(struct pipe_shared *pipe, uint32_t self, bool writes, void *bytes, size_t size,
	size_t *done)
{
	uint32_t *word = writes ? &pipe->write_lock : &pipe->read_lock;
	status_t status;

	lock(word, self);
	status = writes ? pipe_put(pipe, bytes, size, done) : pipe_take(pipe, bytes, size, done);
	if (pipe_unlock(word))
		wake(word);
	if (*done > 0 && writes)
		notify(&pipe->readers_wait, &pipe->data_event);
	else if (*done > 0)
		notify(&pipe->writers_wait, &pipe->room_event);
	return status;
}

status_t native_pipe_move(pipe_ask ask, uint64_t id, uint32_t self, bool writes, void *bytes,
	size_t size, size_t *done)
{
	struct pipe_shared *pipe = find(ask, id);
	uint32_t *is_waiting = writes ? &pipe->writers_wait : &pipe->readers_wait;
	uint32_t *event = writes ? &pipe->room_event : &pipe->data_event;
	status_t status = try(pipe, self, writes, bytes, size, done);

	while (status == ERR_WOULD_BLOCK) {
		uint32_t seen = __atomic_load_n(event, __ATOMIC_SEQ_CST);

		__atomic_store_n(is_waiting, 1, __ATOMIC_SEQ_CST);
		status = try(pipe, self, writes, bytes, size, done);
		if (status == ERR_WOULD_BLOCK)
			(void)!sys_futex_wait(
				(uint64_t)(uintptr_t)event, seen, ABI_DEADLINE_NEVER, 0);
	}
	return status;
}
