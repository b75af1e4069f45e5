// SPDX-License-Identifier: MIT OR Apache-2.0
// mv: renames; between file systems it copies and removes.
#include "command.h"
#include "copy.h"
#include "remove.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void across(const char *source, const char *target)
{
	const struct copy copy = {.recursive = true, .keep_times = true};
	const struct removal removal = {.recursive = true};
	if (copy_tree(&copy, source, target, 0))
		(void)remove_tree(&removal, source, 0);
}

static void move(const char *source, const char *target, bool keep, bool verbose)
{
	struct stat status;
	if (keep && lstat(target, &status) == 0)
		return;
	if (copy_inside(source, target)) {
		complain("%s: cannot be moved into itself", source);
		return;
	}
	if (rename(source, target) != 0) {
		if (errno != EXDEV) {
			complain("%s -> %s: %s", source, target, strerror(errno));
			return;
		}
		across(source, target);
	}
	if (verbose)
		output_format(&out, "%s -> %s\n", source, target);
}

int command_mv(int count, char **arguments)
{
	bool keep = false, verbose = false;
	for (int option; (option = option_next(count, arguments, "fnv")) >= 0;) {
		keep = option == 'n' || (keep && option != 'f');
		verbose |= option == 'v';
	}
	if (count - optind < 2)
		die_usage();
	const char *target = arguments[count - 1];
	if (count - optind > 2 && !is_directory(target))
		die("%s: is no directory", target);
	for (; optind < count - 1; optind++) {
		char *to = copy_target(target, arguments[optind]);
		move(arguments[optind], to, keep, verbose);
		free(to);
	}
	return command_status;
}
