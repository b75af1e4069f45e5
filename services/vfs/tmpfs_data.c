// SPDX-License-Identifier: MIT OR Apache-2.0
/* Contents of tmpfs files: see tmpfs_data.h. */
#include "tmpfs_data.h"

#include "blocks.h"
#include "cache.h"

#include <craton/estate.h>

uint64_t tmpfs_data_most(void)
{
	return page_map_most() * BLOCK_SIZE;
}

/* How much of `size` from `offset` lies in one block. */
static size_t part_size(uint64_t offset, size_t size)
{
	size_t rest = BLOCK_SIZE - offset % BLOCK_SIZE;

	return size < rest ? size : rest;
}

size_t tmpfs_data_read(const struct tmpfs_node *node, uint64_t offset, void *buffer, size_t size)
{
	size_t done = 0;

	if (offset >= node->size)
		return 0;
	size = size < node->size - offset ? size : node->size - offset;
	while (done < size) {
		uint64_t at = offset + done;
		size_t part = part_size(at, size - done);
		uint32_t block = page_map_find(&node->pages, at / BLOCK_SIZE);

		if (block != 0)
			memcpy((uint8_t *)buffer + done, block_data(block) + at % BLOCK_SIZE, part);
		else
			memset((uint8_t *)buffer + done, 0, part);
		done += part;
	}
	return done;
}

/* A new block, of zeros or of anything; 0: no room. */
static uint32_t add_block(struct tmpfs_node *node, uint64_t index, bool dirty)
{
	uint32_t *place = cache_spares_blocks() ? page_map_place(&node->pages, index) : nullptr;

	if (place != nullptr)
		ESTATE_SET(*place, dirty ? block_allocate_dirty() : block_allocate());
	return place != nullptr ? *place : 0;
}

/* Writes inside one block; false: no room. */
static bool write_part(struct tmpfs_node *node, uint64_t at, const void *bytes, size_t size)
{
	uint32_t block = page_map_find(&node->pages, at / BLOCK_SIZE);
	bool is_new = block == 0;
	uint8_t *to;

	if (is_new)
		block = add_block(node, at / BLOCK_SIZE, size == BLOCK_SIZE);
	if (block == 0)
		return false;
	to = block_data(block) + at % BLOCK_SIZE;
	if (!is_new)
		estate_save(to, size);
	memcpy(to, bytes, size);
	return true;
}

size_t tmpfs_data_write(struct tmpfs_node *node, uint64_t offset, const void *bytes, size_t size)
{
	size_t done = 0;

	tmpfs_save(node);
	while (done < size) {
		uint64_t at = offset + done;
		size_t part = part_size(at, size - done);

		if (!write_part(node, at, (const uint8_t *)bytes + done, part))
			break;
		done += part;
	}
	if (done > 0 && offset + done > node->size)
		node->size = offset + done;
	return done;
}

/* What a later, longer size uncovers must be zeros. */
static void clear_tail(const struct tmpfs_node *node, uint64_t size)
{
	size_t used = size % BLOCK_SIZE;
	uint32_t block = page_map_find(&node->pages, size / BLOCK_SIZE);

	if (used == 0 || size >= node->size || block == 0)
		return;
	estate_save(block_data(block) + used, BLOCK_SIZE - used);
	memset(block_data(block) + used, 0, BLOCK_SIZE - used);
}

void tmpfs_data_resize(struct tmpfs_node *node, uint64_t size)
{
	blocks_begin_free();
	clear_tail(node, size);
	page_map_cut(&node->pages, (size + BLOCK_SIZE - 1) / BLOCK_SIZE);
	node->size = size;
}
