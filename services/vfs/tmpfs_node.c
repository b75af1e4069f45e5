// SPDX-License-Identifier: MIT OR Apache-2.0
/* Nodes and names of tmpfs: see tmpfs_node.h. */
#include "tmpfs_node.h"

#include "blocks.h"
#include "sheet.h"
#include "tmpfs_data.h"
#include "wall_time.h"

#include <craton/estate.h>

#define HASH_SIZE    1024u
#define COOKIE_SHIFT 16u /* order above, node number below */

struct tmpfs {
	uint64_t next_inode;
	uint64_t next_order;
	uint32_t free_nodes; /* list through hash_next */
	uint32_t unused;     /* nodes from this number on were never used */
	uint32_t roots[TMPFS_ROOTS];
	uint32_t hash[HASH_SIZE];
};

static struct tmpfs *tmpfs;
static struct tmpfs_node *nodes;
static uint32_t count;

bool tmpfs_nodes_open(uint32_t node_count)
{
	count = node_count < SHEET_WORDS ? node_count : SHEET_WORDS - 1;
	tmpfs = estate_allocate(sizeof(*tmpfs), 64);
	nodes = estate_allocate(count * sizeof(*nodes), 64);
	return tmpfs != nullptr && nodes != nullptr;
}

uint32_t tmpfs_root_number(unsigned index)
{
	return tmpfs->roots[index];
}

void tmpfs_set_root(unsigned index, const struct tmpfs_node *node)
{
	ESTATE_SET(tmpfs->roots[index], (uint32_t)tmpfs_number(node));
}

/* --- nodes ----------------------------------------------------------------------------------- */

struct tmpfs_node *tmpfs_node(uint64_t number)
{
	return number != 0 ? &nodes[number - 1] : nullptr;
}

uint64_t tmpfs_number(const struct tmpfs_node *node)
{
	return node != nullptr ? (uint64_t)(node - nodes) + 1 : 0;
}

void tmpfs_save(struct tmpfs_node *node)
{
	estate_save(node, offsetof(struct tmpfs_node, name));
	sheet_change((uint32_t)tmpfs_number(node));
}

static struct tmpfs_node *take_node(void)
{
	struct tmpfs_node *node = tmpfs_node(tmpfs->free_nodes);

	if (node != nullptr) {
		ESTATE_SET(tmpfs->free_nodes, node->hash_next);
		return node;
	}
	if (tmpfs->unused >= count)
		return nullptr;
	ESTATE_SET(tmpfs->unused, tmpfs->unused + 1);
	return &nodes[tmpfs->unused - 1];
}

struct tmpfs_node *tmpfs_node_make(enum file_type type)
{
	struct tmpfs_node *node = take_node();
	uint64_t now = wall_time();

	if (node == nullptr)
		return nullptr;
	estate_save(node, sizeof(*node));
	sheet_change((uint32_t)tmpfs_number(node));
	*node = (struct tmpfs_node){
		.inode = tmpfs->next_inode + 1,
		.type = type,
		.accessed = now,
		.modified = now,
		.changed = now,
	};
	ESTATE_SET(tmpfs->next_inode, tmpfs->next_inode + 1);
	return node;
}

void tmpfs_node_drop(struct tmpfs_node *node)
{
	if (node->parent != 0 || node->retained != 0)
		return;
	tmpfs_save(node);
	tmpfs_data_resize(node, 0);
	node->inode = 0;
	node->hash_next = tmpfs->free_nodes;
	ESTATE_SET(tmpfs->free_nodes, (uint32_t)tmpfs_number(node));
}

/* --- names ----------------------------------------------------------------------------------- */

/* FNV-1a over directory and name. */
static uint32_t *hash_head(uint32_t directory, struct name name)
{
	uint32_t hash = 2166136261u ^ directory * 0x9e3779b1u;

	for (size_t i = 0; i < name.size; i++)
		hash = (hash ^ (uint8_t)name.text[i]) * 16777619u;
	return &tmpfs->hash[(hash ^ hash >> 16) % HASH_SIZE];
}

