// SPDX-License-Identifier: MIT OR Apache-2.0
/* Nodes: see node.h. */
#include "node.h"

#include "grow.h"
#include "table.h"

#define RING_MOST 8u /* nodes that go together */

/* --- finding -----------------------------------------------------------------------------------
 */

static uint32_t *hash_head(struct fat *fs, uint64_t id)
{
	return &fs->nodes.hash[id * 0x9e3779b97f4a7c15u >> 56];
}

static_assert(NODE_HEADS == 1u << (64 - 56));

struct node *node_find(struct fat *fs, uint64_t id)
{
	struct node *nodes = fs->nodes.nodes;
	uint32_t number = *hash_head(fs, id);

	while (number != 0 && nodes[number - 1].id != id)
		number = nodes[number - 1].next;
	return number != 0 ? &nodes[number - 1] : nullptr;
}

/* Where the number says that the entry is. */
static uint64_t home_of(uint64_t id)
{
	return id & ~NODE_DIRECTORY;
}

/* The number of a directory may be none of a place: then it is its place, too. */
static bool is_moved(const struct node *n)
{
	return n->place != 0 && n->place != n->id && n->place != home_of(n->id);
}

uint64_t node_at(struct fat *fs, uint64_t place, uint64_t id)
{
	for (uint32_t i = 0; fs->nodes.moved > 0 && i < fs->nodes.unused; i++) {
		const struct node *n = &fs->nodes.nodes[i];

		if (n->id != 0 && n->place == place && is_moved(n))
			return n->id;
	}
	return id;
}

/* --- making and freeing ------------------------------------------------------------------------
 */

void node_move(struct fat *fs, struct node *n, uint64_t place)
{
	uint32_t was_moved = is_moved(n) ? 1 : 0;

	ESTATE_SET(n->place, place);
	ESTATE_SET(fs->nodes.moved, fs->nodes.moved - was_moved + (is_moved(n) ? 1 : 0));
}

static struct node *take(struct fat *fs)
{
	struct node_table *t = &fs->nodes;
	struct node *n = &t->nodes[t->free - 1];

	if (t->free != 0) {
		ESTATE_SET(t->free, n->next);
		return n;
	}
	if (t->unused == NODES_MOST)
		return nullptr;
	ESTATE_SET(t->unused, t->unused + 1);
	return &t->nodes[t->unused - 1];
}

static status_t make(struct fat *fs, struct node content, struct node **node)
{
	uint32_t *head = hash_head(fs, content.id);
	struct node *n = take(fs);

	if (n == nullptr)
		return ERR_TOO_MANY;
	estate_save(n, sizeof(*n));
	content.next = *head;
	content.clusters = UINT32_MAX;
	*n = content;
	ESTATE_SET(*head, (uint32_t)(n - fs->nodes.nodes) + 1);
	ESTATE_SET(fs->nodes.idle, fs->nodes.idle + 1);
	*node = n;
	return OK;
}

static void drop(struct fat *fs, struct node *n)
{
	struct node_table *t = &fs->nodes;
	uint32_t *link = hash_head(fs, n->id);

	node_move(fs, n, 0);
	while (&t->nodes[*link - 1] != n)
		link = &t->nodes[*link - 1].next;
	ESTATE_SET(*link, n->next);
	estate_save(n, sizeof(*n));
	n->id = 0;
	n->next = t->free;
	ESTATE_SET(t->free, (uint32_t)(n - t->nodes) + 1);
	if (!n->is_retained)
		ESTATE_SET(t->idle, t->idle - 1);
}

status_t node_get(struct fat *fs, uint64_t id, struct node **node)
{
	struct node content;

	*node = node_find(fs, id);
	if (*node != nullptr)
		return OK;
	TRY(fs->variant->load(fs, id, &content));
	return make(fs, content, node);
}

status_t node_look(struct fat *fs, uint64_t id, struct node *content)
{
	const struct node *n = node_find(fs, id);

	if (n == nullptr)
		return fs->variant->load(fs, id, content);
	*content = *n;
	return OK;
}

/* --- what it knows -----------------------------------------------------------------------------
 */

status_t node_measure(struct fat *fs, struct node *n)
{
	uint32_t count;
	uint32_t last;

	if (n->clusters != UINT32_MAX)
		return OK;
	TRY(chain_measure(fs, n->chain, &count, &last));
	ESTATE_SET(n->clusters, count);
	ESTATE_SET(n->last, last);
	return OK;
}

status_t node_store(struct fat *fs, const struct node *n, uint64_t modified)
{
	return n->place != 0 ? fs->variant->store(fs, n, modified) : OK;
}

status_t node_link(struct fat *fs, struct node *n)
{
	uint32_t left = n->chain.run - n->linked;
	uint32_t count = left < LINK_STEP ? left : LINK_STEP;

	TRY(chain_link(fs, n->chain, n->linked, n->linked + count));
	estate_save(n, sizeof(*n));
	n->linked += count;
	if (n->linked < n->chain.run)
		return OK;
	n->chain.run = 0;
	n->linked = 0;
	return OK;
}

