// SPDX-License-Identifier: MIT OR Apache-2.0
/* Mending: see mend.h. A power cut leaves sets of which an entry is missing, or with a sum that is
 * none of theirs, as the entries of a set may lie in two sectors. */
#include "mend.h"

#include "bitmap.h"
#include "set.h"
#include "stamp.h"

#include <fat/mend.h>
#include <fat/table.h>

#define REPAIRS_MOST 64u /* in one transaction */

static uint32_t *secondaries_of(struct fat *fs)
{
	return &fs->mend.stack[fs->mend.depth - 1].secondaries;
}

static struct chain top_chain(const struct fat *fs)
{
	return fs->mend.stack[fs->mend.depth - 1].chain;
}

/* --- entries that go ----------------------------------------------------------------------------
 */

/* Nothing but the end is behind the end. */
static status_t remove_one(struct fat *fs, uint32_t index)
{
	bool is_behind = fs->mend.stack[fs->mend.depth - 1].end != 0;
	struct cursor c;
	union exfat_entry *entry;
	uint64_t place;

	TRY(change_begin(fs));
	TRY(cursor_set(fs, &c, top_chain(fs), index));
	TRY(exfat_next_entry(&c, &entry, &place));
	fat_buffer_change(fs, c.last, entry, ENTRY_SIZE);
	entry->type = is_behind ? TYPE_END : (uint8_t)(entry->type & ~TYPE_IN_USE);
	return OK;
}

/* Of two sectors with new sets only the second was written: what lies between is free, but it is
 * not the end. */
static status_t move_end(struct fat *fs, uint32_t index)
{
	uint32_t *end = &fs->mend.stack[fs->mend.depth - 1].end;
	uint32_t first = *end - 1;
	uint32_t last = index - first < REPAIRS_MOST ? index : first + REPAIRS_MOST;
	struct cursor c;
	union exfat_entry *entry;
	uint64_t place;

	TRY(change_begin(fs));
	TRY(cursor_set(fs, &c, top_chain(fs), first));
	while (c.index < last) {
		TRY(exfat_next_entry(&c, &entry, &place));
		if (entry->type != TYPE_END)
			continue;
		fat_buffer_change(fs, c.last, entry, ENTRY_SIZE);
		entry->type = TYPE_GONE;
	}
	*end = last < index ? last + 1 : 0;
	return OK;
}

/* --- sets ---------------------------------------------------------------------------------------
 */

static status_t write_back(struct fat *fs, struct set *set)
{
	struct cursor c;

	TRY(change_begin(fs));
	TRY(cursor_set(fs, &c, top_chain(fs), set->first));
	return set_write(&c, set);
}

static void walk(struct fat *fs, const struct set *set, struct chain chain)
{
	uint64_t size = set->entries[SET_STREAM].stream.size;

	mend_walk(fs, chain, clusters_for(fs, size), set->place, set_is_directory(set));
}

/* What it says of its clusters. */
static status_t take_stream(struct fat *fs, struct set *set)
{
	struct exfat_stream_entry *stream = &set->entries[SET_STREAM].stream;
	struct chain chain;

	if (stream_chain(fs, stream, &chain) != OK || stream->valid > stream->size ||
		(set_is_directory(set) && chain.start == 0))
		return fat_corrupt(fs, "a file cannot have its clusters", set->place);
	if (chain.start != 0 && mend_has_seen(fs, chain.start))
		return remove_one(fs, set->first); /* it has two names */
	if (chain.start == 0 && stream->start != 0) {
		stream_set_chain(stream, chain);
		TRY(write_back(fs, set));
	} else if (set->state == SET_SUM) {
		set_give_name(fs, set, &set->name);
		TRY(write_back(fs, set));
	}
	*secondaries_of(fs) = set->count - 1;
	if (chain.start != 0)
		walk(fs, set, chain);
	return OK;
}

static status_t take_set(struct fat *fs, struct cursor *c)
{
	struct set set;

	TRY(set_read(c, &set));
	if (set.state == SET_BROKEN)
		return remove_one(fs, set.first);
	if (set.state == SET_UNKNOWN)
		return fat_corrupt(fs, "a file has entries that are not known", set.place);
	return take_stream(fs, &set);
}

/* --- other entries ------------------------------------------------------------------------------
 */

