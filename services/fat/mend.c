// SPDX-License-Identifier: MIT OR Apache-2.0
/* Mending: see mend.h. */
#include "mend.h"

#include "directory.h"
#include "table.h"

#define WALK_STEP    1024u /* clusters */
#define REPAIRS_MOST 64u   /* in one transaction */

static bool is_seen(const struct fat *fs, uint32_t cluster)
{
	return (fs->map[cluster / 8] >> cluster % 8 & 1) != 0;
}

static void note_seen(struct fat *fs, uint32_t cluster)
{
	fs->map[cluster / 8] |= (uint8_t)(1u << cluster % 8);
}

/* --- chains ------------------------------------------------------------------------------------
 */

static void begin_walk(struct fat *fs, uint32_t start, uint32_t needed, uint64_t place)
{
	struct mend *m = &fs->mend;

	m->is_walking = true;
	m->start = start;
	m->cluster = start;
	m->count = 0;
	m->needed = needed;
	m->place = place;
}

static status_t set_end(struct fat *fs, uint32_t cluster)
{
	TRY(change_begin(fs));
	return table_set(fs, cluster, CLUSTER_END);
}

static status_t set_size(struct fat *fs, uint64_t place, uint32_t size)
{
	struct buffer *b;
	struct dirent *entry;

	TRY(change_begin(fs));
	TRY(entry_at(fs, place, &b, &entry));
	fat_buffer_change(fs, b, entry, ENTRY_SIZE);
	entry->size = size;
	return OK;
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
		TRY(set_size(fs, m->place, count << fs->g.cluster_shift));
	return OK;
}

static status_t push(struct fat *fs)
{
	struct mend *m = &fs->mend;
	uint32_t parent = m->depth > 0 ? m->stack[m->depth - 1].start : 0;

	if (m->depth == DEPTH_MOST)
		return fat_corrupt(fs, "directories are too deep to be checked", m->start);
	m->stack[m->depth].start = m->start;
	m->stack[m->depth].index = 0;
	m->stack[m->depth].end = 0;
	m->stack[m->depth].parent = (uint32_t)fat_directory_node(fs, parent);
	m->depth++;
	m->has_long = false;
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
	if (is_seen(fs, m->cluster))
		return fat_corrupt(fs, "two files have a cluster", m->cluster);
	TRY(table_get(fs, m->cluster, &value));
	is_last = m->count + 1 == m->needed || !cluster_is_link(value);
	if (is_last)
		TRY(end_walk(fs, value, m->count + 1));
	note_seen(fs, m->cluster);
	m->count++;
	m->cluster = value;
	if (!is_last)
		return OK;
	m->is_walking = false;
	return m->needed == 0 ? push(fs) : OK;
}

/* --- entries -----------------------------------------------------------------------------------
 */

static status_t remove_entries(struct fat *fs, uint32_t first, uint32_t last)
{
	const struct mend *m = &fs->mend;

	TRY(change_begin(fs));
	return fat_directory_remove(fs, m->stack[m->depth - 1].start, first, last);
}

/* Pieces of a long name that no entry follows; `index` is behind them. */
static status_t drop_pieces(struct fat *fs, uint32_t index)
{
	struct mend *m = &fs->mend;

	if (m->has_long)
		TRY(remove_entries(fs, m->long_first, index - 1));
	m->has_long = false;
	return OK;
}

static status_t take_piece(struct fat *fs, const struct long_entry *piece, uint32_t index)
{
	struct mend *m = &fs->mend;
	struct long_entry p = *piece;
	uint32_t order = p.order & LONG_ORDER;

	if ((p.order & LONG_LAST) != 0) {
		TRY(drop_pieces(fs, index));
		m->has_long = true;
		m->long_first = index;
		m->long_next = order;
		m->long_sum = p.checksum;
	}
	if (!m->has_long) {
		TRY(remove_entries(fs, index, index));
		return OK;
	}
	if (order != m->long_next || order == 0 || p.checksum != m->long_sum)
		return drop_pieces(fs, index + 1);
	m->long_next--;
	return OK;
}

static status_t check_parent(struct fat *fs, struct dirent *entry, uint64_t place)
{
	const struct mend *m = &fs->mend;
	struct buffer *b;

	if (start_of(entry) == m->stack[m->depth - 1].parent)
		return OK;
	TRY(change_begin(fs));
	TRY(entry_at(fs, place, &b, &entry));
	fat_buffer_change(fs, b, entry, ENTRY_SIZE);
	entry_set_start(entry, m->stack[m->depth - 1].parent);
	return OK;
}

