// SPDX-License-Identifier: MIT OR Apache-2.0
/* Contents of tmpfs files: see tmpfs_data.h. */
#include "tmpfs_data.h"

#include "blocks.h"

#include <craton/estate.h>

#define FAN ((uint32_t)(BLOCK_SIZE / sizeof(uint32_t))) /* block numbers in a map */

/* Blocks that one number of a map of `level` stands for; level 0: the block itself. */
static uint64_t span(unsigned level)
{
	uint64_t blocks = 1;

	while (level-- > 0)
		blocks *= FAN;
	return blocks;
}

uint64_t tmpfs_data_most(void)
{
	uint64_t blocks = TMPFS_DIRECT;

	for (unsigned level = 1; level <= TMPFS_LEVELS; level++)
		blocks += span(level);
	return blocks * BLOCK_SIZE;
}

static uint32_t *map_of(uint32_t block)
{
	return (uint32_t *)block_data(block);
}

/* Where the map has the number of block `index` of the file; `make`: with missing maps made.
 * nullptr: a map is missing. */
static uint32_t *map_place(struct tmpfs_node *node, uint64_t index, bool make)
{
	unsigned level = 0;
	uint32_t *place;

	if (index < TMPFS_DIRECT)
		return &node->direct[index];
	index -= TMPFS_DIRECT;
	while (index >= span(level + 1))
		index -= span(++level);
	place = &node->indirect[level];
	for (level++; level > 0; level--) {
		if (*place == 0 && make)
			ESTATE_SET(*place, block_allocate());
		if (*place == 0)
			return nullptr;
		place = &map_of(*place)[index / span(level - 1)];
		index %= span(level - 1);
	}
	return place;
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
		const uint32_t *place =
			map_place((struct tmpfs_node *)node, at / BLOCK_SIZE, false);

		if (place != nullptr && *place != 0)
			memcpy((uint8_t *)buffer + done, block_data(*place) + at % BLOCK_SIZE,
				part);
		else
			memset((uint8_t *)buffer + done, 0, part);
		done += part;
	}
	return done;
}

/* Writes inside one block; false: no room. */
static bool write_part(struct tmpfs_node *node, uint64_t at, const void *bytes, size_t size)
{
	uint32_t *place = map_place(node, at / BLOCK_SIZE, true);
	bool is_new = place != nullptr && *place == 0;
	uint8_t *to;

	if (is_new)
		ESTATE_SET(*place, size == BLOCK_SIZE ? block_allocate_dirty() : block_allocate());
	if (place == nullptr || *place == 0)
		return false;
	to = block_data(*place) + at % BLOCK_SIZE;
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

/* --- cutting --------------------------------------------------------------------------------- */

/* Frees what `*place` (saved) stands for, but for its first `keep` blocks. A map that goes as a
 * whole is not changed, so its contents need no saving. */
static void cut_map(uint32_t *place, unsigned level, uint64_t keep)
{
	uint64_t each = level > 0 ? span(level - 1) : 0;
	uint32_t *map;

	if (*place == 0 || (level == 0 && keep > 0) || (level > 0 && keep >= span(level)))
		return;
	if (level > 0) {
		uint64_t first = keep / each;

		map = map_of(*place);
		if (keep > 0)
			estate_save(&map[first], (FAN - first) * sizeof(map[0]));
		for (uint64_t i = first; i < FAN; i++) {
			uint32_t entry = map[i];

			cut_map(&entry, level - 1, i == first ? keep % each : 0);
			if (keep > 0)
				map[i] = entry;
		}
	}
	if (keep == 0) {
		block_free(*place);
		*place = 0;
	}
}

/* What a later, longer size uncovers must be zeros. */
static void clear_tail(struct tmpfs_node *node, uint64_t size)
{
	size_t used = size % BLOCK_SIZE;
	const uint32_t *place;

	if (used == 0 || size >= node->size)
		return;
	place = map_place(node, size / BLOCK_SIZE, false);
	if (place == nullptr || *place == 0)
		return;
	estate_save(block_data(*place) + used, BLOCK_SIZE - used);
	memset(block_data(*place) + used, 0, BLOCK_SIZE - used);
}

void tmpfs_data_resize(struct tmpfs_node *node, uint64_t size)
{
	uint64_t keep = (size + BLOCK_SIZE - 1) / BLOCK_SIZE;
	uint64_t before = TMPFS_DIRECT;

	blocks_begin_free();
	clear_tail(node, size);
	for (uint64_t i = 0; i < TMPFS_DIRECT; i++)
		cut_map(&node->direct[i], 0, i < keep);
	for (unsigned level = 1; level <= TMPFS_LEVELS; level++) {
		cut_map(&node->indirect[level - 1], level, keep > before ? keep - before : 0);
		before += span(level);
	}
	node->size = size;
}
