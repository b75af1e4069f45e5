// SPDX-License-Identifier: MIT OR Apache-2.0
/* Which directory holds an entry: nothing on the volume says that. It is noted when directories are
 * looked through; what is not noted is looked for from the root. Notes are in no transaction. A
 * note of a cluster stays true as long as it belongs to that directory. */
#pragma once

#include "state.h"

/* The directory that has the cluster of this entry, and its chain. ERR_NOT_FOUND: none. */
[[nodiscard]] status_t holder_find(
	struct fat *fs, uint64_t place, uint64_t *directory, struct chain *chain);

/* That is so. */
void holder_note(struct fat *fs, uint64_t place, uint64_t directory, struct chain chain);

/* A cluster becomes one of a directory. */
void holder_forget_cluster(struct fat *fs, uint32_t cluster);
/* A directory's number means nothing any more. */
void holder_forget_directory(struct fat *fs, uint64_t directory);
void holder_forget_all(struct fat *fs);
