// SPDX-License-Identifier: MIT OR Apache-2.0
/* Entries of files: see entry.h. */
#include "entry.h"

#include "directory.h"
#include "time.h"

status_t entry_load(struct fat *fs, uint64_t id, struct node *content)
{
	struct buffer *b;
	struct dirent *entry;

	*content = (struct node){.id = id, .place = id, .chain = chain_of((uint32_t)id)};
	if (is_directory(id))
		return OK;
	TRY(entry_at(fs, id, &b, &entry));
	if (entry_is_free(entry) || (entry->attributes & (ATTR_LABEL | ATTR_DIRECTORY)) != 0)
		return ERR_NOT_FOUND;
	content->chain = chain_of(start_of(entry));
	content->size = entry->size;
	content->reach = entry->size;
	content->valid = entry->size;
	content->zeroed = entry->size;
	content->is_locked = (entry->attributes & ATTR_READ_ONLY) != 0;
	return OK;
}

status_t entry_store(struct fat *fs, const struct node *n, uint64_t modified)
{
	struct buffer *b;
	struct dirent *entry;

	TRY(entry_at(fs, n->place, &b, &entry));
	fat_buffer_change(fs, b, entry, ENTRY_SIZE);
	entry->size = (uint32_t)n->valid;
	entry_set_start(entry, n->valid > 0 ? n->chain.start : 0);
	if (modified != 0) {
		entry_set_modified(entry, modified);
		entry_set_accessed(entry, modified);
		entry->attributes |= ATTR_ARCHIVE;
	}
	return OK;
}

/* --- times -------------------------------------------------------------------------------------
 */

/* A directory's are those of its first entry, ".". */
static status_t timed_entry(
	struct fat *fs, uint64_t id, uint64_t *place, struct buffer **b, struct dirent **entry)
{
	struct cursor c;

	if (!is_directory(id))
		return entry_at(fs, *place, b, entry);
	TRY(cursor_set(fs, &c, chain_of(fat_directory_start(fs, id)), 0));
	TRY(cursor_next(&c, entry, place));
	*b = c.last;
	return OK;
}

status_t entry_read_times(struct fat *fs, uint64_t id, uint64_t place, struct file_attributes *a)
{
	struct buffer *b;
	struct dirent *entry;

	TRY(timed_entry(fs, id, &place, &b, &entry));
	a->modified_ns = time_of(entry->modified_date, entry->modified_time);
	a->accessed_ns = time_of(entry->accessed_date, 0);
	a->changed_ns = a->modified_ns;
	return OK;
}

static status_t set_times_at(struct fat *fs, uint64_t place, uint64_t accessed, uint64_t modified)
{
	struct buffer *b;
	struct dirent *entry;

	TRY(entry_at(fs, place, &b, &entry));
	fat_buffer_change(fs, b, entry, ENTRY_SIZE);
	entry_set_modified(entry, modified);
	entry_set_accessed(entry, accessed);
	return OK;
}

/* The entry of a directory in the one that holds it. */
static status_t find_directory(struct fat *fs, uint32_t start, uint64_t *place)
{
	struct cursor c;
	struct dirent *entry;
	struct named found;

	TRY(cursor_set(fs, &c, chain_of(start), 1));
	TRY(cursor_next(&c, &entry, place)); /* ".." */
	TRY(cursor_set(fs, &c, chain_of(fat_directory_start(fs, start_of(entry))), 0));
	do
		TRY(fat_directory_next(&c, &found));
	while (start_of(&found.entry) != start || (found.entry.attributes & ATTR_DIRECTORY) == 0);
	*place = found.place;
	return OK;
}

status_t entry_set_times(
	struct fat *fs, uint64_t id, uint64_t place, uint64_t accessed, uint64_t modified)
{
	struct buffer *b;
	struct dirent *entry;

	TRY(timed_entry(fs, id, &place, &b, &entry));
	TRY(set_times_at(fs, place, accessed, modified));
	if (!is_directory(id))
		return OK;
	TRY(find_directory(fs, fat_directory_start(fs, id), &place));
	return set_times_at(fs, place, accessed, modified);
}
