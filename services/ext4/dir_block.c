// SPDX-License-Identifier: MIT OR Apache-2.0
/* Blocks of directories: see dir_block.h. */
#include "dir_block.h"

#include "bitmap.h"
#include "check.h"
#include "extent.h"

uint32_t dir_block_room(const struct ext4 *fs)
{
	return fs->g.block_size - (fs->g.has_metadata_csum ? sizeof(struct dir_tail) : 0);
}

uint32_t dir_block_count(const struct ext4 *fs, const struct inode *directory)
{
	uint64_t blocks = inode_size(directory) >> fs->g.block_shift;

	return blocks < EXTENT_END ? (uint32_t)blocks : EXTENT_END;
}

/* --- blocks ------------------------------------------------------------------------------------
 */

/* An index has its root in the first block; its other nodes begin with an entry over all of it, as
 * blocks without entries may do, too. */
static enum block_kind kind_of(
	const struct ext4 *fs, const struct inode *directory, uint32_t number, const uint8_t *bytes)
{
	struct dir_entry first;

	memcpy(&first, bytes, sizeof(first));
	if ((directory->raw->flags & INODE_INDEX) == 0 || !fs->g.has_dir_index)
		return BLOCK_DIRECTORY;
	if (number == 0)
		return BLOCK_INDEX;
	return first.inode == 0 && first.length == fs->g.block_size ? BLOCK_UNKNOWN
								    : BLOCK_DIRECTORY;
}

status_t dir_block_get(struct ext4 *fs, const struct inode *directory, uint32_t number,
	enum block_kind kind, struct buffer **buffer)
{
	struct extent_run run;

	TRY(extent_find(fs, directory, number, 1, &run));
	if (run.block == 0 || run.is_unwritten)
		return corrupt(fs, "hole in directory", directory->number);
	TRY(buffer_get(fs, run.block, BLOCK_UNKNOWN, 0, buffer));
	if (kind == BLOCK_UNKNOWN && (*buffer)->kind != BLOCK_INDEX &&
		(*buffer)->kind != BLOCK_DIRECTORY)
		kind = kind_of(fs, directory, number, bytes_of(fs, *buffer));
	else if (kind == BLOCK_UNKNOWN)
		kind = (*buffer)->kind;
	return buffer_get(fs, run.block, kind, directory->seed, buffer);
}

status_t dir_block_append(struct ext4 *fs, const struct inode *directory, enum block_kind kind,
	uint32_t *number, struct buffer **buffer)
{
	struct extent_run run = {0};
	uint64_t goal;

	*number = dir_block_count(fs, directory);
	TRY(extent_goal(fs, directory, *number, &goal));
	TRY(blocks_allocate(fs, goal, 1, &run.block, &run.count));
	TRY(buffer_new(fs, run.block, kind, directory->seed, buffer));
	dir_block_init(fs, *buffer);
	TRY(extent_add(fs, directory, *number, &run));
	inode_change(fs, directory);
	inode_set_size(directory, inode_size(directory) + fs->g.block_size);
	inode_seal(fs, directory);
	return OK;
}

void dir_block_init(const struct ext4 *fs, struct buffer *buffer)
{
	uint8_t *bytes = bytes_of(fs, buffer);
	struct dir_entry whole = {.length = (uint16_t)dir_block_room(fs)};
	struct dir_tail tail = {.length = sizeof(tail), .type = DIR_TYPE_CHECKSUM};

	memset(bytes, 0, fs->g.block_size);
	memcpy(bytes, &whole, sizeof(whole));
	if (fs->g.has_metadata_csum)
		memcpy(bytes + dir_block_room(fs), &tail, sizeof(tail));
}

/* --- entries -----------------------------------------------------------------------------------
 */

uint8_t dir_type(const struct ext4 *fs, uint16_t mode)
{
	if (!fs->g.has_filetype)
		return 0;
	switch (mode & MODE_TYPE) {
	case MODE_REGULAR:
		return DIR_TYPE_REGULAR;
	case MODE_DIRECTORY:
		return DIR_TYPE_DIRECTORY;
	case MODE_CHARACTER:
		return DIR_TYPE_CHARACTER;
	case MODE_BLOCK:
		return DIR_TYPE_BLOCK;
	case MODE_FIFO:
		return DIR_TYPE_FIFO;
	case MODE_SOCKET:
		return DIR_TYPE_SOCKET;
	case MODE_SYMLINK:
		return DIR_TYPE_SYMLINK;
	default:
		return 0;
	}
}

static struct dir_entry *entry_at(const struct ext4 *fs, const struct buffer *buffer, uint32_t at)
{
	return (struct dir_entry *)(bytes_of(fs, buffer) + at);
}

bool dir_block_find(
	const struct ext4 *fs, struct buffer *buffer, struct name name, struct dir_place *place)
{
	*place = (struct dir_place){.buffer = buffer};
	for (uint32_t at = 0; at < dir_block_room(fs); at += place->entry->length) {
		place->before = place->entry;
		place->entry = entry_at(fs, buffer, at);
		if (place->entry->inode != 0 && place->entry->name_length == name.size &&
			memcmp(dir_name(place->entry), name.text, name.size) == 0)
			return true;
	}
	return false;
}

static uint32_t used_of(const struct dir_entry *entry)
{
	return entry->inode != 0 ? dir_entry_size(entry->name_length) : 0;
}

/* The entry goes behind what this one uses of its length. */
static void put_behind(struct ext4 *fs, struct buffer *buffer, struct dir_entry *old,
	struct name name, uint32_t inode, uint8_t type)
{
	uint32_t used = used_of(old);
	struct dir_entry *entry = (struct dir_entry *)((uint8_t *)old + used);
	uint32_t length = old->length - used;

	buffer_change(fs, buffer, old, used + dir_entry_size(name.size));
	if (used > 0)
		old->length = (uint16_t)used;
	*entry = (struct dir_entry){inode, (uint16_t)length, (uint8_t)name.size, type};
	memcpy(dir_name(entry), name.text, name.size);
}

bool dir_block_add(
	struct ext4 *fs, struct buffer *buffer, struct name name, uint32_t inode, uint8_t type)
{
	struct dir_entry *entry;

	for (uint32_t at = 0; at < dir_block_room(fs); at += entry->length) {
		entry = entry_at(fs, buffer, at);
		if (entry->length - used_of(entry) < dir_entry_size(name.size))
			continue;
		put_behind(fs, buffer, entry, name, inode, type);
		return true;
	}
	return false;
}
