// SPDX-License-Identifier: MIT OR Apache-2.0
/* Records of directories, and what Rock Ridge says besides. */
#pragma once

#include "fs.h"

#define RECORD_MOST 255u

/* A record, and where it lies. */
struct entry {
	uint64_t place; /* bytes, on the volume */
	union {
		struct record record;
		uint8_t bytes[RECORD_MOST + 1];
	};
};

/* What its extensions say; sizes 0, and false: nothing. */
struct details {
	char name[NAME_MOST];
	size_t name_size;
	bool has_mode;
	uint32_t mode;
	uint32_t links;
	uint32_t owner;
	uint32_t group;
	uint32_t child; /* the directory lies there; 0: where the record says */
	uint32_t parent;
	bool is_moved; /* it is shown where another record names it */
	uint64_t modified_ns;
	uint64_t accessed_ns;
	uint64_t changed_ns;
};

/* The record at a place, checked. ERR_NOT_FOUND: there is none in the rest of its sector. */
[[nodiscard]] status_t record_at(struct iso *fs, uint64_t place, struct entry *entry);

/* Nothing if the volume has no Rock Ridge. */
[[nodiscard]] status_t record_details(
	struct iso *fs, const struct entry *entry, struct details *details);

/* The name as people see it, with an end; its size. 0: it has none that can be shown. */
size_t record_name(const struct iso *fs, const struct entry *entry, const struct details *details,
	char name[NAME_MOST + 1]);

/* The target of a symbolic link, as much as there is room for. */
[[nodiscard]] status_t record_link(
	struct iso *fs, const struct entry *entry, char *target, size_t room, size_t *size);

/* Whether the root's first record says that the volume has Rock Ridge. */
[[nodiscard]] status_t record_find_rock_ridge(struct iso *fs, const struct entry *root);

uint64_t record_time(const uint8_t time[7]); /* nanoseconds since 1970 */

static inline bool record_is_directory(const struct entry *entry)
{
	return (entry->record.flags & RECORD_DIRECTORY) != 0;
}

/* "." and "..". */
static inline bool record_is_dots(const struct entry *entry)
{
	return entry->record.name_size == 1 && entry->record.name[0] <= 1;
}
