// SPDX-License-Identifier: MIT OR Apache-2.0
/* Files in memory: the estate's. All volumes share one pool of nodes, of names and of blocks. Times
 * of access are not kept up by reading.
 * Parts: tmpfs.c (what the VFS calls), tmpfs_node.c (nodes), tmpfs_entry.c (names), tmpfs_data.c
 * (contents), blocks.c. Tests: tests/host/services/vfs_tmpfs_test.c,
 * vfs_contents_test.c, vfs_kill_test.c */
#pragma once

#include "file_system.h"

#define TMPFS_NODES 4096u

extern const struct file_system_ops tmpfs_ops;

/* Carves the pools from the estate, as many names as nodes; false: no room. The same values in each
 * instance. */
bool tmpfs_open(uint32_t node_count, uint32_t block_count);

/* The root of volume `index` (0 to 7), made when the estate is new. */
uint64_t tmpfs_root(unsigned index);
