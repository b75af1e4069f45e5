// SPDX-License-Identifier: MIT OR Apache-2.0
/* Directories of exFAT, by their chains. */
#pragma once

#include "set.h"

/* The number of what a set of a directory stands for. */
uint64_t exfat_directory_id_of(struct fat *fs, const struct set *set);

/* Clusters of the directory with this number. ERR_NOT_FOUND: there is none. */
[[nodiscard]] status_t exfat_directory_chain(struct fat *fs, uint64_t id, struct chain *chain);

/* The set with a name. What is seen is noted (holder.h). */
[[nodiscard]] status_t exfat_directory_find(
	struct fat *fs, uint64_t id, struct name text, struct set *set);
/* By the index of its first entry. */
[[nodiscard]] status_t exfat_directory_get(
	struct fat *fs, struct chain chain, uint32_t index, struct set *set);
[[nodiscard]] status_t exfat_directory_is_empty(struct fat *fs, struct chain chain, bool *is_empty);

/* What a name looks like in the system; one that is too long there, or no text, gets another. */
size_t exfat_directory_text(const struct set *set, char text[NAME_MOST + 1]);

/* Where a new set of so many entries has room; the directory becomes longer if there is none.
 * Nothing else is changed. ERR_NO_SPACE. */
struct room {
	struct chain chain;
	uint32_t first;
	bool is_at_end; /* of the directory, whatever another system left behind it */
};
[[nodiscard]] status_t exfat_directory_make_room(
	struct fat *fs, uint64_t id, struct name text, uint32_t count, struct room *room);
/* Puts it there; that cannot fail when the entries were touched. */
[[nodiscard]] status_t exfat_directory_put(
	struct fat *fs, const struct room *room, struct set *set);

[[nodiscard]] status_t exfat_directory_remove(
	struct fat *fs, struct chain chain, const struct set *set);
