// SPDX-License-Identifier: MIT OR Apache-2.0
/* Directories: entries in blocks, found through an index by the hash of their names if there is one
 * (index.h). */
#pragma once

#include "inode.h"

/* An entry in its block. */
struct dir_place {
	struct buffer *buffer;
	struct dir_entry *entry;
	struct dir_entry *before; /* in the same block; nullptr: it is the first */
};

/* ERR_NOT_FOUND; ERR_NOT_DIRECTORY. */
[[nodiscard]] status_t directory_find(
	struct ext4 *fs, const struct inode *directory, struct name name, struct dir_place *place);

/* The name is not there yet. `mode`: of the inode. ERR_NO_SPACE. */
[[nodiscard]] status_t directory_add(struct ext4 *fs, const struct inode *directory,
	struct name name, uint32_t inode, uint16_t mode);
void directory_remove(struct ext4 *fs, const struct dir_place *place);
/* The entry means another inode. */
void directory_set(struct ext4 *fs, const struct dir_place *place, uint32_t inode, uint16_t mode);

/* The first block of a new directory. */
[[nodiscard]] status_t directory_init(
	struct ext4 *fs, const struct inode *directory, uint32_t parent);
/* ERR_NOT_EMPTY. */
[[nodiscard]] status_t directory_check_empty(struct ext4 *fs, const struct inode *directory);

[[nodiscard]] status_t directory_next(
	struct ext4 *fs, const struct inode *directory, uint64_t *cookie, struct ext4_entry *entry);
