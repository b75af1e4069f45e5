// SPDX-License-Identifier: MIT OR Apache-2.0
// cp: 64 KiB at a time; -r directories, -p times and owners. A directory is never copied into
// itself.
#include "copy.h"

#include "command.h"

#include <craton.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool bytes_copy(int from, int to, const char *source, const char *target)
{
	struct input input = {.fd = from};
	const char *bytes;
	size_t size;
	int error = 0;
	while (!error && input_chunk(&input, &bytes, &size))
		error = write_all(to, bytes, size);
	if (error)
		complain("%s: %s", target, strerror(error));
	if (input.error)
		complain("%s: %s", source, strerror(input.error));
	bool done = !error && !input.error;
	input_free(&input);
	return done;
}

// Volumes that keep no permissions are no reason to complain.
// `fresh`: the mode that `target` has already.
static void access_copy(const char *source, const char *target, bool owners, uint32_t fresh)
{
	struct file_access access;
	if (craton_access(source, true, &access) != 0)
		return;
	if (!owners) {
		access.mode &= 0777;
		access.owner = access.group = CRATON_ACCESS_LEAVE;
		if (access.mode == fresh)
			return;
	}
	int fd = open(target, O_RDONLY);
	if (fd < 0)
		return;
	(void)craton_access_set(fd, &access);
	(void)close(fd);
}

static bool file_copy(const char *source, const char *target)
{
	int from = open(source, O_RDONLY);
	if (from < 0) {
		complain_file(source);
		return false;
	}
	int to = open(target, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (to < 0) {
		complain_file(target);
		(void)close(from);
		return false;
	}
	bool done = bytes_copy(from, to, source, target);
	(void)close(from);
	if (close(to) != 0 && done) {
		complain_file(target);
		return false;
	}
	return done;
}

static bool link_copy(const char *source, const char *target)
{
	char text[4096];
	ssize_t size = readlink(source, text, sizeof text - 1);
	if (size < 0) {
		complain_file(source);
		return false;
	}
	text[size] = 0;
	(void)unlink(target);
	if (symlink(text, target) == 0)
		return true;
	complain_file(target);
	return false;
}

static bool directory_copy(
	const struct copy *copy, const char *source, const char *target, int depth)
{
	char **names;
	size_t count;
	if (depth > TREE_DEPTH_MAX) {
		complain("%s: directories are nested too deeply", source);
		return false;
	}
	if (mkdir(target, 0777) != 0 && errno != EEXIST) {
		complain_file(target);
		return false;
	}
	if (!directory_names(source, &names, &count))
		return false;
	bool done = true;
	for (size_t i = 0; i < count; i++) {
		char *from = path_join(source, names[i]), *to = path_join(target, names[i]);
		done &= copy_tree(copy, from, to, depth + 1);
		free(from);
		free(to);
	}
	names_free(names, count);
	return done;
}

static bool kind_copy(const struct copy *copy, const char *source, const char *target,
	const struct stat *status, int depth)
{
	if (S_ISDIR(status->st_mode)) {
		if (copy->recursive)
			return directory_copy(copy, source, target, depth);
		complain("%s: is a directory (use -r)", source);
		return false;
	}
	if (S_ISLNK(status->st_mode))
		return link_copy(source, target);
	return file_copy(source, target);
}

bool copy_tree(const struct copy *copy, const char *source, const char *target, int depth)
{
	struct stat from, to;
	int error = copy->recursive ? lstat(source, &from) : stat(source, &from);
	if (error != 0) {
		complain_file(source);
		return false;
	}
	bool is_new = stat(target, &to) != 0;
	if (!is_new && from.st_dev == to.st_dev && from.st_ino == to.st_ino) {
		complain("%s and %s are the same file", source, target);
		return false;
	}
	if (copy->verbose)
		output_format(&out, "%s -> %s\n", source, target);
	bool done = kind_copy(copy, source, target, &from, depth);
	if (done && (is_new || copy->keep_times) && !S_ISLNK(from.st_mode))
		access_copy(source, target, copy->keep_times, S_ISDIR(from.st_mode) ? 0755 : 0644);
	if (done && copy->keep_times && !S_ISLNK(from.st_mode)) {
		struct timespec times[] = {from.st_atim, from.st_mtim};
		(void)utimensat(AT_FDCWD, target, times, 0);
	}
	return done;
}

char *copy_target(const char *target, const char *source)
{
	if (!is_directory(target))
		return memory_string(target);
	char *plain = memory_string(source);
	size_t length = strlen(plain);
	while (length > 1 && plain[length - 1] == '/')
		plain[--length] = 0;
	char *path = path_join(target, path_base(plain));
	free(plain);
	return path;
}

bool copy_inside(const char *source, const char *target)
{
	if (!is_directory(source))
		return false;
	struct stat top, at;
	char *path = memory_string(target);
	bool inside = false;
	// Upwards from the target's directory, as far as its text goes.
	for (char *slash; !inside && (slash = strrchr(path, '/')) && slash > path;) {
		*slash = 0;
		inside = stat(source, &top) == 0 && stat(path, &at) == 0 &&
			 top.st_ino == at.st_ino && top.st_dev == at.st_dev;
	}
	free(path);
	return inside;
}

int command_cp(int count, char **arguments)
{
	struct copy copy = {};
	for (int option; (option = option_next(count, arguments, "rRapvf")) >= 0;) {
		copy.recursive |= option == 'r' || option == 'R' || option == 'a';
		copy.keep_times |= option == 'p' || option == 'a';
		copy.verbose |= option == 'v';
	}
	if (count - optind < 2)
		die_usage();
	const char *target = arguments[count - 1];
	if (count - optind > 2 && !is_directory(target))
		die("%s: is no directory", target);
	for (; optind < count - 1; optind++) {
		char *to = copy_target(target, arguments[optind]);
		if (copy_inside(arguments[optind], to))
			complain("%s: cannot be copied into itself", arguments[optind]);
		else
			(void)copy_tree(&copy, arguments[optind], to, 0);
		free(to);
	}
	return command_status;
}
