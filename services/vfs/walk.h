// SPDX-License-Identifier: MIT OR Apache-2.0
/* From a path to a place. A walk does not leave the directory where it starts: not with `..`, not
 * through a symbolic link; only walks from the root may use absolute paths and links.
 * Tests: tests/host/services/vfs_walk_test.c */
#pragma once

#include "volume.h"

#define WALK_LINKS 16u

struct walk {
	struct place parent; /* the directory that has, or would have, the last name */
	char name[NAME_MOST + 1];
	size_t name_size; /* 0: the path ends with `.`, `..` or is `/`: there is no name to change
			   */
	bool exists;
	bool needs_directory;              /* a slash is behind the last name */
	struct place place;                /* if it exists */
	struct file_attributes attributes; /* if it exists */
};

/* Walks `path` (at most MESSAGE_BYTES) from a directory. `follow`: also a link at the end. OK, too,
 * if only the last name does not exist. ERR_NOT_FOUND, ERR_NOT_DIRECTORY, ERR_LOOP, ERR_TOO_LONG,
 * ERR_INVALID_ARGUMENT (a zero byte), ERR_ACCESS (it would lead out). */
[[nodiscard]] status_t walk_path(
	struct place start, const uint8_t *path, size_t size, bool follow, struct walk *walk);

static inline struct name walk_name(const struct walk *walk)
{
	return (struct name){walk->name, walk->name_size};
}
