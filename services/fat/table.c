// SPDX-License-Identifier: MIT OR Apache-2.0
/* The table of clusters: see table.h. */
#include "table.h"

#define PIECE_12  3072u /* whole entries, and whole sectors of 512 bytes */
#define FREE_MOST 200u  /* clusters, in one transaction */
#define WIDE_END  0xffffffffu

/* --- entries -----------------------------------------------------------------------------------
 */

uint32_t table_piece_bytes(const struct geometry *g)
{
	return g->bits == 12 ? PIECE_12 : CHUNK;
}

uint32_t table_piece_entries(const struct geometry *g)
{
	return table_piece_bytes(g) * 8 / g->bits;
}

static uint32_t load(const uint8_t *at, unsigned bytes)
{
	uint32_t value = 0;

	for (unsigned i = bytes; i-- > 0;)
		value = value << 8 | at[i];
	return value;
}

static void store(uint8_t *at, unsigned bytes, uint32_t value)
{
	for (unsigned i = 0; i < bytes; i++, value >>= 8)
		at[i] = (uint8_t)value;
}

static uint32_t widened(uint32_t value, uint32_t bad)
{
	if (value == bad)
		return CLUSTER_BAD;
	return value > bad ? CLUSTER_END : value;
}

/* Volumes with more clusters than FAT32 can have are refused. */
static uint32_t narrowed(uint32_t value)
{
	if (value == WIDE_END)
		return CLUSTER_END;
	return value < CLUSTER_BAD ? value : CLUSTER_BAD;
}

static uint32_t wide(uint32_t value)
{
	return value >= CLUSTER_BAD ? value | ~CLUSTER_MASK : value;
}

uint32_t table_peek(const struct geometry *g, const uint8_t *piece, uint32_t index)
{
	uint32_t value;
	uint32_t pair;

	switch (g->bits) {
	case 12:
		pair = load(piece + index * 3 / 2, 2);
		return widened(index % 2 != 0 ? pair >> 4 : pair & 0xfff, 0xff7);
	case 16:
		return widened(load(piece + index * 2, 2), 0xfff7);
	default:
		value = load(piece + index * 4, 4);
		return g->is_wide ? narrowed(value) : widened(value & CLUSTER_MASK, CLUSTER_BAD);
	}
}

void table_poke(const struct geometry *g, uint8_t *piece, uint32_t index, uint32_t value)
{
	uint8_t *at = piece + index * g->bits / 8;
	uint32_t old;

	switch (g->bits) {
	case 12:
		old = load(at, 2);
		value &= 0xfff;
		store(at, 2, index % 2 != 0 ? (old & 0xf) | value << 4 : (old & 0xf000) | value);
		break;
	case 16:
		store(at, 2, value & 0xffff);
		break;
	default:
		store(at, 4,
			g->is_wide ? wide(value)
				   : (load(at, 4) & ~CLUSTER_MASK) | (value & CLUSTER_MASK));
		break;
	}
}

/* Half of such an entry could be written without the other: no cluster is taken that has one. */
bool cluster_is_takable(const struct geometry *g, uint32_t cluster)
{
	return g->bits != 12 || cluster * 3 / 2 % SECTOR_LEAST != SECTOR_LEAST - 1;
}

static status_t piece_of(struct fat *fs, uint32_t cluster, struct buffer **buffer, uint32_t *index)
{
	uint32_t entries = table_piece_entries(&fs->g);
	uint64_t at = (uint64_t)(cluster / entries) * table_piece_bytes(&fs->g);
	uint64_t left = fs->g.table_size - at;
	uint32_t size = table_piece_bytes(&fs->g);

	*index = cluster % entries;
	return fat_buffer_get(fs, fs->g.table_offsets[0] + at, left < size ? (uint32_t)left : size,
		BUFFER_TABLE, buffer);
}

status_t table_get(struct fat *fs, uint32_t cluster, uint32_t *value)
{
	struct buffer *b;
	uint32_t index;

	TRY(piece_of(fs, cluster, &b, &index));
	*value = table_peek(&fs->g, bytes_of(fs, b), index);
	return OK;
}

