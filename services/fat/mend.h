// SPDX-License-Identifier: MIT OR Apache-2.0
/* What a power cut leaves is mended when the volume is mounted: names that a file has twice, pieces
 * of long names without their entry, chains that are longer than their files or belong to nobody
 * (commit.h). What such a cut cannot have left is not touched, and the volume is only read.
 *
 * The tree is gone through from the root, and each cluster that belongs to something noted in a
 * map; the first name of a file or directory is its name. Nothing of how far that has come is in
 * the estate, as all of it can be done again: a new instance begins at the start. */
#pragma once

#include "fs.h"

/* False: the volume has more clusters than there is room for in the map. */
bool mend_begin(struct fat *fs);
/* The tree, and then what belongs to nobody. These commit what they did, as far as they came.
 * ERR_CORRUPT: a power cut has not left that. */
[[nodiscard]] status_t mend_tree(struct fat *fs);
[[nodiscard]] status_t mend_lost(struct fat *fs);

/* --- for the variants' part: as far as the tree was gone through */

/* The chain is followed next; so many clusters at most (0: all). A directory's entries come behind
 * that. */
void mend_walk(
	struct fat *fs, struct chain chain, uint32_t needed, uint64_t place, bool is_directory);
/* The entries of the directory in `mend` come next. */
[[nodiscard]] status_t mend_enter(struct fat *fs);
/* The cluster belongs to something. */
bool mend_has_seen(const struct fat *fs, uint32_t cluster);
