// SPDX-License-Identifier: MIT OR Apache-2.0
/* Operations on open files: see vfs.h. */
#include "cache.h"
#include "internal.h"
#include "lock.h"
#include "pipe.h"
#include "sheet.h"
#include "watch.h"

#include <craton/estate.h>

#define FLAGS_KNOWN                                                                                \
	(OPEN_FLAG_READ | OPEN_FLAG_WRITE | OPEN_FLAG_CREATE | OPEN_FLAG_EXCLUSIVE |               \
		OPEN_FLAG_TRUNCATE | OPEN_FLAG_DIRECTORY | OPEN_FLAG_APPEND | OPEN_FLAG_NONBLOCK | \
		OPEN_FLAG_NO_FOLLOW | OPEN_FLAG_LOAD)
#define FLAGS_CHANGEABLE (OPEN_FLAG_APPEND | OPEN_FLAG_NONBLOCK)
#define LOAD_BYTES       4096u
#define FLAGS_KEPT       (OPEN_FLAG_READ | OPEN_FLAG_WRITE | FLAGS_CHANGEABLE)

enum { SEEK_FROM_START, SEEK_FROM_HERE, SEEK_FROM_END };

/* --- opening --------------------------------------------------------------------------------- */

static status_t make_file(struct walk *walk)
{
	struct volume *v = volume_of(walk->parent);
	status_t status;

	if (walk->needs_directory)
		return ERR_IS_DIRECTORY;
	if (v->is_read_only)
		return ERR_READ_ONLY;
	walk->place = walk->parent;
	status = v->ops->create(v, walk->parent.node, walk_name(walk), FILE_TYPE_REGULAR,
		(struct name){0}, &walk->place.node);
	return status == OK ? place_attributes(walk->place, &walk->attributes) : status;
}

static status_t check_existing(const struct walk *walk, uint64_t flags)
{
	uint64_t type = walk->attributes.type;

	if ((flags & OPEN_FLAG_CREATE) != 0 && (flags & OPEN_FLAG_EXCLUSIVE) != 0)
		return ERR_EXISTS;
	if (type == FILE_TYPE_SYMLINK)
		return ERR_LOOP;
	if ((flags & OPEN_FLAG_DIRECTORY) != 0 && type != FILE_TYPE_DIRECTORY)
		return ERR_NOT_DIRECTORY;
	if ((flags & (OPEN_FLAG_WRITE | OPEN_FLAG_CREATE)) != 0 && type == FILE_TYPE_DIRECTORY)
		return ERR_IS_DIRECTORY;
	if ((flags & OPEN_FLAG_WRITE) != 0 && place_is_read_only(walk->place))
		return ERR_READ_ONLY;
	return OK;
}

/* The file that is to be opened; made if that is wished. */
static status_t find_or_make(struct client *c, uint64_t directory, uint64_t flags,
	struct vfs_bytes path, struct walk *walk)
{
	bool exclusive = (flags & OPEN_FLAG_CREATE) != 0 && (flags & OPEN_FLAG_EXCLUSIVE) != 0;
	bool follow = (flags & OPEN_FLAG_NO_FOLLOW) == 0 && !exclusive;
	status_t status = vfs_walk(c, directory, path, follow, walk);

	if (status != OK)
		return status;
	if (walk->exists)
		return check_existing(walk, flags);
	if ((flags & OPEN_FLAG_CREATE) == 0)
		return ERR_NOT_FOUND;
	if ((flags & OPEN_FLAG_DIRECTORY) != 0)
		return ERR_INVALID_ARGUMENT;
	return make_file(walk);
}

static uint32_t slot_of(struct place place)
{
	struct volume *v = volume_of(place);

	if (is_cached(v))
		return cache_slot(place);
	return v->ops->sheet_slot != nullptr ? v->ops->sheet_slot(v, place.node) : 0;
}

/* The beginning of a file, so that reading a small one needs no other request. */
static uint64_t load(struct client *c, uint64_t flags, uint64_t id)
{
	uint8_t *window = client_window(c);
	size_t done = 0;

	if ((flags & OPEN_FLAG_LOAD) == 0 || window == nullptr ||
		vfs_read_at(c, id, 0, window, LOAD_BYTES, &done) != OK)
		return 0;
	return done;
}

