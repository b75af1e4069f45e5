// SPDX-License-Identifier: MIT OR Apache-2.0
// What a program has open when it starts.
#include "tools/wasm/run.h"

#include "wasm/wasi_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
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

// A TCP socket that listens at ADDRESS:PORT (numbers; an address of IPv6 in brackets).
static int listen_at(const char *place)
{
	char text[64];
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
	struct addrinfo *found;
	const char *colon = strrchr(place, ':');
	size_t size = colon == nullptr ? 0 : (size_t)(colon - place);
	bool bracketed = size >= 2 && place[0] == '[' && place[size - 1] == ']';
	errno = EINVAL;
	if (size == 0 || size >= sizeof(text))
		return -1;
	snprintf(text, sizeof(text), "%.*s", (int)(bracketed ? size - 2 : size), place + bracketed);
	if (getaddrinfo(text, colon + 1, &hints, &found) != 0)
		return -1;
	int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
			       bind(fd, found->ai_addr, found->ai_addrlen) != 0 ||
			       listen(fd, SOMAXCONN) != 0)) {
		int error = errno;
		close(fd);
		errno = error;
		fd = -1;
	}
	freeaddrinfo(found);
	return fd;
}

static bool add_socket(struct wasi *wasi, const char *place)
{
	uint32_t number;
	int fd = listen_at(place);
	if (fd < 0) {
		fprintf(stderr, "wasm: --listen: %s: %s\n", place, strerror(errno));
		return false;
	}
	struct wasi_descriptor entry = {.description = wasi_posix_description(fd),
		.rights = WASI_RIGHTS_LISTENER,
		.inheriting_rights = WASI_RIGHTS_CONNECTION};
	if (entry.description == nullptr) {
		close(fd);
		return false;
	}
	if (wasi_descriptor_insert(wasi, &entry, 3, &number) == WASI_SUCCESS)
		return true;
	(void)wasi_posix_host.release(nullptr, entry.description);
	return false;
}

bool add_descriptors(struct wasi *wasi, const struct run_options *options)
{
	bool ok = add_stream(wasi, 0) && add_stream(wasi, 1) && add_stream(wasi, 2);
	for (size_t i = 0; i < options->directory_count && ok; i++)
		ok = add_directory(wasi, options->directories[i]);
	if (options->socket_count > 0) // writing to a peer that has gone is an error, not the end
		signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < options->socket_count && ok; i++)
		ok = add_socket(wasi, options->sockets[i]);
	return ok;
}
