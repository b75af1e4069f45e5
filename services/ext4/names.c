// SPDX-License-Identifier: MIT OR Apache-2.0
/* Operations on names: see ext4.h. */
#include "bitmap.h"
#include "check.h"
#include "directory.h"
#include "extent.h"
#include "orphan.h"
#include "super.h"

#define LINKS_MOST     65000u
#define FAST_LINK_MOST (INODE_BLOCK_BYTES - 1)

status_t ext4_lookup(struct ext4 *fs, uint32_t directory, struct name name, uint32_t *inode)
{
	struct inode d;
	struct dir_place place;

	TRY(inode_get(fs, directory, &d));
	TRY(directory_find(fs, &d, name, &place));
	*inode = place.entry->inode;
	return OK;
}

status_t ext4_next(struct ext4 *fs, uint32_t directory, uint64_t *cookie, struct ext4_entry *entry)
{
	struct inode d;

	TRY(inode_get(fs, directory, &d));
	return directory_next(fs, &d, cookie, entry);
}

/* --- counting names ----------------------------------------------------------------------------
 */

/* A directory with too many directories in it says 1. */
static status_t add_link(struct ext4 *fs, const struct inode *inode)
{
	bool is_directory = inode_is(inode, MODE_DIRECTORY);

	if (inode->raw->links_count >= LINKS_MOST && !(is_directory && fs->g.has_dir_nlink))
		return ERR_TOO_MANY;
	inode_change(fs, inode);
	if (inode->raw->links_count >= LINKS_MOST)
		inode->raw->links_count = 1;
	else if (!is_directory || inode->raw->links_count != 1)
		inode->raw->links_count++;
	inode_set_time(fs, inode, INODE_CHANGED, fs->environment->now(fs->environment->self));
	inode_seal(fs, inode);
	return OK;
}

static void drop_link(struct ext4 *fs, const struct inode *inode)
{
	inode_change(fs, inode);
	if (inode->raw->links_count > (inode_is(inode, MODE_DIRECTORY) ? 2 : 0))
		inode->raw->links_count--;
	inode_set_time(fs, inode, INODE_CHANGED, fs->environment->now(fs->environment->self));
	inode_seal(fs, inode);
}

/* --- making ------------------------------------------------------------------------------------
 */

/* Short targets lie in the inode. */
static status_t set_target(struct ext4 *fs, const struct inode *inode, struct name target)
{
	struct extent_run run = {0};
	struct buffer *buffer;
	uint64_t goal;

	inode_change(fs, inode);
	inode_set_size(inode, target.size);
	if (target.size <= FAST_LINK_MOST) {
		memcpy(inode->raw->block, target.text, target.size);
		inode_seal(fs, inode);
		return OK;
	}
	extents_init(inode);
	inode_seal(fs, inode);
	TRY(extent_goal(fs, inode, 0, &goal));
	TRY(blocks_allocate(fs, goal, 1, &run.block, &run.count));
	TRY(buffer_new(fs, run.block, BLOCK_PLAIN, inode->seed, &buffer));
	memcpy(bytes_of(fs, buffer), target.text, target.size);
	return extent_add(fs, inode, 0, &run);
}

static status_t fill(struct ext4 *fs, const struct inode *inode, const struct inode *directory,
	struct name target)
{
	bool is_directory = inode_is(inode, MODE_DIRECTORY);

	inode_change(fs, inode);
	inode->raw->links_count = is_directory ? 2 : 1;
	if (!inode_is(inode, MODE_SYMLINK))
		extents_init(inode);
	inode_seal(fs, inode);
	if (inode_is(inode, MODE_SYMLINK))
		return set_target(fs, inode, target);
	if (!is_directory)
		return OK;
	TRY(directory_init(fs, inode, directory->number));
	return add_link(fs, directory);
}

/* The directory, into which a new name can come. */
static status_t get_target(struct ext4 *fs, uint32_t directory, struct name name, struct inode *d)
{
	struct dir_place place;
	status_t status;

	TRY(inode_get(fs, directory, d));
	if (d->raw->links_count == 0)
		return ERR_NOT_FOUND;
	status = directory_find(fs, d, name, &place);
	if (status == OK)
		return ERR_EXISTS;
	return status == ERR_NOT_FOUND ? OK : status;
}

