// SPDX-License-Identifier: MIT OR Apache-2.0
/* Sets of files: see entry.h. */
#include "entry.h"

#include "holder.h"
#include "stamp.h"

#include <fat/node.h>
#include <fat/table.h>

static bool is_within(const struct fat *fs, uint64_t place, uint32_t count)
{
	uint64_t in_heap = place - fs->g.data_offset / ENTRY_SIZE;

	return in_heap % entries_per_cluster(fs) + count <= entries_per_cluster(fs);
}

/* Entries that lie in several clusters are found by the chain of their directory. */
static status_t cursor_at(
	struct fat *fs, uint64_t place, uint32_t count, struct chain *holder, struct cursor *c)
{
	uint64_t directory;

	if (holder->start == 0 && !is_within(fs, place, count))
		TRY(holder_find(fs, place, &directory, holder));
	cursor_set_at(fs, c, *holder, place);
	return OK;
}

/* The first two entries. */
static status_t read_head(struct fat *fs, uint64_t place, struct chain *holder,
	struct exfat_file_entry *file, struct exfat_stream_entry *stream)
{
	struct cursor c;
	union exfat_entry *entry;

	TRY(cursor_at(fs, place, SET_NAME, holder, &c));
	TRY(exfat_next_entry(&c, &entry, &place));
	if (entry->type != TYPE_FILE)
		return ERR_NOT_FOUND;
	*file = entry->file;
	TRY(exfat_next_entry(&c, &entry, &place));
	*stream = entry->stream;
	return entry->type == TYPE_STREAM ? OK : ERR_NOT_FOUND;
}

static status_t read_all(
	struct fat *fs, uint64_t place, struct chain holder, struct cursor *c, struct set *set)
{
	struct buffer *b;
	struct dirent *entry;

	TRY(entry_at(fs, place, &b, &entry));
	TRY(cursor_at(fs, place, 1u + ((union exfat_entry *)entry)->file.secondaries, &holder, c));
	TRY(set_read(c, set));
	if (set->state == SET_BROKEN)
		return fat_corrupt(fs, "entries of a file are missing", place);
	cursor_set_at(fs, c, holder, place);
	return OK;
}

static status_t fill(struct fat *fs, const struct exfat_file_entry *file,
	const struct exfat_stream_entry *stream, struct node *content)
{
	if (((file->attributes & ATTR_DIRECTORY) != 0) != is_directory(content->id))
		return ERR_NOT_FOUND;
	if (stream_chain(fs, stream, &content->chain) != OK || stream->valid > stream->size)
		return fat_corrupt(fs, "a file cannot have its clusters", content->place);
	content->size = stream->size;
	content->valid = stream->valid;
	content->reach = stream->valid;
	content->zeroed = stream->valid;
	content->is_locked = (file->attributes & ATTR_READ_ONLY) != 0;
	content->is_ragged =
		stream->valid < stream->size && (stream->valid & (fs->g.sector_size - 1)) != 0;
	return OK;
}

status_t exfat_load(struct fat *fs, uint64_t id, struct node *content)
{
	struct exfat_file_entry file;
	struct exfat_stream_entry stream;

	*content = (struct node){.id = id, .place = id & ~NODE_DIRECTORY};
	if (id == NODE_ROOT) {
		content->place = id; /* it has no entry */
		content->chain.start = fs->g.root_cluster;
		return OK;
	}
	TRY(read_head(fs, content->place, &content->holder, &file, &stream));
	return fill(fs, &file, &stream, content);
}

status_t exfat_store(struct fat *fs, const struct node *n, uint64_t modified)
{
	struct set set;
	struct cursor c;
	struct exfat_stream_entry *stream = &set.entries[SET_STREAM].stream;
	struct exfat_file_entry *file = &set.entries[SET_FILE].file;

	if (n->id == NODE_ROOT)
		return OK;
	TRY(read_all(fs, n->place, n->holder, &c, &set));
	stream->size = n->size;
	stream->valid = n->valid;
	stream_set_chain(stream, n->chain);
	if (modified != 0) {
		stamp_set_modified(file, modified);
		stamp_set_accessed(file, modified);
		file->attributes |= is_directory(n->id) ? 0 : ATTR_ARCHIVE;
	}
	return set_write(&c, &set);
}

status_t exfat_touch(struct fat *fs, const struct node *n)
{
	struct set set;
	struct cursor c;

	return n->id == NODE_ROOT ? OK : read_all(fs, n->place, n->holder, &c, &set);
}

/* --- times --------------------------------------------------------------------------------------
 */

static struct chain holder_of_node(struct fat *fs, uint64_t id)
{
	const struct node *n = node_find(fs, id);

	return n != nullptr ? n->holder : (struct chain){0};
}

status_t exfat_read_times(struct fat *fs, uint64_t id, uint64_t place, struct file_attributes *a)
{
	struct buffer *b;
	struct dirent *any;
	const struct exfat_file_entry *file;

	(void)id;
	TRY(entry_at(fs, place, &b, &any));
	file = &((const union exfat_entry *)any)->file;
	a->modified_ns = stamp_modified(file);
	a->accessed_ns = stamp_accessed(file);
	a->changed_ns = a->modified_ns;
	return OK;
}

status_t exfat_set_times(
	struct fat *fs, uint64_t id, uint64_t place, uint64_t accessed, uint64_t modified)
{
	struct set set;
	struct cursor c;

	TRY(read_all(fs, place, holder_of_node(fs, id), &c, &set));
	stamp_set_modified(&set.entries[SET_FILE].file, modified);
	stamp_set_accessed(&set.entries[SET_FILE].file, accessed);
	return set_write(&c, &set);
}
