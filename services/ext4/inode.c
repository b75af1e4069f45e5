// SPDX-License-Identifier: MIT OR Apache-2.0
/* Inodes: see inode.h. */
#include "inode.h"

#include "check.h"
#include "group.h"

#include <hash/crc.h>

#define SECTOR_SHIFT   9u
#define NANOSECONDS    1000000000u
#define EPOCH_BITS     2u /* of an extra field: seconds above 32 bits; the rest nanoseconds */
#define NEW_EXTRA_SIZE 32u

/* --- places ------------------------------------------------------------------------------------
 */

static status_t find(struct ext4 *fs, uint32_t number, struct inode *inode)
{
	uint32_t in_block = fs->g.block_size / fs->g.inode_size;
	uint32_t index = (number - 1) % fs->g.inodes_per_group;
	struct group group;

	if (number == 0 || number > fs->g.inodes)
		return corrupt(fs, "number of an inode", number);
	TRY(group_get(fs, (number - 1) / fs->g.inodes_per_group, &group));
	TRY(buffer_get(fs, group_inode_table(fs, group.desc) + index / in_block, BLOCK_INODES, 0,
		&inode->buffer));
	inode->number = number;
	inode->raw = (struct inode_record *)(bytes_of(fs, inode->buffer) +
					     (size_t)(index % in_block) * fs->g.inode_size);
	return OK;
}

static bool has_field(const struct ext4 *fs, const struct inode *inode, size_t end)
{
	return fs->g.inode_size > INODE_SMALL &&
	       (size_t)INODE_SMALL + inode->raw->extra_isize >= end;
}

#define HAS(fs, inode, field) \
	has_field(fs, inode, offsetof(struct inode_record, field) + sizeof((inode)->raw->field))

/* --- checksums ---------------------------------------------------------------------------------
 */

static uint32_t seed_of(const struct ext4 *fs, uint32_t number, uint32_t generation)
{
	uint32_t sum = crc32c(fs->g.csum_seed, &number, sizeof(number));

	return crc32c(sum, &generation, sizeof(generation));
}

static uint32_t checksum(const struct ext4 *fs, const struct inode *inode)
{
	uint16_t low = inode->raw->checksum_lo;
	uint16_t high = 0;
	bool is_wide = HAS(fs, inode, checksum_hi);
	uint32_t sum;

	inode->raw->checksum_lo = 0;
	if (is_wide) {
		high = inode->raw->checksum_hi;
		inode->raw->checksum_hi = 0;
	}
	sum = crc32c(inode->seed, inode->raw, fs->g.inode_size);
	inode->raw->checksum_lo = low;
	if (!is_wide)
		return sum & UINT16_MAX;
	inode->raw->checksum_hi = high;
	return sum;
}

static uint32_t said_checksum(const struct ext4 *fs, const struct inode *inode)
{
	return inode->raw->checksum_lo |
	       (HAS(fs, inode, checksum_hi) ? (uint32_t)inode->raw->checksum_hi << 16 : 0);
}

/* Each is looked at once as long as its block stays. */
static bool is_right(const struct ext4 *fs, const struct inode *inode)
{
	size_t offset = (size_t)((const uint8_t *)inode->raw - bytes_of(fs, inode->buffer));
	uint32_t bit = 1u << offset / fs->g.inode_size;

	if (!fs->g.has_metadata_csum || (inode->buffer->checked & bit) != 0)
		return true;
	if (checksum(fs, inode) != said_checksum(fs, inode))
		return false;
	inode->buffer->checked |= bit;
	return true;
}

status_t inode_get(struct ext4 *fs, uint32_t number, struct inode *inode)
{
	TRY(find(fs, number, inode));
	inode->seed = seed_of(fs, number, inode->raw->generation);
	if (fs->g.inode_size > INODE_SMALL &&
		(inode->raw->extra_isize > fs->g.inode_size - INODE_SMALL ||
			inode->raw->extra_isize % 4 != 0))
		return corrupt(fs, "size of an inode", number);
	if (!is_right(fs, inode))
		return corrupt(fs, "checksum of an inode", number);
	return inode->raw->mode != 0 ? OK : ERR_NOT_FOUND;
}

void inode_change(struct ext4 *fs, const struct inode *inode)
{
	buffer_change(fs, inode->buffer, inode->raw, fs->g.inode_size);
}

void inode_seal(const struct ext4 *fs, const struct inode *inode)
{
	uint32_t sum;

	if (!fs->g.has_metadata_csum)
		return;
	sum = checksum(fs, inode);
	inode->raw->checksum_lo = (uint16_t)sum;
	if (HAS(fs, inode, checksum_hi))
		inode->raw->checksum_hi = (uint16_t)(sum >> 16);
}

