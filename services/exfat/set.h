// SPDX-License-Identifier: MIT OR Apache-2.0
/* Sets of entries: that of a file or directory, and what follows it and belongs to it (6.2, 7.4): a
 * stream, its name in pieces, perhaps others that are kept as they are. */
#pragma once

#include "state.h"

#include <fat/cursor.h>
#include <fat/name.h>

enum set_state : uint8_t {
	SET_SOUND,
	SET_SUM,     /* but its sum, or its name's, is wrong */
	SET_UNKNOWN, /* there are entries that say something which must be known */
	SET_BROKEN,
};

struct set {
	uint32_t first; /* index of the file's entry */
	uint64_t place; /* where that is on the volume, in entries */
	uint32_t count; /* of entries */
	enum set_state state;
	union exfat_entry entries[SET_MOST];
	struct fat_name name;
};

/* The file's entry, and the one behind it. */
#define SET_FILE   0u
#define SET_STREAM 1u
#define SET_NAME   2u

static inline bool entry_is_used(const union exfat_entry *entry)
{
	return (entry->type & TYPE_IN_USE) != 0;
}

static inline bool entry_is_secondary(const union exfat_entry *entry)
{
	return (entry->type & TYPE_SECONDARY) != 0;
}

/* A primary entry, which is used or not, may be left as it is. */
bool entry_is_known(uint8_t type, bool is_root);

/* cursor_next() for these entries. */
[[nodiscard]] status_t exfat_next_entry(
	struct cursor *c, union exfat_entry **entry, uint64_t *place);

/* A stream's clusters, or those of another entry behind a file's. ERR_CORRUPT: they cannot be. */
[[nodiscard]] status_t stream_chain(
	struct fat *fs, const struct exfat_stream_entry *stream, struct chain *chain);
/* It says that; the size is there already. */
void stream_set_chain(struct exfat_stream_entry *stream, struct chain chain);

static inline bool set_is_directory(const struct set *set)
{
	return (set->entries[SET_FILE].file.attributes & ATTR_DIRECTORY) != 0;
}

/* The cursor is before a file's entry, and then behind its set. */
[[nodiscard]] status_t set_read(struct cursor *c, struct set *set);
/* The next sound set of a directory. ERR_NOT_FOUND: the end. */
[[nodiscard]] status_t set_next(struct cursor *c, struct set *set);

/* The entries without a name get one, and their number. */
void set_give_name(const struct fat *fs, struct set *set, const struct fat_name *name);
/* How many entries a set with such a name has, if it has no others. */
uint32_t set_size_for(const struct fat_name *name);

/* Its sum is right, and what is different is changed; the cursor is before its first entry. */
[[nodiscard]] status_t set_write(struct cursor *c, struct set *set);

/* An entry, and `count - 1` behind it, are not used any more; the cursor is before it. */
[[nodiscard]] status_t set_remove(struct cursor *c, uint32_t count);
