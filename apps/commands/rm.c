// SPDX-License-Identifier: MIT OR Apache-2.0
// rm: links are removed, never followed; `/`, `.` and `..` are refused.
#include "command.h"
#include "remove.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool inner_remove(const struct removal *removal, const char *path, int depth)
{
	char **names;
	size_t count;
	bool done = true;
	if (depth > TREE_DEPTH_MAX) {
		complain("%s: directories are nested too deeply", path);
		return false;
	}
	if (!directory_names(path, &names, &count))
		return false;
	for (size_t i = 0; i < count; i++) {
		char *inner = path_join(path, names[i]);
		done &= remove_tree(removal, inner, depth + 1);
		free(inner);
	}
	names_free(names, count);
	return done;
}

bool remove_tree(const struct removal *removal, const char *path, int depth)
{
	struct stat status;
	if (lstat(path, &status) != 0) {
		if (removal->force && errno == ENOENT)
			return true;
		complain_file(path);
		return false;
	}
	bool directory = S_ISDIR(status.st_mode);
	if (directory && !removal->recursive) {
		complain("%s: is a directory (use -r)", path);
		return false;
	}
	if (directory && !inner_remove(removal, path, depth))
		return false;
	if ((directory ? rmdir(path) : unlink(path)) != 0) {
		complain_file(path);
		return false;
	}
	if (removal->verbose)
		output_format(&out, "removed %s\n", path);
	return true;
}

static bool is_protected(const char *path)
{
	const char *base = path_base(path);
	return strspn(path, "/") == strlen(path) || strcmp(base, ".") == 0 ||
	       strcmp(base, "..") == 0;
}

int command_rm(int count, char **arguments)
{
	struct removal removal = {};
	for (int option; (option = option_next(count, arguments, "fRrv")) >= 0;) {
		removal.force |= option == 'f';
		removal.recursive |= option == 'r' || option == 'R';
		removal.verbose |= option == 'v';
	}
	if (optind == count && !removal.force)
		die_usage();
	for (; optind < count; optind++) {
		if (is_protected(arguments[optind]))
			complain("%s: refused", arguments[optind]);
		else
			(void)remove_tree(&removal, arguments[optind], 0);
	}
	return command_status;
}
