// SPDX-License-Identifier: MIT OR Apache-2.0
/* The superblock: see super.h. */
#include "super.h"

#include "check.h"

#include <craton/print.h>
#include <hash/crc.h>

#define READ_FEATURES                                                                              \
	(INCOMPAT_FILETYPE | INCOMPAT_RECOVER | INCOMPAT_EXTENTS | INCOMPAT_64BIT | INCOMPAT_MMP | \
		INCOMPAT_FLEX_BG | INCOMPAT_EA_INODE | INCOMPAT_CSUM_SEED | INCOMPAT_LARGEDIR)
#define WRITE_FEATURES                                                              \
	(INCOMPAT_FILETYPE | INCOMPAT_RECOVER | INCOMPAT_EXTENTS | INCOMPAT_64BIT | \
		INCOMPAT_FLEX_BG | INCOMPAT_CSUM_SEED)
#define WRITE_RO_FEATURES                                                          \
	(RO_COMPAT_SPARSE_SUPER | RO_COMPAT_LARGE_FILE | RO_COMPAT_HUGE_FILE |     \
		RO_COMPAT_GDT_CSUM | RO_COMPAT_DIR_NLINK | RO_COMPAT_EXTRA_ISIZE | \
		RO_COMPAT_METADATA_CSUM)

struct feature {
	uint32_t bit;
	const char *name;
};

static const struct feature incompat_names[] = {
	{INCOMPAT_JOURNAL_DEV, "journal_dev"},
	{INCOMPAT_META_BG, "meta_bg"},
	{INCOMPAT_MMP, "mmp"},
	{INCOMPAT_EA_INODE, "ea_inode"},
	{INCOMPAT_DIRDATA, "dirdata"},
	{INCOMPAT_LARGEDIR, "large_dir"},
	{INCOMPAT_INLINE_DATA, "inline_data"},
	{INCOMPAT_ENCRYPT, "encrypt"},
	{INCOMPAT_CASEFOLD, "casefold"},
	{0, "an unknown one"},
};

static const struct feature ro_names[] = {
	{RO_COMPAT_BTREE_DIR, "btree_dir"},
	{RO_COMPAT_QUOTA, "quota"},
	{RO_COMPAT_READONLY, "read-only"},
	{RO_COMPAT_PROJECT, "project"},
	{RO_COMPAT_VERITY, "verity"},
	{RO_COMPAT_ORPHAN_PRESENT, "orphan_file (in use)"},
	{0, "an unknown one"},
};

static void name_feature(
	struct ext4 *fs, const char *text, uint32_t bits, const struct feature *name)
{
	char whole[sizeof(fs->trouble)];

	while (name->bit != 0 && (bits & name->bit) == 0)
		name++;
	print_to(whole, sizeof(whole), "%s: feature %s", text, name->name);
	trouble(fs, whole);
}

/* --- features ----------------------------------------------------------------------------------
 */

static status_t check_features(struct ext4 *fs, const struct super_block *s)
{
	uint32_t incompat = s->feature_incompat;
	uint32_t ro = s->feature_ro_compat;

	if ((incompat & ~READ_FEATURES) != 0) {
		name_feature(fs, "not supported", incompat & ~READ_FEATURES, incompat_names);
		return ERR_NOT_SUPPORTED;
	}
	if ((ro & RO_COMPAT_BIGALLOC) != 0) {
		trouble(fs, "not supported: feature bigalloc");
		return ERR_NOT_SUPPORTED;
	}
	if ((incompat & ~WRITE_FEATURES) != 0) {
		name_feature(fs, "read only", incompat & ~WRITE_FEATURES, incompat_names);
		fs->read_only = true;
	}
	if ((ro & ~WRITE_RO_FEATURES) != 0) {
		name_feature(fs, "read only", ro & ~WRITE_RO_FEATURES, ro_names);
		fs->read_only = true;
	}
	if ((incompat & INCOMPAT_EXTENTS) == 0) {
		trouble(fs, "read only: it has no extents (ext2 or ext3)");
		fs->read_only = true;
	}
	if ((s->state & STATE_ERROR) != 0) {
		trouble(fs, "read only: errors were found before: it needs e2fsck");
		fs->read_only = true;
	}
	return OK;
}

/* --- geometry ----------------------------------------------------------------------------------
 */