status_t table_get_old(struct fat *fs, uint32_t cluster, uint32_t *value)
{
	struct buffer *b;
	uint32_t index;

	TRY(piece_of(fs, cluster, &b, &index));
	*value = table_peek(&fs->g, b->shadow != 0 ? shadow_of(fs, b) : bytes_of(fs, b), index);
	return OK;
}

static void *entry_of(const struct fat *fs, uint8_t *piece, uint32_t index)
{
	return piece + index * fs->g.bits / 8;
}

static size_t entry_bytes(const struct fat *fs)
{
	return fs->g.bits == 32 ? 4 : 2;
}

status_t table_set(struct fat *fs, uint32_t cluster, uint32_t value)
{
	struct buffer *b;
	uint32_t index;

	TRY(piece_of(fs, cluster, &b, &index));
	fat_buffer_change(fs, b, entry_of(fs, bytes_of(fs, b), index), entry_bytes(fs));
	table_poke(&fs->g, bytes_of(fs, b), index, value);
	return OK;
}

status_t table_set_new(struct fat *fs, uint32_t cluster, uint32_t value)
{
	struct buffer *b;
	uint32_t index;

	TRY(table_set(fs, cluster, value));
	TRY(piece_of(fs, cluster, &b, &index));
	if (table_peek(&fs->g, shadow_of(fs, b), index) == CLUSTER_FREE)
		return OK;
	estate_save(entry_of(fs, shadow_of(fs, b), index), entry_bytes(fs));
	table_poke(&fs->g, shadow_of(fs, b), index, CLUSTER_FREE);
	return OK;
}

/* --- chains ------------------------------------------------------------------------------------
 */

status_t chain_next(struct fat *fs, uint32_t cluster, uint32_t *next)
{
	if (!cluster_is_sound(fs, cluster))
		return fat_corrupt(fs, "no such cluster", cluster);
	TRY(table_get(fs, cluster, next));
	if (*next == CLUSTER_END)
		*next = 0;
	else if (!cluster_is_sound(fs, *next))
		return fat_corrupt(fs, "a chain goes on to no cluster", cluster);
	return OK;
}

status_t chain_step(struct fat *fs, struct chain chain, uint32_t cluster, uint32_t *next)
{
	if (chain.run == 0)
		return chain_next(fs, cluster, next);
	*next = cluster + 1 < chain.start + chain.run ? cluster + 1 : 0;
	return OK;
}

static struct mark *mark_of(struct fat *fs, uint32_t start, uint32_t stride)
{
	return &fs->marks[(start * 31 + stride) % MARKS];
}

/* The nearest place before `index` that is known. */
static uint32_t begin_at(struct fat *fs, uint32_t start, uint32_t index, uint32_t *at)
{
	for (uint32_t back = 0; back < 4 && back <= index / MARK_STRIDE; back++) {
		uint32_t stride = index / MARK_STRIDE - back;
		const struct mark *m = mark_of(fs, start, stride);

		if (m->start != start || m->index != stride || m->cuts != fs->cuts || stride == 0)
			continue;
		*at = stride * MARK_STRIDE;
		return m->cluster;
	}
	*at = 0;
	return start;
}

static status_t walk_to(struct fat *fs, uint32_t start, uint32_t index, uint32_t *cluster)
{
	uint32_t at;

	*cluster = begin_at(fs, start, index, &at);
	if (index >= fs->g.clusters)
		*cluster = 0;
	while (at < index && *cluster != 0) {
		TRY(chain_next(fs, *cluster, cluster));
		if (++at % MARK_STRIDE == 0 && *cluster != 0)
			*mark_of(fs, start, at / MARK_STRIDE) =
				(struct mark){start, at / MARK_STRIDE, *cluster, fs->cuts};
	}
	return OK;
}

status_t chain_at(struct fat *fs, struct chain chain, uint32_t index, uint32_t *cluster)
{
	if (!cluster_is_sound(fs, chain.start))
		return fat_corrupt(fs, "no such cluster", chain.start);
	if (chain.run == 0)
		return walk_to(fs, chain.start, index, cluster);
	*cluster = index < chain.run ? chain.start + index : 0;
	return OK;
}

