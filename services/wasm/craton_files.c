// SPDX-License-Identifier: MIT OR Apache-2.0
/* Pipes, second descriptors, locks, permissions and owners. */
#include "craton.h"

#include <abi/protocol/vfs.h>

/* v: result for reading, result for writing. */
errno_t craton_pipe(struct wasi *wasi, memory_t *memory, values_t *v)
{
	uint64_t words[6] = {0};
	status_t status = service_ask(SERVICE_NUMBER_VFS, VFS_PIPE, words);
	description_t *ends[2];
	errno_t error;

	if (status != OK)
		return errno_of(status);
	for (unsigned i = 0; i < 2; i++)
		ends[i] = description_make(DESCRIPTOR_KIND_VFS, words[i], WASI_FILETYPE_UNKNOWN);
	error = descriptor_give(wasi, memory, ends[0], WASI_RIGHTS_STREAM_IN, v[0].i32);
	if (error != WASI_SUCCESS) {
		if (ends[1] != nullptr)
			(void)!description_release(nullptr, ends[1]);
		return error;
	}
	return descriptor_give(wasi, memory, ends[1], WASI_RIGHTS_STREAM_OUT, v[1].i32);
}

/* v: descriptor, result. */
errno_t craton_dup(struct wasi *wasi, memory_t *memory, values_t *v)
{
	uint32_t number;
	errno_t error = wasi_descriptor_duplicate(wasi, v[0].i32, 0, &number);

	if (error != WASI_SUCCESS)
		return error;
	error = store(memory, v[1].i32, &number, sizeof(number));
	if (error != WASI_SUCCESS)
		(void)!wasi_descriptor_close(wasi, number);
	return error;
}

/* v: descriptor, operation, offset, size. */
errno_t craton_lock(struct wasi *wasi, memory_t *memory, values_t *v)
{
	uint64_t words[6] = {0, v[1].i32, v[2].i64, v[3].i64};
	description_t *file;
	errno_t error = description_of(wasi, v[0].i32, DESCRIPTOR_KIND_VFS, WASI_BADF, &file);

	(void)memory;
	if (error != WASI_SUCCESS)
		return error;
	words[0] = file->id;
	return errno_of(service_ask(SERVICE_NUMBER_VFS, VFS_LOCK, words));
}

/* v: directory, flags, path, its length, result. */
errno_t craton_access_get(struct wasi *wasi, memory_t *memory, values_t *v)
{
	char path[MESSAGE_BYTES];
	struct wasi_descriptor directory;
	struct file_attributes attributes = {0};
	struct file_access access;
	struct call call = {
		.words = {0, v[1].i32 & 1, v[3].i32},
		.out = &attributes,
		.out_size = sizeof(attributes),
	};
	status_t status;
	errno_t error =
		wasi_descriptor_get(wasi, v[0].i32, WASI_RIGHT_PATH_FILESTAT_GET, &directory);

	if (error != WASI_SUCCESS)
		return error;
	if (v[3].i32 > sizeof(path))
		return WASI_NAMETOOLONG;
	if (!wasm_memory_read(memory, v[2].i32, path, v[3].i32))
		return WASI_FAULT;
	status = vfs_path_call(
		VFS_STAT_PATH, directory.description, (struct wasi_path){path, v[3].i32}, &call);
	if (status != OK)
		return errno_of(status);
	access = (struct file_access){attributes.mode, attributes.owner, attributes.group};
	return store(memory, v[4].i32, &access, sizeof(access));
}

/* v: descriptor, what to set. */
errno_t craton_access_set(struct wasi *wasi, memory_t *memory, values_t *v)
{
	struct file_access access;
	struct wasi_descriptor file;
	uint64_t words[6];
	errno_t error =
		wasi_descriptor_get(wasi, v[0].i32, WASI_RIGHT_FD_FILESTAT_SET_TIMES, &file);

	if (error != WASI_SUCCESS)
		return error;
	if (!wasm_memory_read(memory, v[1].i32, &access, sizeof(access)))
		return WASI_FAULT;
	if (file.description->kind != DESCRIPTOR_KIND_VFS)
		return WASI_NOTSUP;
	words[0] = file.description->id;
	words[1] = access.mode;
	words[2] = access.owner;
	words[3] = access.group;
	return errno_of(service_ask(SERVICE_NUMBER_VFS, VFS_SET_ACCESS, words));
}

/* What the vfs puts into the pipe, programs read as it is. */
static_assert((int)CHANGE_CREATED == CHANGE_KIND_CREATED &&
	      (int)CHANGE_REMOVED == CHANGE_KIND_REMOVED &&
	      (int)CHANGE_MOVED_FROM == CHANGE_KIND_MOVED_FROM &&
	      (int)CHANGE_MOVED_TO == CHANGE_KIND_MOVED_TO &&
	      (int)CHANGE_CONTENTS == CHANGE_KIND_CONTENTS &&
	      (int)CHANGE_ATTRIBUTES == CHANGE_KIND_ATTRIBUTES &&
	      (int)CHANGE_GONE == CHANGE_KIND_GONE && (int)CHANGE_LOST == CHANGE_KIND_LOST);
static_assert(sizeof(struct change_record) == sizeof(struct change_event));

/* v: descriptor, events, result. */
errno_t craton_watch(struct wasi *wasi, memory_t *memory, values_t *v)
{
	uint64_t words[6] = {0, v[1].i32};
	description_t *file;
	status_t status;
	errno_t error = description_of(wasi, v[0].i32, DESCRIPTOR_KIND_VFS, WASI_NOTSUP, &file);

	if (error != WASI_SUCCESS)
		return error;
	words[0] = file->id;
	status = service_ask(SERVICE_NUMBER_VFS, VFS_WATCH, words);
	if (status != OK)
		return errno_of(status);
	return descriptor_give(wasi, memory,
		description_make(DESCRIPTOR_KIND_VFS, words[0], WASI_FILETYPE_UNKNOWN),
		WASI_RIGHTS_STREAM_IN, v[2].i32);
}
