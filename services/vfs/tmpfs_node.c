// SPDX-License-Identifier: MIT OR Apache-2.0
/* Nodes of tmpfs: see tmpfs_node.h. */
#include "tmpfs_node.h"

#include "sheet.h"
#include "tmpfs_data.h"
#include "wall_time.h"

#include <craton/estate.h>

struct pool {
	uint64_t next_inode;
	uint32_t free;   /* list through next_free */
	uint32_t unused; /* nodes from this number on were never used */
	uint32_t roots[TMPFS_ROOTS];
};

static struct pool *pool;
static struct tmpfs_node *nodes;
static uint32_t count;

bool tmpfs_nodes_open(uint32_t node_count)
{
	count = node_count < SHEET_WORDS - SHEET_OBJECTS ? node_count
							 : SHEET_WORDS - SHEET_OBJECTS - 1;
	pool = estate_allocate(sizeof(*pool), 64);
	nodes = estate_allocate(count * sizeof(*nodes), 64);
	return pool != nullptr && nodes != nullptr;
}

uint32_t tmpfs_root_number(unsigned index)
{
	return pool->roots[index];
}

void tmpfs_set_root(unsigned index, const struct tmpfs_node *node)
{
	ESTATE_SET(pool->roots[index], (uint32_t)tmpfs_number(node));
}

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
	estate_save(node, sizeof(*node));
	sheet_change((uint32_t)tmpfs_number(node));
}

static struct tmpfs_node *take(void)
{
	struct tmpfs_node *node = tmpfs_node(pool->free);

	if (node != nullptr) {
		ESTATE_SET(pool->free, node->next_free);
		return node;
	}
	if (pool->unused >= count)
		return nullptr;
	ESTATE_SET(pool->unused, pool->unused + 1);
	return &nodes[pool->unused - 1];
}

struct tmpfs_node *tmpfs_node_make(enum file_type type)
{
	struct tmpfs_node *node = take();
	uint64_t now = wall_time();

	if (node == nullptr)
		return nullptr;
	tmpfs_save(node);
	*node = (struct tmpfs_node){
		.inode = pool->next_inode + 1,
		.type = type,
		.accessed = now,
		.modified = now,
		.changed = now,
	};
	ESTATE_SET(pool->next_inode, pool->next_inode + 1);
	return node;
}

void tmpfs_node_drop(struct tmpfs_node *node)
{
	if (node->names != 0 || node->retained != 0)
		return;
	tmpfs_save(node);
	tmpfs_data_resize(node, 0);
	node->inode = 0;
	node->next_free = pool->free;
	ESTATE_SET(pool->free, (uint32_t)tmpfs_number(node));
}
