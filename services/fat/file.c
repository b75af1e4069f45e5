// SPDX-License-Identifier: MIT OR Apache-2.0
/* Contents of files: see file.h. What a file's entry says is `valid`: so many of its bytes are on
 * the device. A file becomes longer at its end only: what it has behind `valid` are pages of the
 * cache that were written one behind the other, and so they mostly come to the device. */
#include "file.h"

#include "grow.h"
#include "node.h"
#include "table.h"
#include "time.h"

#define PAGE 4096u

/* --- attributes --------------------------------------------------------------------------------
 */

status_t file_attributes(struct fat *fs, uint64_t id, struct file_attributes *a)
{
	struct node n;

	*a = (struct file_attributes){.inode = id, .links = 1};
	a->type = is_directory(id) ? FILE_TYPE_DIRECTORY : FILE_TYPE_REGULAR;
	if (id == NODE_ROOT)
		return OK; /* it has no entry */
	TRY(node_look(fs, id, &n));
	a->size = is_directory(id) ? 0 : n.size;
	if (n.place != 0)
		return fs->variant->read_times(fs, id, n.place, a);
	a->links = 0;
	a->modified_ns = n.modified;
	return OK;
}

status_t file_set_times(struct fat *fs, uint64_t id, uint64_t accessed, uint64_t modified)
{
	struct node n;

	TRY(change_begin(fs));
	if (id == NODE_ROOT)
		return OK;
	TRY(node_look(fs, id, &n));
	return n.place != 0 ? fs->variant->set_times(fs, id, n.place, accessed, modified) : OK;
}

/* --- where bytes lie ---------------------------------------------------------------------------
 */

/* Clusters that lie side by side are one run. */
static status_t extend_run(struct fat *fs, struct chain chain, uint32_t cluster, uint32_t wanted,
	struct engine_run *run)
{
	while (run->size < wanted) {
		uint32_t next;

		TRY(chain_step(fs, chain, cluster, &next));
		if (next != cluster + 1)
			break;
		cluster = next;
		run->size += fs->g.cluster_size;
	}
	if (run->size > wanted)
		run->size = wanted;
	return OK;
}

static status_t map_clusters(struct fat *fs, const struct node *n, uint64_t offset, uint32_t size,
	struct engine_run *run)
{
	uint32_t in_cluster = (uint32_t)(offset & (fs->g.cluster_size - 1));
	uint64_t index = offset >> fs->g.cluster_shift;
	uint32_t cluster = 0;

	if (n->chain.start != 0 && index < fs->g.clusters)
		TRY(chain_at(fs, n->chain, (uint32_t)index, &cluster));
	*run = (struct engine_run){.size = size, .is_hole = cluster == 0};
	if (cluster == 0 && offset < n->size)
		return fat_corrupt(fs, "a chain is too short", n->chain.start);
	if (cluster == 0)
		return OK;
	run->offset = cluster_offset(fs, cluster) + in_cluster;
	run->size = fs->g.cluster_size - in_cluster;
	return extend_run(fs, n->chain, cluster, size, run);
}

/* Where that is mid in a block, the run ends there, too. */
static void end_at(const struct node *n, uint64_t offset, uint32_t size, struct engine_run *run)
{
	if (offset >= n->reach)
		*run = (struct engine_run){.size = size, .is_hole = true};
	else if (run->size > n->reach - offset)
		run->size = (uint32_t)(n->reach - offset);
}

status_t file_map(
	struct fat *fs, uint64_t id, uint64_t offset, uint32_t size, struct engine_run *run)
{
	struct node n;

	TRY(node_look(fs, id, &n));
	TRY(map_clusters(fs, &n, offset, size, run));
	if (n.reach < n.size)
		end_at(&n, offset, size, run);
	return OK;
}

status_t file_map_write(
	struct fat *fs, uint64_t id, uint64_t offset, uint32_t size, struct engine_run *run)
{
	struct node n;

	TRY(node_look(fs, id, &n));
	return map_clusters(fs, &n, offset, size, run);
}

/* --- what is on the device ---------------------------------------------------------------------
 */

static bool is_noted(const struct node *n, uint64_t page)
{
	uint64_t bit = page - n->valid / PAGE;

	return bit < FAT_NOTED && (n->written[bit / 64] >> bit % 64 & 1) != 0;
}

/* Page numbers count from the one where `valid` ends. */
static void shift_notes(struct node *n, uint64_t pages)
{
	const uint64_t count = FAT_NOTED / 64;
	uint64_t words = pages / 64;
	uint64_t bits = pages % 64;

	for (uint64_t i = 0; i < count; i++) {
		uint64_t low = i + words < count ? n->written[i + words] : 0;
		uint64_t high = i + words + 1 < count ? n->written[i + words + 1] : 0;

		n->written[i] = bits == 0 ? low : low >> bits | high << (64 - bits);
	}
}

static void set_valid(struct node *n, uint64_t valid)
{
	if (valid > n->size)
		valid = n->size;
	if (valid <= n->valid)
		return;
	shift_notes(n, valid / PAGE - n->valid / PAGE);
	n->valid = valid;
	n->is_ragged = false;
	if (n->reach < valid)
		n->reach = valid; /* what a page has behind it are zeros */
}

