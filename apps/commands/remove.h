// SPDX-License-Identifier: MIT OR Apache-2.0
// Removing trees, for rm and mv.
#ifndef COMMANDS_REMOVE_H
#define COMMANDS_REMOVE_H

struct removal {
	bool recursive, force, verbose;
};

bool remove_tree(const struct removal *removal, const char *path, int depth);

#endif
