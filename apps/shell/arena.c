// SPDX-License-Identifier: MIT OR Apache-2.0
// See arena.h. A list of blocks; the newest has the free space.
// Tests: tests/host/apps/parser_test.c
#include "arena.h"

#include "../lib/text.h"

#include <stdlib.h>
#include <string.h>

constexpr size_t ARENA_BLOCK = 4000;

struct block {
	struct block *next;
	size_t used, size;
	max_align_t bytes[];
};

struct arena {
	struct block *blocks;
	unsigned references;
};

struct arena *arena_make(void)
{
	struct arena *arena = memory_get(sizeof *arena);
	arena->references = 1;
	return arena;
}

struct arena *arena_keep(struct arena *arena)
{
	arena->references++;
	return arena;
}

void arena_drop(struct arena *arena)
{
	if (!arena || --arena->references > 0)
		return;
	while (arena->blocks) {
		struct block *block = arena->blocks;
		arena->blocks = block->next;
		free(block);
	}
	free(arena);
}

static void block_add(struct arena *arena, size_t size)
{
	if (size < ARENA_BLOCK)
		size = ARENA_BLOCK;
	struct block *block = memory_get(sizeof *block + size);
	block->size = size;
	block->next = arena->blocks;
	arena->blocks = block;
}

void *arena_get(struct arena *arena, size_t size)
{
	size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (!arena->blocks || arena->blocks->size - arena->blocks->used < size)
		block_add(arena, size);
	struct block *block = arena->blocks;
	void *memory = (char *)block->bytes + block->used;
	block->used += size;
	return memory;
}

char *arena_copy(struct arena *arena, const char *bytes, size_t size)
{
	char *copy = arena_get(arena, size + 1);
	if (size)
		memcpy(copy, bytes, size);
	return copy;
}