/* What was written in another order. */
static void advance(struct node *n)
{
	while (n->valid < n->size && is_noted(n, n->valid / PAGE))
		set_valid(n, (n->valid / PAGE + 1) * PAGE);
	if (n->tail > n->valid && n->tail / PAGE == n->valid / PAGE)
		set_valid(n, n->tail);
}

/* False: it is too far behind the others, one of which was probably not to be written. */
static bool note_written(struct node *n, uint64_t offset, uint32_t size)
{
	uint64_t bit = offset / PAGE - n->valid / PAGE;

	if (offset <= n->valid) {
		set_valid(n, offset + size);
		advance(n);
		return true;
	}
	if (size >= PAGE && bit + size / PAGE > FAT_NOTED)
		return false;
	if (size % PAGE != 0)
		n->tail = offset + size;
	for (uint64_t end = bit + size / PAGE; bit < end; bit++)
		n->written[bit / 64] |= (uint64_t)1 << bit % 64;
	return true;
}

status_t file_written(struct fat *fs, uint64_t id, uint64_t offset, uint32_t size)
{
	struct node *n = node_find(fs, id);
	uint64_t valid;

	if (!fs->commit.has_contents)
		ESTATE_SET(fs->commit.has_contents, true);
	if (n == nullptr || offset + size <= n->valid || offset >= n->reach)
		return OK;
	TRY(change_begin(fs));
	valid = n->valid;
	estate_save(n, sizeof(*n));
	if (!note_written(n, offset, size))
		return ERR_IO;
	if (n->valid == valid)
		return OK;
	return node_store(fs, n, 0);
}

/* --- becoming longer and shorter ---------------------------------------------------------------
 */

static status_t open_for_change(struct fat *fs, uint64_t id, struct node **node)
{
	TRY(change_begin(fs));
	if (is_directory(id))
		return ERR_IS_DIRECTORY;
	TRY(node_get(fs, id, node));
	TRY(node_measure(fs, *node));
	if (grow_is_busy(fs, id))
		return FILE_LATER;
	return (*node)->is_locked && (*node)->place != 0 ? ERR_ACCESS : OK;
}

/* Zeros are on the device up to there. */
static void pass_zeros(struct node *n, uint64_t end)
{
	n->valid = end;
	n->reach = end;
	n->zeroed = end > n->zeroed ? end : n->zeroed;
}

status_t file_reserve(struct fat *fs, uint64_t id, uint64_t offset, uint64_t size)
{
	struct node *n;
	uint64_t end = offset + size;

	if (end > fs->g.size_most)
		return ERR_RANGE;
	TRY(open_for_change(fs, id, &n));
	TRY(grow_to(fs, n, end, offset > n->reach ? offset : n->reach));
	estate_save(n, sizeof(*n));
	if (offset > n->reach)
		pass_zeros(n, offset);
	n->size = end > n->size ? end : n->size;
	n->reach = end > n->reach ? end : n->reach;
	n->zeroed = n->reach > n->zeroed ? n->reach : n->zeroed;
	return node_store(fs, n, time_current(fs));
}

static void forget_behind(struct node *n, uint64_t size)
{
	uint64_t pages = (size + PAGE - 1) / PAGE;

	n->size = size;
	n->reach = n->reach < size ? n->reach : size;
	n->zeroed = n->reach;
	n->valid = n->valid < size ? n->valid : size;
	n->tail = n->tail < size ? n->tail : 0;
	for (uint64_t bit = 0; bit < FAT_NOTED; bit++) {
		if (n->valid / PAGE + bit >= pages)
			n->written[bit / 64] &= ~((uint64_t)1 << bit % 64);
	}
}

/* The node's saved. */
static status_t cut_clusters(struct fat *fs, struct node *n, uint32_t needed)
{
	uint32_t last = 0;

	if (needed == 0) {
		chain_free(fs, n->chain);
		n->chain = (struct chain){0};
	} else if (n->chain.run > 0) {
		last = n->chain.start + needed - 1;
		chain_free(fs, (struct chain){last + 1, n->chain.run - needed});
		n->chain.run = needed;
	} else {
		TRY(chain_at(fs, n->chain, needed - 1, &last));
		TRY(chain_cut(fs, last));
	}
	n->clusters = needed;
	n->last = last;
	n->linked = 0;
	return OK;
}

static status_t shorten(struct fat *fs, struct node *n, uint64_t size)
{
	uint32_t needed = clusters_for(fs, size);

	estate_save(n, sizeof(*n));
	if (needed < n->clusters)
		TRY(cut_clusters(fs, n, needed));
	forget_behind(n, size);
	advance(n);
	return OK;
}

/* The end is in a page that was written as a whole, perhaps: it is so still. */
status_t file_set_size(struct fat *fs, uint64_t id, uint64_t size)
{
	bool has_holes = fs->variant->has_holes;
	struct node *n;

	if (size > fs->g.size_most)
		return ERR_RANGE;
	TRY(open_for_change(fs, id, &n));
	if (size < n->size) {
		TRY(shorten(fs, n, size));
	} else if (size > n->size) {
		TRY(grow_to(fs, n, size, has_holes ? n->reach : size));
		estate_save(n, sizeof(*n));
		n->size = size;
		if (!has_holes)
			pass_zeros(n, size);
	}
	return node_store(fs, n, time_current(fs));
}
