// SPDX-License-Identifier: MIT OR Apache-2.0
// Copying files and trees, for cp and mv.
#ifndef COMMANDS_COPY_H
#define COMMANDS_COPY_H

struct copy {
	bool recursive, keep_times, verbose;
};

// False: complained about at least one file.
bool copy_tree(const struct copy *copy, const char *source, const char *target, int depth);
// Where `source` goes: `target`, or its name in the directory `target`; malloc'd.
char *copy_target(const char *target, const char *source);
// Is `target` below the directory `source`?
bool copy_inside(const char *source, const char *target);

#endif
