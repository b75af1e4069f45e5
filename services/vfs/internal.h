// SPDX-License-Identifier: MIT OR Apache-2.0
/* What the parts of the VFS's operations share. */
#pragma once

#include "vfs.h"
#include "walk.h"

/* A walk from a client's directory (0: the root). */
[[nodiscard]] status_t vfs_walk(struct client *client, uint64_t directory, struct vfs_bytes path,
	bool follow, struct walk *walk);

static inline struct volume *volume_of(struct place place)
{
	return volume_at(place.volume);
}
