// SPDX-License-Identifier: MIT OR Apache-2.0
/* Operations on one file: see ext4.h. New blocks are unwritten extents until their bytes are on the
 * device, so that a crash never shows what lay there before. */
#include "bitmap.h"
#include "check.h"
#include "extent.h"
#include "orphan.h"

#define RESERVE_MOST 65536u /* bytes of one operation */
#define PAGE         4096u  /* what callers write back */

static uint32_t block_of(const struct ext4 *fs, uint64_t offset)
{
	return (uint32_t)(offset >> fs->g.block_shift);
}

/* The largest size: all its blocks have numbers. */
static uint64_t size_most(const struct ext4 *fs)
{
	return (uint64_t)(EXTENT_END - 1) << fs->g.block_shift;
}

status_t ext4_attributes(struct ext4 *fs, uint32_t inode, struct ext4_attributes *a)
{
	struct inode i;

	TRY(inode_get(fs, inode, &i));
	*a = (struct ext4_attributes){
		.size = inode_size(&i),
		.accessed_ns = inode_time(fs, &i, INODE_ACCESSED),
		.modified_ns = inode_time(fs, &i, INODE_MODIFIED),
		.changed_ns = inode_time(fs, &i, INODE_CHANGED),
		.generation = i.raw->generation,
		.mode = i.raw->mode,
		.links = i.raw->links_count,
		.owner = (uint32_t)i.raw->uid_hi << 16 | i.raw->uid_lo,
		.group = (uint32_t)i.raw->gid_hi << 16 | i.raw->gid_lo,
	};
	return OK;
}

status_t ext4_set_times(struct ext4 *fs, uint32_t inode, uint64_t accessed, uint64_t modified)
{
	struct inode i;

	TRY(journal_begin(fs));
	TRY(inode_get(fs, inode, &i));
	inode_change(fs, &i);
	inode_set_time(fs, &i, INODE_ACCESSED, accessed);
	inode_set_time(fs, &i, INODE_MODIFIED, modified);
	inode_set_time(fs, &i, INODE_CHANGED, fs->environment->now(fs->environment->self));
	inode_seal(fs, &i);
	return OK;
}

status_t ext4_set_access(
	struct ext4 *fs, uint32_t inode, uint32_t mode, uint32_t owner, uint32_t group)
{
	struct inode i;

	TRY(journal_begin(fs));
	TRY(inode_get(fs, inode, &i));
	inode_change(fs, &i);
	if (mode != ACCESS_LEAVE)
		i.raw->mode = (uint16_t)((i.raw->mode & MODE_TYPE) | (mode & ACCESS_MODE));
	if (owner != ACCESS_LEAVE) {
		i.raw->uid_lo = (uint16_t)owner;
		i.raw->uid_hi = (uint16_t)(owner >> 16);
	}
	if (group != ACCESS_LEAVE) {
		i.raw->gid_lo = (uint16_t)group;
		i.raw->gid_hi = (uint16_t)(group >> 16);
	}
	inode_set_time(fs, &i, INODE_CHANGED, fs->environment->now(fs->environment->self));
	inode_seal(fs, &i);
	return OK;
}

status_t ext4_read_link(
	struct ext4 *fs, uint32_t inode, uint64_t offset, void *bytes, size_t size, size_t *done)
{
	struct inode i;
	struct extent_run run;
	struct buffer *buffer;
	const uint8_t *target;

	*done = 0;
	TRY(inode_get(fs, inode, &i));
	if (!inode_is(&i, MODE_SYMLINK))
		return ERR_INVALID_ARGUMENT;
	if (inode_size(&i) > fs->g.block_size)
		return corrupt(fs, "size of symbolic link", inode);
	if (offset >= inode_size(&i))
		return OK;
	target = (const uint8_t *)i.raw->block;
	if (inode_size(&i) >= INODE_BLOCK_BYTES) {
		TRY(extent_find(fs, &i, 0, 1, &run));
		if (run.block == 0)
			return corrupt(fs, "symbolic link", inode);
		TRY(buffer_get(fs, run.block, BLOCK_PLAIN, i.seed, &buffer));
		target = bytes_of(fs, buffer);
	}
	*done = inode_size(&i) - offset < size ? (size_t)(inode_size(&i) - offset) : size;
	memcpy(bytes, target + offset, *done);
	return OK;
}

/* --- contents -----------------------------------------------------------------------------------
 */

static status_t get_file(struct ext4 *fs, uint32_t inode, struct inode *i)
{
	TRY(inode_get(fs, inode, i));
	if (!inode_is(i, MODE_REGULAR))
		return inode_is(i, MODE_DIRECTORY) ? ERR_IS_DIRECTORY : ERR_NOT_SUPPORTED;
	if ((i->raw->flags & (INODE_ENCRYPT | INODE_INLINE_DATA | INODE_EA_INODE)) != 0)
		return ERR_NOT_SUPPORTED;
	return OK;
}

