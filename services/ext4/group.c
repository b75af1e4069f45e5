// SPDX-License-Identifier: MIT OR Apache-2.0
/* Descriptors of groups: see group.h. */
#include "group.h"

#include "check.h"

#include <hash/crc.h>

static bool is_long(const struct ext4 *fs)
{
	return fs->g.group_desc_size >= sizeof(struct group_desc);
}

status_t group_get(struct ext4 *fs, uint32_t number, struct group *group)
{
	uint32_t in_block = fs->g.block_size / fs->g.group_desc_size;
	uint64_t block = fs->g.first_block + 1 + number / in_block;

	if (number >= fs->g.groups)
		return corrupt(fs, "a group is behind the last", number);
	TRY(buffer_get(fs, block, BLOCK_GROUPS, number / in_block * in_block, &group->buffer));
	group->number = number;
	group->desc = (struct group_desc *)(bytes_of(fs, group->buffer) +
					    (size_t)(number % in_block) * fs->g.group_desc_size);
	return OK;
}

/* --- numbers -----------------------------------------------------------------------------------
 */

static uint64_t wide(const struct ext4 *fs, uint32_t low, const uint32_t *high)
{
	return low | (is_long(fs) ? (uint64_t)*high << 32 : 0);
}

static uint32_t half(const struct ext4 *fs, uint16_t low, const uint16_t *high)
{
	return low | (is_long(fs) ? (uint32_t)*high << 16 : 0);
}

static void set_half(const struct ext4 *fs, uint16_t *low, uint16_t *high, uint32_t value)
{
	*low = (uint16_t)value;
	if (is_long(fs))
		*high = (uint16_t)(value >> 16);
}

uint64_t group_block_bitmap(const struct ext4 *fs, const struct group_desc *d)
{
	return wide(fs, d->block_bitmap_lo, &d->block_bitmap_hi);
}

uint64_t group_inode_bitmap(const struct ext4 *fs, const struct group_desc *d)
{
	return wide(fs, d->inode_bitmap_lo, &d->inode_bitmap_hi);
}

uint64_t group_inode_table(const struct ext4 *fs, const struct group_desc *d)
{
	return wide(fs, d->inode_table_lo, &d->inode_table_hi);
}

uint32_t group_free_blocks(const struct ext4 *fs, const struct group_desc *d)
{
	return half(fs, d->free_blocks_count_lo, &d->free_blocks_count_hi);
}

uint32_t group_free_inodes(const struct ext4 *fs, const struct group_desc *d)
{
	return half(fs, d->free_inodes_count_lo, &d->free_inodes_count_hi);
}

uint32_t group_unused_inodes(const struct ext4 *fs, const struct group_desc *d)
{
	return half(fs, d->itable_unused_lo, &d->itable_unused_hi);
}

/* --- places ------------------------------------------------------------------------------------
 */

uint64_t group_first(const struct ext4 *fs, uint32_t number)
{
	return fs->g.first_block + (uint64_t)number * fs->g.blocks_per_group;
}

uint32_t group_blocks(const struct ext4 *fs, uint32_t number)
{
	uint64_t left = fs->g.blocks - group_first(fs, number);

	return left < fs->g.blocks_per_group ? (uint32_t)left : fs->g.blocks_per_group;
}

static bool is_power(uint32_t number, uint32_t base)
{
	while (number > 1 && number % base == 0)
		number /= base;
	return number == 1;
}

static bool has_super(const struct ext4 *fs, uint32_t number)
{
	if (number == 0)
		return true;
	if (fs->g.has_sparse_super2)
		return number == fs->g.backup_groups[0] || number == fs->g.backup_groups[1];
	return !fs->g.has_sparse_super || is_power(number, 3) || is_power(number, 5) ||
	       is_power(number, 7);
}

uint32_t group_super_blocks(const struct ext4 *fs, uint32_t number)
{
	uint32_t in_block = fs->g.block_size / fs->g.group_desc_size;

	if (!has_super(fs, number))
		return 0;
	return 1 + (fs->g.groups + in_block - 1) / in_block + fs->g.reserved_desc_blocks;
}

/* --- checksums ---------------------------------------------------------------------------------
 */