/* A long one is not read all at once: it goes on where it was. */
static status_t measure(struct fat *fs, uint32_t start, uint32_t *count, uint32_t *last)
{
	struct mark *m = &fs->measured;

	if (m->start != start || m->cuts != fs->cuts)
		*m = (struct mark){start, 0, start, fs->cuts};
	for (;;) {
		uint32_t next = 0;

		if (m->index == fs->g.clusters)
			return fat_corrupt(fs, "a chain has no end", start);
		TRY(chain_next(fs, m->cluster, &next));
		if (next == 0)
			break;
		m->index++;
		m->cluster = next;
	}
	*count = m->index + 1;
	*last = m->cluster;
	m->start = 0;
	return OK;
}

status_t chain_measure(struct fat *fs, struct chain chain, uint32_t *count, uint32_t *last)
{
	*count = chain.run;
	*last = chain.run > 0 ? chain.start + chain.run - 1 : 0;
	return chain.run > 0 || chain.start == 0 ? OK : measure(fs, chain.start, count, last);
}

/* --- taking ------------------------------------------------------------------------------------
 */

static status_t is_usable(struct fat *fs, uint32_t cluster, bool *usable)
{
	uint32_t value;
	uint32_t old;

	*usable = false;
	if (!cluster_is_takable(&fs->g, cluster))
		return OK;
	TRY(table_get(fs, cluster, &value));
	if (value != CLUSTER_FREE)
		return OK;
	TRY(table_get_old(fs, cluster, &old));
	*usable = old == CLUSTER_FREE;
	return OK;
}

status_t table_find_usable(struct fat *fs, uint32_t *at, uint32_t end, bool *is_found)
{
	for (*is_found = false; *at < end; ++*at) {
		TRY(is_usable(fs, *at, is_found));
		if (*is_found)
			return OK;
	}
	return OK;
}

/* From `from` round to it; 0: there is none. Goes on where it was when something was missing: an
 * operation that is made again does not need all that it looked through at once. What becomes free
 * behind it meanwhile is found the next time. */
static status_t find_usable(struct fat *fs, uint32_t from, uint32_t *cluster)
{
	struct search *s = &fs->search;

	*cluster = 0;
	from = cluster_is_sound(fs, from) ? from : CLUSTER_FIRST;
	if (s->left == 0 || s->from != from)
		*s = (struct search){from, from, fs->g.clusters - CLUSTER_FIRST};
	while (s->left > 0) {
		uint32_t begin = s->at;
		uint32_t room = fs->g.clusters - begin;
		bool is_found;
		status_t status = fs->variant->find_usable(
			fs, &s->at, begin + (s->left < room ? s->left : room), &is_found);

		s->left -= s->at - begin;
		if (status == OK && is_found)
			*cluster = s->at;
		if (status != OK || is_found)
			return status;
		if (s->at == fs->g.clusters)
			s->at = CLUSTER_FIRST;
	}
	return OK;
}

/* What is freed in this round cannot be used before it has ended. */
static status_t no_space(struct fat *fs)
{
	if (fs->loose_count == 0 && fs->free_clusters == 0)
		return ERR_NO_SPACE;
	fs->commit.is_wanted = true;
	return FILE_LATER;
}

/* A link that is to be cut in this round cannot become another one. */
static status_t check_last(struct fat *fs, uint32_t last)
{
	uint32_t old;

	TRY(table_get_old(fs, last, &old));
	if (old == CLUSTER_FREE || old == CLUSTER_END)
		return OK;
	fs->commit.is_wanted = true;
	return FILE_LATER;
}

status_t chain_prepare(struct fat *fs)
{
	uint32_t cluster = 0;

	TRY(find_usable(fs, fs->next_free, &cluster));
	return cluster != 0 ? OK : no_space(fs);
}

status_t cluster_take(struct fat *fs, uint32_t last, uint32_t *cluster)
{
	*cluster = 0;
	TRY(find_usable(fs, last != 0 ? last + 1 : fs->next_free, cluster));
	if (*cluster == 0)
		return no_space(fs);
	TRY(fat_buffers_drop(fs, cluster_offset(fs, *cluster), fs->g.cluster_size));
	TRY(fs->variant->set_taken(fs, *cluster, true));
	ESTATE_SET(fs->free_clusters, fs->free_clusters - 1);
	ESTATE_SET(fs->next_free, *cluster + 1);
	return OK;
}

