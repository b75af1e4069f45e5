// SPDX-License-Identifier: MIT OR Apache-2.0
/* Nodes of tmpfs and their names. Names are found through one hash table of all directories; the
 * entries of a directory also form a list in the order in which they came, for reading it. */
#pragma once

#include "file_system.h"

#define TMPFS_DIRECT 8u
#define TMPFS_LEVELS 2u
#define TMPFS_ROOTS  8u

/* Node numbers; 0 is none. */
struct tmpfs_node {
	uint64_t inode; /* never used again; 0: the node is free */
	uint64_t size;
	uint64_t accessed;
	uint64_t modified;
	uint64_t changed;
	uint64_t order; /* in its directory; grows from entry to entry */
	uint32_t type;
	uint32_t retained;  /* how often */
	uint32_t parent;    /* 0: it has no name (any more) */
	uint32_t hash_next; /* or the next free node */
	uint32_t previous;  /* in its directory */
	uint32_t next;
	uint32_t first; /* of a directory's entries */
	uint32_t last;
	uint32_t entries;
	uint32_t direct[TMPFS_DIRECT];
	uint32_t indirect[TMPFS_LEVELS]; /* maps of blocks, maps of maps */
	uint32_t name_size;
	char name[NAME_MOST + 1];
};

/* Carves pool and table from the estate. */
bool tmpfs_nodes_open(uint32_t node_count);

struct tmpfs_node *tmpfs_node(uint64_t number);
uint64_t tmpfs_number(const struct tmpfs_node *node);

/* Saves all but the name. */
void tmpfs_save(struct tmpfs_node *node);

/* A new node without a name; nullptr: none left. */
struct tmpfs_node *tmpfs_node_make(enum file_type type);

/* Gives the node back if it has neither name nor holder, with its blocks. The last step of a
 * transaction (see blocks.h). */
void tmpfs_node_drop(struct tmpfs_node *node);

struct tmpfs_node *tmpfs_find(const struct tmpfs_node *directory, struct name name);

/* Gives a node without a name one; takes it away. */
void tmpfs_link(struct tmpfs_node *node, struct tmpfs_node *directory, struct name name);
void tmpfs_unlink(struct tmpfs_node *node);

/* The entry of a directory at a cookie; nullptr: the end. */
struct tmpfs_node *tmpfs_entry_at(const struct tmpfs_node *directory, uint64_t cookie);
/* The cookie that stands for an entry. */
uint64_t tmpfs_cookie(const struct tmpfs_node *node);
/* What follows the entry; a cookie beyond all others if it is the last. */
uint64_t tmpfs_cookie_after(const struct tmpfs_node *node);

uint32_t tmpfs_root_number(unsigned index);
void tmpfs_set_root(unsigned index, const struct tmpfs_node *node);
