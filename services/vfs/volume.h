// SPDX-License-Identifier: MIT OR Apache-2.0
/* The mounted volumes. They are mounted in the same order at each start, so they need no estate. */
#pragma once

#include "file_system.h"

#define VOLUMES_MOST 16u

/* A file or directory of the name space. */
struct place {
	uint64_t node;
	uint32_t volume;
	uint32_t reserved;
};

/* Forgets all volumes. */
void volumes_clear(void);

/* Mounts a file system at a name in the directory `at`; the first becomes the root, whatever `at`
 * says. What had this name is hidden. */
void volume_mount(const struct file_system_ops *ops, uint64_t root, bool is_read_only,
	struct place at, const char *name);

/* A volume that comes and goes at this place of the table, behind those that stay; `ops` nullptr:
 * it is gone. */
void volume_set(uint32_t index, const struct volume *volume);

/* One more than the last that is there; there may be gaps. */
uint32_t volume_count(void);
struct volume *volume_at(uint32_t index);
bool volume_is_there(uint32_t index);
uint32_t volume_index(const struct volume *volume);

struct place place_root(void);
bool place_is_same(struct place a, struct place b);

/* The volume that is mounted under a name of a directory; its index if there is one. What was
 * mounted last hides the others. */
bool volume_mounted(struct place directory, struct name name, uint32_t *index);

/* True: the place is the root of a volume. */
bool place_is_mount(struct place place);

/* --- operations of the file system that a place is in ------------------------------------------
 */

[[nodiscard]] status_t place_attributes(struct place place, struct file_attributes *attributes);
[[nodiscard]] status_t place_lookup(struct place directory, struct name name, struct place *place);
/* At the root of all it stays there. */
[[nodiscard]] status_t place_parent(struct place directory, struct place *parent);
bool place_is_read_only(struct place place);
