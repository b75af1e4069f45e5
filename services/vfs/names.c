// SPDX-License-Identifier: MIT OR Apache-2.0
/* Operations on names: see vfs.h. */
#include "internal.h"
#include "watch.h"

#define MOUNT_COOKIE ((uint64_t)1 << 63) /* + index of a volume */
#define TARGET_MOST  (MESSAGE_BYTES - 1)
#define ROUND8(size) (((size) + 7) & ~(size_t)7)

static status_t base_directory(struct client *c, uint64_t id, struct place *place)
{
	const struct description *d;

	*place = place_root();
	if (id == 0)
		return OK;
	d = client_description(c, id);
	if (d == nullptr)
		return ERR_INVALID_HANDLE;
	if (d->kind != DESCRIPTION_FILE)
		return ERR_NOT_DIRECTORY;
	*place = d->place;
	return d->type == FILE_TYPE_DIRECTORY ? OK : ERR_NOT_DIRECTORY;
}

status_t vfs_walk(
	struct client *c, uint64_t directory, struct vfs_bytes path, bool follow, struct walk *walk)
{
	struct place start;
	status_t status = base_directory(c, directory, &start);

	return status == OK ? walk_path(start, path.data, path.size, follow, walk) : status;
}

status_t vfs_stat_path(struct client *c, uint64_t directory, bool follow, struct vfs_bytes path,
	struct file_attributes *attributes)
{
	struct walk walk;
	status_t status = vfs_walk(c, directory, path, follow, &walk);

	if (status == OK && !walk.exists)
		status = ERR_NOT_FOUND;
	if (status == OK)
		*attributes = walk.attributes;
	return status;
}

/* --- making ---------------------------------------------------------------------------------- */

static status_t make(struct client *c, uint64_t directory, struct vfs_bytes path,
	enum file_type type, struct name target)
{
	struct walk walk;
	struct volume *v;
	uint64_t node;
	status_t status = vfs_walk(c, directory, path, false, &walk);

	if (status != OK)
		return status;
	if (walk.exists)
		return ERR_EXISTS;
	if (walk.needs_directory && type != FILE_TYPE_DIRECTORY)
		return ERR_NOT_FOUND;
	v = volume_of(walk.parent);
	if (v->is_read_only)
		return ERR_READ_ONLY;
	status = v->ops->create(v, walk.parent.node, walk_name(&walk), type, target, &node);
	if (status == OK)
		watch_name(walk.parent, walk_name(&walk), CHANGE_KIND_CREATED);
	return status;
}

status_t vfs_mkdir(struct client *c, uint64_t directory, struct vfs_bytes path)
{
	return make(c, directory, path, FILE_TYPE_DIRECTORY, (struct name){0});
}

static bool has_zero(struct vfs_bytes bytes)
{
	for (size_t i = 0; i < bytes.size; i++) {
		if (bytes.data[i] == 0)
			return true;
	}
	return false;
}

status_t vfs_symlink(
	struct client *c, uint64_t directory, struct vfs_bytes target, struct vfs_bytes path)
{
	struct name name = {(const char *)target.data, target.size};

	if (target.size == 0)
		return ERR_NOT_FOUND;
	if (target.size > TARGET_MOST)
		return ERR_TOO_LONG;
	if (has_zero(target))
		return ERR_INVALID_ARGUMENT;
	return make(c, directory, path, FILE_TYPE_SYMLINK, name);
}

status_t vfs_readlink(struct client *c, uint64_t directory, struct vfs_bytes path, void *buffer,
	size_t size, size_t *done)
{
	struct walk walk;
	struct volume *v;
	status_t status = vfs_walk(c, directory, path, false, &walk);

	if (status == OK && !walk.exists)
		status = ERR_NOT_FOUND;
	if (status == OK && walk.attributes.type != FILE_TYPE_SYMLINK)
		status = ERR_INVALID_ARGUMENT;
	if (status != OK)
		return status;
	v = volume_of(walk.place);
	return v->ops->read(v, walk.place.node, 0, buffer, size, done);
}

static struct entry_name entry_name(const struct walk *walk)
{
	return (struct entry_name){walk->parent.node, walk_name(walk)};
}

