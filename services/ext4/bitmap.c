// SPDX-License-Identifier: MIT OR Apache-2.0
/* Bitmaps of blocks and inodes: see bitmap.h. */
#include "bitmap.h"

#include "check.h"
#include "group.h"
#include "super.h"

/* --- bits --------------------------------------------------------------------------------------
 */

static bool bit_get(const uint8_t *bits, uint32_t at)
{
	return (bits[at / 8] >> at % 8 & 1) != 0;
}

static void bits_set(uint8_t *bits, uint32_t at, uint32_t count)
{
	for (uint32_t end = at + count; at < end; at++)
		bits[at / 8] |= (uint8_t)(1u << at % 8);
}

static void bits_clear(uint8_t *bits, uint32_t at, uint32_t count)
{
	for (uint32_t end = at + count; at < end; at++)
		bits[at / 8] &= (uint8_t)~(1u << at % 8);
}

/* The first bit from `at` on that is 0; `end` if there is none. */
static uint32_t first_clear(const uint8_t *bits, uint32_t at, uint32_t end)
{
	while (at < end) {
		if (at % 8 == 0 && bits[at / 8] == 0xff)
			at += 8;
		else if (bit_get(bits, at))
			at++;
		else
			return at;
	}
	return end;
}

static void save_bits(struct ext4 *fs, struct buffer *b, uint32_t at, uint32_t count)
{
	buffer_change(fs, b, bytes_of(fs, b) + at / 8, (at % 8 + count + 7) / 8);
}

/* --- bitmaps that were never written -----------------------------------------------------------
 */

static void mark_own(
	const struct ext4 *fs, uint8_t *bits, uint32_t group, uint64_t block, uint32_t count)
{
	uint64_t first = group_first(fs, group);

	for (; count > 0; count--, block++) {
		if (block - first < group_blocks(fs, group))
			bits_set(bits, (uint32_t)(block - first), 1);
	}
}

/* What a group's own structures take, and what is behind its end. */
static status_t make_block_bitmap(struct ext4 *fs, struct group *g, struct buffer **buffer)
{
	uint64_t place = group_block_bitmap(fs, g->desc);
	uint32_t table = fs->g.inodes_per_group * fs->g.inode_size >> fs->g.block_shift;
	uint32_t end = group_blocks(fs, g->number);
	uint8_t *bits;

	TRY(buffer_new(fs, place, BLOCK_BLOCK_BITMAP, g->number, buffer));
	bits = bytes_of(fs, *buffer);
	bits_set(bits, 0, group_super_blocks(fs, g->number));
	mark_own(fs, bits, g->number, place, 1);
	mark_own(fs, bits, g->number, group_inode_bitmap(fs, g->desc), 1);
	mark_own(fs, bits, g->number, group_inode_table(fs, g->desc), table);
	bits_set(bits, end, 8 * fs->g.block_size - end);
	group_clear_flags(fs, g, GROUP_BLOCK_UNINIT);
	return OK;
}

static status_t block_bitmap(
	struct ext4 *fs, uint32_t number, struct group *g, struct buffer **buffer)
{
	TRY(group_get(fs, number, g));
	if ((g->desc->flags & GROUP_BLOCK_UNINIT) != 0)
		return make_block_bitmap(fs, g, buffer);
	return buffer_get(fs, group_block_bitmap(fs, g->desc), BLOCK_BLOCK_BITMAP, number, buffer);
}

static status_t make_inode_bitmap(struct ext4 *fs, struct group *g, struct buffer **buffer)
{
	uint32_t end = fs->g.inodes_per_group;
	struct buffer *blocks;

	TRY(block_bitmap(fs, g->number, g, &blocks));
	TRY(buffer_new(fs, group_inode_bitmap(fs, g->desc), BLOCK_INODE_BITMAP, g->number, buffer));
	bits_set(bytes_of(fs, *buffer), end, 8 * fs->g.block_size - end);
	group_clear_flags(fs, g, GROUP_INODE_UNINIT);
	return OK;
}