status_t inode_new(struct ext4 *fs, uint32_t number, uint16_t mode, struct inode *inode)
{
	TRY(find(fs, number, inode));
	inode_change(fs, inode);
	memset(inode->raw, 0, fs->g.inode_size);
	inode->raw->mode = mode;
	inode->raw->generation = fs->environment->random(fs->environment->self);
	inode->seed = seed_of(fs, number, inode->raw->generation);
	if (fs->g.inode_size >= INODE_SMALL + NEW_EXTRA_SIZE)
		inode->raw->extra_isize = NEW_EXTRA_SIZE;
	inode_set_time(fs, inode, INODE_ACCESSED, fs->environment->now(fs->environment->self));
	inode_touch(fs, inode);
	if (HAS(fs, inode, crtime_extra)) {
		inode->raw->crtime = inode->raw->mtime;
		inode->raw->crtime_extra = inode->raw->mtime_extra;
	}
	inode_seal(fs, inode);
	return OK;
}

/* --- fields ------------------------------------------------------------------------------------
 */

uint64_t inode_size(const struct inode *inode)
{
	return inode->raw->size_lo | (uint64_t)inode->raw->size_hi << 32;
}

void inode_set_size(const struct inode *inode, uint64_t size)
{
	inode->raw->size_lo = (uint32_t)size;
	inode->raw->size_hi = (uint32_t)(size >> 32);
}

void inode_add_blocks(const struct ext4 *fs, const struct inode *inode, int64_t blocks)
{
	uint32_t shift = fs->g.block_shift - SECTOR_SHIFT;
	uint64_t count = inode->raw->blocks_lo | (uint64_t)inode->raw->blocks_hi << 32;

	if ((inode->raw->flags & INODE_HUGE_FILE) != 0)
		shift = 0;
	count += (uint64_t)blocks << shift;
	inode->raw->blocks_lo = (uint32_t)count;
	if (fs->g.has_huge_file)
		inode->raw->blocks_hi = (uint16_t)(count >> 32);
}

static uint64_t join(uint32_t seconds, uint32_t extra)
{
	int64_t whole = (int32_t)seconds + ((int64_t)(extra & ((1u << EPOCH_BITS) - 1)) << 32);
	uint32_t nanoseconds = extra >> EPOCH_BITS;

	if (whole < 0)
		return 0;
	return (uint64_t)whole * NANOSECONDS + (nanoseconds < NANOSECONDS ? nanoseconds : 0);
}

static uint32_t extra_of(uint64_t time)
{
	uint64_t seconds = time / NANOSECONDS;
	uint64_t epoch = (seconds - (uint64_t)(int64_t)(int32_t)seconds) >> 32;

	return (uint32_t)(epoch & ((1u << EPOCH_BITS) - 1)) | (uint32_t)(time % NANOSECONDS)
								      << EPOCH_BITS;
}

uint64_t inode_time(const struct ext4 *fs, const struct inode *inode, enum inode_time which)
{
	const struct inode_record *raw = inode->raw;

	switch (which) {
	case INODE_ACCESSED:
		return join(raw->atime, HAS(fs, inode, atime_extra) ? raw->atime_extra : 0);
	case INODE_MODIFIED:
		return join(raw->mtime, HAS(fs, inode, mtime_extra) ? raw->mtime_extra : 0);
	default:
		return join(raw->ctime, HAS(fs, inode, ctime_extra) ? raw->ctime_extra : 0);
	}
}

void inode_set_time(
	const struct ext4 *fs, const struct inode *inode, enum inode_time which, uint64_t time)
{
	struct inode_record *raw = inode->raw;
	uint32_t seconds = (uint32_t)(time / NANOSECONDS);

	switch (which) {
	case INODE_ACCESSED:
		raw->atime = seconds;
		if (HAS(fs, inode, atime_extra))
			raw->atime_extra = extra_of(time);
		break;
	case INODE_MODIFIED:
		raw->mtime = seconds;
		if (HAS(fs, inode, mtime_extra))
			raw->mtime_extra = extra_of(time);
		break;
	case INODE_CHANGED:
		raw->ctime = seconds;
		if (HAS(fs, inode, ctime_extra))
			raw->ctime_extra = extra_of(time);
		break;
	}
}

void inode_touch(const struct ext4 *fs, const struct inode *inode)
{
	uint64_t now = fs->environment->now(fs->environment->self);

	inode_set_time(fs, inode, INODE_MODIFIED, now);
	inode_set_time(fs, inode, INODE_CHANGED, now);
}
