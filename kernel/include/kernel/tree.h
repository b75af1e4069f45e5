// SPDX-License-Identifier: MIT OR Apache-2.0
/* An ordered intrusive tree (a treap): timers, waiting queues, futexes. Nodes live in the objects
 * of those who wait, so the tree allocates nothing. Expected O(log n); the shape depends on random
 * weights, which a user cannot choose.
 * Order: by `major`, then `minor`. `first` caches the least node.
 * Tests: tests/host/kernel/tree_test.c */
#ifndef KERNEL_TREE_H
#define KERNEL_TREE_H

#include <kernel/types.h>

struct tree_node {
	struct tree_node *left;
	struct tree_node *right;
	struct tree_node *parent;
	uint64_t major;
	uint64_t minor;
	uint32_t weight;
	uint32_t linked; /* 1 while in a tree */
};

struct tree {
	struct tree_node *root;
	struct tree_node *first;
};

/* General forms; see the inline ones below. */
void tree_insert_slow(struct tree *tree, struct tree_node *node);
void tree_remove_slow(struct tree *tree, struct tree_node *node);

/* The node after `node` in order, or NULL. */
struct tree_node *tree_next(const struct tree_node *node);

/* The first node that is not before (major, minor), or NULL. */
struct tree_node *tree_lower_bound(const struct tree *tree, uint64_t major, uint64_t minor);

/* Inserts `node` (borrowed until removed; not in any tree) under its `major` and `minor`. */
ALWAYS_INLINE void tree_insert(struct tree *tree, struct tree_node *node)
{
	node->linked = 1;
	node->left = NULL;
	node->right = NULL;
	node->parent = NULL;
	if (LIKELY(tree->root == NULL)) {
		tree->root = node;
		tree->first = node;
		return;
	}
	tree_insert_slow(tree, node);
}

/* Removes `node`, which is in `tree`. Its links are NULL afterwards. */
ALWAYS_INLINE void tree_remove(struct tree *tree, struct tree_node *node)
{
	node->linked = 0;
	if (LIKELY(tree->root == node && node->left == NULL && node->right == NULL)) {
		tree->root = NULL;
		tree->first = NULL;
		return;
	}
	tree_remove_slow(tree, node);
}

#endif
