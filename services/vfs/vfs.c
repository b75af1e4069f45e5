// SPDX-License-Identifier: MIT OR Apache-2.0
/* Start, pipes, sharing, and what is asked about the whole: see vfs.h. */
#include "bundlefs.h"
#include "devfs.h"
#include "internal.h"
#include "lock.h"
#include "pipe.h"
#include "procfs.h"
#include "sheet.h"
#include "tmpfs.h"
#include "wall_time.h"
#include "watch.h"

#define CHANGES_KNOWN 127u /* enum change_kind; `lost` is told anyway */

static const char *const writable[] = {"home", "tmp", "var", "mnt"};

#define WRITABLE (sizeof(writable) / sizeof(writable[0]))

bool vfs_start(const struct vfs_sizes *sizes, const void *bundle, uint64_t bundle_size)
{
	uint64_t root;

	if (sheet_open() != OK || !wall_time_open() ||
		!descriptions_open(sizes->descriptions, sizes->clients) ||
		!pipes_open(sizes->pipes) || !watches_open() || !locks_open(sizes->locks) ||
		!bundlefs_open(bundle, bundle_size, &root) ||
		!tmpfs_open(sizes->nodes, sizes->blocks) || !cache_open(sizes->blocks))
		return false;
	volumes_clear();
	volume_mount(&bundlefs_ops, root, true, (struct place){0}, "");
	for (unsigned i = 0; i < WRITABLE; i++)
		volume_mount(&tmpfs_ops, tmpfs_root(i), false, place_root(), writable[i]);
	volume_mount(&devfs_ops, DEVFS_ROOT, false, place_root(), "dev");
	volume_mount(&procfs_ops, PROCFS_ROOT, true, place_root(), "proc");
	return true;
}

static uint64_t open_pipe_end(
	struct client *c, enum description_kind kind, uint32_t pipe, uint64_t flags)
{
	uint64_t id;
	struct description *d = client_open(c, kind, &id);

	d->pipe = pipe;
	d->flags = flags;
	return id;
}

status_t vfs_pipe(struct client *c, uint64_t *read_id, uint64_t *write_id)
{
	uint32_t pipe;
	status_t status = client_check_room(c, 2, 2);

	if (status == OK)
		status = pipe_make(client_badge(c), &pipe);
	if (status != OK)
		return status;
	*read_id = open_pipe_end(c, DESCRIPTION_PIPE_READ, pipe, OPEN_FLAG_READ);
	*write_id = open_pipe_end(c, DESCRIPTION_PIPE_WRITE, pipe, OPEN_FLAG_WRITE);
	return OK;
}

status_t vfs_watch(struct client *c, uint64_t id, uint64_t events, uint64_t *read_id)
{
	const struct description *d = client_description(c, id);
	uint32_t pipe;
	status_t status = client_check_room(c, 1, 1);

	if (d == nullptr)
		return ERR_INVALID_HANDLE;
	if (events == 0 || (events & ~CHANGES_KNOWN) != 0)
		return ERR_INVALID_ARGUMENT;
	if (d->kind != DESCRIPTION_FILE ||
		(d->type != FILE_TYPE_REGULAR && d->type != FILE_TYPE_DIRECTORY))
		return ERR_NOT_SUPPORTED;
	if (status == OK)
		status = watch_check_room(client_badge(c));
	if (status == OK)
		status = place_hold(d->place);
	if (status == OK)
		status = pipe_make(client_badge(c), &pipe);
	if (status != OK)
		return status;
	watch_make(d->place, events, pipe, client_badge(c));
	*read_id = open_pipe_end(c, DESCRIPTION_PIPE_READ, pipe, OPEN_FLAG_READ);
	return OK;
}

status_t vfs_map_pipe(struct client *c, uint64_t id, uint64_t *end)
{
	const struct description *d = client_description(c, id);

	if (d == nullptr)
		return ERR_INVALID_HANDLE;
	if (!is_pipe(d) || client_place(c, id) == 0)
		return ERR_NOT_SUPPORTED;
	*end = pipe_end_of(d);
	return pipe_lend(d->pipe, client_badge(c), client_place(c, id));
}

status_t vfs_share(uint64_t from_badge, uint64_t id, uint64_t to_badge, uint64_t *out)
{
	const struct client *from = client_known(from_badge);
	struct description *d = from != nullptr ? client_description(from, id) : nullptr;
	struct client *to;
	status_t status;

	if (d == nullptr)
		return ERR_INVALID_HANDLE;
	to = client_find(to_badge);
	if (to == nullptr)
		return ERR_TOO_MANY;
	status = client_check_room(to, 1, 0);
	if (status == OK)
		*out = client_add(to, d);
	return status;
}

static status_t find_program(struct vfs_bytes path, struct walk *walk)
{
	status_t status = walk_path(place_root(), path.data, path.size, true, walk);

	if (status == OK && !walk->exists)
		status = ERR_NOT_FOUND;
	if (status == OK && walk->attributes.type != FILE_TYPE_REGULAR)
		status = ERR_IS_DIRECTORY;
	return status;
}

status_t vfs_program(struct vfs_bytes path, uint64_t *offset, uint64_t *size)
{
	struct walk walk;
	struct volume *v;
	status_t status = find_program(path, &walk);

	if (status != OK)
		return status;
	v = volume_of(walk.place);
	if (v->ops->place == nullptr)
		return ERR_NOT_SUPPORTED;
	return v->ops->place(v, walk.place.node, offset, size);
}

status_t vfs_program_read(struct vfs_bytes path, uint64_t offset, void *buffer, size_t room,
	struct file_attributes *attributes, size_t *done)
{
	struct walk walk;
	struct volume *v;
	status_t status = find_program(path, &walk);

	if (status != OK)
		return status;
	v = volume_of(walk.place);
	*attributes = walk.attributes;
	if (!is_cached(v))
		return v->ops->read(v, walk.place.node, offset, buffer, room, done);
	status = cache_hold(walk.place);
	if (status != OK)
		return status;
	status = cache_read(walk.place, offset, buffer, room, done);
	cache_let_go(walk.place);
	return status;
}

/* As much as fits, with an end. */
static void note(uint8_t *to, size_t room, const char *text)
{
	size_t size = strlen(text);

	memcpy(to, text, size < room ? size : room - 1);
}

/* The nth that is there. */
static struct volume *nth_volume(uint64_t n)
{
	for (uint32_t i = 0; i < volume_count(); i++) {
		if (volume_is_there(i) && n-- == 0)
			return volume_at(i);
	}
	return nullptr;
}

status_t vfs_volume(uint64_t index, struct volume_status *status)
{
	struct volume *v = nth_volume(index);

	if (v == nullptr)
		return ERR_NOT_FOUND;
	*status = (struct volume_status){.read_only = v->is_read_only};
	note(status->name, sizeof(status->name), v->kind);
	status->path[0] = '/';
	if (v->path != nullptr)
		note(status->path, sizeof(status->path), v->path);
	else
		note(status->path + 1, sizeof(status->path) - 1, v->name);
	if (v->device != nullptr)
		note(status->device, sizeof(status->device), v->device);
	return v->ops->space(v, &status->total, &status->used);
}
