// SPDX-License-Identifier: MIT OR Apache-2.0
/* The descriptors that a program starts with: those that its parent gave, under exactly the numbers
 * that it gave, then the directories `/` and `.`, from 3 on without a gap. `.` is the last, so that
 * programs whose C library takes both names for the same prefix find the working directory. */
#include "host.h"

#include <abi/protocol/console.h>

#define FIRST_DIRECTORY 3u
#define PERSON          1u /* flag of console.get */

/* --- inherited -------------------------------------------------------------------------------- */

enum wasi_filetype terminal_type(void)
{
	static bool is_known;
	static uint8_t type;
	uint64_t words[6] = {0};

	if (!is_known)
		type = service_ask(SERVICE_NUMBER_CONSOLE, CONSOLE_GET, words) == OK &&
				       (words[3] & PERSON) == 0
			       ? WASI_FILETYPE_UNKNOWN
			       : WASI_FILETYPE_CHARACTER_DEVICE;
	is_known = true;
	return type;
}

static uint8_t inherited_type(const struct process_descriptor *from)
{
	description_t file = {.kind = from->kind, .id = from->id};
	struct wasi_filestat stat;

	if (from->kind == DESCRIPTOR_KIND_TERMINAL)
		return terminal_type();
	return file_stat(nullptr, &file, &stat) == WASI_SUCCESS ? stat.filetype
								: WASI_FILETYPE_UNKNOWN;
}

static errno_t inherit(struct wasi *wasi, const struct process_descriptor *from)
{
	struct wasi_descriptor entry = {
		.description = description_make(from->kind, from->id, inherited_type(from))};
	errno_t error;

	if (entry.description == nullptr)
		return WASI_NOMEM;
	entry.rights = rights_of(entry.description);
	entry.inheriting_rights = WASI_RIGHTS_ALL;
	error = wasi_descriptor_set(wasi, from->child_fd, &entry);
	if (error != WASI_SUCCESS)
		(void)!description_release(nullptr, entry.description);
	return error;
}

/* --- directories ------------------------------------------------------------------------------ */

static errno_t open_directory(const char *path, description_t **directory)
{
	description_t root = {.kind = DESCRIPTOR_KIND_VFS, .id = 0};
	struct wasi_open open = {.oflags = WASI_OFLAG_DIRECTORY, .follow = true, .read = true};
	errno_t error;

	while (*path == '/')
		path++;
	open.path = (struct wasi_path){path, (uint32_t)strlen(path)};
	error = path_open(nullptr, &root, &open, directory);
	if (error == WASI_SUCCESS)
		(*directory)->is_root = *path == 0;
	return error;
}

static errno_t preopen(struct wasi *wasi, const char *path, const char *name)
{
	struct wasi_descriptor entry = {.rights = WASI_RIGHTS_ALL,
		.inheriting_rights = WASI_RIGHTS_ALL,
		.preopen_name = name};
	uint32_t number;
	errno_t error = open_directory(path, &entry.description);

	if (error != WASI_SUCCESS)
		return error;
	error = wasi_descriptor_insert(wasi, &entry, FIRST_DIRECTORY, &number);
	if (error != WASI_SUCCESS)
		(void)!description_release(nullptr, entry.description);
	return error;
}

errno_t descriptors_init(struct wasi *wasi, const struct start_data *data)
{
	errno_t error = WASI_SUCCESS;

	for (uint64_t i = 0; i < data->sizes.descriptor_count && error == WASI_SUCCESS; i++)
		error = inherit(wasi, &data->descriptors[i]);
	if (error == WASI_SUCCESS)
		error = preopen(wasi, "/", "/");
	if (error == WASI_SUCCESS && preopen(wasi, data->directory, ".") != WASI_SUCCESS)
		error = preopen(wasi, "/", "."); /* the working directory is gone */
	return error;
}
