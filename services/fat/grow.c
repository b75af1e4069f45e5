// SPDX-License-Identifier: MIT OR Apache-2.0
/* Growing files: see grow.h. */
#include "grow.h"

#include "node.h"
#include "table.h"

#define STEP     16u /* clusters that one operation takes */
#define PATIENCE 64u /* questions of others */

static status_t take_clusters(struct fat *fs, struct node *n, uint32_t count)
{
	estate_save(n, sizeof(*n));
	for (; count > 0; count--) {
		uint32_t cluster;

		TRY(chain_grow(fs, n->last, &cluster));
		n->start = n->last == 0 ? cluster : n->start;
		n->last = cluster;
		n->clusters++;
	}
	return OK;
}

static bool needs_zeros(const struct node *n, uint64_t zeros)
{
	return zeros > n->size && zeros > n->zeroed;
}

/* How it ended waits for who wanted it, but not for ever. */
static bool is_anothers(struct growth *g, uint64_t id)
{
	if (g->status == OK || g->wanted == id || g->ignored++ >= PATIENCE)
		return false;
	return true;
}

/* The one that is asked for last comes first; others ask again. */
static status_t later(struct fat *fs, const struct node *n, uint64_t size, uint64_t zeros)
{
	struct growth *g = &fs->growth;
	status_t status = g->status;

	if (is_anothers(g, n->id))
		return FILE_LATER;
	g->status = OK;
	g->ignored = 0;
	if (status != OK && g->wanted == n->id) {
		g->wanted = 0;
		return status;
	}
	g->wanted = n->id;
	g->wanted_size = size;
	g->wanted_zeros = zeros;
	return FILE_LATER;
}

/* Zeros come behind what is written: a file with a gap has all before it on the device. */
static status_t check_gap(const struct fat *fs, const struct node *n)
{
	if (n->valid == n->size)
		return OK;
	TRY(fs->environment->clean(fs->environment->self, n->id));
	return ERR_IO; /* something was not written, and given up */
}

status_t grow_to(struct fat *fs, struct node *n, uint64_t size, uint64_t zeros)
{
	uint32_t needed = clusters_for(fs, size);
	uint32_t missing = needed > n->clusters ? needed - n->clusters : 0;

	if (missing > fs->free_clusters)
		return ERR_NO_SPACE;
	if (zeros > n->size)
		TRY(check_gap(fs, n));
	if (missing > STEP || needs_zeros(n, zeros))
		return later(fs, n, size, zeros);
	return take_clusters(fs, n, missing);
}

bool grow_is_busy(const struct fat *fs, uint64_t id)
{
	return fs->growth.is_under_way && fs->growth.node == id;
}

/* --- zeros -------------------------------------------------------------------------------------
 */

static void start(struct fat *fs)
{
	struct growth *g = &fs->growth;
	struct engine_io io = {
		.id = (uint64_t)IO_ZERO << IO_OWNER_SHIFT | g->io_count,
		.offset = g->offset,
		.bytes = fs->zeros,
		.size = g->size,
		.kind = ENGINE_WRITE,
	};

	g->is_started = fs->environment->start(fs->environment->self, &io);
}

static uint64_t whole_sectors(const struct fat *fs, uint64_t size)
{
	return (size + fs->g.sector_size - 1) / fs->g.sector_size * fs->g.sector_size;
}

/* A sector in which a file ends has zeros behind the end: it was written so, or will be. */
static status_t begin_zeros(struct fat *fs, struct node *n, uint64_t end)
{
	struct growth *g = &fs->growth;
	uint64_t from = whole_sectors(fs, n->zeroed > n->size ? n->zeroed : n->size);
	uint64_t in_cluster = from & (fs->g.cluster_size - 1);
	uint64_t size = whole_sectors(fs, end) - from;
	uint32_t cluster;

	if (from >= end) {
		ESTATE_SET(n->zeroed, end);
		return OK;
	}
	TRY(chain_at(fs, n->start, (uint32_t)(from >> fs->g.cluster_shift), &cluster));
	if (cluster == 0)
		return fat_corrupt(fs, "a chain is too short", n->start);
	if (size > fs->g.cluster_size - in_cluster)
		size = fs->g.cluster_size - in_cluster;
	estate_save(g, sizeof(*g));
	g->is_under_way = true;
	g->io_count++;
	g->node = n->id;
	g->from = from;
	g->offset = cluster_offset(fs, cluster) + in_cluster;
	g->size = (uint32_t)size;
	return OK;
}

/* --- steps -------------------------------------------------------------------------------------
 */

static status_t step(struct fat *fs)
{
	struct growth *g = &fs->growth;
	struct node *n = node_find(fs, g->wanted);
	uint32_t needed = clusters_for(fs, g->wanted_size);

	if (n == nullptr) {
		g->wanted = 0;
		return OK;
	}
	TRY(change_begin(fs));
	TRY(node_measure(fs, n));
	if (n->clusters < needed)
		return take_clusters(
			fs, n, needed - n->clusters < STEP ? needed - n->clusters : STEP);
	if (needs_zeros(n, g->wanted_zeros))
		return begin_zeros(fs, n, g->wanted_zeros);
	g->wanted = 0;
	return OK;
}

bool grow_work(struct fat *fs)
{
	struct growth *g = &fs->growth;
	status_t status;

	if (g->is_under_way && !g->is_started)
		start(fs);
	if (g->is_under_way || g->wanted == 0 || g->status != OK)
		return false;
	status = step(fs);
	if (status != OK) {
		estate_rollback();
		if (status != FILE_LATER)
			g->status = status;
		return status != FILE_LATER;
	}
	estate_commit();
	g->is_started = false;
	if (g->is_under_way)
		start(fs);
	return !g->is_under_way;
}

void grow_resume(struct fat *fs)
{
	fs->growth.wanted = 0;
	fs->growth.status = OK;
	fs->growth.is_started = false;
	if (fs->growth.is_under_way)
		start(fs);
}

void grow_io_done(struct fat *fs, uint64_t id, status_t status)
{
	struct growth *g = &fs->growth;
	struct node *n = node_find(fs, g->node);

	if (!g->is_under_way || (uint32_t)id != g->io_count)
		return;
	ESTATE_SET(g->is_under_way, false);
	if (status == OK && n != nullptr)
		ESTATE_SET(n->zeroed, g->from + g->size);
	else if (status != OK)
		g->status = status;
	estate_commit();
}
