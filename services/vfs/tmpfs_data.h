// SPDX-License-Identifier: MIT OR Apache-2.0
/* Contents of tmpfs files: blocks found through a map of pages (page_map.h), with holes. */
#pragma once

#include "tmpfs_node.h"

/* The greatest size that the map can hold. */
uint64_t tmpfs_data_most(void);

/* Reads below the file's size; holes are zeros. */
size_t tmpfs_data_read(const struct tmpfs_node *node, uint64_t offset, void *buffer, size_t size);

/* Writes and makes the file longer; returns how many bytes found room. */
size_t tmpfs_data_write(struct tmpfs_node *node, uint64_t offset, const void *bytes, size_t size);

/* Sets the size, below the greatest; frees what lies behind it. The node is saved by the caller.
 * The last step of a transaction (see blocks.h). */
void tmpfs_data_resize(struct tmpfs_node *node, uint64_t size);
