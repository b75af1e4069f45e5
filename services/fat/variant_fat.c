// SPDX-License-Identifier: MIT OR Apache-2.0
/* FAT12, FAT16 and FAT32: see variant.h. */
#include "boot.h"
#include "directory.h"
#include "entry.h"
#include "mend_entry.h"
#include "names.h"
#include "table.h"

static uint32_t count_free(
	const struct fat *fs, uint64_t position, const uint8_t *part, uint32_t size)
{
	uint64_t first = position * 8 / fs->g.bits;
	uint32_t free = 0;

	for (uint32_t i = 0; i < size * 8 / fs->g.bits; i++) {
		uint64_t cluster = first + i;

		if (cluster >= CLUSTER_FIRST && cluster < fs->g.clusters &&
			table_peek(&fs->g, part, i) == CLUSTER_FREE &&
			cluster_is_takable(&fs->g, (uint32_t)cluster))
			free++;
	}
	return free;
}

static enum commit_phase phase_of_entry(const struct dirent *old, const struct dirent *new)
{
	if (entry_is_free(new))
		return COMMIT_GONE;
	if (!entry_is_free(old))
		return COMMIT_SHORT;
	if (new->name[0] == '.')
		return COMMIT_NEW;
	return new->attributes == ATTR_LONG ? COMMIT_LONG : COMMIT_SHORT;
}

/* The table says it. */
static status_t set_taken(struct fat *fs, uint32_t cluster, bool is_taken)
{
	(void)fs;
	(void)cluster;
	(void)is_taken;
	return OK;
}

const struct variant fat_variant = {
	.read_boot = boot_read,
	.read_rest = info_read,
	.is_marked = boot_is_marked,
	.set_mark = boot_set_mark,
	.count_free = count_free,
	.leave = info_write,
	.phase_of_entry = phase_of_entry,
	.find_usable = table_find_usable,
	.set_taken = set_taken,
	.load = entry_load,
	.store = entry_store,
	.read_times = entry_read_times,
	.set_times = entry_set_times,
	.lookup = names_lookup,
	.parent = names_parent,
	.next = names_next,
	.create = names_create,
	.remove = names_remove,
	.rename = names_rename,
	.mend_entry = mend_entry,
	.shrink = mend_shrink,
	.mend_cluster = mend_cluster,
};
