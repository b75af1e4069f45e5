// SPDX-License-Identifier: MIT OR Apache-2.0
/* Directories: see directory.h. */
#include "directory.h"

#include "check.h"
#include "dir_block.h"
#include "index.h"

static bool is_indexed(const struct ext4 *fs, const struct inode *directory)
{
	return fs->g.has_dir_index && (directory->raw->flags & INODE_INDEX) != 0;
}

static status_t check(struct ext4 *fs, const struct inode *directory)
{
	if (!inode_is(directory, MODE_DIRECTORY))
		return ERR_NOT_DIRECTORY;
	if (inode_size(directory) % fs->g.block_size != 0 || inode_size(directory) == 0)
		return corrupt(fs, "size of directory", directory->number);
	return OK;
}

static bool is_dots(struct name name)
{
	return name.text[0] == '.' && (name.size == 1 || (name.size == 2 && name.text[1] == '.'));
}

status_t directory_find(
	struct ext4 *fs, const struct inode *directory, struct name name, struct dir_place *place)
{
	struct buffer *buffer;

	TRY(check(fs, directory));
	if (is_indexed(fs, directory) && !is_dots(name))
		return index_find(fs, directory, name, place);
	for (uint32_t i = 0; i < dir_block_count(fs, directory); i++) {
		TRY(dir_block_get(fs, directory, i, BLOCK_UNKNOWN, &buffer));
		if (dir_block_find(fs, buffer, name, place))
			return OK;
	}
	return ERR_NOT_FOUND;
}

static status_t add_linear(struct ext4 *fs, const struct inode *directory, struct name name,
	uint32_t inode, uint8_t type)
{
	uint32_t count = dir_block_count(fs, directory);
	struct buffer *buffer;

	for (uint32_t i = 0; i < count; i++) {
		TRY(dir_block_get(fs, directory, i, BLOCK_UNKNOWN, &buffer));
		if (dir_block_add(fs, buffer, name, inode, type))
			return OK;
	}
	if (count == 1 && fs->g.has_dir_index && fs->g.hash_version <= HASH_TEA) {
		TRY(index_make(fs, directory));
		return index_add(fs, directory, name, inode, type);
	}
	TRY(dir_block_append(fs, directory, BLOCK_DIRECTORY, &count, &buffer));
	(void)dir_block_add(fs, buffer, name, inode, type);
	return OK;
}

status_t directory_add(struct ext4 *fs, const struct inode *directory, struct name name,
	uint32_t inode, uint16_t mode)
{
	uint8_t type = dir_type(fs, mode);

	TRY(check(fs, directory));
	if (is_indexed(fs, directory))
		TRY(index_add(fs, directory, name, inode, type));
	else
		TRY(add_linear(fs, directory, name, inode, type));
	inode_change(fs, directory);
	if (!is_indexed(fs, directory))
		directory->raw->flags &=
			~INODE_INDEX; /* who has no such feature does not keep it */
	inode_touch(fs, directory);
	inode_seal(fs, directory);
	return OK;
}

void directory_remove(struct ext4 *fs, const struct dir_place *place)
{
	if (place->before != nullptr) {
		buffer_change(fs, place->buffer, place->before, sizeof(*place->before));
		place->before->length += place->entry->length;
	}
	buffer_change(fs, place->buffer, place->entry, sizeof(*place->entry));
	place->entry->inode = 0;
}

void directory_set(struct ext4 *fs, const struct dir_place *place, uint32_t inode, uint16_t mode)
{
	buffer_change(fs, place->buffer, place->entry, sizeof(*place->entry));
	place->entry->inode = inode;
	place->entry->type = dir_type(fs, mode);
}

/* --- new ones, and their end -------------------------------------------------------------------
 */

status_t directory_init(struct ext4 *fs, const struct inode *directory, uint32_t parent)
{
	uint8_t type = dir_type(fs, MODE_DIRECTORY);
	struct buffer *buffer;
	uint32_t block;

	TRY(dir_block_append(fs, directory, BLOCK_DIRECTORY, &block, &buffer));
	(void)dir_block_add(fs, buffer, (struct name){".", 1}, directory->number, type);
	(void)dir_block_add(fs, buffer, (struct name){"..", 2}, parent, type);
	return OK;
}

status_t directory_check_empty(struct ext4 *fs, const struct inode *directory)
{
	struct ext4_entry entry;
	uint64_t cookie = 0;
	status_t status = directory_next(fs, directory, &cookie, &entry);

	if (status == OK)
		return ERR_NOT_EMPTY;
	return status == ERR_NOT_FOUND ? OK : status;
}

/* --- listing -----------------------------------------------------------------------------------
 */

static uint16_t mode_of(uint8_t type)
{
	static const uint16_t modes[] = {0, MODE_REGULAR, MODE_DIRECTORY, MODE_CHARACTER,
		MODE_BLOCK, MODE_FIFO, MODE_SOCKET, MODE_SYMLINK};

	return type < sizeof(modes) / sizeof(modes[0]) ? modes[type] : 0;
}

static void fill(struct ext4_entry *entry, const struct dir_entry *from)
{
	entry->inode = from->inode;
	entry->type = mode_of(from->type);
	entry->size = from->name_length;
	memcpy(entry->name, dir_name(from), from->name_length);
}

static bool is_shown(const struct dir_entry *e)
{
	return e->inode != 0 && e->name_length != 0 &&
	       !is_dots((struct name){dir_name(e), e->name_length});
}

/* The first entry at an offset of a block or behind it. False: there is none. */
static bool next_in(const struct ext4 *fs, const struct buffer *buffer, uint32_t offset,
	uint32_t *end, struct ext4_entry *entry)
{
	const struct dir_entry *e;

	for (uint32_t at = 0; at < dir_block_room(fs); at += e->length) {
		e = (const struct dir_entry *)(bytes_of(fs, buffer) + at);
		if (at < offset || !is_shown(e))
			continue;
		fill(entry, e);
		*end = at + e->length;
		return true;
	}
	return false;
}

/* A cookie is an offset in the directory. Entries are passed from the beginning of their block on,
 * so one that moved within it does no harm. */
status_t directory_next(
	struct ext4 *fs, const struct inode *directory, uint64_t *cookie, struct ext4_entry *entry)
{
	uint64_t block = *cookie >> fs->g.block_shift;
	uint32_t offset = (uint32_t)(*cookie % fs->g.block_size);
	struct buffer *buffer;
	uint32_t end;

	TRY(check(fs, directory));
	for (; block < dir_block_count(fs, directory); block++, offset = 0) {
		TRY(dir_block_get(fs, directory, (uint32_t)block, BLOCK_UNKNOWN, &buffer));
		if (buffer->kind != BLOCK_DIRECTORY || !next_in(fs, buffer, offset, &end, entry))
			continue;
		*cookie = (block << fs->g.block_shift) + end;
		return OK;
	}
	return ERR_NOT_FOUND;
}
