// SPDX-License-Identifier: MIT OR Apache-2.0
/* See indirect.h. */
#include "indirect.h"

#include "check.h"

#define DIRECT 12u
#define LEVELS 3u

/* The place of a block in the lists: how many levels of them, and the entry of each. */
static bool place_of(const struct ext4 *fs, uint64_t at, uint32_t *levels, uint32_t place[LEVELS])
{
	uint64_t per = fs->g.block_size / sizeof(uint32_t);
	uint64_t size = 1;

	for (*levels = 0; *levels <= LEVELS; ++*levels, size *= per) {
		uint64_t here = *levels == 0 ? DIRECT : size;

		if (at < here)
			break;
		at -= here;
	}
	if (*levels > LEVELS)
		return false;
	place[0] = (uint32_t)at; /* without levels: the entry in the inode */
	for (uint32_t i = *levels; i-- > 0; at /= per)
		place[i] = (uint32_t)(at % per);
	return true;
}

/* One block at a time, and as many as follow it in its list. */
static status_t run_in(const struct ext4 *fs, const uint32_t *list, uint32_t at, uint32_t end,
	uint32_t most, struct extent_run *run)
{
	*run = (struct extent_run){.block = list[at], .count = 1};
	if (list[at] >= fs->g.blocks)
		return ERR_CORRUPT;
	while (run->count < most && at + run->count < end &&
		list[at + run->count] == (list[at] == 0 ? 0 : list[at] + run->count))
		run->count++;
	return run->block + run->count <= fs->g.blocks ? OK : ERR_CORRUPT;
}

status_t indirect_find(struct ext4 *fs, const struct inode *inode, uint32_t at, uint32_t most,
	struct extent_run *run)
{
	const uint32_t *list = inode->raw->block;
	uint32_t per = fs->g.block_size / sizeof(uint32_t);
	uint32_t place[LEVELS];
	uint32_t levels;
	uint64_t block;

	if (!place_of(fs, at, &levels, place))
		return ERR_RANGE;
	if (levels == 0)
		return run_in(fs, list, place[0], DIRECT, most, run);
	block = list[DIRECT + levels - 1];
	for (uint32_t i = 0; i < levels; i++) {
		struct buffer *buffer;

		if (block == 0) {
			*run = (struct extent_run){.count = 1};
			return OK;
		}
		TRY(buffer_get(fs, block, BLOCK_PLAIN, inode->seed, &buffer));
		list = (const uint32_t *)bytes_of(fs, buffer);
		block = list[place[i]];
	}
	return run_in(fs, list, place[levels - 1], per, most, run);
}