static status_t walk_entry(struct fat *fs, const union exfat_entry *entry, bool is_table)
{
	struct chain chain;

	if (!is_table && (entry->stream.flags & STREAM_HAS_CLUSTERS) == 0)
		return OK;
	if (is_table)
		chain = (struct chain){.start = entry->table.start};
	else if (stream_chain(fs, &entry->stream, &chain) != OK)
		return fat_corrupt(fs, "an entry cannot have its clusters", entry->type);
	if (chain.start != 0)
		mend_walk(fs, chain, clusters_for(fs, entry->table.size), 0, false);
	return OK;
}

/* Behind another, which it belongs to. */
static status_t take_secondary(struct fat *fs, const union exfat_entry *entry, uint32_t index)
{
	if (*secondaries_of(fs) == 0)
		return remove_one(fs, index);
	--*secondaries_of(fs);
	return (entry->type & TYPE_BENIGN) != 0 ? walk_entry(fs, entry, false) : OK;
}

static status_t take_primary(struct fat *fs, const union exfat_entry *entry)
{
	bool is_root = top_chain(fs).start == fs->g.root_cluster;

	*secondaries_of(fs) = 0;
	if (!entry_is_known(entry->type, is_root))
		return fat_corrupt(fs, "a directory has an entry that is not known", entry->type);
	if ((entry->type & TYPE_BENIGN) != 0)
		*secondaries_of(fs) = entry->file.secondaries;
	if (entry->type == TYPE_BITMAP || entry->type == TYPE_UPCASE)
		return walk_entry(fs, entry, true);
	return OK;
}

static status_t take_used(
	struct fat *fs, struct cursor *before, const union exfat_entry *entry, uint32_t index)
{
	if (entry_is_secondary(entry))
		return take_secondary(fs, entry, index);
	return entry->type == TYPE_FILE ? take_set(fs, before) : take_primary(fs, entry);
}

/* The next entry of the directory on top. One at a time, also of a set. */
status_t exfat_mend_entry(struct fat *fs)
{
	struct mend *m = &fs->mend;
	uint32_t top = m->depth - 1;
	uint32_t index = m->stack[top].index;
	struct cursor c;
	struct cursor before;
	union exfat_entry *entry;
	uint64_t place;
	status_t status;

	TRY(cursor_set(fs, &c, m->stack[top].chain, index));
	before = c;
	status = exfat_next_entry(&c, &entry, &place);
	if (status == ERR_NOT_FOUND) {
		m->depth--;
		return OK;
	}
	TRY(status);
	if (entry_is_used(entry) && !entry_is_secondary(entry) && m->stack[top].end != 0)
		return move_end(fs, index);
	if (!entry_is_used(entry)) {
		m->stack[top].secondaries = 0;
		if (entry->type == TYPE_END && m->stack[top].end == 0)
			m->stack[top].end = index + 1;
	} else {
		TRY(take_used(fs, &before, entry, index));
	}
	m->stack[top].index = index + 1;
	return OK;
}

/* --- clusters -----------------------------------------------------------------------------------
 */

/* The set lies in the directory on top. */
status_t exfat_shrink(struct fat *fs, uint64_t place, uint64_t size)
{
	struct exfat_stream_entry *stream;
	struct cursor c;
	struct set set;

	if (place == 0)
		return fat_corrupt(fs, "a table has too few clusters", size);
	TRY(change_begin(fs));
	cursor_set_at(fs, &c, top_chain(fs), place);
	TRY(set_read(&c, &set));
	if (set.state == SET_BROKEN)
		return fat_corrupt(fs, "entries of a file are missing", place);
	stream = &set.entries[SET_STREAM].stream;
	stream->size = size;
	stream->valid = stream->valid < size ? stream->valid : size;
	cursor_set_at(fs, &c, top_chain(fs), place);
	return set_write(&c, &set);
}

/* What the table says of a free cluster means nothing. */
status_t exfat_mend_cluster(struct fat *fs, uint32_t cluster, bool is_seen, bool *is_free)
{
	bool is_taken;
	uint32_t value = CLUSTER_FREE;

	*is_free = false;
	TRY(bitmap_get(fs, cluster, &is_taken));
	if (is_taken && !is_seen)
		TRY(table_get(fs, cluster, &value));
	*is_free = !is_seen && value != CLUSTER_BAD;
	if (is_taken == !*is_free)
		return OK;
	TRY(change_begin(fs));
	return bitmap_set(fs, cluster, is_seen);
}
