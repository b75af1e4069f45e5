// SPDX-License-Identifier: MIT OR Apache-2.0
/* Nodes of tmpfs: files, directories and symbolic links, without their names (tmpfs_entry.h). */
#pragma once

#include "file_system.h"
#include "page_map.h"

#define TMPFS_ROOTS 8u

/* Node numbers; 0 is none. */
struct tmpfs_node {
	uint64_t inode; /* never used again; 0: the node is free */
	uint64_t size;
	uint64_t accessed;
	uint64_t modified;
	uint64_t changed;
	uint32_t type;
	uint32_t mode; /* 0: nobody has set it */
	uint32_t owner;
	uint32_t group;
	uint32_t retained; /* how often */
	uint32_t names;    /* entries that stand for it; of a directory one at most */
	uint32_t next_free;
	uint32_t parent;  /* of a directory: the one that has its entry; 0: none has */
	uint32_t first;   /* of a directory: its first entry (tmpfs_entry.h) */
	uint32_t last;    /* and its last */
	uint32_t entries; /* and how many */
	struct page_map pages;
};

/* Carves the pool from the estate. */
bool tmpfs_nodes_open(uint32_t node_count);

struct tmpfs_node *tmpfs_node(uint64_t number);
uint64_t tmpfs_number(const struct tmpfs_node *node);

/* Before a node is changed. */
void tmpfs_save(struct tmpfs_node *node);

/* A new node without a name; nullptr: none left. */
struct tmpfs_node *tmpfs_node_make(enum file_type type);

/* Gives the node back if it has neither name nor holder, with its blocks. The last step of a
 * transaction (see blocks.h). */
void tmpfs_node_drop(struct tmpfs_node *node);

uint32_t tmpfs_root_number(unsigned index);
void tmpfs_set_root(unsigned index, const struct tmpfs_node *node);
