// SPDX-License-Identifier: MIT OR Apache-2.0
/* tmpfs as the VFS sees it: see tmpfs.h. */
#include "tmpfs.h"

#include "blocks.h"
#include "cache.h"
#include "tmpfs_data.h"
#include "tmpfs_entry.h"
#include "wall_time.h"

#include <craton/estate.h>

#define MODE_SET 010000u /* a mode that was set is not 0 */

bool tmpfs_open(uint32_t node_count, uint32_t block_count)
{
	return tmpfs_nodes_open(node_count) && tmpfs_entries_open(node_count) &&
	       blocks_open(block_count);
}

uint64_t tmpfs_root(unsigned index)
{
	struct tmpfs_node *node;

	if (tmpfs_root_number(index) != 0)
		return tmpfs_root_number(index);
	node = tmpfs_node_make(FILE_TYPE_DIRECTORY);
	if (node == nullptr)
		runtime_abort("tmpfs has no room for its roots");
	node->retained = 1;
	tmpfs_set_root(index, node);
	return tmpfs_number(node);
}

static status_t lookup(struct volume *v, uint64_t directory, struct name name, uint64_t *node)
{
	const struct tmpfs_entry *entry = tmpfs_find(tmpfs_node(directory), name);

	(void)v;
	*node = entry != nullptr ? entry->node : 0;
	return *node != 0 ? OK : ERR_NOT_FOUND;
}

static status_t parent(struct volume *v, uint64_t directory, uint64_t *number)
{
	const struct tmpfs_node *node = tmpfs_node(directory);

	*number = node->parent != 0 ? node->parent : v->root;
	return OK;
}

static status_t attributes(struct volume *v, uint64_t number, struct file_attributes *a)
{
	const struct tmpfs_node *node = tmpfs_node(number);

	(void)v;
	*a = (struct file_attributes){
		.inode = node->inode,
		.type = node->type,
		.links = number == v->root ? 1 : node->names,
		.size = node->size,
		.accessed_ns = node->accessed,
		.modified_ns = node->modified,
		.changed_ns = node->changed,
		.mode = node->mode,
		.owner = node->owner,
		.group = node->group,
	};
	return OK;
}

static status_t next(
	struct volume *v, uint64_t directory, uint64_t *cookie, struct directory_item *item)
{
	const struct tmpfs_entry *entry = tmpfs_entry_at(tmpfs_node(directory), *cookie);
	const struct tmpfs_node *node;

	(void)v;
	if (entry == nullptr)
		return ERR_NOT_FOUND;
	node = tmpfs_node(entry->node);
	item->node = entry->node;
	item->inode = node->inode;
	item->type = (enum file_type)node->type;
	item->name_size = entry->name_size;
	memcpy(item->name, entry->name, entry->name_size + 1);
	*cookie = tmpfs_cookie_after(entry);
	return OK;
}

static status_t read(
	struct volume *v, uint64_t node, uint64_t offset, void *buffer, size_t size, size_t *done)
{
	(void)v;
	*done = tmpfs_data_read(tmpfs_node(node), offset, buffer, size);
	return OK;
}

static status_t space(struct volume *v, uint64_t *total, uint64_t *used)
{
	(void)v;
	*total = blocks_total() * BLOCK_SIZE;
	*used = blocks_used() * BLOCK_SIZE;
	return OK;
}

static uint32_t sheet_slot(struct volume *v, uint64_t number)
{
	(void)v;
	return (uint32_t)number;
}

static status_t retain(struct volume *v, uint64_t number)
{
	struct tmpfs_node *node = tmpfs_node(number);

	(void)v;
	ESTATE_SET(node->retained, node->retained + 1);
	return OK;
}

static void release(struct volume *v, uint64_t number)
{
	struct tmpfs_node *node = tmpfs_node(number);

	(void)v;
	ESTATE_SET(node->retained, node->retained - 1);
	tmpfs_node_drop(node);
}

/* --- changes --------------------------------------------------------------------------------- */

static bool is_removed(const struct volume *v, const struct tmpfs_node *directory)
{
	return directory->names == 0 && tmpfs_number(directory) != v->root;
}

/* Clean pages of other files go first. */
static status_t no_blocks(void)
{
	return cache_want_room() ? FILE_LATER : ERR_NO_SPACE;
}

static status_t create(struct volume *v, uint64_t directory, struct name name, enum file_type type,
	struct name target, uint64_t *number)
{
	struct tmpfs_node *node;

