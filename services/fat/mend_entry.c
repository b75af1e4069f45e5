// SPDX-License-Identifier: MIT OR Apache-2.0
/* Mending the entries of directories: see mend_entry.h. */
#include "mend_entry.h"

#include "directory.h"
#include "mend.h"
#include "table.h"

#define REPAIRS_MOST 64u /* in one transaction */

static status_t remove_entries(struct fat *fs, uint32_t first, uint32_t last)
{
	const struct mend *m = &fs->mend;

	TRY(change_begin(fs));
	return fat_directory_remove(fs, m->stack[m->depth - 1].chain.start, first, last);
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
	if (mend_has_seen(fs, start))
		return remove_entries(fs, m->has_long ? m->long_first : index, index);
	mend_walk(fs, chain_of(start), is_file ? clusters_for(fs, size) : 0, place, !is_file);
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
status_t mend_entry(struct fat *fs)
{
	struct mend *m = &fs->mend;
	uint32_t top = m->depth - 1;
	uint32_t index = m->stack[top].index;
	struct cursor c;
	struct dirent *entry;
	uint64_t place;
	status_t status;

	TRY(cursor_set(fs, &c, m->stack[top].chain, index));
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

status_t mend_shrink(struct fat *fs, uint64_t place, uint64_t size)
{
	struct buffer *b;
	struct dirent *entry;

	TRY(change_begin(fs));
	TRY(entry_at(fs, place, &b, &entry));
	fat_buffer_change(fs, b, entry, ENTRY_SIZE);
	entry->size = (uint32_t)size;
	return OK;
}

status_t mend_cluster(struct fat *fs, uint32_t cluster, bool is_seen, bool *is_free)
{
	uint32_t value;

	*is_free = false;
	TRY(table_get(fs, cluster, &value));
	if (value != CLUSTER_FREE && (value == CLUSTER_BAD || is_seen))
		return OK;
	*is_free = true;
	if (value == CLUSTER_FREE)
		return OK;
	TRY(change_begin(fs));
	return table_set(fs, cluster, CLUSTER_FREE);
}
