// SPDX-License-Identifier: MIT OR Apache-2.0
/* Maps of pages: see page_map.h. */
#include "page_map.h"

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

/* The first page behind those of `level`; level 0: the direct ones. */
static uint64_t end_of(unsigned level)
{
	uint64_t pages = PAGE_MAP_DIRECT;

	for (unsigned i = 1; i <= level; i++)
		pages += span(i);
	return pages;
}

uint64_t page_map_most(void)
{
	return end_of(PAGE_MAP_LEVELS);
}

static uint32_t *map_of(uint32_t block)
{
	return (uint32_t *)block_data(block);
}

/* --- finding --------------------------------------------------------------------------------- */

/* The places on the way to a page: the first in the map itself, the last that of the page. */
struct way {
	uint32_t *places[PAGE_MAP_LEVELS + 1];
	unsigned length; /* places that there are: fewer than wanted if a map is missing */
	bool whole;
};

static void go(struct page_map *map, uint64_t index, bool make, struct way *way)
{
	unsigned level = 0;
	uint32_t *place;

	way->length = 1;
	way->whole = true;
	way->places[0] = &map->direct[index < PAGE_MAP_DIRECT ? index : 0];
	if (index < PAGE_MAP_DIRECT)
		return;
	index -= PAGE_MAP_DIRECT;
	while (index >= span(level + 1))
		index -= span(++level);
	way->places[0] = &map->indirect[level];
	for (level++; level > 0; level--) {
		place = way->places[way->length - 1];
		if (*place == 0 && make)
			ESTATE_SET(*place, block_allocate());
		way->whole = *place != 0;
		if (!way->whole)
			return;
		way->places[way->length++] = &map_of(*place)[index / span(level - 1)];
		index %= span(level - 1);
	}
}

/* The way of every read, so without noting it. */
uint32_t page_map_find(const struct page_map *map, uint64_t index)
{
	uint64_t part = FAN; /* pages behind the direct ones that a level holds */
	unsigned level = 0;
	uint32_t block;

	if (index < PAGE_MAP_DIRECT)
		return map->direct[index];
	index -= PAGE_MAP_DIRECT;
	for (; level < PAGE_MAP_LEVELS && index >= part; part *= FAN, level++)
		index -= part;
	block = level < PAGE_MAP_LEVELS ? map->indirect[level] : 0;
	while (block != 0 && part > 1) {
		part /= FAN;
		block = map_of(block)[index / part];
		index %= part;
	}
	return block;
}

uint32_t *page_map_place(struct page_map *map, uint64_t index)
{
	struct way way;

	go(map, index, true, &way);
	return way.whole ? way.places[way.length - 1] : nullptr;
}

/* The first page of a map's block from `from` on, which counts from the block's first. */
static uint64_t next_in(uint32_t block, unsigned level, uint64_t from)
{
	if (block == 0)
		return UINT64_MAX;
	if (level == 0)
		return 0;
	for (uint64_t i = from / span(level - 1); i < FAN; i++) {
		uint64_t first = i * span(level - 1);
		uint64_t found =
			next_in(map_of(block)[i], level - 1, from > first ? from - first : 0);

		if (found != UINT64_MAX)
			return first + found;
	}
	return UINT64_MAX;
}

uint64_t page_map_next(const struct page_map *map, uint64_t index)
{
	for (; index < PAGE_MAP_DIRECT; index++) {
		if (map->direct[index] != 0)
			return index;
	}
	for (unsigned level = 1; level <= PAGE_MAP_LEVELS; level++) {
		uint64_t first = end_of(level - 1);
		uint64_t found;

		if (index >= end_of(level))
			continue;
		found = next_in(map->indirect[level - 1], level, index > first ? index - first : 0);
		if (found != UINT64_MAX)
			return first + found;
	}
	return UINT64_MAX;
}

/* --- taking out ------------------------------------------------------------------------------ */

/* Who takes out pages in their order finds the next one at once. */
static bool is_empty(uint32_t block, const uint32_t *taken_out)
{
	const uint64_t *words = (const uint64_t *)block_data(block);
	size_t count = BLOCK_SIZE / sizeof(*words);
	size_t from = (size_t)(taken_out - map_of(block)) * sizeof(*taken_out) / sizeof(*words);

	for (size_t i = 0; i < count; i++) {
		if (words[(from + i) % count] != 0)
			return false;
	}
	return true;
}

void page_map_remove(struct page_map *map, uint64_t index)
{
	struct way way;

	go(map, index, false, &way);
	if (!way.whole)
		return;
	ESTATE_SET(*way.places[way.length - 1], 0);
	for (unsigned i = way.length - 1; i > 0 && is_empty(*way.places[i - 1], way.places[i]);
		i--) {
		block_release(*way.places[i - 1]);
		ESTATE_SET(*way.places[i - 1], 0);
	}
}

/* Frees what `*place` (saved) stands for, but for its first `keep` blocks. A map that goes as a
 * whole is not changed, so its contents need no saving. */
static void cut_block(uint32_t *place, unsigned level, uint64_t keep)
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

			cut_block(&entry, level - 1, i == first ? keep % each : 0);
			if (keep > 0)
				map[i] = entry;
		}
	}
	if (keep == 0) {
		block_free(*place);
		*place = 0;
	}
}

void page_map_cut(struct page_map *map, uint64_t keep)
{
	for (uint64_t i = 0; i < PAGE_MAP_DIRECT; i++)
		cut_block(&map->direct[i], 0, i < keep);
	for (unsigned level = 1; level <= PAGE_MAP_LEVELS; level++) {
		uint64_t before = end_of(level - 1);

		cut_block(&map->indirect[level - 1], level, keep > before ? keep - before : 0);
	}
}
