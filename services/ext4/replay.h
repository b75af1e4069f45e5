// SPDX-License-Identifier: MIT OR Apache-2.0
/* Replaying the journal of a volume that was not unmounted: first its end is looked for, and what
 * was revoked; then the blocks are taken to the cache, from where they go to their places. */
#pragma once

#include "fs.h"

bool replay_open(struct ext4 *fs, struct engine_parameters *memory);
void replay_begin(struct ext4 *fs);

/* Steps: OK: this one is done; `*end`: it was the last. */
[[nodiscard]] status_t replay_scan(struct ext4 *fs, bool *end);
[[nodiscard]] status_t replay_step(struct ext4 *fs, bool *end);
