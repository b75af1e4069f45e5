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

		TRY(cluster_take(fs, n->last, &cluster));
		TRY(node_append(fs, n, cluster));
	}
	return OK;
}

static bool needs_zeros(const struct node *n, uint64_t zeros)
{
	return zeros > n->reach && zeros > n->zeroed;
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
	if (g->wanted != n->id)
		g->is_stuck = false;
	g->wanted = n->id;
	g->wanted_size = size;
	g->wanted_zeros = zeros;
	g->is_alone = n->reach < n->size && needs_zeros(n, zeros);
	return FILE_LATER;
}

/* Zeros come behind what is written: a file with a gap has all before it on the device. */
static status_t check_gap(const struct fat *fs, const struct node *n)
{
	if (n->valid == n->reach && n->reach == n->size)
		return OK;
	TRY(fs->environment->clean(fs->environment->self, n->id));
	return n->valid == n->reach ? OK : ERR_IO; /* something was not written, and given up */
}

status_t grow_to(struct fat *fs, struct node *n, uint64_t size, uint64_t zeros)
{
	uint32_t needed = clusters_for(fs, size);
	uint32_t missing = needed > n->clusters ? needed - n->clusters : 0;
	status_t status;

	if (missing > fs->free_clusters)
		return ERR_NO_SPACE;
	if (zeros > n->reach)
		TRY(check_gap(fs, n));
	if (missing > STEP || needs_zeros(n, zeros))
		return later(fs, n, size, zeros);
	status = take_clusters(fs, n, missing);
	return status == ERR_NO_SPACE && n->chain.run > 0 ? later(fs, n, size, zeros) : status;
}

/* Pages are written whole, up to the file's size: none of one that gets zeros before that is
 * written meanwhile. */
bool grow_is_busy(const struct fat *fs, uint64_t id)
{
	const struct growth *g = &fs->growth;

	return (g->is_under_way && g->node == id) ||
	       (g->is_alone && g->wanted == id && g->status == OK);
}

/* --- zeros -------------------------------------------------------------------------------------
 */

static void start(struct fat *fs)
{
	struct growth *g = &fs->growth;
	struct engine_io io = {
		.id = (uint64_t)IO_ZERO << IO_OWNER_SHIFT | g->io_count,
		.offset = g->offset,
		.bytes = g->is_tail ? fs->stage : fs->zeros,
		.size = g->size,
		.kind = ENGINE_WRITE,
	};

	g->is_started = fs->environment->start(fs->environment->self, &io);
}

static uint64_t whole_sectors(const struct fat *fs, uint64_t size)
{
	return (size + fs->g.sector_size - 1) / fs->g.sector_size * fs->g.sector_size;
}

/* What another system left behind the end of what is written, in its last sector. */
static status_t begin_tail(struct fat *fs, struct node *n)
{
	struct growth *g = &fs->growth;
	uint32_t rest = (uint32_t)(n->valid & (fs->g.sector_size - 1));
	uint64_t from = n->valid - rest;
	uint32_t cluster;
	struct buffer *b;

	TRY(chain_at(fs, n->chain, (uint32_t)(from >> fs->g.cluster_shift), &cluster));
	if (cluster == 0)
		return fat_corrupt(fs, "a chain is too short", n->chain.start);
	estate_save(g, sizeof(*g));
	g->offset = cluster_offset(fs, cluster) + (from & (fs->g.cluster_size - 1));
	TRY(fat_buffer_get(fs, g->offset, fs->g.sector_size, BUFFER_DIRECTORY, &b));
	memcpy(fs->stage, bytes_of(fs, b), rest);
	memset(fs->stage + rest, 0, fs->g.sector_size - rest);
	TRY(fat_buffers_drop(fs, g->offset, fs->g.sector_size));
	g->is_under_way = true;
	g->is_tail = true;
	g->io_count++;
	g->node = n->id;
	g->from = from;
	g->size = fs->g.sector_size;
	return OK;
}

/* A sector in which a file ends has zeros behind the end: it was written so, or will be. */
static status_t begin_zeros(struct fat *fs, struct node *n, uint64_t end)
{
	struct growth *g = &fs->growth;
	uint64_t from = whole_sectors(fs, n->zeroed > n->reach ? n->zeroed : n->reach);
	uint64_t in_cluster = from & (fs->g.cluster_size - 1);
	uint64_t size = whole_sectors(fs, end) - from;
	uint32_t cluster;

	if (from >= end) {
		ESTATE_SET(n->zeroed, end);
		return OK;
	}
	TRY(chain_at(fs, n->chain, (uint32_t)(from >> fs->g.cluster_shift), &cluster));
	if (cluster == 0)
		return fat_corrupt(fs, "a chain is too short", n->chain.start);
	if (size > STAGE_SIZE)
		size = STAGE_SIZE;
	if (size > fs->g.cluster_size - in_cluster)
		size = fs->g.cluster_size - in_cluster;
	estate_save(g, sizeof(*g));
	g->is_under_way = true;
	g->is_tail = false;
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
	if (n->clusters < needed && g->is_stuck && n->chain.run > 0)
		return node_link(fs, n);
	if (n->clusters < needed)
		return take_clusters(
			fs, n, needed - n->clusters < STEP ? needed - n->clusters : STEP);
	if (n->is_ragged && needs_zeros(n, g->wanted_zeros))
		return begin_tail(fs, n);
	if (needs_zeros(n, g->wanted_zeros))
		return begin_zeros(fs, n, g->wanted_zeros);
	g->wanted = 0;
	return OK;
}

/* A long run that cannot go on becomes a chain first, in several steps. */
static bool begin_link(struct fat *fs)
{
	const struct node *n = node_find(fs, fs->growth.wanted);

	if (fs->growth.is_stuck || n == nullptr || n->chain.run == 0)
		return false;
	fs->growth.is_stuck = true;
	return true;
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
		if (status == ERR_NO_SPACE && begin_link(fs))
			return true;
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
	fs->growth.is_stuck = false;
	fs->growth.is_alone = false;
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
	if (status == OK && n != nullptr && g->is_tail)
		ESTATE_SET(n->is_ragged, false);
	else if (status == OK && n != nullptr)
		ESTATE_SET(n->zeroed, g->from + g->size);
	else if (status != OK)
		g->status = status;
	estate_commit();
}