static void take_features(struct geometry *g, const struct super_block *s)
{
	uint32_t ro = s->feature_ro_compat;

	g->has_metadata_csum = (ro & RO_COMPAT_METADATA_CSUM) != 0;
	g->has_gdt_csum = (ro & RO_COMPAT_GDT_CSUM) != 0;
	g->has_sparse_super = (ro & RO_COMPAT_SPARSE_SUPER) != 0;
	g->has_huge_file = (ro & RO_COMPAT_HUGE_FILE) != 0;
	g->has_dir_nlink = (ro & RO_COMPAT_DIR_NLINK) != 0;
	g->has_sparse_super2 = (s->feature_compat & COMPAT_SPARSE_SUPER2) != 0;
	g->has_dir_index = (s->feature_compat & COMPAT_DIR_INDEX) != 0;
	g->has_filetype = (s->feature_incompat & INCOMPAT_FILETYPE) != 0;
	g->hash_is_unsigned = (s->flags & FLAG_UNSIGNED_HASH) != 0;
	g->hash_version = s->def_hash_version;
	g->csum_seed = (s->feature_incompat & INCOMPAT_CSUM_SEED) != 0
			       ? s->checksum_seed
			       : crc32c(~0u, s->uuid, sizeof(s->uuid));
	memcpy(g->uuid, s->uuid, sizeof(g->uuid));
	memcpy(g->hash_seed, s->hash_seed, sizeof(g->hash_seed));
	memcpy(g->backup_groups, s->backup_bgs, sizeof(g->backup_groups));
}

static void take_sizes(struct geometry *g, const struct super_block *s)
{
	bool is_64bit = (s->feature_incompat & INCOMPAT_64BIT) != 0;

	g->block_shift = 10 + s->log_block_size;
	g->block_size = 1u << g->block_shift;
	g->blocks = s->blocks_count_lo | (is_64bit ? (uint64_t)s->blocks_count_hi << 32 : 0);
	g->first_block = s->first_data_block;
	g->blocks_per_group = s->blocks_per_group;
	g->inodes_per_group = s->inodes_per_group;
	g->inodes = s->inodes_count;
	g->first_inode = s->rev_level == 0 ? 11 : s->first_ino;
	g->inode_size = s->rev_level == 0 ? INODE_SMALL : s->inode_size;
	g->group_desc_size = is_64bit ? s->desc_size : GROUP_DESC_SMALL;
	g->reserved_desc_blocks = s->reserved_gdt_blocks;
}

static bool is_power_of_two(uint32_t value)
{
	return value != 0 && (value & (value - 1)) == 0;
}

/* Everything else is computed with these. */
static bool sizes_are_right(struct geometry *g, const struct super_block *s, uint64_t volume_size)
{
	uint64_t groups;

	if (g->blocks_per_group < 256 || g->blocks_per_group > 8 * g->block_size ||
		g->blocks_per_group % 8 != 0 || g->first_block != (g->block_size == 1024) ||
		g->blocks <= g->first_block || g->blocks > volume_size >> g->block_shift)
		return false;
	if (!is_power_of_two(g->inode_size) || g->inode_size < INODE_SMALL ||
		g->inode_size > g->block_size || !is_power_of_two(g->group_desc_size) ||
		g->group_desc_size < GROUP_DESC_SMALL || g->group_desc_size > g->block_size ||
		(g->group_desc_size < sizeof(struct group_desc) &&
			(s->feature_incompat & INCOMPAT_64BIT) != 0))
		return false;
	groups = (g->blocks - g->first_block + g->blocks_per_group - 1) / g->blocks_per_group;
	if (g->inodes_per_group == 0 || g->inodes_per_group > 8 * g->block_size ||
		g->inodes_per_group % (g->block_size / g->inode_size) != 0 ||
		groups * g->inodes_per_group != g->inodes || g->first_inode < 11 ||
		g->first_inode > g->inodes_per_group)
		return false;
	g->groups = (uint32_t)groups;
	return true;
}

status_t super_read(struct ext4 *fs, const struct super_block *s)
{
	if (s->magic != SUPER_MAGIC)
		return ERR_BAD_IMAGE;
	if (s->log_block_size > 2) {
		trouble(fs, "not supported: blocks of more than 4 KiB");
		return ERR_NOT_SUPPORTED;
	}
	take_features(&fs->g, s);
	if (fs->g.has_metadata_csum && s->checksum != super_sum(s))
		return corrupt(fs, "checksum of the superblock", 0);
	if (s->rev_level != 0)
		TRY(check_features(fs, s));
	else
		fs->read_only = true;
	take_sizes(&fs->g, s);
	if (sizes_are_right(&fs->g, s, fs->volume_size))
		return OK;
	return corrupt(fs, "sizes in the superblock", 0);
}

