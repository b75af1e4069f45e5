// SPDX-License-Identifier: MIT OR Apache-2.0
/* Contents of files: see file.h. What a file's entry says is `valid`: so many of its bytes are on
 * the device. A file becomes longer at its end only: what it has behind `valid` are pages of the
 * cache that were written one behind the other, and so they mostly come to the device. */
#include "file.h"

#include "grow.h"
#include "node.h"
#include "table.h"
#include "time.h"

#define SIZE_MOST UINT32_MAX
#define PAGE      4096u
#define PAGES     128u /* that may be written in another order */

/* --- attributes --------------------------------------------------------------------------------
 */

static status_t directory_attributes(struct fat *fs, uint64_t id, struct file_attributes *a)
{
	uint32_t start = fat_directory_start(fs, id);
	struct cursor c;
	struct dirent *entry;
	uint64_t place;

	*a = (struct file_attributes){.inode = id, .type = FILE_TYPE_DIRECTORY, .links = 1};
	if (id == NODE_ROOT)
		return OK; /* it has no entry */
	TRY(cursor_set(fs, &c, start, 0));
	TRY(cursor_next(&c, &entry, &place)); /* "." */
	a->modified_ns = time_of(entry->modified_date, entry->modified_time);
	a->accessed_ns = time_of(entry->accessed_date, 0);
	a->changed_ns = a->modified_ns;
	return OK;
}

status_t file_attributes(struct fat *fs, uint64_t id, struct file_attributes *a)
{
	const struct node *n = node_find(fs, id);
	struct buffer *b;
	struct dirent *entry;

	if (is_directory(id))
		return directory_attributes(fs, id, a);
	*a = (struct file_attributes){.inode = id, .type = FILE_TYPE_REGULAR, .links = 1};
	if (n != nullptr && n->place == 0) {
		a->links = 0;
		a->size = n->size;
		a->modified_ns = n->modified;
		return OK;
	}
	TRY(entry_at(fs, n != nullptr ? n->place : id, &b, &entry));
	a->size = n != nullptr ? n->size : entry->size;
	a->modified_ns = time_of(entry->modified_date, entry->modified_time);
	a->accessed_ns = time_of(entry->accessed_date, 0);
	a->changed_ns = a->modified_ns;
	return OK;
}

static status_t set_entry_times(
	struct fat *fs, uint64_t place, uint64_t accessed, uint64_t modified)
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

	TRY(cursor_set(fs, &c, start, 1));
	TRY(cursor_next(&c, &entry, place)); /* ".." */
	TRY(cursor_set(fs, &c, fat_directory_start(fs, start_of(entry)), 0));
	do
		TRY(fat_directory_next(&c, &found));
	while (start_of(&found.entry) != start || (found.entry.attributes & ATTR_DIRECTORY) == 0);
	*place = found.place;
	return OK;
}

static status_t set_directory_times(
	struct fat *fs, uint32_t start, uint64_t accessed, uint64_t modified)
{
	struct cursor c;
	struct dirent *entry;
	uint64_t place;

	TRY(cursor_set(fs, &c, start, 0));
	TRY(cursor_next(&c, &entry, &place));
	TRY(set_entry_times(fs, place, accessed, modified));
	TRY(find_directory(fs, start, &place));
	return set_entry_times(fs, place, accessed, modified);
}

status_t file_set_times(struct fat *fs, uint64_t id, uint64_t accessed, uint64_t modified)
{
	const struct node *n = node_find(fs, id);

	TRY(change_begin(fs));
	if (id == NODE_ROOT || (n != nullptr && n->place == 0))
		return OK;
	if (is_directory(id))
		return set_directory_times(fs, fat_directory_start(fs, id), accessed, modified);
	return set_entry_times(fs, n != nullptr ? n->place : id, accessed, modified);
}

/* --- where bytes lie ---------------------------------------------------------------------------
 */

static status_t start_and_size(struct fat *fs, uint64_t id, uint32_t *start, uint64_t *size)
{
	const struct node *n = node_find(fs, id);
	struct buffer *b;
	struct dirent *entry;

	if (n != nullptr) {
		*start = n->start;
		*size = n->size;
		return OK;
	}
	TRY(entry_at(fs, id, &b, &entry));
	*start = start_of(entry);
	*size = entry->size;
	return OK;
}

/* Clusters that lie side by side are one run. */
static status_t extend_run(
	struct fat *fs, uint32_t cluster, uint32_t wanted, struct engine_run *run)
{
	while (run->size < wanted) {
		uint32_t next;

		TRY(chain_next(fs, cluster, &next));
		if (next != cluster + 1)
			break;
		cluster = next;
		run->size += fs->g.cluster_size;
	}
	if (run->size > wanted)
		run->size = wanted;
	return OK;
}

