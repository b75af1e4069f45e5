// SPDX-License-Identifier: MIT OR Apache-2.0
/* Pipes: see pipe.h. What is said in shared memory is said before the commit: a kill in between is
 * followed by the same request. */
#include "pipe.h"

#include "share.h"

#include <craton/estate.h>
#include <pipe/ring.h>

static_assert(sizeof(struct pipe_shared) + PIPE_BYTES == MEMORY_SHARED_UNIT);

struct pipe {
	uint64_t inode; /* 0: free */
	uint64_t account;
	bool is_open[2]; /* by end */
};

struct pipes {
	uint64_t next_inode;
	struct pipe pipes[];
};

static struct pipes *pool;
static uint32_t count;
static void *memory[SHARE_PIPES_MOST];

static struct pipe_shared *shared_of(uint32_t pipe)
{
	return memory[pipe];
}

static status_t map(uint32_t pipe, uint64_t account)
{
	return share_unit(SHARE_PIPE + pipe, account, &memory[pipe]);
}

bool pipes_open(uint32_t pipe_count)
{
	count = pipe_count;
	pool = estate_allocate(sizeof(*pool) + count * sizeof(pool->pipes[0]), 64);
	if (pool == nullptr || count > SHARE_PIPES_MOST)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		if (pool->pipes[i].inode != 0 && map(i, pool->pipes[i].account) != OK)
			return false;
	}
	return true;
}

/* A free place; ERR_QUOTA, ERR_TOO_MANY. */
static status_t find_free(uint64_t account, uint32_t *pipe)
{
	unsigned own = 0;
	bool found = false;

	for (uint32_t i = count; i-- > 0;) {
		own += pool->pipes[i].inode != 0 && pool->pipes[i].account == account;
		if (pool->pipes[i].inode != 0)
			continue;
		*pipe = i;
		found = true;
	}
	if (own >= PIPES_OF_CLIENT)
		return ERR_QUOTA;
	return found ? OK : ERR_TOO_MANY;
}

status_t pipe_make(uint64_t account, uint32_t *pipe)
{
	status_t status = find_free(account, pipe);
	struct pipe *p;

	if (status == OK)
		status = map(*pipe, account);
	if (status != OK)
		return status;
	memset(shared_of(*pipe), 0, sizeof(struct pipe_shared));
	p = &pool->pipes[*pipe];
	estate_save(p, sizeof(*p));
	ESTATE_SET(pool->next_inode, pool->next_inode + 1);
	*p = (struct pipe){.inode = pool->next_inode, .account = account, .is_open = {true, true}};
	return OK;
}

static void change_and_wake(uint32_t *event)
{
	(void)__atomic_add_fetch(event, 1, __ATOMIC_SEQ_CST);
	pipe_wake(event);
}

void pipe_close(uint32_t pipe, enum pipe_end end)
{
	struct pipe *p = &pool->pipes[pipe];
	struct pipe_shared *shared = shared_of(pipe);

	estate_save(p, sizeof(*p));
	p->is_open[end] = false;
	__atomic_store_n(&shared->closed[end], 1, __ATOMIC_SEQ_CST);
	change_and_wake(&shared->data_event);
	change_and_wake(&shared->room_event);
	if (p->is_open[PIPE_END_READ] || p->is_open[PIPE_END_WRITE])
		return;
	p->inode = 0;
	share_drop(SHARE_PIPE + pipe);
}

status_t pipe_lend(uint32_t pipe, uint64_t program, uint64_t address)
{
	return share_lend(SHARE_PIPE + pipe, program, address, RIGHT_READ | RIGHT_WRITE);
}

static void unlock_for(uint32_t *lock, uint64_t program)
{
	uint32_t value = __atomic_load_n(lock, __ATOMIC_ACQUIRE);

	if ((value & ~PIPE_WAITERS) != (uint32_t)program || value == 0)
		return;
	__atomic_store_n(lock, 0, __ATOMIC_RELEASE);
	pipe_wake(lock);
}

void pipe_leave(uint32_t pipe, uint64_t program, uint64_t address)
{
	struct pipe_shared *shared = shared_of(pipe);

	unlock_for(&shared->read_lock, program);
	unlock_for(&shared->write_lock, program);
	if (address != 0)
		share_take_back(program, address);
}

void pipe_set_nonblock(uint32_t pipe, enum pipe_end end, bool nonblock)
{
	__atomic_store_n(&shared_of(pipe)->nonblock[end], nonblock, __ATOMIC_RELAXED);
}

bool pipe_tell(uint32_t pipe, const void *bytes, size_t size)
{
	struct pipe_shared *shared = shared_of(pipe);
	size_t done;

	if (pipe_put(shared, bytes, size, &done) != OK)
		return false;
	if (__atomic_exchange_n(&shared->readers_wait, 0, __ATOMIC_SEQ_CST) != 0)
		change_and_wake(&shared->data_event);
	return true;
}

bool pipe_has_bytes(uint32_t pipe)
{
	return pipe_is_ready(shared_of(pipe), PIPE_END_READ);
}

void pipe_attributes(uint32_t pipe, struct file_attributes *a)
{
	const struct pipe_shared *shared = shared_of(pipe);
	uint64_t size = __atomic_load_n(&shared->written, __ATOMIC_RELAXED) -
			__atomic_load_n(&shared->read, __ATOMIC_RELAXED);

	*a = (struct file_attributes){
		.inode = pool->pipes[pipe].inode,
		.type = FILE_TYPE_PIPE,
		.links = 1,
		.size = size <= PIPE_BYTES ? size : 0,
		.writable = 1,
	};
}