status_t ext4_create(struct ext4 *fs, uint32_t directory, struct name name, uint16_t mode,
	struct name target, uint32_t *inode)
{
	struct inode d;
	struct inode made;

	TRY(journal_begin(fs));
	if (name.size == 0 || name.size > EXT4_NAME_MAX)
		return ERR_TOO_LONG;
	if ((mode & MODE_TYPE) == MODE_SYMLINK &&
		(target.size == 0 || target.size >= fs->g.block_size))
		return ERR_TOO_LONG;
	TRY(get_target(fs, directory, name, &d));
	TRY(inode_allocate(fs, directory, (mode & MODE_TYPE) == MODE_DIRECTORY, inode));
	TRY(inode_new(fs, *inode, mode, &made));
	TRY(fill(fs, &made, &d, target));
	return directory_add(fs, &d, name, *inode, mode);
}

status_t ext4_link(struct ext4 *fs, uint32_t inode, uint32_t directory, struct name name)
{
	struct inode d;
	struct inode i;

	TRY(journal_begin(fs));
	if (name.size == 0 || name.size > EXT4_NAME_MAX)
		return ERR_TOO_LONG;
	TRY(get_target(fs, directory, name, &d));
	TRY(inode_get(fs, inode, &i));
	if (inode_is(&i, MODE_DIRECTORY))
		return ERR_IS_DIRECTORY;
	if (i.raw->links_count == 0)
		return ERR_NOT_FOUND;
	TRY(add_link(fs, &i));
	return directory_add(fs, &d, name, inode, i.raw->mode);
}

/* --- removing ----------------------------------------------------------------------------------
 */

/* Lists of blocks of old files (indirect.h) cannot be freed. */
static status_t check_can_go(struct ext4 *fs, const struct inode *inode)
{
	bool has_lists = (inode->raw->flags & INODE_EXTENTS) == 0 && inode->raw->block[0] != 0 &&
			 !(inode_is(inode, MODE_SYMLINK) && inode_size(inode) < INODE_BLOCK_BYTES);

	if (orphan_is_cut(fs, inode->number))
		return FILE_LATER;
	if (has_lists && (inode_is(inode, MODE_REGULAR) || inode_is(inode, MODE_DIRECTORY) ||
				 inode_is(inode, MODE_SYMLINK)))
		return ERR_NOT_SUPPORTED;
	return OK;
}

/* One of an inode's names goes; the inode with the last. `directory` held it. */
static status_t let_go(struct ext4 *fs, const struct inode *inode, const struct inode *directory)
{
	if (inode_is(inode, MODE_DIRECTORY)) {
		TRY(directory_check_empty(fs, inode));
		drop_link(fs, directory);
		inode_change(fs, inode);
		inode->raw->links_count = 0;
		inode_seal(fs, inode);
	} else {
		drop_link(fs, inode);
	}
	return inode->raw->links_count == 0 ? orphan_add(fs, inode, false) : OK;
}

static void touch(struct ext4 *fs, const struct inode *inode)
{
	inode_change(fs, inode);
	inode_touch(fs, inode);
	inode_seal(fs, inode);
}

status_t ext4_remove(struct ext4 *fs, uint32_t directory, struct name name)
{
	struct inode d;
	struct inode i;
	struct dir_place place;

	TRY(journal_begin(fs));
	TRY(inode_get(fs, directory, &d));
	TRY(directory_find(fs, &d, name, &place));
	TRY(inode_get(fs, place.entry->inode, &i));
	TRY(check_can_go(fs, &i));
	TRY(let_go(fs, &i, &d));
	directory_remove(fs, &place);
	touch(fs, &d);
	return OK;
}

/* --- moving ------------------------------------------------------------------------------------
 */

