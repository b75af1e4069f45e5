// SPDX-License-Identifier: MIT OR Apache-2.0
/* The treap behind tree.h. Heap order: a parent's weight is at least its children's. */
#include <kernel/tree.h>

static uint32_t next_weight(void)
{
	static uint32_t state = 0x9e3779b9u; /* guarded by the kernel lock */

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

static bool before(const struct tree_node *a, const struct tree_node *b)
{
	if (a->major != b->major)
		return a->major < b->major;
	return a->minor < b->minor;
}

/* Makes `to` (may be NULL) the child that `from` is of its parent. */
static void replace_child(struct tree *tree, struct tree_node *from, struct tree_node *to)
{
	struct tree_node *parent = from->parent;

	if (parent == NULL)
		tree->root = to;
	else if (parent->left == from)
		parent->left = to;
	else
		parent->right = to;
	if (to != NULL)
		to->parent = parent;
}

/* Lifts `node` above its parent, keeping the order. */
static void rotate_up(struct tree *tree, struct tree_node *node)
{
	struct tree_node *parent = node->parent;
	struct tree_node *moved;

	replace_child(tree, parent, node);
	if (parent->left == node) {
		moved = node->right;
		parent->left = moved;
		node->right = parent;
	} else {
		moved = node->left;
		parent->right = moved;
		node->left = parent;
	}
	if (moved != NULL)
		moved->parent = parent;
	parent->parent = node;
}

static void attach(struct tree *tree, struct tree_node *node)
{
	struct tree_node *parent = tree->root;

	for (;;) {
		struct tree_node **child = before(node, parent) ? &parent->left : &parent->right;

		if (*child == NULL) {
			*child = node;
			node->parent = parent;
			return;
		}
		parent = *child;
	}
}

void tree_insert_slow(struct tree *tree, struct tree_node *node)
{
	node->weight = next_weight();
	attach(tree, node);
	while (node->parent != NULL && node->parent->weight < node->weight)
		rotate_up(tree, node);
	if (before(node, tree->first))
		tree->first = node;
}

static struct tree_node *heavier_child(const struct tree_node *node)
{
	if (node->left == NULL)
		return node->right;
	if (node->right == NULL || node->left->weight >= node->right->weight)
		return node->left;
	return node->right;
}

void tree_remove_slow(struct tree *tree, struct tree_node *node)
{
	if (tree->first == node)
		tree->first = tree_next(node);
	for (;;) {
		struct tree_node *child = heavier_child(node);

		if (child == NULL)
			break;
		rotate_up(tree, child);
	}
	replace_child(tree, node, NULL);
	node->parent = NULL;
}

struct tree_node *tree_next(const struct tree_node *node)
{
	struct tree_node *next = node->right;

	if (next != NULL) {
		while (next->left != NULL)
			next = next->left;
		return next;
	}
	next = node->parent;
	while (next != NULL && next->right == node) {
		node = next;
		next = next->parent;
	}
	return next;
}

struct tree_node *tree_lower_bound(const struct tree *tree, uint64_t major, uint64_t minor)
{
	struct tree_node *node = tree->root;
	struct tree_node *best = NULL;

	while (node != NULL) {
		bool less = node->major < major || (node->major == major && node->minor < minor);

		if (less) {
			node = node->right;
		} else {
			best = node;
			node = node->left;
		}
	}
	return best;
}
