// SPDX-License-Identifier: MIT OR Apache-2.0
/* Entries of directories. A directory is known by its first cluster; 0 is the root. */
#pragma once

#include "cursor.h"
#include "name.h"

/* A name with its entry, and where they lie. */
struct named {
	uint32_t first; /* index of the first piece of the long name, or of the entry */
	uint32_t index; /* of the entry */
	uint64_t place; /* of the entry: where it is on the volume, in entries */
	struct dirent entry;
	struct fat_name name;
};

static inline uint32_t start_of(const struct dirent *entry)
{
	return (uint32_t)entry->start_high << 16 | entry->start_low;
}

static inline bool entry_is_free(const struct dirent *entry)
{
	return entry->name[0] == ENTRY_FREE || entry->name[0] == ENTRY_END;
}

void entry_set_start(struct dirent *entry, uint32_t start);

/* First cluster of a directory's node. */
uint32_t fat_directory_start(const struct fat *fs, uint64_t node);
/* The other way. */
uint64_t fat_directory_node(const struct fat *fs, uint32_t start);

/* As a chain. */
static inline struct chain chain_of(uint32_t start)
{
	return (struct chain){.start = start};
}

/* The next file or directory. ERR_NOT_FOUND: the end. */
[[nodiscard]] status_t fat_directory_next(struct cursor *cursor, struct named *found);
[[nodiscard]] status_t fat_directory_find(
	struct fat *fs, uint32_t start, struct name name, struct named *found);
[[nodiscard]] status_t fat_directory_is_empty(struct fat *fs, uint32_t start, bool *is_empty);

/* That what a new name needs can be changed without waiting: before an operation that concerns two
 * places changes the first. */
[[nodiscard]] status_t fat_directory_prepare(struct fat *fs, uint32_t start, struct name name);

/* Adds a name with an entry that is like this one but for its name. ERR_NO_SPACE. */
[[nodiscard]] status_t fat_directory_add(struct fat *fs, uint32_t start, struct name name,
	const struct dirent *like, uint64_t *place);
/* A new name that differs in the size of letters. Either it is added, too, and the old one is to be
 * removed; or `*place` is what it was, and all is done. */
[[nodiscard]] status_t fat_directory_respell(
	struct fat *fs, uint32_t start, struct name name, const struct named *old, uint64_t *place);

/* Takes entries `first` to `last` away. */
[[nodiscard]] status_t fat_directory_remove(
	struct fat *fs, uint32_t start, uint32_t first, uint32_t last);
/* Makes a cluster for a directory, with its two first entries. */
[[nodiscard]] status_t fat_directory_make(
	struct fat *fs, uint32_t parent, const struct dirent *like, uint32_t *start);
