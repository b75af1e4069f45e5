// SPDX-License-Identifier: MIT OR Apache-2.0
/* Checks and checksums of blocks: see check.h. */
#include "check.h"

#include "fs.h"
#include "group.h"
#include "super.h"

#include <craton/print.h>
#include <hash/crc.h>

/* --- what is wrong -----------------------------------------------------------------------------
 */

void trouble(struct ext4 *fs, const char *text)
{
	size_t size = strlen(text);

	if (fs->trouble[0] != 0)
		return;
	size = size < sizeof(fs->trouble) ? size : sizeof(fs->trouble) - 1;
	memcpy(fs->trouble, text, size);
}

/* Outside all transactions: it stays when this one is undone. */
void note_corrupt(struct ext4 *fs, const char *what, uint64_t where)
{
	char text[sizeof(fs->trouble)];

	print_to(text, sizeof(text), "%s (%llu): it needs e2fsck", what, (unsigned long long)where);
	trouble(fs, text);
	fs->read_only = true;
}

/* --- directories ------------------------------------------------------------------------------ */

/* Entries from end to end. */
static bool entries_are_right(const struct ext4 *fs, const uint8_t *bytes)
{
	uint32_t size = fs->g.block_size;
	struct dir_entry e;

	for (uint32_t at = 0; at < size; at += e.length) {
		if (size - at < DIR_ENTRY_HEAD)
			return false;
		memcpy(&e, bytes + at, sizeof(e));
		if (e.length < DIR_ENTRY_HEAD || e.length % 4 != 0 || e.length > size - at ||
			(e.inode != 0 && e.name_length + DIR_ENTRY_HEAD > e.length) ||
			e.inode > fs->g.inodes)
			return false;
	}
	return true;
}

static struct dir_tail *tail_of(const struct ext4 *fs, const uint8_t *bytes)
{
	return (struct dir_tail *)(uintptr_t)(bytes + fs->g.block_size - sizeof(struct dir_tail));
}

static bool is_tail(const struct dir_tail *tail)
{
	return tail->zero == 0 && tail->length == sizeof(*tail) && tail->zero_name == 0 &&
	       tail->type == DIR_TYPE_CHECKSUM;
}

static uint32_t directory_sum(const struct ext4 *fs, const uint8_t *bytes, uint32_t owner)
{
	return crc32c(owner, bytes, fs->g.block_size - sizeof(struct dir_tail));
}

static bool directory_is_right(const struct ext4 *fs, const uint8_t *bytes, uint32_t owner)
{
	const struct dir_tail *tail = tail_of(fs, bytes);

	if (fs->g.has_metadata_csum &&
		(!is_tail(tail) || tail->checksum != directory_sum(fs, bytes, owner)))
		return false;
	return entries_are_right(fs, bytes);
}

/* --- indices of directories --------------------------------------------------------------------
 */

uint32_t index_offset(const struct ext4 *fs, const uint8_t *bytes)
{
	struct dir_entry first;
	struct dir_entry second;
	struct index_root_info info;

	memcpy(&first, bytes, sizeof(first));
	if (first.length == fs->g.block_size)
		return DIR_ENTRY_HEAD;
	memcpy(&second, bytes + 12, sizeof(second));
	memcpy(&info, bytes + INDEX_ROOT_INFO, sizeof(info));
	if (first.length != 12 || second.length != fs->g.block_size - 12 || info.zero != 0 ||
		info.info_length != sizeof(info))
		return 0;
	return INDEX_ROOT_INFO + sizeof(info);
}

static struct index_entry *index_entries(const uint8_t *bytes, uint32_t offset)
{
	return (struct index_entry *)(uintptr_t)(bytes + offset);
}

static uint32_t index_sum(
	const uint8_t *bytes, uint32_t offset, uint32_t owner, const struct index_tail *tail)
{
	uint32_t zero = 0;
	uint32_t size =
		offset + index_entries(bytes, offset)->count * (uint32_t)sizeof(struct index_entry);
	uint32_t sum = crc32c(owner, bytes, size);

	sum = crc32c(sum, &tail->zero, sizeof(tail->zero));
	return crc32c(sum, &zero, sizeof(zero));
}

static struct index_tail *index_tail(const uint8_t *bytes, uint32_t offset)
{
	const struct index_entry *entries = index_entries(bytes, offset);

	return (struct index_tail *)(uintptr_t)(entries + entries->limit);
}

static bool index_is_right(const struct ext4 *fs, const uint8_t *bytes, uint32_t owner)
{
	uint32_t offset = index_offset(fs, bytes);
	uint32_t tail = fs->g.has_metadata_csum ? sizeof(struct index_tail) : 0;
	const struct index_entry *entries = index_entries(bytes, offset);

	if (offset == 0 || entries->count == 0 || entries->count > entries->limit ||
		entries->limit != (fs->g.block_size - offset - tail) / sizeof(struct index_entry))
		return false;
	return tail == 0 || index_tail(bytes, offset)->checksum ==
				    index_sum(bytes, offset, owner, index_tail(bytes, offset));
}

