// SPDX-License-Identifier: MIT OR Apache-2.0
// See redirect.h. Here-documents travel through a pipe if they surely fit into one, else through a
// temporary file that is removed at once.
// Tests: tests/host/apps/cases/redirect.sh
#include "redirect.h"

#include "expand.h"

#include <craton.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

constexpr size_t PIPE_SURE = 4096;

static bool report(struct shell *shell, const char *name, int error)
{
	shell_error(shell, "%s: %s", name, strerror(error));
	shell->status = 1;
	return false;
}

int descriptor_empty(void)
{
	int ends[2];
	if (craton_pipe(ends) != 0)
		return FD_CLOSED;
	(void)close(ends[1]);
	return ends[0];
}

static int open_flags(enum redirect_kind kind)
{
	switch (kind) {
	case REDIRECT_READ:
		return O_RDONLY;
	case REDIRECT_READ_WRITE:
		return O_RDWR | O_CREAT;
	case REDIRECT_APPEND:
		return O_WRONLY | O_CREAT | O_APPEND;
	default:
		return O_WRONLY | O_CREAT | O_TRUNC;
	}
}

static bool apply_file(struct shell *shell, const struct redirect *redirect, const char *path,
	struct descriptors *fds)
{
	int fd = open(path, open_flags(redirect->kind), 0666);
	if (fd < 0 && strcmp(path, "/dev/null") == 0 && redirect->kind == REDIRECT_READ)
		fd = descriptor_empty();
	if (fd < 0)
		return report(shell, path, errno);
	if (redirect->kind == REDIRECT_BOTH) {
		descriptors_set(fds, 1, fd, true);
		int copy;
		int error = craton_dup(fd, &copy);
		if (error)
			return report(shell, path, error);
		descriptors_set(fds, 2, copy, true);
		return true;
	}
	descriptors_set(fds, redirect->fd, fd, true);
	return true;
}

static bool apply_copy(struct shell *shell, const struct redirect *redirect, const char *source,
	struct descriptors *fds, bool lasting)
{
	if (strcmp(source, "-") == 0) {
		descriptors_set(fds, redirect->fd, FD_CLOSED, false);
		return true;
	}
	if (!isdigit((unsigned char)source[0]) || source[1])
		return report(shell, source, EBADF);
	int from = source[0] - '0', real = fds->real[from];
	if (real == FD_CLOSED)
		return report(shell, source, EBADF);
	if (from == redirect->fd)
		return true;
	bool own = fds->owned[from] || (lasting && shell->fds.owned[from]);
	if (own) {
		int error = craton_dup(real, &real);
		if (error)
			return report(shell, source, error);
	}
	descriptors_set(fds, redirect->fd, real, own);
	return true;
}

static int text_pipe(const char *body, size_t size)
{
	int ends[2];
	int error = craton_pipe(ends);
	if (error)
		return errno = error, FD_CLOSED;
	error = write_all(ends[1], body, size);
	(void)close(ends[1]);
	if (!error)
		return ends[0];
	(void)close(ends[0]);
	return errno = error, FD_CLOSED;
}

static int text_file(struct shell *shell, const char *body, size_t size)
{
	static unsigned serial;
	const char *directory = variable_get(&shell->variables, "TMPDIR");
	struct text path = {};
	text_format(&path, "%s/sh-%llu-%u", directory ? directory : "/tmp",
		(unsigned long long)craton_pid(), serial++);
	int fd = open(path.bytes, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (fd >= 0) {
		int error = write_all(fd, body, size);
		(void)unlink(path.bytes);
		if (error || lseek(fd, 0, SEEK_SET) != 0) {
			(void)close(fd);
			errno = error ? error : EIO;
			fd = FD_CLOSED;
		}
	}
	text_free(&path);
	return fd;
}

static bool apply_text(
	struct shell *shell, const struct redirect *redirect, struct descriptors *fds)
{
	char *body = redirect->literal ? memory_string(redirect->target)
				       : expand_here(shell, redirect->target);
	if (!body)
		return false;
	size_t size = strlen(body);
	int fd = size <= PIPE_SURE ? text_pipe(body, size) : text_file(shell, body, size);
	free(body);
	if (fd < 0)
		return report(shell, "here-document", errno);
	descriptors_set(fds, redirect->fd, fd, true);
	return true;
}

bool redirect_apply(struct shell *shell, const struct redirect *redirects, struct descriptors *fds,
	bool lasting)
{
	for (; redirects; redirects = redirects->next) {
		if (redirects->kind == REDIRECT_TEXT) {
			if (!apply_text(shell, redirects, fds))
				return false;
			continue;
		}
		char *target = expand_string(shell, redirects->target);
		bool done = target &&
			    (redirects->kind == REDIRECT_COPY
					    ? apply_copy(shell, redirects, target, fds, lasting)
					    : apply_file(shell, redirects, target, fds));
		free(target);
		if (!done)
			return false;
	}
	return true;
}
