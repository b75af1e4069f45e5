// SPDX-License-Identifier: MIT OR Apache-2.0
/* Attributes of files, open ones and by path; opening. */
#include "host.h"

#include <abi/protocol/vfs.h>

#define LEAVE_TIME UINT64_MAX

status_t vfs_path_call(
	uint32_t method, const description_t *directory, struct wasi_path path, struct call *call)
{
	if (path.size > MESSAGE_BYTES)
		return ERR_TOO_LONG;
	if (directory->kind != DESCRIPTOR_KIND_VFS)
		return ERR_NOT_DIRECTORY;
	call->words[0] = directory->id;
	call->in = path.text;
	call->in_size = path.size;
	return service_call(SERVICE_NUMBER_VFS, method, call);
}

/* --- attributes ------------------------------------------------------------------------------- */

static void fill_stat(const struct file_attributes *from, struct wasi_filestat *to)
{
	*to = (struct wasi_filestat){
		.device = from->device,
		.inode = from->inode,
		.filetype = filetype_of(from->type),
		.links = from->links,
		.size = from->size,
		.accessed = from->accessed_ns,
		.modified = from->modified_ns,
		.changed = from->changed_ns,
	};
}

errno_t file_stat(void *self, description_t *description, struct wasi_filestat *stat)
{
	struct file_attributes attributes = {0};
	status_t status;

	(void)self;
	if (description->kind != DESCRIPTOR_KIND_VFS) {
		*stat = (struct wasi_filestat){.filetype = description->filetype, .links = 1};
		return WASI_SUCCESS;
	}
	status = contents_attributes(description, &attributes);
	fill_stat(&attributes, stat);
	return errno_of(status);
}

errno_t file_set_size(void *self, description_t *description, uint64_t size)
{
	uint64_t words[6] = {description->id, size};

	(void)self;
	if (description->kind != DESCRIPTOR_KIND_VFS)
		return WASI_INVAL;
	return errno_of(service_ask(SERVICE_NUMBER_VFS, VFS_SET_SIZE, words));
}

static uint64_t time_argument(uint64_t time, bool set, bool now)
{
	if (set)
		return time;
	if (!now || clock_time(nullptr, WASI_CLOCK_REALTIME, &time) != WASI_SUCCESS)
		return LEAVE_TIME;
	return time;
}

errno_t file_set_times(void *self, description_t *description, uint64_t accessed, uint64_t modified,
	uint16_t flags)
{
	uint64_t words[6] = {
		description->id,
		time_argument(
			accessed, (flags & WASI_FST_ATIM) != 0, (flags & WASI_FST_ATIM_NOW) != 0),
		time_argument(
			modified, (flags & WASI_FST_MTIM) != 0, (flags & WASI_FST_MTIM_NOW) != 0),
	};

	(void)self;
	if (description->kind != DESCRIPTOR_KIND_VFS)
		return WASI_SUCCESS;
	return errno_of(service_ask(SERVICE_NUMBER_VFS, VFS_SET_TIMES, words));
}

/* There is nothing to set aside; the file only becomes as large as was asked for. */
errno_t file_allocate(void *self, description_t *description, uint64_t offset, uint64_t size)
{
	struct wasi_filestat stat;
	errno_t error = file_stat(self, description, &stat);

	if (error != WASI_SUCCESS)
		return error;
	if (size > UINT64_MAX - offset)
		return WASI_FBIG;
	return offset + size > stat.size ? file_set_size(self, description, offset + size)
					 : WASI_SUCCESS;
}

/* This program keeps no bytes back, but the vfs does. What else is needed to find the data is
 * written with them, so there is no shorter way for these alone. */
errno_t file_sync(void *self, description_t *description, bool data_only)
{
	uint64_t words[6] = {description->id};

	(void)self;
	(void)data_only;
	if (description->kind != DESCRIPTOR_KIND_VFS || is_pipe(description))
		return WASI_INVAL;
	return errno_of(service_ask(SERVICE_NUMBER_VFS, VFS_SYNC, words));
}

/* --- by path ---------------------------------------------------------------------------------- */

