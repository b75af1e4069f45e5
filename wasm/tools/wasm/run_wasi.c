// SPDX-License-Identifier: MIT OR Apache-2.0
// What a program has open when it starts.
#include "tools/wasm/run.h"

#include "wasm/wasi_posix.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool add_stream(struct wasi *wasi, int fd)
{
	struct wasi_descriptor entry = {
		.description = wasi_posix_description(dup(fd)),
		.rights = fd == STDIN_FILENO ? WASI_RIGHTS_STREAM_IN : WASI_RIGHTS_STREAM_OUT,
	};
	uint32_t number;
	if (wasi_posix_host.filetype(nullptr, entry.description) == WASI_FILETYPE_REGULAR_FILE)
		entry.rights |= WASI_RIGHT_FD_SEEK | WASI_RIGHT_FD_TELL;
	return wasi_descriptor_insert(wasi, &entry, 0, &number) == WASI_SUCCESS;
}

// "host::guest" or one name for both.
static bool add_directory(struct wasi *wasi, const char *argument)
{
	const char *colons = strstr(argument, "::");
	size_t size = colons == nullptr ? strlen(argument) : (size_t)(colons - argument);
	char host[4096];
	uint32_t number;
	if (size >= sizeof(host)) {
		fprintf(stderr, "wasm: --dir: the name is too long\n");
		return false;
	}
	memcpy(host, argument, size);
	host[size] = 0;
	int fd = open(host, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		fprintf(stderr, "wasm: --dir: ");
		perror(host);
		return false;
	}
	struct wasi_descriptor entry = {.description = wasi_posix_description(fd),
		.rights = WASI_RIGHTS_ALL,
		.inheriting_rights = WASI_RIGHTS_ALL,
		.preopen_name = colons == nullptr ? argument : colons + 2};
	return wasi_descriptor_insert(wasi, &entry, 0, &number) == WASI_SUCCESS;
}

bool add_descriptors(struct wasi *wasi, const struct run_options *options)
{
	bool ok = add_stream(wasi, 0) && add_stream(wasi, 1) && add_stream(wasi, 2);
	for (size_t i = 0; i < options->directory_count && ok; i++)
		ok = add_directory(wasi, options->directories[i]);
	return ok;
}
