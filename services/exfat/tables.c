// SPDX-License-Identifier: MIT OR Apache-2.0
/* The map of clusters (7.1) and the up-case table (7.2) are found: see tables.h. */
#include "tables.h"

#include "set.h"
#include "upcase.h"

#include <fat/cursor.h>
#include <fat/table.h>

/* --- the root -----------------------------------------------------------------------------------
 */

/* 8.2: what is not known makes the volume one of another kind, if it is critical. */
static status_t take_root_entry(struct fat *fs, const union exfat_entry *entry)
{
	struct exfat *own = own_of(fs);

	if (entry->type == TYPE_BITMAP && (entry->table.flags & 1) == 0)
		own->bitmap_entry = entry->table;
	else if (entry->type == TYPE_UPCASE)
		own->upcase_entry = entry->table;
	if (entry_is_known(entry->type, true))
		return OK;
	fat_note_trouble(fs, "an entry of the root that is not known", entry->type);
	return ERR_NOT_SUPPORTED;
}

/* Up to its end. */
static status_t read_root(struct fat *fs)
{
	struct exfat *own = own_of(fs);
	struct cursor c;
	union exfat_entry *entry;
	uint64_t place;
	status_t status;

	TRY(cursor_set(fs, &c, (struct chain){.start = fs->g.root_cluster}, own->root_index));
	for (;;) {
		own->root_index = c.index;
		status = exfat_next_entry(&c, &entry, &place);
		if (status == OK && entry->type != TYPE_END)
			status = take_root_entry(fs, entry);
		else
			return status == ERR_NOT_FOUND ? OK : status;
		if (status != OK)
			return status;
	}
}

/* --- clusters of a table ------------------------------------------------------------------------
 */

/* They lie side by side, as all formatters put them. */
static status_t check_run(struct fat *fs, const struct exfat_table_entry *entry, const char *what)
{
	uint32_t count = clusters_for(fs, entry->size);
	uint32_t cluster = entry->start;

	for (uint32_t i = 1; i < count; i++) {
		uint32_t next;

		TRY(chain_next(fs, cluster, &next));
		if (next == cluster + 1) {
			cluster = next;
			continue;
		}
		fat_note_trouble(fs, what, entry->start);
		return ERR_NOT_SUPPORTED;
	}
	return OK;
}

static status_t check_table(struct fat *fs, const struct exfat_table_entry *entry, uint64_t least,
	uint64_t most, const char *what)
{
	if (entry->size >= least && entry->size <= most && cluster_is_sound(fs, entry->start))
		return OK;
	fat_note_trouble(fs, what, entry->size);
	return ERR_CORRUPT;
}

static status_t find_bitmap(struct fat *fs)
{
	const struct exfat_table_entry *entry = &own_of(fs)->bitmap_entry;
	uint64_t least = (fs->g.clusters - CLUSTER_FIRST + 7) / 8;

	TRY(check_table(fs, entry, least, fs->g.table_size, "there is no map of its clusters"));
	TRY(check_run(fs, entry, "the map of its clusters lies in pieces"));
	fs->g.count_offset = cluster_offset(fs, entry->start);
	fs->g.count_size = (uint64_t)clusters_for(fs, least) << fs->g.cluster_shift;
	return OK;
}

static status_t find_upcase(struct fat *fs)
{
	const struct exfat_table_entry *entry = &own_of(fs)->upcase_entry;

	TRY(check_table(fs, entry, 2, 2 * UPCASE_UNITS * sizeof(uint16_t),
		"there is no table of its capital letters"));
	return check_run(fs, entry, "the table of its capital letters lies in pieces");
}

status_t exfat_tables_read(struct fat *fs)
{
	if (own_of(fs)->upcase.position == 0) {
		TRY(read_root(fs));
		TRY(find_bitmap(fs));
		TRY(find_upcase(fs));
	}
	return upcase_read(fs);
}