status_t file_map(
	struct fat *fs, uint64_t id, uint64_t offset, uint32_t size, struct engine_run *run)
{
	uint32_t in_cluster = (uint32_t)(offset & (fs->g.cluster_size - 1));
	uint32_t start = 0;
	uint32_t cluster = 0;
	uint64_t file_size = 0;

	TRY(start_and_size(fs, id, &start, &file_size));
	if (start != 0)
		TRY(chain_at(fs, start, (uint32_t)(offset >> fs->g.cluster_shift), &cluster));
	*run = (struct engine_run){.size = size, .is_hole = cluster == 0};
	if (cluster == 0 && offset < file_size)
		return fat_corrupt(fs, "a chain is too short", start);
	if (cluster == 0)
		return OK;
	run->offset = cluster_offset(fs, cluster) + in_cluster;
	run->size = fs->g.cluster_size - in_cluster;
	return extend_run(fs, cluster, size, run);
}

/* --- what is on the device ---------------------------------------------------------------------
 */

static bool is_noted(const struct node *n, uint64_t page)
{
	uint64_t bit = page - n->valid / PAGE;

	return bit < PAGES && (n->written[bit / 64] >> bit % 64 & 1) != 0;
}

/* Page numbers count from the one where `valid` ends. */
static void shift_notes(struct node *n, uint64_t pages)
{
	for (; pages > 0; pages--) {
		n->written[0] = n->written[0] >> 1 | n->written[1] << 63;
		n->written[1] >>= 1;
		if (n->written[0] == 0 && n->written[1] == 0)
			break;
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
	if (size < PAGE)
		n->tail = offset + size;
	else if (bit < PAGES)
		n->written[bit / 64] |= (uint64_t)1 << bit % 64;
	return size < PAGE || bit < PAGES;
}

status_t file_written(struct fat *fs, uint64_t id, uint64_t offset, uint32_t size)
{
	struct node *n = node_find(fs, id);
	uint64_t valid;

	if (!fs->commit.has_contents)
		ESTATE_SET(fs->commit.has_contents, true);
	if (n == nullptr || offset + size <= n->valid)
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
	struct buffer *b;
	struct dirent *entry;

	TRY(change_begin(fs));
	if (is_directory(id))
		return ERR_IS_DIRECTORY;
	TRY(node_get(fs, id, node));
	TRY(node_measure(fs, *node));
	if (grow_is_busy(fs, id))
		return FILE_LATER;
	if ((*node)->place == 0)
		return OK;
	TRY(entry_at(fs, (*node)->place, &b, &entry));
	return (entry->attributes & ATTR_READ_ONLY) != 0 ? ERR_ACCESS : OK;
}

status_t file_reserve(struct fat *fs, uint64_t id, uint64_t offset, uint64_t size)
{
	struct node *n;
	uint64_t end = offset + size;

	if (end > SIZE_MOST)
		return ERR_RANGE;
	TRY(open_for_change(fs, id, &n));
	TRY(grow_to(fs, n, end, offset > n->size ? offset : n->size));
	estate_save(n, sizeof(*n));
	if (offset > n->size)
		n->valid = offset; /* there are zeros */
	n->size = end > n->size ? end : n->size;
	n->zeroed = n->size > n->zeroed ? n->size : n->zeroed;
	return node_store(fs, n, time_current(fs));
}

static status_t shorten(struct fat *fs, struct node *n, uint64_t size)
{
	uint32_t needed = clusters_for(fs, size);
	uint64_t pages = (size + PAGE - 1) / PAGE;
	uint32_t last = 0;

	if (needed < n->clusters && needed > 0) {
		TRY(chain_at(fs, n->start, needed - 1, &last));
		TRY(chain_cut(fs, last));
	} else if (needed < n->clusters) {
		chain_free(fs, n->start);
	}
	estate_save(n, sizeof(*n));
	if (needed < n->clusters) {
		n->clusters = needed;
		n->last = last;
		n->start = needed == 0 ? 0 : n->start;
	}
	n->size = size;
	n->zeroed = size;
	n->valid = n->valid < size ? n->valid : size;
	n->tail = n->tail < size ? n->tail : 0;
	for (uint64_t bit = 0; bit < PAGES; bit++) {
		if (n->valid / PAGE + bit >= pages)
			n->written[bit / 64] &= ~((uint64_t)1 << bit % 64);
	}
	advance(n);
	return OK;
}

/* The end is in a page that was written as a whole, perhaps: it is so still. */
status_t file_set_size(struct fat *fs, uint64_t id, uint64_t size)
{
	struct node *n;

	if (size > SIZE_MOST)
		return ERR_RANGE;
	TRY(open_for_change(fs, id, &n));
	if (size < n->size) {
		TRY(shorten(fs, n, size));
	} else if (size > n->size) {
		TRY(grow_to(fs, n, size, size));
		estate_save(n, sizeof(*n));
		n->size = size;
		n->valid = size;
		n->zeroed = size > n->zeroed ? size : n->zeroed;
	}
	return node_store(fs, n, time_current(fs));
}