static status_t drop_start(struct fat *fs, uint64_t place)
{
	struct buffer *b;
	struct dirent *entry;

	TRY(change_begin(fs));
	TRY(entry_at(fs, place, &b, &entry));
	fat_buffer_change(fs, b, entry, ENTRY_SIZE);
	entry_set_start(entry, 0);
	return OK;
}

/* A name of a file or directory. */
static status_t take_entry(
	struct fat *fs, const struct dirent *entry, uint64_t place, uint32_t index)
{
	const struct mend *m = &fs->mend;
	uint32_t start = start_of(entry);
	uint64_t size = entry->size;
	bool is_file = (entry->attributes & ATTR_DIRECTORY) == 0;

	if (is_file && size == 0)
		return start != 0 ? drop_start(fs, place) : OK;
	if (!cluster_is_sound(fs, start))
		return fat_corrupt(fs, "a name without clusters", place);
	if (is_seen(fs, start))
		return remove_entries(fs, m->has_long ? m->long_first : index, index);
	begin_walk(fs, start, is_file ? clusters_for(fs, size) : 0, place);
	return OK;
}

static status_t take_name(struct fat *fs, struct dirent *entry, uint64_t place, uint32_t index)
{
	struct mend *m = &fs->mend;

	if (m->has_long && (m->long_next != 0 || (entry->attributes & ATTR_LABEL) != 0 ||
				   m->long_sum != name_checksum(entry->name)))
		TRY(drop_pieces(fs, index));
	if ((entry->attributes & ATTR_LABEL) != 0)
		return OK;
	if (entry->name[0] == '.')
		return entry->name[1] == '.' ? check_parent(fs, entry, place) : OK;
	return take_entry(fs, entry, place, index);
}

static bool is_piece(const struct dirent *entry)
{
	return (entry->attributes & ATTR_LONG_MASK) == ATTR_LONG;
}

/* Of two sectors with new entries only the second was written: what lies between is free, but it is
 * not the end. */
static status_t move_end(struct fat *fs, uint32_t index)
{
	struct mend *m = &fs->mend;
	uint32_t first = m->stack[m->depth - 1].end - 1;
	uint32_t count = index - first < REPAIRS_MOST ? index - first : REPAIRS_MOST;

	TRY(remove_entries(fs, first, first + count - 1));
	m->stack[m->depth - 1].end = first + count < index ? first + count + 1 : 0;
	return OK;
}

/* The next entry of the directory on top. */
static status_t take_one(struct fat *fs)
{
	struct mend *m = &fs->mend;
	uint32_t top = m->depth - 1;
	uint32_t index = m->stack[top].index;
	struct cursor c;
	struct dirent *entry;
	uint64_t place;
	status_t status;

	TRY(cursor_set(fs, &c, m->stack[top].start, index));
	status = cursor_next(&c, &entry, &place);
	if (status == ERR_NOT_FOUND) {
		TRY(drop_pieces(fs, index));
		m->depth--;
		return OK;
	}
	TRY(status);
	if (entry_is_free(entry)) {
		TRY(drop_pieces(fs, index));
		if (entry->name[0] == ENTRY_END && m->stack[top].end == 0)
			m->stack[top].end = index + 1;
	} else if (!is_piece(entry) && m->stack[top].end != 0) {
		return move_end(fs, m->has_long ? m->long_first : index);
	} else if (is_piece(entry)) {
		TRY(take_piece(fs, (const struct long_entry *)entry, index));
	} else {
		TRY(take_name(fs, entry, place, index));
		m->has_long = false;
	}
	m->stack[top].index = c.index;
	return OK;
}

/* --- all of it ---------------------------------------------------------------------------------
 */

bool mend_begin(struct fat *fs)
{
	if (fs->g.clusters > (uint64_t)fs->map_size * 8)
		return false;
	memset(fs->map, 0, fs->map_size);
	fs->mend = (struct mend){.lost = CLUSTER_FIRST};
	if (fs->g.bits == 32) {
		begin_walk(fs, fs->g.root_cluster, 0, 0);
		return true;
	}
	return push(fs) == OK;
}

/* What was noted of a step that could not be done to its end is put back, too. */
static status_t step(struct fat *fs)
{
	struct mend before = fs->mend;
	status_t status = before.is_walking ? walk_one(fs) : take_one(fs);

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
	uint32_t value;

	TRY(table_get(fs, cluster, &value));
	if (value != CLUSTER_FREE && (value == CLUSTER_BAD || is_seen(fs, cluster)))
		return OK;
	if (value != CLUSTER_FREE) {
		TRY(change_begin(fs));
		TRY(table_set(fs, cluster, CLUSTER_FREE));
	}
	if (cluster_is_takable(&fs->g, cluster))
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