status_t node_append(struct fat *fs, struct node *n, uint32_t cluster)
{
	bool is_first = n->clusters == 0;

	if (fs->variant->has_runs && (is_first || (n->chain.run > 0 && cluster == n->last + 1))) {
		n->chain.run++;
	} else {
		if (n->chain.run > n->linked + LINK_STEP)
			return ERR_NO_SPACE;
		if (n->chain.run > 0)
			TRY(node_link(fs, n));
		TRY(chain_attach(fs, n->last, cluster));
	}
	n->chain.start = is_first ? cluster : n->chain.start;
	n->last = cluster;
	n->clusters++;
	return OK;
}

/* --- going -------------------------------------------------------------------------------------
 */

static void forget(struct fat *fs, uint64_t id)
{
	if (fs->variant->forget != nullptr)
		fs->variant->forget(fs, id);
	fs->environment->forget(fs->environment->self, id);
}

/* Clusters behind the end, that were taken for what was not written. */
static status_t trim(struct fat *fs, struct node *n)
{
	uint32_t needed = clusters_for(fs, fs->variant->has_holes ? n->size : n->valid);
	uint32_t last;

	if (is_directory(n->id) || n->clusters == UINT32_MAX || n->clusters <= needed)
		return OK;
	TRY(change_begin(fs));
	if (needed == 0) {
		chain_free(fs, n->chain);
		return OK;
	}
	if (n->chain.run > 0) {
		chain_free(fs, (struct chain){n->chain.start + needed, n->chain.run - needed});
		return OK;
	}
	TRY(chain_at(fs, n->chain, needed - 1, &last));
	return chain_cut(fs, last);
}

static bool is_needed(const struct fat *fs, const struct node *n)
{
	bool is_unwritten = n->place != 0 && n->valid < n->reach;

	return n->is_retained || grow_is_busy(fs, n->id) ||
	       (is_unwritten && fs->mount.phase == MOUNT_DONE);
}

/* Nodes that go together: where one that was moved goes, its number is its place from then on, and
 * another node may have that number. They may be a ring. */
struct group {
	struct node *nodes[RING_MOST];
	unsigned count;
};

static bool has_node(const struct group *group, const struct node *n)
{
	for (unsigned i = 0; i < group->count; i++) {
		if (group->nodes[i] == n)
			return true;
	}
	return false;
}

/* FILE_LATER: something of them is under way. Pages are known by their file's number. */
static status_t gather(struct fat *fs, struct node *n, struct group *group)
{
	group->count = 0;
	while (n != nullptr && !has_node(group, n)) {
		if (is_needed(fs, n) || group->count == RING_MOST)
			return FILE_LATER;
		if (is_moved(n) && fs->environment->clean(fs->environment->self, n->id) != OK)
			return FILE_LATER;
		group->nodes[group->count++] = n;
		n = is_moved(n) ? node_find(fs, n->place | (n->id & NODE_DIRECTORY)) : nullptr;
	}
	return OK;
}

static status_t free_chains(struct fat *fs, struct node *n)
{
	if (n->place != 0)
		return trim(fs, n);
	TRY(change_begin(fs));
	if (n->chain.start != 0)
		chain_free(fs, n->chain);
	return OK;
}

static status_t settle(struct fat *fs, struct node *n)
{
	struct group group;

	TRY(gather(fs, n, &group));
	for (unsigned i = 0; i < group.count; i++)
		TRY(free_chains(fs, group.nodes[i]));
	for (unsigned i = 0; i < group.count; i++) {
		n = group.nodes[i];
		if (n->place == 0 || is_moved(n))
			forget(fs, n->id);
		drop(fs, n);
	}
	return OK;
}

/* What cannot be changed any more is forgotten as it is. */
static status_t settle_now(struct fat *fs, struct node *n)
{
	status_t status = settle(fs, n);

	if (status == OK || status == FILE_LATER)
		return status;
	estate_rollback();
	if (is_moved(n))
		forget(fs, n->id);
	drop(fs, n);
	return OK;
}

status_t nodes_tidy(struct fat *fs, uint64_t *cursor)
{
	while (fs->nodes.idle > 0 && *cursor < fs->nodes.unused) {
		struct node *n = &fs->nodes.nodes[(*cursor)++];

		if (n->id != 0 && !n->is_retained)
			return settle_now(fs, n);
	}
	return ERR_NOT_FOUND;
}

void node_set_retained(struct fat *fs, struct node *n, bool is_retained)
{
	if (n->is_retained == is_retained)
		return;
	ESTATE_SET(n->is_retained, is_retained);
	ESTATE_SET(fs->nodes.idle, is_retained ? fs->nodes.idle - 1 : fs->nodes.idle + 1);
}

status_t node_lose(struct fat *fs, uint64_t id, struct chain chain, uint64_t modified)
{
	struct node *n = node_find(fs, id);

	if (n != nullptr) {
		ESTATE_SET(n->modified, modified);
		node_move(fs, n, 0);
		return OK;
	}
	forget(fs, id);
	if (chain.start != 0)
		chain_free(fs, chain);
	return OK;
}
