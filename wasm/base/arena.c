// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/arena.h"

#include <string.h>

struct arena_block {
	struct arena_block *next;
	size_t size;
	size_t used;
	size_t reserved;
};

static struct arena_block *arena_add_block(struct arena *arena, size_t needed)
{
	size_t size = sizeof(struct arena_block) + (needed < 8192 ? 8192 : needed);
	struct arena_block *block =
		arena->allocator->resize(arena->allocator->self, nullptr, 0, size);
	if (block == nullptr)
		return nullptr;
	*block = (struct arena_block){arena->blocks, size, sizeof(struct arena_block), 0};
	arena->blocks = block;
	return block;
}

void *arena_allocate(struct arena *arena, size_t count, size_t item_size)
{
	if (count > SIZE_MAX / 4 / item_size)
		return nullptr;
	size_t size = (count * item_size + 15) & ~(size_t)15;
	struct arena_block *block = arena->blocks;
	if (block == nullptr || block->size - block->used < size)
		block = arena_add_block(arena, size);
	if (block == nullptr)
		return nullptr;
	void *memory = (uint8_t *)block + block->used;
	block->used += size;
	memset(memory, 0, size);
	return memory;
}

void arena_free(struct arena *arena)
{
	while (arena->blocks != nullptr) {
		struct arena_block *block = arena->blocks;
		arena->blocks = block->next;
		arena->allocator->resize(arena->allocator->self, block, block->size, 0);
	}
}