static status_t check_link(const struct walk *from, const struct walk *to)
{
	if (!from->exists)
		return ERR_NOT_FOUND;
	if (from->attributes.type == FILE_TYPE_DIRECTORY)
		return ERR_IS_DIRECTORY;
	if (to->exists)
		return ERR_EXISTS;
	if (to->needs_directory)
		return ERR_NOT_FOUND;
	if (from->place.volume != to->parent.volume)
		return ERR_CROSS_DEVICE;
	return place_is_read_only(to->parent) ? ERR_READ_ONLY : OK;
}

status_t vfs_link(
	struct client *c, const struct vfs_name *from, bool follow, const struct vfs_name *to)
{
	struct walk old;
	struct walk new;
	struct volume *v;
	status_t status = vfs_walk(c, from->directory, from->path, follow, &old);

	if (status == OK)
		status = vfs_walk(c, to->directory, to->path, false, &new);
	if (status == OK)
		status = check_link(&old, &new);
	if (status != OK)
		return status;
	v = volume_of(old.place);
	if (v->ops->link == nullptr)
		return ERR_NOT_SUPPORTED;
	status = v->ops->link(v, old.place.node, entry_name(&new));
	if (status == OK)
		watch_name(new.parent, walk_name(&new), CHANGE_KIND_CREATED);
	return status;
}

/* --- removing and renaming ------------------------------------------------------------------- */

/* While it loses a name: so a file with cached pages is deleted when nothing of it is under way. */
static status_t hold_cached(struct place place)
{
	return is_cached(volume_of(place)) ? cache_hold(place) : OK;
}

static void let_go_cached(struct place place)
{
	if (is_cached(volume_of(place)))
		cache_let_go(place);
}

/* A name was taken away from what a walk found. */
static void note_gone(const struct walk *walk)
{
	if (walk->attributes.links <= 1)
		watch_node(walk->place, walk->place, CHANGE_KIND_GONE);
}

/* A name that may be taken away from a directory. */
static status_t check_changeable(const struct walk *walk)
{
	if (walk->name_size == 0)
		return ERR_INVALID_ARGUMENT;
	if (walk->exists && place_is_mount(walk->place))
		return ERR_BUSY;
	return place_is_read_only(walk->parent) ? ERR_READ_ONLY : OK;
}

status_t vfs_unlink(struct client *c, uint64_t directory, bool of_directory, struct vfs_bytes path)
{
	struct walk walk;
	struct volume *v;
	bool is_directory;
	status_t status = vfs_walk(c, directory, path, false, &walk);

	if (status == OK && !walk.exists)
		status = ERR_NOT_FOUND;
	if (status == OK)
		status = check_changeable(&walk);
	if (status != OK)
		return status;
	is_directory = walk.attributes.type == FILE_TYPE_DIRECTORY;
	if (is_directory != of_directory)
		return is_directory ? ERR_IS_DIRECTORY : ERR_NOT_DIRECTORY;
	v = volume_of(walk.parent);
	status = hold_cached(walk.place);
	if (status == OK)
		status = v->ops->remove(v, walk.place.node, entry_name(&walk));
	if (status != OK)
		return status;
	let_go_cached(walk.place);
	watch_name(walk.parent, walk_name(&walk), CHANGE_KIND_REMOVED);
	note_gone(&walk);
	return OK;
}

static status_t check_kinds(const struct walk *from, const struct walk *to)
{
	bool from_directory = from->attributes.type == FILE_TYPE_DIRECTORY;
	bool to_directory =
		to->exists ? to->attributes.type == FILE_TYPE_DIRECTORY : to->needs_directory;

	if (from_directory == to_directory || (from_directory && !to->exists))
		return OK;
	return from_directory ? ERR_NOT_DIRECTORY : ERR_IS_DIRECTORY;
}

static status_t check_rename(const struct walk *from, const struct walk *to)
{
	status_t status = check_changeable(from);

	if (status == OK)
		status = check_changeable(to);
	if (status != OK)
		return status;
	if (from->parent.volume != to->parent.volume)
		return ERR_CROSS_DEVICE;
	return check_kinds(from, to);
}

/* Two names of one file stay what they are; one that is found under two spellings is renamed. */
static bool is_same_name(const struct walk *from, const struct walk *to)
{
	if (!to->exists || !place_is_same(from->place, to->place))
		return false;
	return from->attributes.links != 1 ||
	       (place_is_same(from->parent, to->parent) && from->name_size == to->name_size &&
		       memcmp(from->name, to->name, to->name_size) == 0);
}