	if (is_removed(v, tmpfs_node(directory)))
		return ERR_NOT_FOUND;
	node = tmpfs_entries_left() ? tmpfs_node_make(type) : nullptr;
	if (node == nullptr)
		return ERR_NO_SPACE;
	if (tmpfs_data_write(node, 0, target.text, target.size) != target.size) {
		tmpfs_node_drop(node);
		return no_blocks();
	}
	tmpfs_link(node, tmpfs_node(directory), name);
	*number = tmpfs_number(node);
	return OK;
}

static void note_change(struct tmpfs_node *node)
{
	tmpfs_save(node);
	node->modified = wall_time();
	node->changed = node->modified;
}

static status_t write(struct volume *v, uint64_t number, uint64_t offset, const void *bytes,
	size_t size, size_t *done)
{
	struct tmpfs_node *node = tmpfs_node(number);
	uint64_t most = tmpfs_data_most();

	(void)v;
	*done = 0;
	if (size == 0)
		return OK;
	if (offset >= most)
		return ERR_RANGE;
	size = size < most - offset ? size : most - offset;
	*done = tmpfs_data_write(node, offset, bytes, size);
	note_change(node);
	return *done > 0 ? OK : no_blocks();
}

static status_t set_size(struct volume *v, uint64_t number, uint64_t size)
{
	struct tmpfs_node *node = tmpfs_node(number);

	(void)v;
	if (size > tmpfs_data_most())
		return ERR_RANGE;
	note_change(node);
	tmpfs_data_resize(node, size);
	return OK;
}

static status_t set_times(struct volume *v, uint64_t number, uint64_t accessed, uint64_t modified)
{
	struct tmpfs_node *node = tmpfs_node(number);

	(void)v;
	tmpfs_save(node);
	if (accessed != UINT64_MAX)
		node->accessed = accessed;
	if (modified != UINT64_MAX)
		node->modified = modified;
	node->changed = wall_time();
	return OK;
}

static status_t set_access(
	struct volume *v, uint64_t number, uint32_t mode, uint32_t owner, uint32_t group)
{
	struct tmpfs_node *node = tmpfs_node(number);

	(void)v;
	tmpfs_save(node);
	if (mode != ACCESS_LEAVE)
		node->mode = MODE_SET | mode;
	if (owner != ACCESS_LEAVE)
		node->owner = owner;
	if (group != ACCESS_LEAVE)
		node->group = group;
	node->changed = wall_time();
	return OK;
}

static status_t link(struct volume *v, uint64_t number, struct entry_name to)
{
	if (is_removed(v, tmpfs_node(to.directory)))
		return ERR_NOT_FOUND;
	if (!tmpfs_entries_left())
		return ERR_NO_SPACE;
	tmpfs_link(tmpfs_node(number), tmpfs_node(to.directory), to.name);
	return OK;
}

static struct tmpfs_entry *entry_of(struct entry_name name)
{
	return tmpfs_find(tmpfs_node(name.directory), name.name);
}

static status_t remove(struct volume *v, uint64_t number, struct entry_name name)
{
	struct tmpfs_node *node = tmpfs_node(number);

	(void)v;
	if (node->entries > 0)
		return ERR_NOT_EMPTY;
	tmpfs_unlink(entry_of(name));
	tmpfs_node_drop(node);
	return OK;
}

/* True: `node` is `directory` or one of those above it. */
static bool is_above(const struct tmpfs_node *node, const struct tmpfs_node *directory)
{
	while (directory != nullptr && directory != node)
		directory = tmpfs_node(directory->parent);
	return directory == node;
}

static status_t rename(struct volume *v, uint64_t number, struct entry_name from,
	struct entry_name to, uint64_t replaced_number)
{
	struct tmpfs_node *node = tmpfs_node(number);
	struct tmpfs_node *directory = tmpfs_node(to.directory);
	struct tmpfs_node *replaced = tmpfs_node(replaced_number);

	if (is_removed(v, directory))
		return ERR_NOT_FOUND;
	if (is_above(node, directory))
		return ERR_INVALID_ARGUMENT;
	if (replaced != nullptr && replaced->entries > 0)
		return ERR_NOT_EMPTY;
	if (replaced != nullptr)
		tmpfs_unlink(entry_of(to));
	tmpfs_unlink(entry_of(from));
	tmpfs_link(node, directory, to.name);
	if (replaced != nullptr)
		tmpfs_node_drop(replaced);
	return OK;
}

const struct file_system_ops tmpfs_ops = {
	.name = "tmpfs",
	.lookup = lookup,
	.parent = parent,
	.attributes = attributes,
	.next = next,
	.read = read,
	.space = space,
	.sheet_slot = sheet_slot,
	.retain = retain,
	.release = release,
	.create = create,
	.write = write,
	.set_size = set_size,
	.set_times = set_times,
	.set_access = set_access,
	.link = link,
	.remove = remove,
	.rename = rename,
};
