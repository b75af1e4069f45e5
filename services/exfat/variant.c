// SPDX-License-Identifier: MIT OR Apache-2.0
/* exFAT as a variant of FAT: see fat/variant.h. */
#include "bitmap.h"
#include "boot.h"
#include "entry.h"
#include "holder.h"
#include "mend.h"
#include "names.h"
#include "spare.h"
#include "tables.h"

#include <fat/variant.h>

static enum commit_phase phase_of_entry(const struct dirent *old, const struct dirent *new)
{
	const union exfat_entry *before = (const union exfat_entry *)old;
	const union exfat_entry *after = (const union exfat_entry *)new;

	if (!entry_is_used(after))
		return COMMIT_GONE;
	if (entry_is_used(before))
		return COMMIT_SHORT;
	return entry_is_secondary(after) ? COMMIT_LONG : COMMIT_SHORT;
}

/* What was noted by an instance that died in the middle of it is not trusted. */
static void resume(struct fat *fs)
{
	holder_forget_all(fs);
	spares_resume(fs);
}

const struct variant exfat_variant = {
	.own_size = sizeof(struct exfat),
	.has_runs = true,
	.has_holes = true,
	.read_boot = exfat_boot_read,
	.read_rest = exfat_tables_read,
	.is_marked = exfat_is_marked,
	.set_mark = exfat_set_mark,
	.count_free = bitmap_count_free,
	.work = spares_work,
	.is_quiet = spares_are_quiet,
	.is_settled = spares_are_settled,
	.resume = resume,
	.io_done = spares_io_done,
	.phase_of_entry = phase_of_entry,
	.find_usable = bitmap_find_usable,
	.set_taken = bitmap_set,
	.is_taken = bitmap_get,
	.load = exfat_load,
	.store = exfat_store,
	.read_times = exfat_read_times,
	.set_times = exfat_set_times,
	.forget = holder_forget_directory,
	.lookup = exfat_lookup,
	.parent = exfat_parent,
	.next = exfat_next,
	.create = exfat_create,
	.remove = exfat_remove,
	.rename = exfat_rename,
	.mend_entry = exfat_mend_entry,
	.shrink = exfat_shrink,
	.mend_cluster = exfat_mend_cluster,
};