status_t vfs_rename(struct client *c, uint64_t from_directory, struct vfs_bytes from_path,
	uint64_t to_directory, struct vfs_bytes to_path)
{
	struct walk from;
	struct walk to;
	struct volume *v;
	status_t status = vfs_walk(c, from_directory, from_path, false, &from);

	if (status == OK && !from.exists)
		status = ERR_NOT_FOUND;
	if (status == OK)
		status = vfs_walk(c, to_directory, to_path, false, &to);
	if (status == OK)
		status = check_rename(&from, &to);
	if (status != OK)
		return status;
	if (is_same_name(&from, &to))
		return OK;
	if (to.exists && place_is_same(from.place, to.place))
		to.exists = false; /* it is what gets the new spelling */
	v = volume_of(from.parent);
	if (to.exists)
		status = hold_cached(to.place);
	if (status == OK)
		status = v->ops->rename(v, from.place.node, entry_name(&from), entry_name(&to),
			to.exists ? to.place.node : 0);
	if (status != OK)
		return status;
	if (to.exists)
		let_go_cached(to.place);
	watch_name(from.parent, walk_name(&from), CHANGE_KIND_MOVED_FROM);
	watch_name(to.parent, walk_name(&to), CHANGE_KIND_MOVED_TO);
	if (to.exists)
		note_gone(&to);
	return OK;
}

/* --- reading directories --------------------------------------------------------------------- */

static status_t mount_item(uint32_t index, struct directory_item *item)
{
	const struct volume *v = volume_at(index);
	struct file_attributes a;

	status_t status = place_attributes((struct place){.volume = index, .node = v->root}, &a);

	item->inode = a.inode;
	item->type = FILE_TYPE_DIRECTORY;
	item->name_size = strlen(v->name);
	memcpy(item->name, v->name, item->name_size + 1);
	return status;
}

/* The volumes that are mounted in a directory come after its own entries. */
static status_t next_mount(struct place directory, uint64_t *cookie, struct directory_item *item)
{
	for (uint64_t i = *cookie & ~MOUNT_COOKIE; i < volume_count(); i++) {
		const struct volume *v = volume_at((uint32_t)i);
		uint32_t seen;

		if (i == 0 || !volume_is_there((uint32_t)i) ||
			v->parent_volume != directory.volume || v->parent_node != directory.node ||
			!volume_mounted(
				directory, (struct name){v->name, strlen(v->name)}, &seen) ||
			seen != i)
			continue;
		*cookie = MOUNT_COOKIE | (i + 1);
		return mount_item((uint32_t)i, item);
	}
	return ERR_NOT_FOUND;
}

static status_t next_item(struct place directory, uint64_t *cookie, struct directory_item *item)
{
	struct volume *v = volume_of(directory);
	uint32_t hidden_by;
	unsigned hidden = 0;

	while ((*cookie & MOUNT_COOKIE) == 0) {
		if (hidden++ > VOLUMES_MOST)
			return ERR_CORRUPT; /* the same names again and again */
		status_t status = v->ops->next(v, directory.node, cookie, item);

		if (status == ERR_NOT_FOUND)
			*cookie = MOUNT_COOKIE;
		else if (status != OK)
			return status;
		else if (!volume_mounted(
				 directory, (struct name){item->name, item->name_size}, &hidden_by))
			return OK;
	}
	return next_mount(directory, cookie, item);
}

static size_t put_item(
	uint8_t *buffer, size_t room, const struct directory_item *item, uint64_t next_cookie)
{
	struct directory_entry entry = {
		.next_cookie = next_cookie,
		.inode = item->inode,
		.type = item->type,
		.name_size = (uint32_t)item->name_size,
	};
	size_t size = ROUND8(sizeof(entry) + item->name_size);

	if (size > room)
		return 0;
	memset(buffer, 0, size);
	memcpy(buffer, &entry, sizeof(entry));
	memcpy(buffer + sizeof(entry), item->name, item->name_size);
	return size;
}

status_t vfs_readdir(
	struct client *c, uint64_t id, uint64_t cookie, uint8_t *buffer, size_t size, size_t *done)
{
	struct directory_item item;
	struct place directory;
	status_t status = id != 0 ? base_directory(c, id, &directory) : ERR_INVALID_HANDLE;

	*done = 0;
	while (status == OK) {
		size_t used;

		status = next_item(directory, &cookie, &item);
		if (status != OK)
			break;
		used = put_item(buffer + *done, size - *done, &item, cookie);
		if (used == 0)
			return OK;
		*done += used;
	}
	return status == ERR_NOT_FOUND ? OK : status;
}