static uint16_t checksum(const struct ext4 *fs, uint32_t number, const struct group_desc *d)
{
	struct group_desc copy = {0};
	size_t size = fs->g.group_desc_size;
	size_t before = offsetof(struct group_desc, checksum);
	size_t after = before + sizeof(copy.checksum);

	size = size < sizeof(copy) ? size : sizeof(copy);
	memcpy(&copy, d, size);
	copy.checksum = 0;
	if (fs->g.has_metadata_csum)
		return (uint16_t)crc32c(
			crc32c(fs->g.csum_seed, &number, sizeof(number)), &copy, size);
	if (fs->g.has_gdt_csum) {
		uint16_t crc = crc16(0xffff, fs->g.uuid, sizeof(fs->g.uuid));

		crc = crc16(crc, &number, sizeof(number));
		crc = crc16(crc, &copy, before);
		return crc16(crc, (const uint8_t *)&copy + after, size - after);
	}
	return d->checksum;
}

bool group_is_right(const struct ext4 *fs, uint32_t number, const struct group_desc *d)
{
	return checksum(fs, number, d) == d->checksum;
}

static uint32_t bitmap_checksum(const struct ext4 *fs, const uint8_t *bitmap, bool of_inodes)
{
	uint32_t bits = of_inodes ? fs->g.inodes_per_group : fs->g.blocks_per_group;

	return crc32c(fs->g.csum_seed, bitmap, bits / 8);
}

bool group_bitmap_is_right(
	const struct ext4 *fs, const struct group_desc *d, const uint8_t *bitmap, bool of_inodes)
{
	uint32_t mask = is_long(fs) ? UINT32_MAX : UINT16_MAX;
	uint32_t said = of_inodes ? half(fs, d->inode_bitmap_csum_lo, &d->inode_bitmap_csum_hi)
				  : half(fs, d->block_bitmap_csum_lo, &d->block_bitmap_csum_hi);

	return !fs->g.has_metadata_csum || (bitmap_checksum(fs, bitmap, of_inodes) & mask) == said;
}

/* --- changes -----------------------------------------------------------------------------------
 */

static void save(struct ext4 *fs, const struct group *g)
{
	buffer_change(fs, g->buffer, g->desc, fs->g.group_desc_size);
}

static void seal(const struct ext4 *fs, const struct group *g)
{
	g->desc->checksum = checksum(fs, g->number, g->desc);
}

void group_bitmap_changed(
	struct ext4 *fs, const struct group *g, const uint8_t *bitmap, bool of_inodes)
{
	struct group_desc *d = g->desc;
	uint32_t sum;

	if (!fs->g.has_metadata_csum)
		return;
	sum = bitmap_checksum(fs, bitmap, of_inodes);
	save(fs, g);
	if (of_inodes)
		set_half(fs, &d->inode_bitmap_csum_lo, &d->inode_bitmap_csum_hi, sum);
	else
		set_half(fs, &d->block_bitmap_csum_lo, &d->block_bitmap_csum_hi, sum);
	seal(fs, g);
}

void group_add_blocks(struct ext4 *fs, const struct group *g, int32_t free)
{
	struct group_desc *d = g->desc;

	save(fs, g);
	set_half(fs, &d->free_blocks_count_lo, &d->free_blocks_count_hi,
		group_free_blocks(fs, d) + (uint32_t)free);
	seal(fs, g);
}

void group_add_inodes(struct ext4 *fs, const struct group *g, int32_t free, int32_t directories)
{
	struct group_desc *d = g->desc;
	uint32_t used = half(fs, d->used_dirs_count_lo, &d->used_dirs_count_hi);

	save(fs, g);
	set_half(fs, &d->free_inodes_count_lo, &d->free_inodes_count_hi,
		group_free_inodes(fs, d) + (uint32_t)free);
	set_half(fs, &d->used_dirs_count_lo, &d->used_dirs_count_hi, used + (uint32_t)directories);
	seal(fs, g);
}

void group_set_unused(struct ext4 *fs, const struct group *g, uint32_t unused)
{
	save(fs, g);
	set_half(fs, &g->desc->itable_unused_lo, &g->desc->itable_unused_hi, unused);
	seal(fs, g);
}

void group_clear_flags(struct ext4 *fs, const struct group *g, uint16_t flags)
{
	save(fs, g);
	g->desc->flags &= (uint16_t)~flags;
	seal(fs, g);
}