static status_t tell(struct client *c, uint64_t flags, struct vfs_opened *opened)
{
	const struct description *d = client_description(c, opened->id);
	status_t status = OK;

	if ((flags & OPEN_FLAG_TRUNCATE) != 0)
		status = place_attributes(d->place, &opened->attributes);
	if (opened->attributes.type == FILE_TYPE_REGULAR)
		opened->loaded = load(c, flags, opened->id);
	opened->slot = slot_of(d->place);
	opened->stamp = sheet_stamp(opened->slot);
	return status;
}

static status_t set_size(struct place place, uint64_t size)
{
	struct volume *v = volume_of(place);

	return is_cached(v) ? cache_set_size(place, size) : v->ops->set_size(v, place.node, size);
}

status_t vfs_open(struct client *c, uint64_t directory, uint64_t flags, struct vfs_bytes path,
	struct vfs_opened *opened)
{
	struct description *d;
	struct walk walk;
	status_t status = client_check_room(c, 1, 1);

	if ((flags & ~FLAGS_KNOWN) != 0)
		return ERR_INVALID_ARGUMENT;
	if ((flags & OPEN_FLAG_TRUNCATE) != 0 && (flags & OPEN_FLAG_WRITE) == 0)
		return ERR_ACCESS;
	if (status == OK)
		status = find_or_make(c, directory, flags, path, &walk);
	if (status != OK)
		return status;
	status = place_hold(walk.place);
	if (status == OK && (flags & OPEN_FLAG_TRUNCATE) != 0)
		status = set_size(walk.place, 0);
	if (status != OK)
		return status;
	d = client_open(c, DESCRIPTION_FILE, &opened->id);
	d->place = walk.place;
	d->directory = walk.name_size > 0 ? walk.parent : walk.place;
	d->type = (uint32_t)walk.attributes.type;
	d->flags = flags & FLAGS_KEPT;
	d->errors_seen = cache_errors(walk.place);
	opened->attributes = walk.attributes;
	status = tell(c, flags, opened);
	if (status == OK && !walk.exists)
		watch_name(walk.parent, walk_name(&walk), CHANGE_KIND_CREATED);
	else if (status == OK && (flags & OPEN_FLAG_TRUNCATE) != 0)
		watch_node(walk.place, d->directory, CHANGE_KIND_CONTENTS);
	return status;
}

/* --- reading and writing --------------------------------------------------------------------- */

uint32_t vfs_stamp(struct client *c, uint64_t id)
{
	const struct description *d = client_description(c, id);

	return d != nullptr && d->kind == DESCRIPTION_FILE ? sheet_stamp(slot_of(d->place)) : 0;
}

/* A description with one of the flags of what holds bytes: a regular file or a device. */
static status_t with_bytes(
	struct client *c, uint64_t id, uint64_t flag, struct description **description)
{
	struct description *d = client_description(c, id);

	if (d == nullptr)
		return ERR_INVALID_HANDLE;
	if (d->kind != DESCRIPTION_FILE)
		return ERR_NOT_SUPPORTED;
	switch (d->type) {
	case FILE_TYPE_REGULAR:
	case FILE_TYPE_DEVICE:
		break;
	case FILE_TYPE_TERMINAL:
		return ERR_NOT_SUPPORTED;
	default:
		return ERR_IS_DIRECTORY;
	}
	if ((d->flags & flag) == 0)
		return ERR_ACCESS;
	*description = d;
	return OK;
}

status_t vfs_read_at(
	struct client *c, uint64_t id, uint64_t offset, void *buffer, size_t size, size_t *done)
{
	struct description *d;
	struct volume *v;
	status_t status = with_bytes(c, id, OPEN_FLAG_READ, &d);

	if (status != OK)
		return status;
	v = volume_of(d->place);
	if (is_cached(v))
		return cache_read(d->place, offset, buffer, size, done);
	return v->ops->read(v, d->place.node, offset, buffer, size, done);
}

status_t vfs_write_at(
	struct client *c, uint64_t id, uint64_t offset, struct vfs_bytes bytes, size_t *done)
{
	struct description *d;
	struct volume *v;
	status_t status = with_bytes(c, id, OPEN_FLAG_WRITE, &d);

