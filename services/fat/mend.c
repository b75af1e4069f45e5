// SPDX-License-Identifier: MIT OR Apache-2.0
/* Mending: see mend.h. */
#include "mend.h"

#include "buffer.h"
#include "table.h"

bool mend_has_seen(const struct fat *fs, uint32_t cluster)
{
	return (fs->map[cluster / 8] >> cluster % 8 & 1) != 0;
}

static void note_seen(struct fat *fs, uint32_t cluster)
{
	fs->map[cluster / 8] |= (uint8_t)(1u << cluster % 8);
}

/* --- chains ------------------------------------------------------------------------------------
 */

void mend_walk(
	struct fat *fs, struct chain chain, uint32_t needed, uint64_t place, bool is_directory)
{
	struct mend *m = &fs->mend;

	m->is_walking = true;
	m->is_directory = is_directory;
	m->chain = chain;
	m->cluster = chain.start;
	m->count = 0;
	m->needed = needed;
	m->place = place;
}

static status_t set_end(struct fat *fs, uint32_t cluster)
{
	TRY(change_begin(fs));
	return table_set(fs, cluster, CLUSTER_END);
}

/* The chain ends here, whatever the table says; `count` clusters with this one. */
static status_t end_walk(struct fat *fs, uint32_t value, uint32_t count)
{
	struct mend *m = &fs->mend;

	if (value != CLUSTER_END && value != CLUSTER_FREE && !cluster_is_link(value))
		return fat_corrupt(fs, "a chain goes on to no cluster", m->cluster);
	if (value != CLUSTER_END)
		TRY(set_end(fs, m->cluster));
	if (count < m->needed)
		TRY(fs->variant->shrink(fs, m->place, (uint64_t)count << fs->g.cluster_shift));
	return OK;
}

status_t mend_enter(struct fat *fs)
{
	struct mend *m = &fs->mend;
	uint32_t parent = m->depth > 0 ? m->stack[m->depth - 1].chain.start : 0;

	if (m->depth == DEPTH_MOST)
		return fat_corrupt(fs, "directories are too deep to be checked", m->chain.start);
	m->stack[m->depth].chain = m->chain;
	m->stack[m->depth].index = 0;
	m->stack[m->depth].end = 0;
	m->stack[m->depth].secondaries = 0;
	m->stack[m->depth].parent = parent == fs->g.root_cluster ? 0 : parent;
	m->depth++;
	m->has_long = false;
	return OK;
}

/* What a cluster's entry in the table says, or would say of one of a run. */
static status_t value_of(struct fat *fs, uint32_t *value)
{
	const struct mend *m = &fs->mend;

	if (m->chain.run == 0)
		return table_get(fs, m->cluster, value);
	*value = m->count + 1 < m->chain.run ? m->cluster + 1 : CLUSTER_END;
	return OK;
}

/* One cluster of the chain that is being followed. */
static status_t walk_one(struct fat *fs)
{
	struct mend *m = &fs->mend;
	uint32_t value;
	bool is_last;

	if (!cluster_is_sound(fs, m->cluster))
		return fat_corrupt(fs, "no such cluster", m->cluster);
	if (mend_has_seen(fs, m->cluster))
		return fat_corrupt(fs, "two files have a cluster", m->cluster);
	TRY(value_of(fs, &value));
	is_last = m->count + 1 == m->needed || !cluster_is_link(value);
	if (is_last)
		TRY(end_walk(fs, value, m->count + 1));
	note_seen(fs, m->cluster);
	m->count++;
	m->cluster = value;
	if (!is_last)
		return OK;
	m->is_walking = false;
	return m->is_directory ? mend_enter(fs) : OK;
}

/* --- all of it ---------------------------------------------------------------------------------
 */

bool mend_begin(struct fat *fs)
{
	if (fs->g.clusters > (uint64_t)fs->map_size * 8)
		return false;
	memset(fs->map, 0, fs->map_size);
	fs->mend = (struct mend){.lost = CLUSTER_FIRST};
	if (fs->g.root_cluster == 0)
		return mend_enter(fs) == OK;
	mend_walk(fs, (struct chain){.start = fs->g.root_cluster}, 0, 0, true);
	return true;
}

/* What was noted of a step that could not be done to its end is put back, too. */
static status_t step(struct fat *fs)
{
	struct mend before = fs->mend;
	status_t status = before.is_walking ? walk_one(fs) : fs->variant->mend_entry(fs);

	if (status == OK) {
		estate_commit();
		return OK;
	}
	estate_rollback();
	fs->mend = before;
	return status;
}

status_t mend_tree(struct fat *fs)
{
	while (fs->mend.is_walking || fs->mend.depth > 0)
		TRY(step(fs));
	fs->mend.count = 0;
	return OK;
}

static status_t look_at(struct fat *fs, uint32_t cluster)
{
	bool is_free;

	TRY(fs->variant->mend_cluster(fs, cluster, mend_has_seen(fs, cluster), &is_free));
	if (is_free && cluster_is_takable(&fs->g, cluster))
		fs->mend.count++;
	return OK;
}

status_t mend_lost(struct fat *fs)
{
	struct mend *m = &fs->mend;

	for (; m->lost < fs->g.clusters; m->lost++) {
		status_t status = look_at(fs, m->lost);

		if (status != OK) {
			estate_rollback();
			return status;
		}
		estate_commit();
	}
	ESTATE_SET(fs->free_clusters, m->count);
	estate_commit();
	return OK;
}