status_t chain_attach(struct fat *fs, uint32_t last, uint32_t cluster)
{
	if (last != 0)
		TRY(check_last(fs, last));
	TRY(table_set_new(fs, cluster, CLUSTER_END));
	return last != 0 ? table_set(fs, last, cluster) : OK;
}

status_t chain_grow(struct fat *fs, uint32_t last, uint32_t *cluster)
{
	TRY(cluster_take(fs, last, cluster));
	return chain_attach(fs, last, *cluster);
}

status_t chain_link(struct fat *fs, struct chain run, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++) {
		uint32_t cluster = run.start + i;

		TRY(table_set_new(fs, cluster, i + 1 < run.run ? cluster + 1 : CLUSTER_END));
	}
	return OK;
}

status_t chain_touch(struct fat *fs, struct chain chain, uint32_t last)
{
	uint32_t step = table_piece_entries(&fs->g);
	uint32_t value;

	for (uint32_t i = 0; i < chain.run && i < LINK_STEP; i += step)
		TRY(table_get(fs, chain.start + i, &value));
	return table_get(fs, last, &value);
}

/* --- freeing -----------------------------------------------------------------------------------
 */

void chain_free(struct fat *fs, struct chain chain)
{
	ASSERT(fs->loose_count < LOOSE_MOST);
	fs->cuts++;
	estate_save(&fs->loose[fs->loose_count], sizeof(chain));
	fs->loose[fs->loose_count] = chain;
	ESTATE_SET(fs->loose_count, fs->loose_count + 1);
}

status_t chain_cut(struct fat *fs, uint32_t last)
{
	uint32_t next = 0;

	TRY(chain_next(fs, last, &next));
	if (next == 0)
		return OK;
	TRY(table_set(fs, last, CLUSTER_END));
	chain_free(fs, (struct chain){.start = next});
	return OK;
}

/* A chain ends where the table says that it is free; of a run only the map can say that. */
static status_t check_taken(struct fat *fs, uint32_t cluster)
{
	bool is_taken = true;

	if (fs->variant->is_taken != nullptr)
		TRY(fs->variant->is_taken(fs, cluster, &is_taken));
	return is_taken ? OK : fat_corrupt(fs, "a cluster was in two files", cluster);
}

/* The first of a chain; what is left of it (0: nothing). */
static status_t free_first(struct fat *fs, struct chain *chain)
{
	uint32_t cluster = chain->start;
	uint32_t next = 0;

	TRY(check_taken(fs, cluster));
	TRY(chain_step(fs, *chain, cluster, &next));
	TRY(fs->variant->set_taken(fs, cluster, false));
	if (chain->run == 0)
		TRY(table_set(fs, cluster, CLUSTER_FREE)); /* it is there */
	if (cluster_is_takable(&fs->g, cluster))
		ESTATE_SET(fs->free_clusters, fs->free_clusters + 1);
	*chain = (struct chain){next, chain->run > 0 ? chain->run - 1 : 0};
	return OK;
}

/* The chain's rest is in its place then. */
static status_t free_some(struct fat *fs, struct chain *rest)
{
	struct chain chain = *rest;
	status_t status = OK;

	for (unsigned i = 0; status == OK && chain.start != 0 && i < FREE_MOST; i++) {
		if (fs->cache.changed + 2 >= SHADOWS)
			break; /* the next step */
		status = free_first(fs, &chain);
	}
	if (status == FILE_LATER && chain.start != rest->start)
		status = OK; /* so far */
	estate_save(rest, sizeof(*rest));
	*rest = chain;
	return status;
}

bool chains_work(struct fat *fs)
{
	uint32_t last = fs->loose_count - 1;
	status_t status;

	if (fs->loose_count == 0 || fs->read_only || fs->commit.failed ||
		fs->commit.phase != COMMIT_IDLE)
		return false;
	if (fs->cache.changed + 3 >= SHADOWS) {
		fs->commit.is_wanted = true;
		return true;
	}
	fs->cuts++;
	status = free_some(fs, &fs->loose[last]);
	if (status == FILE_LATER) {
		estate_rollback();
		return false;
	}
	if (status != OK || fs->loose[last].start == 0)
		ESTATE_SET(fs->loose_count, last);
	estate_commit();
	return true;
}