static uint64_t open_flags(const struct wasi_open *open)
{
	uint16_t o = open->oflags;

	return open_flags_of(open->fdflags) | (open->read ? OPEN_FLAG_READ : 0u) |
	       (open->write ? OPEN_FLAG_WRITE : 0u) |
	       ((o & WASI_OFLAG_CREAT) != 0 ? OPEN_FLAG_CREATE : 0u) |
	       ((o & WASI_OFLAG_EXCL) != 0 ? OPEN_FLAG_EXCLUSIVE : 0u) |
	       ((o & WASI_OFLAG_TRUNC) != 0 ? OPEN_FLAG_TRUNCATE : 0u) |
	       ((o & WASI_OFLAG_DIRECTORY) != 0 ? OPEN_FLAG_DIRECTORY : 0u) |
	       (open->follow ? 0u : OPEN_FLAG_NO_FOLLOW);
}

static status_t close_number(uint64_t id)
{
	uint64_t words[6] = {id};

	return service_ask(SERVICE_NUMBER_VFS, VFS_CLOSE, words);
}

/* In place of the vfs's description, which is only a name for it, the console itself. */
static errno_t open_terminal(uint64_t id, uint16_t fdflags, description_t **description)
{
	status_t status = close_number(id);

	if (status != OK)
		return errno_of(status);
	*description = description_make(DESCRIPTOR_KIND_TERMINAL, 0, terminal_type());
	if (*description == nullptr)
		return WASI_NOMEM;
	(*description)->fdflags = fdflags;
	return WASI_SUCCESS;
}

static errno_t make_open(const struct wasi_open *open, const uint64_t words[6],
	const struct file_attributes *attributes, description_t **description)
{
	if (words[1] == FILE_TYPE_TERMINAL)
		return open_terminal(words[0], open->fdflags, description);
	*description = description_make(DESCRIPTOR_KIND_VFS, words[0], filetype_of(words[1]));
	if (*description == nullptr) {
		(void)!close_number(words[0]);
		return WASI_NOMEM;
	}
	(*description)->fdflags = open->fdflags;
	contents_opened(*description, words, attributes);
	return WASI_SUCCESS;
}

/* True for what will be read. */
static bool is_to_load(const struct wasi_open *open)
{
	return open->read && (open->oflags & (WASI_OFLAG_DIRECTORY | WASI_OFLAG_TRUNC)) == 0;
}

/* For WASI the empty path is the directory itself; the vfs wants a name. */
static struct wasi_path path_or_self(struct wasi_path path)
{
	return path.size != 0 ? path : (struct wasi_path){".", 1};
}

errno_t path_open(void *self, description_t *directory, const struct wasi_open *open,
	description_t **description)
{
	struct wasi_path path = path_or_self(open->path);
	struct file_attributes attributes = {0};
	struct call call = {.words = {0, open_flags(open), path.size},
		.out = &attributes,
		.out_size = sizeof(attributes)};
	status_t status;

	(void)self;
	if (is_to_load(open))
		call.words[1] |= contents_load_flag();
	status = vfs_path_call(VFS_OPEN, directory, path, &call);
	if (status != OK)
		return errno_of(status);
	return make_open(open, call.words, &attributes, description);
}

errno_t path_stat(void *self, description_t *directory, struct wasi_path path, bool follow,
	struct wasi_filestat *stat)
{
	struct file_attributes attributes = {0};
	struct call call = {.out = &attributes, .out_size = sizeof(attributes)};
	status_t status;

	(void)self;
	path = path_or_self(path);
	call.words[1] = follow ? 1 : 0;
	call.words[2] = path.size;
	status = vfs_path_call(VFS_STAT_PATH, directory, path, &call);
	fill_stat(&attributes, stat);
	return errno_of(status);
}

/* The protocol sets times of open files only. */
errno_t path_set_times(void *self, description_t *directory, struct wasi_path path, bool follow,
	uint64_t accessed, uint64_t modified, uint16_t fstflags)
{
	struct wasi_open open = {.path = path, .follow = follow, .read = true};
	description_t *description = nullptr;
	errno_t error = path_open(self, directory, &open, &description);

	if (error != WASI_SUCCESS || description == nullptr)
		return error;
	error = file_set_times(self, description, accessed, modified, fstflags);
	(void)!description_release(self, description);
	return error;
}
