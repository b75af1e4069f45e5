// SPDX-License-Identifier: MIT OR Apache-2.0
/* Nodes: see node.h. */
#include "node.h"

#include "grow.h"
#include "table.h"
#include "time.h"

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

/* A file with another number has its entry there; nullptr: none. */
static struct node *find_moved(struct fat *fs, uint64_t place)
{
	for (uint32_t i = 0; fs->nodes.moved > 0 && i < fs->nodes.unused; i++) {
		struct node *n = &fs->nodes.nodes[i];

		if (n->id != 0 && n->place == place && n->id != place && !is_directory(n->id))
			return n;
	}
	return nullptr;
}

uint64_t node_at(struct fat *fs, uint64_t place)
{
	const struct node *n = find_moved(fs, place);

	return n != nullptr ? n->id : place;
}

status_t node_of(struct fat *fs, const struct named *found, uint64_t *id)
{
	uint32_t start = start_of(&found->entry);

	if ((found->entry.attributes & ATTR_DIRECTORY) == 0) {
		*id = node_at(fs, found->place);
		return OK;
	}
	if (!cluster_is_sound(fs, start))
		return fat_corrupt(fs, "a directory without clusters", start);
	*id = fat_directory_node(fs, start);
	return OK;
}

/* --- making and freeing ------------------------------------------------------------------------
 */

static bool is_moved(const struct node *n)
{
	return !is_directory(n->id) && n->place != 0 && n->place != n->id;
}

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
	struct buffer *b;
	struct dirent *entry;

	*node = node_find(fs, id);
	if (*node != nullptr)
		return OK;
	if (is_directory(id))
		return make(fs, (struct node){.id = id, .place = id, .start = (uint32_t)id}, node);
	TRY(entry_at(fs, id, &b, &entry));
	if (entry_is_free(entry) || (entry->attributes & (ATTR_LABEL | ATTR_DIRECTORY)) != 0)
		return ERR_NOT_FOUND;
	return make(fs,
		(struct node){.id = id,
			.place = id,
			.start = start_of(entry),
			.size = entry->size,
			.valid = entry->size,
			.zeroed = entry->size},
		node);
}

/* --- what it knows -----------------------------------------------------------------------------
 */

status_t node_measure(struct fat *fs, struct node *n)
{
	uint32_t count;
	uint32_t last;

	if (n->clusters != UINT32_MAX)
		return OK;
	TRY(chain_measure(fs, n->start, &count, &last));
	ESTATE_SET(n->clusters, count);
	ESTATE_SET(n->last, last);
	return OK;
}

status_t node_store(struct fat *fs, const struct node *n, uint64_t modified)
{
	struct buffer *b;
	struct dirent *entry;

	if (n->place == 0)
		return OK;
	TRY(entry_at(fs, n->place, &b, &entry));
	fat_buffer_change(fs, b, entry, ENTRY_SIZE);
	entry->size = (uint32_t)n->valid;
	entry_set_start(entry, n->valid > 0 ? n->start : 0);
	if (modified != 0) {
		entry_set_modified(entry, modified);
		entry_set_accessed(entry, modified);
		entry->attributes |= ATTR_ARCHIVE;
	}
	return OK;
}

void node_unname(struct fat *fs, struct node *n, const struct dirent *entry)
{
	ESTATE_SET(n->modified, time_of(entry->modified_date, entry->modified_time));
	node_move(fs, n, 0);
}

/* --- going -------------------------------------------------------------------------------------
 */

static void forget(const struct fat *fs, uint64_t id)
{
	fs->environment->forget(fs->environment->self, id);
}

/* Clusters behind the end, that were taken for what was not written. */
static status_t trim(struct fat *fs, struct node *n)
{
	uint32_t needed = clusters_for(fs, n->valid);
	uint32_t last;

	if (is_directory(n->id) || n->clusters == UINT32_MAX || n->clusters <= needed)
		return OK;
	TRY(change_begin(fs));
	if (needed == 0) {
		chain_free(fs, n->start);
		return OK;
	}
	TRY(chain_at(fs, n->start, needed - 1, &last));
	return chain_cut(fs, last);
}

static bool is_needed(const struct fat *fs, const struct node *n)
{
	bool is_unwritten = n->place != 0 && n->valid < n->size;

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
		n = is_moved(n) ? node_find(fs, n->place) : nullptr;
	}
	return OK;
}

static status_t free_chains(struct fat *fs, struct node *n)
{
	if (n->place != 0)
		return trim(fs, n);
	TRY(change_begin(fs));
	if (n->start != 0)
		chain_free(fs, n->start);
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

status_t node_lose(struct fat *fs, uint64_t id, const struct dirent *entry)
{
	struct node *n = node_find(fs, id);

	if (n != nullptr) {
		node_unname(fs, n, entry);
		return OK;
	}
	forget(fs, id);
	if (start_of(entry) != 0)
		chain_free(fs, start_of(entry));
	return OK;
}
