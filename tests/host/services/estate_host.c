// SPDX-License-Identifier: MIT OR Apache-2.0
/* See estate_host.h. The library's source is included, so that its own functions can be wrapped. */
#include "estate_host.h"

#include <stdlib.h>

void estate_save_really(const void *part, size_t size);
void estate_commit_really(void);

#define estate_save   estate_save_really
#define estate_commit estate_commit_really
#include "../../../lib/estate/estate.c"
#undef estate_save
#undef estate_commit

jmp_buf *estate_kill;
unsigned long estate_kill_after;
static void *memory;
static size_t memory_size;

void estate_host_may_die(void)
{
	if (estate_kill != nullptr && estate_kill_after-- == 0)
		longjmp(*estate_kill, 1);
}

void estate_save(const void *part, size_t size)
{
	estate_host_may_die();
	estate_save_really(part, size);
}

void estate_commit(void)
{
	estate_host_may_die();
	estate_commit_really();
	estate_host_may_die();
}

void *estate_host_new(size_t size)
{
	free(memory);
	memory = aligned_alloc(4096, size);
	assert_non_null(memory);
	memory_size = size;
	memset(memory, 0, size);
	assert_false(estate_host_reopen());
	return memory;
}

bool estate_host_reopen(void)
{
	return estate_open(memory, memory_size, 1);
}

const uint8_t *estate_host_heap(void)
{
	return ((struct estate *)memory)->heap;
}

size_t estate_host_heap_size(void)
{
	return memory_size - offsetof(struct estate, heap);
}

void runtime_abort(const char *reason)
{
	fail_msg("runtime_abort: %s", reason);
	abort();
}
