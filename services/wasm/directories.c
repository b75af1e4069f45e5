// SPDX-License-Identifier: MIT OR Apache-2.0
/* Directories: their entries, and names that are made, moved and removed. */
#include "host.h"

#include <abi/protocol/vfs.h>

#define REMOVE_DIRECTORY 1u

/* --- entries ---------------------------------------------------------------------------------- */

/* Hands the entries of one reply on; false when the sink declines or the reply is cut short. */
static bool send_entries(
	const uint8_t *bytes, size_t size, uint64_t *cookie, const struct wasi_directory_sink *sink)
{
	while (size >= sizeof(struct directory_entry)) {
		struct directory_entry e;
		struct wasi_dirent entry;
		size_t length;

		memcpy(&e, bytes, sizeof(e));
		length = sizeof(e) + ((e.name_size + 7u) & ~7u);
		if (e.name_size > MESSAGE_BYTES || sizeof(e) + e.name_size > size)
			return false;
		entry = (struct wasi_dirent){.next = e.next_cookie,
			.inode = e.inode,
			.name_size = e.name_size,
			.filetype = filetype_of(e.type)};
		if (!sink->entry(sink->self, &entry, (const char *)bytes + sizeof(e)))
			return false;
		*cookie = e.next_cookie;
		bytes += length;
		size = length < size ? size - length : 0;
	}
	return true;
}

errno_t directory_read(void *self, description_t *directory, uint64_t cookie,
	const struct wasi_directory_sink *sink)
{
	uint8_t bytes[MESSAGE_BYTES];

	(void)self;
	if (directory->kind != DESCRIPTOR_KIND_VFS)
		return WASI_NOTDIR;
	for (;;) {
		struct call call = {
			.words = {directory->id, cookie}, .out = bytes, .out_size = sizeof(bytes)};
		status_t status = service_call(SERVICE_NUMBER_VFS, VFS_READDIR, &call);
		size_t size = call.words[0] < call.out_used ? call.words[0] : call.out_used;

		if (status != OK)
			return errno_of(status);
		if (size == 0 || !send_entries(bytes, size, &cookie, sink))
			return WASI_SUCCESS;
	}
}

/* --- names ------------------------------------------------------------------------------------ */

errno_t directory_make(void *self, description_t *directory, struct wasi_path path)
{
	struct call call = {.words = {0, path.size}};

	(void)self;
	return errno_of(vfs_path_call(VFS_MKDIR, directory, path, &call));
}

errno_t directory_remove(void *self, description_t *directory, struct wasi_path path)
{
	struct call call = {.words = {0, REMOVE_DIRECTORY, path.size}};

	(void)self;
	return errno_of(vfs_path_call(VFS_UNLINK, directory, path, &call));
}

errno_t path_unlink(void *self, description_t *directory, struct wasi_path path)
{
	struct call call = {.words = {0, 0, path.size}};

	(void)self;
	return errno_of(vfs_path_call(VFS_UNLINK, directory, path, &call));
}

/* Two texts one after the other, as some requests want them. */
static bool join(struct wasi_path a, struct wasi_path b, char text[MESSAGE_BYTES])
{
	if (a.size > MESSAGE_BYTES || b.size > MESSAGE_BYTES - a.size)
		return false;
	memcpy(text, a.text, a.size);
	memcpy(text + a.size, b.text, b.size);
	return true;
}

errno_t path_rename(void *self, description_t *from_directory, struct wasi_path from,
	description_t *to_directory, struct wasi_path to)
{
	char text[MESSAGE_BYTES];
	struct wasi_path both = {text, from.size + to.size};
	struct call call = {.words = {0, to_directory->id, from.size, both.size}};

	(void)self;
	if (!join(from, to, text))
		return WASI_NAMETOOLONG;
	if (to_directory->kind != DESCRIPTOR_KIND_VFS)
		return WASI_NOTDIR;
	return errno_of(vfs_path_call(VFS_RENAME, from_directory, both, &call));
}

errno_t path_link(void *self, description_t *from_directory, struct wasi_path from, bool follow,
	description_t *to_directory, struct wasi_path to)
{
	char text[MESSAGE_BYTES];
	struct wasi_path both = {text, from.size + to.size};
	struct call call = {.words = {0, to_directory->id, from.size, both.size, follow ? 1 : 0}};

	(void)self;
	if (!join(from, to, text))
		return WASI_NAMETOOLONG;
	if (to_directory->kind != DESCRIPTOR_KIND_VFS)
		return WASI_NOTDIR;
	return errno_of(vfs_path_call(VFS_LINK, from_directory, both, &call));
}

errno_t path_symlink(
	void *self, struct wasi_path target, description_t *directory, struct wasi_path path)
{
	char text[MESSAGE_BYTES];
	struct wasi_path both = {text, target.size + path.size};
	struct call call = {.words = {0, target.size, both.size}};

	(void)self;
	if (!join(target, path, text))
		return WASI_NAMETOOLONG;
	return errno_of(vfs_path_call(VFS_SYMLINK, directory, both, &call));
}

errno_t path_read_link(void *self, description_t *directory, struct wasi_path path, char *target,
	size_t size, size_t *done)
{
	struct call call = {.words = {0, path.size}, .out = target, .out_size = size};
	status_t status;

	(void)self;
	status = vfs_path_call(VFS_READLINK, directory, path, &call);
	*done = call.words[0] < call.out_used ? call.words[0] : call.out_used;
	return errno_of(status);
}