static status_t inode_bitmap(
	struct ext4 *fs, uint32_t number, struct group *g, struct buffer **buffer)
{
	TRY(group_get(fs, number, g));
	if ((g->desc->flags & GROUP_INODE_UNINIT) != 0)
		return make_inode_bitmap(fs, g, buffer);
	return buffer_get(fs, group_inode_bitmap(fs, g->desc), BLOCK_INODE_BITMAP, number, buffer);
}

/* --- blocks ------------------------------------------------------------------------------------
 */

/* The first run of free blocks from bit `at` on. False: there is none. */
static bool find_run(const struct ext4 *fs, const uint8_t *bits, uint32_t number, uint32_t at,
	uint32_t most, uint32_t *found, uint32_t *count)
{
	uint64_t first = group_first(fs, number);
	uint32_t end = group_blocks(fs, number);
	uint32_t held;

	for (at = first_clear(bits, at, end); at < end; at = first_clear(bits, at + held, end)) {
		held = journal_holds(fs, first + at);
		if (held != 0)
			continue;
		*found = at;
		*count = 1;
		while (*count < most && at + *count < end && !bit_get(bits, at + *count) &&
			journal_holds(fs, first + at + *count) == 0)
			++*count;
		return true;
	}
	return false;
}

/* From a bit of a group on. `*count` is 0 if it has none. */
static status_t allocate_in(struct ext4 *fs, uint32_t number, uint32_t at, uint32_t most,
	uint64_t *block, uint32_t *count)
{
	struct group group;
	struct buffer *bitmap;
	uint32_t found;

	*count = 0;
	TRY(group_get(fs, number, &group));
	if (group_free_blocks(fs, group.desc) == 0)
		return OK;
	TRY(block_bitmap(fs, number, &group, &bitmap));
	if (!find_run(fs, bytes_of(fs, bitmap), number, at, most, &found, count))
		return OK;
	if (*count > group_free_blocks(fs, group.desc))
		return corrupt(fs, "count of free blocks of group", number);
	save_bits(fs, bitmap, found, *count);
	bits_set(bytes_of(fs, bitmap), found, *count);
	group_add_blocks(fs, &group, -(int32_t)*count);
	*block = group_first(fs, number) + found;
	return super_add_free(fs, -(int64_t)*count, 0);
}

status_t blocks_allocate(
	struct ext4 *fs, uint64_t goal, uint32_t most, uint64_t *block, uint32_t *count)
{
	uint32_t start;
	uint32_t at;

	if (goal < fs->g.first_block || goal >= fs->g.blocks)
		goal = fs->g.first_block;
	start = (uint32_t)((goal - fs->g.first_block) / fs->g.blocks_per_group);
	at = (uint32_t)((goal - fs->g.first_block) % fs->g.blocks_per_group);
	for (uint32_t i = 0; i <= fs->g.groups; i++, at = 0) {
		TRY(allocate_in(fs, (start + i) % fs->g.groups, at, most, block, count));
		if (*count > 0)
			return OK;
	}
	if (fs->journal.freed_count == 0)
		return ERR_NO_SPACE;
	fs->journal.is_wanted = true; /* sets free what was just deleted */
	return FILE_LATER;
}

static bool all_set(const uint8_t *bits, uint32_t at, uint32_t count)
{
	while (count > 0 && bit_get(bits, at + count - 1))
		count--;
	return count == 0;
}

static status_t free_in(struct ext4 *fs, uint32_t number, uint32_t at, uint32_t count)
{
	struct group group;
	struct buffer *bitmap;

	TRY(block_bitmap(fs, number, &group, &bitmap));
	if (!all_set(bytes_of(fs, bitmap), at, count))
		return corrupt(fs, "a block that is freed is free, group", number);
	save_bits(fs, bitmap, at, count);
	bits_clear(bytes_of(fs, bitmap), at, count);
	group_add_blocks(fs, &group, (int32_t)count);
	journal_freed(fs, group_first(fs, number) + at, count);
	return super_add_free(fs, count, 0);
}

