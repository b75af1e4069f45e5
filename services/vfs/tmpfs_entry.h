// SPDX-License-Identifier: MIT OR Apache-2.0
/* Entries of tmpfs directories: names, each of which stands for a node; a file may have several.
 * They are found through one hash table of all directories, and those of a directory also form a
 * list in the order in which they came, for reading it. */
#pragma once

#include "tmpfs_node.h"

/* Entry numbers; 0 is none. */
struct tmpfs_entry {
	uint64_t order;     /* grows from entry to entry */
	uint32_t node;      /* 0: the entry is free */
	uint32_t directory; /* a node's number */
	uint32_t hash_next; /* or the next free entry */
	uint32_t previous;  /* in its directory */
	uint32_t next;
	uint32_t name_size;
	char name[NAME_MOST + 1];
};

/* Carves pool and table from the estate. */
bool tmpfs_entries_open(uint32_t entry_count);

/* True: one more entry can be made. */
bool tmpfs_entries_left(void);

/* nullptr: the directory has no such name. */
struct tmpfs_entry *tmpfs_find(const struct tmpfs_node *directory, struct name name);

/* Gives a node one more name, which is new in the directory; there must be room. */
void tmpfs_link(struct tmpfs_node *node, struct tmpfs_node *directory, struct name name);

/* Takes a name away from its node, which the caller may drop then. */
void tmpfs_unlink(struct tmpfs_entry *entry);

/* The entry of a directory at a cookie; nullptr: the end. */
const struct tmpfs_entry *tmpfs_entry_at(const struct tmpfs_node *directory, uint64_t cookie);
/* What follows the entry; a cookie beyond all others if it is the last. */
uint64_t tmpfs_cookie_after(const struct tmpfs_entry *entry);