static status_t get_changeable(struct ext4 *fs, uint32_t inode, struct inode *i)
{
	TRY(get_file(fs, inode, i));
	if ((i->raw->flags & INODE_EXTENTS) == 0)
		return ERR_NOT_SUPPORTED;
	if ((i->raw->flags & (INODE_IMMUTABLE | INODE_APPEND | INODE_VERITY)) != 0)
		return ERR_ACCESS;
	return OK;
}

static status_t map(struct ext4 *fs, uint32_t inode, uint64_t offset, uint32_t size, bool is_write,
	struct engine_run *run)
{
	uint32_t into = (uint32_t)(offset % fs->g.block_size);
	struct inode i;
	struct extent_run blocks;
	uint64_t bytes;

	if (size == 0 || offset > size_most(fs) || size > size_most(fs) - offset)
		return ERR_RANGE;
	TRY(get_file(fs, inode, &i));
	TRY(extent_find(fs, &i, block_of(fs, offset), block_of(fs, (uint64_t)into + size - 1) + 1,
		&blocks));
	bytes = ((uint64_t)blocks.count << fs->g.block_shift) - into;
	*run = (struct engine_run){
		.offset = (blocks.block << fs->g.block_shift) + into,
		.size = bytes < size ? (uint32_t)bytes : size,
		.is_hole = blocks.block == 0 || (blocks.is_unwritten && !is_write),
	};
	return OK;
}

status_t ext4_map(
	struct ext4 *fs, uint32_t inode, uint64_t offset, uint32_t size, struct engine_run *run)
{
	return map(fs, inode, offset, size, false, run);
}

status_t ext4_map_write(
	struct ext4 *fs, uint32_t inode, uint64_t offset, uint32_t size, struct engine_run *run)
{
	return map(fs, inode, offset, size, true, run);
}

status_t ext4_written(struct ext4 *fs, uint32_t inode, uint64_t offset, uint32_t size)
{
	uint32_t end = block_of(fs, offset + size - 1) + 1;
	struct inode i;
	struct extent_run run;

	TRY(journal_begin(fs));
	TRY(get_changeable(fs, inode, &i));
	for (uint32_t at = block_of(fs, offset); at < end; at += run.count) {
		TRY(extent_find(fs, &i, at, end - at, &run));
		if (run.is_unwritten)
			TRY(extent_set_written(fs, &i, at, run.count));
	}
	return OK;
}

static status_t fill_hole(
	struct ext4 *fs, const struct inode *i, uint32_t at, uint32_t most, struct extent_run *run)
{
	uint64_t goal;

	TRY(extent_goal(fs, i, at, &goal));
	TRY(blocks_allocate(fs, goal, most, &run->block, &run->count));
	run->is_unwritten = true;
	return extent_add(fs, i, at, run);
}

status_t ext4_reserve(struct ext4 *fs, uint32_t inode, uint64_t offset, uint64_t size)
{
	uint32_t end;
	struct inode i;
	struct extent_run run;

	TRY(journal_begin(fs));
	if (size > RESERVE_MOST || offset > size_most(fs) - size)
		return ERR_RANGE;
	TRY(get_changeable(fs, inode, &i));
	if (orphan_is_cut(fs, inode))
		return FILE_LATER; /* it is being cut */
	end = size == 0 ? 0 : block_of(fs, (offset + size + PAGE - 1) / PAGE * PAGE);
	for (uint32_t at = block_of(fs, offset / PAGE * PAGE); at < end; at += run.count) {
		TRY(extent_find(fs, &i, at, end - at, &run));
		if (run.block == 0)
			TRY(fill_hole(fs, &i, at, run.count, &run));
	}
	inode_change(fs, &i);
	if (inode_size(&i) < offset + size)
		inode_set_size(&i, offset + size);
	inode_touch(fs, &i);
	inode_seal(fs, &i);
	return OK;
}

status_t ext4_set_size(struct ext4 *fs, uint32_t inode, uint64_t size)
{
	struct inode i;

	TRY(journal_begin(fs));
	if (size > size_most(fs))
		return ERR_RANGE;
	TRY(get_changeable(fs, inode, &i));
	if (orphan_is_cut(fs, inode))
		return FILE_LATER;
	if (size < inode_size(&i))
		TRY(orphan_add(fs, &i, true));
	inode_change(fs, &i);
	inode_set_size(&i, size);
	inode_touch(fs, &i);
	inode_seal(fs, &i);
	return OK;
}