status_t blocks_free(struct ext4 *fs, uint64_t block, uint32_t count)
{
	if (block < fs->g.first_block || block >= fs->g.blocks || count > fs->g.blocks - block)
		return corrupt(fs, "blocks behind the end are freed", block);
	while (count > 0) {
		uint64_t from = block - fs->g.first_block;
		uint32_t at = (uint32_t)(from % fs->g.blocks_per_group);
		uint32_t part = fs->g.blocks_per_group - at;

		part = part < count ? part : count;
		TRY(free_in(fs, (uint32_t)(from / fs->g.blocks_per_group), at, part));
		block += part;
		count -= part;
	}
	return OK;
}

/* --- inodes ------------------------------------------------------------------------------------
 */

static status_t take_inode(
	struct ext4 *fs, struct group *g, struct buffer *bitmap, uint32_t bit, bool is_directory)
{
	uint32_t unused = group_unused_inodes(fs, g->desc);
	uint32_t behind = fs->g.inodes_per_group - bit - 1;
	struct buffer *blocks;

	save_bits(fs, bitmap, bit, 1);
	bits_set(bytes_of(fs, bitmap), bit, 1);
	group_add_inodes(fs, g, -1, is_directory ? 1 : 0);
	if ((fs->g.has_metadata_csum || fs->g.has_gdt_csum) && unused > behind)
		group_set_unused(fs, g, behind);
	if ((g->desc->flags & GROUP_BLOCK_UNINIT) != 0)
		TRY(make_block_bitmap(fs, g, &blocks));
	return super_add_free(fs, 0, -1);
}

/* `*number` is 0 if the group has none. */
static status_t inode_in(struct ext4 *fs, uint32_t number, bool is_directory, uint32_t *inode)
{
	uint32_t reserved = number == 0 ? fs->g.first_inode - 1 : 0;
	struct group group;
	struct buffer *bitmap;
	uint32_t bit;

	*inode = 0;
	TRY(group_get(fs, number, &group));
	if (group_free_inodes(fs, group.desc) == 0)
		return OK;
	TRY(inode_bitmap(fs, number, &group, &bitmap));
	bit = first_clear(bytes_of(fs, bitmap), reserved, fs->g.inodes_per_group);
	if (bit == fs->g.inodes_per_group)
		return OK;
	*inode = number * fs->g.inodes_per_group + bit + 1;
	return take_inode(fs, &group, bitmap, bit, is_directory);
}

/* Directories of the root are spread over the groups. */
static uint32_t start_group(struct ext4 *fs, uint32_t parent, bool is_directory)
{
	if (!is_directory || parent != ROOT_INODE)
		return (parent - 1) / fs->g.inodes_per_group;
	fs->next_group = (fs->next_group + 1) % fs->g.groups;
	return fs->next_group;
}

status_t inode_allocate(struct ext4 *fs, uint32_t parent, bool is_directory, uint32_t *number)
{
	uint32_t start = start_group(fs, parent, is_directory);

	for (uint32_t i = 0; i < fs->g.groups; i++) {
		TRY(inode_in(fs, (start + i) % fs->g.groups, is_directory, number));
		if (*number != 0)
			return OK;
	}
	return ERR_NO_SPACE;
}

status_t inode_free(struct ext4 *fs, uint32_t number, bool is_directory)
{
	uint32_t bit = (number - 1) % fs->g.inodes_per_group;
	struct group group;
	struct buffer *bitmap;

	TRY(inode_bitmap(fs, (number - 1) / fs->g.inodes_per_group, &group, &bitmap));
	if (!bit_get(bytes_of(fs, bitmap), bit))
		return corrupt(fs, "an inode that is freed is free", number);
	save_bits(fs, bitmap, bit, 1);
	bits_clear(bytes_of(fs, bitmap), bit, 1);
	group_add_inodes(fs, &group, 1, is_directory ? -1 : 0);
	return super_add_free(fs, 0, 1);
}
