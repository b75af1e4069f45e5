// SPDX-License-Identifier: MIT OR Apache-2.0
/* In what FAT (variant_fat.c) and exFAT (services/exfat) differ: how they describe a volume, which
 * clusters are free, entries of directories. All else is one: buffers, rounds, chains, files that
 * are open, contents. What answers FILE_LATER is asked again. */
#pragma once

#include "fs.h"

struct variant {
	size_t own_size; /* of fs->own */
	/* Clusters that lie side by side need not be led through by the table. */
	bool has_runs;
	/* An entry says how much of a file was written: what is behind it reads as zeros. */
	bool has_holes;

	/* --- mounting; as steps of mount.c, these commit what fat_mount_transfer() says. The
	 * geometry, and the boot sector in fs->boot. */
	status_t (*read_boot)(struct fat *fs);
	status_t (*read_rest)(struct fat *fs);
	bool (*is_marked)(const struct fat *fs); /* as in use */
	void (*set_mark)(struct fat *fs, bool in_use);
	/* How many clusters are free by this part of what says it (`count_offset`). */
	uint32_t (*count_free)(
		const struct fat *fs, uint64_t position, const uint8_t *part, uint32_t size);
	/* Before it is unmounted, and its mark goes. */
	status_t (*leave)(struct fat *fs);
	/* Nothing is left of work(), which may be nullptr, as this. */
	bool (*is_settled)(const struct fat *fs);
	bool (*work)(struct fat *fs);
	bool (*is_quiet)(const struct fat *fs);
	void (*resume)(struct fat *fs);
	void (*io_done)(struct fat *fs, uint64_t id, status_t status); /* IO_VARIANT */

	/* --- rounds: when this change of an entry reaches the device */
	enum commit_phase (*phase_of_entry)(const struct dirent *old, const struct dirent *new);

	/* --- clusters: the first one from `from` on that is free, now and on the device (0: none);
	 * what says so, if not the table */
	status_t (*find_usable)(struct fat *fs, uint32_t *at, uint32_t end, bool *is_found);
	status_t (*set_taken)(struct fat *fs, uint32_t cluster, bool is_taken);
	/* nullptr: the table says it. */
	status_t (*is_taken)(struct fat *fs, uint32_t cluster, bool *is_taken);

	/* --- files: what the entry says of one that is not open; ERR_NOT_FOUND: there is none */
	status_t (*load)(struct fat *fs, uint64_t id, struct node *content);
	/* The other way, but for names; `modified` 0: it stays. */
	status_t (*store)(struct fat *fs, const struct node *n, uint64_t modified);
	/* Times, of what has an entry. */
	status_t (*read_times)(
		struct fat *fs, uint64_t id, uint64_t place, struct file_attributes *attributes);
	status_t (*set_times)(
		struct fat *fs, uint64_t id, uint64_t place, uint64_t accessed, uint64_t modified);
	/* Numbers that are found no more. nullptr: nothing is kept of them. */
	void (*forget)(struct fat *fs, uint64_t id);

	/* --- names: as in struct file_engine */
	status_t (*lookup)(struct fat *fs, uint64_t directory, struct name name, uint64_t *node);
	status_t (*parent)(struct fat *fs, uint64_t directory, uint64_t *node);
	status_t (*next)(
		struct fat *fs, uint64_t directory, uint64_t *cookie, struct directory_item *item);
	status_t (*create)(
		struct fat *fs, struct entry_name name, enum file_type type, uint64_t *node);
	status_t (*remove)(struct fat *fs, struct entry_name name);
	status_t (*rename)(struct fat *fs, struct entry_name from, struct entry_name to);

	/* --- mending (mend.h): the next entry of the directory on top; a file or directory has
	 * clusters for this size only; what a cluster that nothing was seen to have is. */
	status_t (*mend_entry)(struct fat *fs);
	status_t (*shrink)(struct fat *fs, uint64_t place, uint64_t size);
	status_t (*mend_cluster)(struct fat *fs, uint32_t cluster, bool is_seen, bool *is_free);
};

extern const struct variant fat_variant;
extern const struct variant exfat_variant; /* services/exfat */