	if (status != OK)
		return status;
	v = volume_of(d->place);
	if (is_cached(v))
		status = cache_write(d->place, offset, bytes.data, bytes.size, done);
	else
		status = v->ops->write(v, d->place.node, offset, bytes.data, bytes.size, done);
	if (status == OK && *done > 0)
		watch_node(d->place, d->directory, CHANGE_KIND_CONTENTS);
	return status;
}

status_t vfs_read(struct client *c, uint64_t id, void *buffer, size_t size, size_t *done)
{
	struct description *d = client_description(c, id);
	status_t status;

	if (d == nullptr)
		return ERR_INVALID_HANDLE;
	status = vfs_read_at(c, id, d->offset, buffer, size, done);
	if (status == OK)
		ESTATE_SET(d->offset, d->offset + *done);
	return status;
}

static status_t size_of(const struct description *d, uint64_t *size)
{
	struct file_attributes a;
	status_t status = place_attributes(d->place, &a);

	*size = a.size;
	return status;
}

status_t vfs_write(struct client *c, uint64_t id, struct vfs_bytes bytes, size_t *done)
{
	struct description *d = client_description(c, id);
	status_t status = OK;
	uint64_t offset;

	*done = bytes.size;
	if (d == nullptr)
		return ERR_INVALID_HANDLE;
	if (d->kind != DESCRIPTION_FILE)
		return ERR_NOT_SUPPORTED;
	offset = d->offset;
	if ((d->flags & OPEN_FLAG_APPEND) != 0)
		status = size_of(d, &offset);
	if (status == OK)
		status = vfs_write_at(c, id, offset, bytes, done);
	if (status == OK)
		ESTATE_SET(d->offset, offset + *done);
	return status;
}

/* What has happened to a description's file, if it has. */
static status_t told(const struct description *d, status_t status, enum change_kind kind)
{
	if (status == OK)
		watch_node(d->place, d->directory, kind);
	return status;
}

/* --- the rest -------------------------------------------------------------------------------- */

status_t vfs_seek(struct client *c, uint64_t id, int64_t offset, uint64_t whence, uint64_t *out)
{
	struct description *d = client_description(c, id);
	status_t status = OK;
	uint64_t base = 0;
	int64_t target;

	if (d == nullptr)
		return ERR_INVALID_HANDLE;
	if (d->kind != DESCRIPTION_FILE)
		return ERR_NOT_SUPPORTED;
	if (whence > SEEK_FROM_END)
		return ERR_INVALID_ARGUMENT;
	if (whence == SEEK_FROM_HERE)
		base = d->offset;
	if (whence == SEEK_FROM_END)
		status = size_of(d, &base);
	if (status != OK)
		return status;
	if (__builtin_add_overflow((int64_t)base, offset, &target) || target < 0)
		return ERR_INVALID_ARGUMENT;
	ESTATE_SET(d->offset, (uint64_t)target);
	*out = d->offset;
	return OK;
}

status_t vfs_stat(struct client *c, uint64_t id, struct file_attributes *attributes)
{
	struct description *d = client_description(c, id);

	if (d == nullptr)
		return ERR_INVALID_HANDLE;
	if (d->kind == DESCRIPTION_FILE)
		return place_attributes(d->place, attributes);
	pipe_attributes(d->pipe, attributes);
	return OK;
}

status_t vfs_set_size(struct client *c, uint64_t id, uint64_t size)
{
	struct description *d;
	status_t status = with_bytes(c, id, OPEN_FLAG_WRITE, &d);

	if (status != OK)
		return status;
	if (d->type != FILE_TYPE_REGULAR)
		return ERR_INVALID_ARGUMENT;
	return told(d, set_size(d->place, size), CHANGE_KIND_CONTENTS);
}

/* What has no pages in the cache is as lasting as it will be. */
status_t vfs_sync(struct client *c, uint64_t id, struct sync_progress *progress)
{
	struct description *d = client_description(c, id);
	uint32_t seen;
	status_t status;

	if (id == 0)
		return cache_sync_all(progress);
	if (d == nullptr)
		return ERR_INVALID_HANDLE;
	if (d->kind != DESCRIPTION_FILE || !is_cached(volume_of(d->place)))
		return OK;
	seen = d->errors_seen;
	status = cache_sync(d->place, progress, &seen);
	ESTATE_SET(d->errors_seen, seen);
	return status;
}