/* ERR_INVALID_ARGUMENT: `directory` lies in `inode`, or is it. */
static status_t check_above(struct ext4 *fs, uint32_t inode, uint32_t directory)
{
	for (uint32_t depth = 0; directory != ROOT_INODE; depth++) {
		if (directory == inode)
			return ERR_INVALID_ARGUMENT;
		if (depth > fs->g.inodes)
			return corrupt(fs, "a directory is in itself", directory);
		TRY(ext4_lookup(fs, directory, (struct name){"..", 2}, &directory));
	}
	return directory == inode ? ERR_INVALID_ARGUMENT : OK;
}

/* A directory's `..` means its new place, and the links of both places are counted. */
static status_t change_parent(struct ext4 *fs, const struct inode *inode, const struct inode *from,
	const struct inode *to)
{
	struct dir_place place;

	if (!inode_is(inode, MODE_DIRECTORY) || from->number == to->number)
		return OK;
	TRY(directory_find(fs, inode, (struct name){"..", 2}, &place));
	directory_set(fs, &place, to->number, MODE_DIRECTORY);
	drop_link(fs, from);
	return add_link(fs, to);
}

/* The name is there: it means the moved inode from now on. */
static status_t replace(struct ext4 *fs, const struct inode *inode, const struct inode *to,
	const struct dir_place *place)
{
	struct inode old;

	TRY(inode_get(fs, place->entry->inode, &old));
	TRY(check_can_go(fs, &old));
	if (inode_is(&old, MODE_DIRECTORY) && !inode_is(inode, MODE_DIRECTORY))
		return ERR_IS_DIRECTORY;
	if (!inode_is(&old, MODE_DIRECTORY) && inode_is(inode, MODE_DIRECTORY))
		return ERR_NOT_DIRECTORY;
	TRY(let_go(fs, &old, to));
	directory_set(fs, place, inode->number, inode->raw->mode);
	touch(fs, to);
	return OK;
}

static status_t put_name(
	struct ext4 *fs, const struct inode *inode, const struct inode *to, struct name name)
{
	struct dir_place place;
	status_t status = directory_find(fs, to, name, &place);

	if (status == OK)
		return replace(fs, inode, to, &place);
	if (status != ERR_NOT_FOUND)
		return status;
	return directory_add(fs, to, name, inode->number, inode->raw->mode);
}

/* The old name is looked for once more: adding the new one may have moved it. */
status_t ext4_rename(
	struct ext4 *fs, uint32_t from, struct name old_name, uint32_t to, struct name new_name)
{
	struct inode source;
	struct inode target;
	struct inode inode;
	struct dir_place place;

	TRY(journal_begin(fs));
	if (new_name.size == 0 || new_name.size > EXT4_NAME_MAX)
		return ERR_TOO_LONG;
	TRY(inode_get(fs, from, &source));
	TRY(inode_get(fs, to, &target));
	if (target.raw->links_count == 0)
		return ERR_NOT_FOUND;
	TRY(directory_find(fs, &source, old_name, &place));
	TRY(inode_get(fs, place.entry->inode, &inode));
	if (inode_is(&inode, MODE_DIRECTORY) && from != to)
		TRY(check_above(fs, inode.number, to));
	if (directory_find(fs, &target, new_name, &place) == OK &&
		place.entry->inode == inode.number)
		return OK;
	TRY(put_name(fs, &inode, &target, new_name));
	TRY(change_parent(fs, &inode, &source, &target));
	TRY(directory_find(fs, &source, old_name, &place));
	directory_remove(fs, &place);
	touch(fs, &source);
	inode_change(fs, &inode);
	inode_set_time(fs, &inode, INODE_CHANGED, fs->environment->now(fs->environment->self));
	inode_seal(fs, &inode);
	return OK;
}

/* --- holding -----------------------------------------------------------------------------------
 */

status_t ext4_retain(struct ext4 *fs, uint32_t inode)
{
	struct inode i;

	TRY(inode_get(fs, inode, &i));
	return orphan_retain(fs, inode);
}

status_t ext4_release(struct ext4 *fs, uint32_t inode)
{
	orphan_release(fs, inode);
	return OK;
}