static bool is_called(const struct tmpfs_node *node, uint32_t directory, struct name name)
{
	return node->parent == directory && node->name_size == name.size &&
	       memcmp(node->name, name.text, name.size) == 0;
}

struct tmpfs_node *tmpfs_find(const struct tmpfs_node *directory, struct name name)
{
	uint32_t number = (uint32_t)tmpfs_number(directory);
	struct tmpfs_node *node = tmpfs_node(*hash_head(number, name));

	while (node != nullptr && !is_called(node, number, name))
		node = tmpfs_node(node->hash_next);
	return node;
}

static void touch(struct tmpfs_node *directory)
{
	directory->modified = wall_time();
	directory->changed = directory->modified;
}

static void append_entry(struct tmpfs_node *node, struct tmpfs_node *directory)
{
	uint32_t number = (uint32_t)tmpfs_number(node);

	tmpfs_save(directory);
	node->previous = directory->last;
	node->next = 0;
	if (directory->last != 0)
		ESTATE_SET(tmpfs_node(directory->last)->next, number);
	else
		directory->first = number;
	directory->last = number;
	directory->entries++;
	touch(directory);
}

void tmpfs_link(struct tmpfs_node *node, struct tmpfs_node *directory, struct name name)
{
	uint32_t *head = hash_head((uint32_t)tmpfs_number(directory), name);

	estate_save(node, sizeof(*node));
	sheet_change((uint32_t)tmpfs_number(node));
	node->parent = (uint32_t)tmpfs_number(directory);
	node->order = tmpfs->next_order + 1;
	ESTATE_SET(tmpfs->next_order, node->order);
	memcpy(node->name, name.text, name.size);
	node->name[name.size] = 0;
	node->name_size = (uint32_t)name.size;
	node->changed = wall_time();
	node->hash_next = *head;
	ESTATE_SET(*head, (uint32_t)tmpfs_number(node));
	append_entry(node, directory);
}

static void leave_hash(struct tmpfs_node *node)
{
	struct name name = {node->name, node->name_size};
	uint32_t *link = hash_head(node->parent, name);

	while (tmpfs_node(*link) != node)
		link = &tmpfs_node(*link)->hash_next;
	ESTATE_SET(*link, node->hash_next);
}

static void leave_directory(struct tmpfs_node *node)
{
	struct tmpfs_node *directory = tmpfs_node(node->parent);

	tmpfs_save(directory);
	if (node->previous != 0)
		ESTATE_SET(tmpfs_node(node->previous)->next, node->next);
	else
		directory->first = node->next;
	if (node->next != 0)
		ESTATE_SET(tmpfs_node(node->next)->previous, node->previous);
	else
		directory->last = node->previous;
	directory->entries--;
	touch(directory);
}

void tmpfs_unlink(struct tmpfs_node *node)
{
	tmpfs_save(node);
	leave_hash(node);
	leave_directory(node);
	node->parent = 0;
	node->changed = wall_time();
}

/* --- reading directories --------------------------------------------------------------------- */

uint64_t tmpfs_cookie(const struct tmpfs_node *node)
{
	return node->order << COOKIE_SHIFT | tmpfs_number(node);
}

uint64_t tmpfs_cookie_after(const struct tmpfs_node *node)
{
	const struct tmpfs_node *next = tmpfs_node(node->next);

	return next != nullptr ? tmpfs_cookie(next) : (node->order + 1) << COOKIE_SHIFT;
}

/* A cookie's entry may have gone since: then it stands for the first behind it. */
struct tmpfs_node *tmpfs_entry_at(const struct tmpfs_node *directory, uint64_t cookie)
{
	uint64_t number = cookie & ((1u << COOKIE_SHIFT) - 1);
	struct tmpfs_node *node = number <= count ? tmpfs_node(number) : nullptr;

	if (node != nullptr && node->inode != 0 && node->parent == tmpfs_number(directory) &&
		tmpfs_cookie(node) == cookie)
		return node;
	node = tmpfs_node(directory->first);
	while (node != nullptr && node->order < cookie >> COOKIE_SHIFT)
		node = tmpfs_node(node->next);
	return node;
}