/* --- extents -----------------------------------------------------------------------------------
 */

static uint32_t *extent_tail(const uint8_t *bytes)
{
	const struct extent_header *header = (const struct extent_header *)bytes;

	return (uint32_t *)(uintptr_t)(bytes + sizeof(*header) +
				       header->max * sizeof(struct extent));
}

static uint32_t extent_sum(const uint8_t *bytes, uint32_t owner)
{
	return crc32c(owner, bytes, (size_t)((const uint8_t *)extent_tail(bytes) - bytes));
}

static bool extents_are_right(const struct ext4 *fs, const uint8_t *bytes, uint32_t owner)
{
	const struct extent_header *h = (const struct extent_header *)bytes;
	uint32_t most = (fs->g.block_size - sizeof(*h)) / sizeof(struct extent);

	if (h->magic != EXTENT_MAGIC || h->max != most || h->entries > h->max || h->entries == 0 ||
		h->depth > EXTENT_DEPTH_MAX)
		return false;
	return !fs->g.has_metadata_csum || *extent_tail(bytes) == extent_sum(bytes, owner);
}

/* --- the rest ----------------------------------------------------------------------------------
 */

static bool groups_are_right(const struct ext4 *fs, const uint8_t *bytes, uint32_t first)
{
	uint32_t size = fs->g.group_desc_size;

	for (uint32_t i = 0; i < fs->g.block_size / size && first + i < fs->g.groups; i++) {
		if (!group_is_right(
			    fs, first + i, (const struct group_desc *)(bytes + (size_t)i * size)))
			return false;
	}
	return true;
}

/* One that was never written is made when it is used first (bitmap.c). */
static status_t check_bitmap(
	struct ext4 *fs, const uint8_t *bytes, enum block_kind kind, uint32_t number)
{
	bool of_inodes = kind == BLOCK_INODE_BITMAP;
	uint16_t uninit = of_inodes ? GROUP_INODE_UNINIT : GROUP_BLOCK_UNINIT;
	struct group group;

	TRY(group_get(fs, number, &group));
	if ((group.desc->flags & uninit) != 0 ||
		group_bitmap_is_right(fs, group.desc, bytes, of_inodes))
		return OK;
	return corrupt(fs, "checksum of a bitmap, group", number);
}

static status_t answer(struct ext4 *fs, bool is_right, const char *what, uint64_t block)
{
	return is_right ? OK : corrupt(fs, what, block);
}

status_t block_check(
	struct ext4 *fs, uint64_t block, const uint8_t *bytes, enum block_kind kind, uint32_t owner)
{
	switch (kind) {
	case BLOCK_GROUPS:
		return answer(
			fs, groups_are_right(fs, bytes, owner), "descriptors of groups", block);
	case BLOCK_BLOCK_BITMAP:
	case BLOCK_INODE_BITMAP:
		return check_bitmap(fs, bytes, kind, owner);
	case BLOCK_EXTENTS:
		return answer(fs, extents_are_right(fs, bytes, owner), "block of extents", block);
	case BLOCK_DIRECTORY:
		return answer(
			fs, directory_is_right(fs, bytes, owner), "block of a directory", block);
	case BLOCK_INDEX:
		return answer(fs, index_is_right(fs, bytes, owner), "index of a directory", block);
	default:
		return OK;
	}
}

void block_prepare(struct ext4 *fs, struct buffer *b)
{
	bool of_inodes = b->kind == BLOCK_INODE_BITMAP;
	struct group group;

	if (!of_inodes && b->kind != BLOCK_BLOCK_BITMAP)
		return;
	if (group_get(fs, b->owner, &group) != OK)
		runtime_abort("a bitmap changed, but not its group");
	group_bitmap_changed(fs, &group, bytes_of(fs, b), of_inodes);
}

void block_seal(const struct ext4 *fs, uint8_t *bytes, enum block_kind kind, uint32_t owner)
{
	struct super_block *super;
	uint32_t offset;

	if (!fs->g.has_metadata_csum)
		return;
	switch (kind) {
	case BLOCK_SUPER:
		super = (struct super_block *)(bytes + SUPER_OFFSET % fs->g.block_size);
		super->checksum = super_sum(super);
		break;
	case BLOCK_EXTENTS:
		*extent_tail(bytes) = extent_sum(bytes, owner);
		break;
	case BLOCK_DIRECTORY:
		tail_of(fs, bytes)->checksum = directory_sum(fs, bytes, owner);
		break;
	case BLOCK_INDEX:
		offset = index_offset(fs, bytes);
		index_tail(bytes, offset)->checksum =
			index_sum(bytes, offset, owner, index_tail(bytes, offset));
		break;
	default:
		break;
	}
}
