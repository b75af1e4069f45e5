// SPDX-License-Identifier: MIT OR Apache-2.0
/* The pool of blocks: see blocks.h. */
#include "blocks.h"

#include "share.h"

#include <craton/estate.h>

#define WORD_BITS 64u

struct usage {
	uint32_t used;
	uint32_t last;  /* word in which a free block was found; the search begins there */
	uint32_t there; /* blocks that there are by now */
	uint64_t map[];
};

static struct usage *usage;
static uint8_t *blocks;
static uint32_t count;

static uint32_t words(void)
{
	return (count + WORD_BITS - 1) / WORD_BITS;
}

static size_t usage_size(void)
{
	return sizeof(*usage) + words() * sizeof(usage->map[0]);
}

bool blocks_open(uint32_t block_count)
{
	count = block_count;
	usage = estate_allocate(usage_size(), 64);
	blocks = share_pool(count);
	return usage != nullptr && blocks != nullptr;
}

uint8_t *block_data(uint32_t block)
{
	return blocks + (size_t)(block - 1) * BLOCK_SIZE;
}

static uint32_t take(uint32_t word, uint32_t bit)
{
	estate_save(usage, sizeof(*usage));
	usage->used++;
	usage->last = word;
	ESTATE_SET(usage->map[word], usage->map[word] | (uint64_t)1 << bit);
	return word * WORD_BITS + bit + 1;
}

static bool grow(void)
{
	uint32_t most =
		count - usage->there < SHARE_POOL_STEP ? count : usage->there + SHARE_POOL_STEP;

	if (usage->there == count || share_pool_grow(usage->there / SHARE_POOL_STEP) != OK)
		return false;
	ESTATE_SET(usage->there, most);
	return true;
}

uint32_t block_allocate_dirty(void)
{
	if (usage->used == usage->there && !grow())
		return 0;
	for (uint32_t i = 0; i < words(); i++) {
		uint32_t word = (usage->last + i) % words();
		uint64_t free = ~usage->map[word];
		uint32_t bit;

		if (free == 0)
			continue;
		bit = (uint32_t)__builtin_ctzll(free);
		if (word * WORD_BITS + bit < usage->there)
			return take(word, bit);
	}
	return 0;
}

uint32_t block_allocate(void)
{
	uint32_t block = block_allocate_dirty();

	if (block != 0)
		memset(block_data(block), 0, BLOCK_SIZE);
	return block;
}

void blocks_begin_free(void)
{
	size_t used_words = (usage->there + WORD_BITS - 1) / WORD_BITS;

	estate_save(usage, sizeof(*usage) + used_words * sizeof(usage->map[0]));
}

void block_free(uint32_t block)
{
	uint32_t index = block - 1;

	usage->used--;
	usage->map[index / WORD_BITS] &= ~((uint64_t)1 << index % WORD_BITS);
}

void block_release(uint32_t block)
{
	uint32_t word = (block - 1) / WORD_BITS;

	estate_save(usage, sizeof(*usage));
	estate_save(&usage->map[word], sizeof(usage->map[word]));
	block_free(block);
}

uint64_t blocks_left(void)
{
	return count - usage->used;
}

uint64_t blocks_total(void)
{
	return count;
}

uint64_t blocks_used(void)
{
	return usage->used;
}
