// SPDX-License-Identifier: MIT OR Apache-2.0
// mkdir, rmdir, touch, ln: making and removing names.
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool directory_make(const char *path, bool verbose)
{
	if (mkdir(path, 0777) != 0)
		return false;
	if (verbose)
		output_format(&out, "made %s\n", path);
	return true;
}

static void parents_make(char *path, bool verbose)
{
	for (char *slash = path + 1; *path && (slash = strchr(slash, '/')); slash++) {
		*slash = 0;
		if (!is_directory(path) && !directory_make(path, verbose) && errno != EEXIST) {
			complain_file(path);
			*slash = '/';
			return;
		}
		*slash = '/';
	}
	if (!is_directory(path) && !directory_make(path, verbose))
		complain_file(path);
}

int command_mkdir(int count, char **arguments)
{
	bool parents = false, verbose = false;
	for (int option; (option = option_next(count, arguments, "pv")) >= 0;) {
		parents |= option == 'p';
		verbose |= option == 'v';
	}
	if (optind == count)
		die_usage();
	for (; optind < count; optind++) {
		if (parents)
			parents_make(arguments[optind], verbose);
		else if (!directory_make(arguments[optind], verbose))
			complain_file(arguments[optind]);
	}
	return command_status;
}

static void directory_remove(char *path, bool parents)
{
	do {
		if (rmdir(path) != 0) {
			complain_file(path);
			return;
		}
		char *slash = strrchr(path, '/');
		if (!slash || slash == path)
			return;
		*slash = 0;
	} while (parents);
}

int command_rmdir(int count, char **arguments)
{
	bool parents = false;
	for (int option; (option = option_next(count, arguments, "p")) >= 0;)
		parents |= option == 'p';
	if (optind == count)
		die_usage();
	for (; optind < count; optind++)
		directory_remove(arguments[optind], parents);
	return command_status;
}

int command_touch(int count, char **arguments)
{
	bool make = true;
	for (int option; (option = option_next(count, arguments, "c")) >= 0;)
		make &= option != 'c';
	if (optind == count)
		die_usage();
	for (; optind < count; optind++) {
		const char *path = arguments[optind];
		if (utimensat(AT_FDCWD, path, nullptr, 0) == 0 || (errno == ENOENT && !make))
			continue;
		int fd = errno == ENOENT ? open(path, O_WRONLY | O_CREAT, 0666) : -1;
		if (fd < 0)
			complain_file(path);
		else
			(void)close(fd);
	}
	return command_status;
}

// Is `name` a name of the file already? Removing it first could lose the file.
static bool is_name_of(const char *file, const char *name)
{
	struct stat a, b;
	return stat(file, &a) == 0 && lstat(name, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

static void link_make(const char *target, const char *name, bool symbolic, bool force)
{
	if (force && !symbolic && is_name_of(target, name)) {
		if (strcmp(target, name) == 0)
			complain("%s and %s are the same file", target, name);
		return;
	}
	if (force)
		(void)unlink(name);
	if ((symbolic ? symlink(target, name) : link(target, name)) != 0)
		complain("%s -> %s: %s", name, target, strerror(errno));
}

int command_ln(int count, char **arguments)
{
	bool symbolic = false, force = false;
	for (int option; (option = option_next(count, arguments, "sf")) >= 0;) {
		symbolic |= option == 's';
		force |= option == 'f';
	}
	int given = count - optind;
	if (given < 1 || given > 2)
		die_usage();
	const char *target = arguments[optind], *name = path_base(target);
	if (given == 2)
		name = arguments[optind + 1];
	char *path = given == 2 && is_directory(name) ? path_join(name, path_base(target))
						      : memory_string(name);
	link_make(target, path, symbolic, force);
	free(path);
	return command_status;
}