/* --- a write that was cut short -----------------------------------------------------------------
 */

uint32_t super_sum(const struct super_block *s)
{
	return crc32c(~0u, s, offsetof(struct super_block, checksum));
}

bool super_is_torn(const struct super_block *s)
{
	return s->magic == SUPER_MAGIC && s->log_block_size <= 2 &&
	       (s->feature_ro_compat & RO_COMPAT_METADATA_CSUM) != 0 && s->checksum != super_sum(s);
}

uint64_t super_copy_place(const struct super_block *s)
{
	unsigned shift = 10 + s->log_block_size;
	uint64_t block = (uint64_t)s->first_data_block + s->blocks_per_group;

	return block << shift;
}

static bool is_same_volume(const struct super_block *a, const struct super_block *b)
{
	return memcmp(a->uuid, b->uuid, sizeof(a->uuid)) == 0 &&
	       memcmp(a->hash_seed, b->hash_seed, sizeof(a->hash_seed)) == 0 &&
	       a->checksum_seed == b->checksum_seed && a->rev_level == b->rev_level &&
	       a->journal_inum == b->journal_inum && a->feature_compat == b->feature_compat &&
	       a->feature_ro_compat == b->feature_ro_compat &&
	       (a->feature_incompat | INCOMPAT_RECOVER) == (b->feature_incompat | INCOMPAT_RECOVER);
}

static bool is_same_geometry(const struct super_block *a, const struct super_block *b)
{
	return a->inodes_count == b->inodes_count && a->blocks_count_lo == b->blocks_count_lo &&
	       a->blocks_count_hi == b->blocks_count_hi && a->log_block_size == b->log_block_size &&
	       a->first_data_block == b->first_data_block &&
	       a->blocks_per_group == b->blocks_per_group &&
	       a->inodes_per_group == b->inodes_per_group && a->inode_size == b->inode_size &&
	       a->first_ino == b->first_ino && a->desc_size == b->desc_size &&
	       a->reserved_gdt_blocks == b->reserved_gdt_blocks;
}

bool super_is_copy(const struct super_block *s, const struct super_block *copy)
{
	return copy->magic == SUPER_MAGIC && copy->checksum == super_sum(copy) &&
	       is_same_volume(s, copy) && is_same_geometry(s, copy);
}

/* --- in the cache ------------------------------------------------------------------------------
 */

uint64_t super_place(const struct ext4 *fs)
{
	return SUPER_OFFSET >> fs->g.block_shift;
}

uint32_t super_offset(const struct ext4 *fs)
{
	return SUPER_OFFSET % fs->g.block_size;
}

status_t super_get(struct ext4 *fs, struct buffer **buffer, struct super_block **super)
{
	TRY(buffer_get(fs, super_place(fs), BLOCK_SUPER, 0, buffer));
	*super = (struct super_block *)(bytes_of(fs, *buffer) + super_offset(fs));
	return OK;
}

uint64_t super_free_blocks(const struct super_block *s)
{
	bool is_64bit = (s->feature_incompat & INCOMPAT_64BIT) != 0;

	return s->free_blocks_count_lo | (is_64bit ? (uint64_t)s->free_blocks_count_hi << 32 : 0);
}

status_t super_add_free(struct ext4 *fs, int64_t blocks, int32_t inodes)
{
	struct buffer *buffer;
	struct super_block *super;
	uint64_t free;

	TRY(super_get(fs, &buffer, &super));
	free = super_free_blocks(super) + (uint64_t)blocks;
	buffer_change(fs, buffer, &super->free_blocks_count_lo, 2 * sizeof(uint32_t));
	super->free_blocks_count_lo = (uint32_t)free;
	super->free_inodes_count += (uint32_t)inodes;
	if ((super->feature_incompat & INCOMPAT_64BIT) == 0)
		return OK;
	buffer_change(fs, buffer, &super->free_blocks_count_hi, sizeof(uint32_t));
	super->free_blocks_count_hi = (uint32_t)(free >> 32);
	return OK;
}