/* The bytes that a lock is about; size 0: all from the offset on. */
static status_t range_of(uint64_t offset, uint64_t size, struct lock_range *range)
{
	*range = (struct lock_range){offset, size == 0 ? UINT64_MAX : offset + size};
	return range->end > offset ? OK : ERR_RANGE;
}

status_t vfs_lock(struct client *c, uint64_t id, uint64_t operation, uint64_t offset, uint64_t size)
{
	enum lock_kind kind = (enum lock_kind)(operation & ~(uint64_t)LOCK_TEST);
	struct lock_range range;
	struct description *d;
	status_t status = range_of(offset, size, &range);

	if (operation > (LOCK_TEST | LOCK_KIND_EXCLUSIVE) || kind > LOCK_KIND_EXCLUSIVE ||
		operation == LOCK_TEST)
		return ERR_INVALID_ARGUMENT;
	if (status == OK)
		status = with_bytes(c, id,
			kind == LOCK_KIND_EXCLUSIVE ? OPEN_FLAG_WRITE
			: kind == LOCK_KIND_SHARED  ? OPEN_FLAG_READ
						    : OPEN_FLAG_READ | OPEN_FLAG_WRITE,
			&d);
	if (status != OK)
		return status;
	return (operation & LOCK_TEST) != 0
		       ? lock_test(d->place, description_number(d), kind, range)
		       : lock_set(d->place, description_number(d), kind, range);
}

status_t vfs_set_times(struct client *c, uint64_t id, uint64_t accessed, uint64_t modified)
{
	struct description *d = client_description(c, id);
	struct volume *v;

	if (d == nullptr)
		return ERR_INVALID_HANDLE;
	if (d->kind != DESCRIPTION_FILE)
		return ERR_NOT_SUPPORTED;
	if (place_is_read_only(d->place))
		return ERR_READ_ONLY;
	v = volume_of(d->place);
	return told(
		d, v->ops->set_times(v, d->place.node, accessed, modified), CHANGE_KIND_ATTRIBUTES);
}

static bool is_access(uint64_t value)
{
	return value <= ACCESS_LEAVE;
}

status_t vfs_set_access(
	struct client *c, uint64_t id, uint64_t mode, uint64_t owner, uint64_t group)
{
	struct description *d = client_description(c, id);
	struct volume *v;

	if (d == nullptr)
		return ERR_INVALID_HANDLE;
	if ((mode > ACCESS_MODE && mode != ACCESS_LEAVE) || !is_access(owner) || !is_access(group))
		return ERR_INVALID_ARGUMENT;
	if (d->kind != DESCRIPTION_FILE)
		return ERR_NOT_SUPPORTED;
	if (place_is_read_only(d->place))
		return ERR_READ_ONLY;
	v = volume_of(d->place);
	if (v->ops->set_access == nullptr)
		return ERR_NOT_SUPPORTED;
	return told(d,
		v->ops->set_access(
			v, d->place.node, (uint32_t)mode, (uint32_t)owner, (uint32_t)group),
		CHANGE_KIND_ATTRIBUTES);
}

status_t vfs_set_flags(struct client *c, uint64_t id, uint64_t flags)
{
	struct description *d = client_description(c, id);

	if (d == nullptr)
		return ERR_INVALID_HANDLE;
	if ((flags & ~FLAGS_CHANGEABLE) != 0)
		return ERR_INVALID_ARGUMENT;
	ESTATE_SET(d->flags, (d->flags & ~FLAGS_CHANGEABLE) | flags);
	if (is_pipe(d))
		pipe_set_nonblock(d->pipe, pipe_end_of(d), (flags & OPEN_FLAG_NONBLOCK) != 0);
	return OK;
}

status_t vfs_dup(struct client *c, uint64_t id, uint64_t *out)
{
	struct description *d = client_description(c, id);
	status_t status = client_check_room(c, 1, 0);

	if (d == nullptr)
		return ERR_INVALID_HANDLE;
	if (status == OK)
		*out = client_add(c, d);
	return status;
}
