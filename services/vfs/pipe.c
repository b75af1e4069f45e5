// SPDX-License-Identifier: MIT OR Apache-2.0
/* Pipes: see pipe.h. */
#include "pipe.h"

#include <craton/estate.h>

#define RING_SIZE 8192u

static_assert(RING_SIZE >= MESSAGE_BYTES);

struct pipe {
	uint64_t inode;   /* 0: free */
	uint64_t written; /* bytes ever; modulo the size a place in the ring */
	uint64_t read;
	bool is_open[2]; /* by end */
	uint8_t ring[RING_SIZE];
};

struct pipes {
	uint64_t next_inode;
	struct pipe pipes[];
};

static struct pipes *pool;
static uint32_t count;
static bool changed; /* whoever waits asks again after a restart */

bool pipes_open(uint32_t pipe_count)
{
	count = pipe_count;
	pool = estate_allocate(sizeof(*pool) + count * sizeof(pool->pipes[0]), 64);
	return pool != nullptr;
}

bool pipes_take_change(void)
{
	bool was = changed;

	changed = false;
	return was;
}

/* Saves all but the ring. */
static struct pipe *change(uint32_t number)
{
	struct pipe *p = &pool->pipes[number];

	estate_save(p, offsetof(struct pipe, ring));
	changed = true;
	return p;
}

status_t pipe_make(uint32_t *number)
{
	for (uint32_t i = 0; i < count; i++) {
		struct pipe *p = &pool->pipes[i];

		if (p->inode != 0)
			continue;
		(void)change(i);
		ESTATE_SET(pool->next_inode, pool->next_inode + 1);
		p->inode = pool->next_inode;
		p->written = 0;
		p->read = 0;
		p->is_open[PIPE_READ] = true;
		p->is_open[PIPE_WRITE] = true;
		*number = i;
		return OK;
	}
	return ERR_TOO_MANY;
}

void pipe_close(uint32_t number, enum pipe_end end)
{
	struct pipe *p = change(number);

	p->is_open[end] = false;
	if (!p->is_open[PIPE_READ] && !p->is_open[PIPE_WRITE])
		p->inode = 0;
}

static size_t first_part(uint64_t at, size_t size)
{
	size_t rest = RING_SIZE - at % RING_SIZE;

	return size < rest ? size : rest;
}

status_t pipe_read(uint32_t number, void *buffer, size_t size, size_t *done)
{
	const struct pipe *p = &pool->pipes[number];
	uint64_t waiting = p->written - p->read;
	size_t part;

	size = size < waiting ? size : waiting;
	*done = size;
	if (waiting == 0)
		return p->is_open[PIPE_WRITE] ? ERR_WOULD_BLOCK : OK;
	part = first_part(p->read, size);
	memcpy(buffer, p->ring + p->read % RING_SIZE, part);
	memcpy((uint8_t *)buffer + part, p->ring, size - part);
	change(number)->read += size;
	return OK;
}

static size_t room(const struct pipe *p)
{
	return RING_SIZE - (p->written - p->read);
}

/* The places are saved: what a reader took from them in this transaction must come back with its
 * undo. */
status_t pipe_write(uint32_t number, const void *bytes, size_t size)
{
	struct pipe *p = &pool->pipes[number];
	size_t part = first_part(p->written, size);
	uint8_t *to = p->ring + p->written % RING_SIZE;

	if (!p->is_open[PIPE_READ])
		return ERR_BROKEN_PIPE;
	if (size > room(p))
		return ERR_WOULD_BLOCK;
	estate_save(to, part);
	memcpy(to, bytes, part);
	estate_save(p->ring, size - part);
	memcpy(p->ring, (const uint8_t *)bytes + part, size - part);
	change(number)->written += size;
	return OK;
}

bool pipe_is_ready(uint32_t number, enum pipe_end end)
{
	const struct pipe *p = &pool->pipes[number];

	if (end == PIPE_READ)
		return p->written != p->read || !p->is_open[PIPE_WRITE];
	return room(p) >= MESSAGE_BYTES || !p->is_open[PIPE_READ];
}

void pipe_attributes(uint32_t number, struct file_attributes *a)
{
	const struct pipe *p = &pool->pipes[number];

	*a = (struct file_attributes){
		.inode = p->inode,
		.type = FILE_TYPE_PIPE,
		.links = 1,
		.size = p->written - p->read,
		.writable = 1,
	};
}
