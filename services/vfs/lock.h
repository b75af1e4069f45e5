// SPDX-License-Identifier: MIT OR Apache-2.0
/* Locks on ranges of files. They belong to open descriptions (like open file description locks of
 * POSIX 2024), so whoever has a number of one shares them, and they go with it. They are advisory:
 * nobody is kept from reading or writing. Nobody waits here.
 * All of it is in the estate. Tests: tests/host/services/vfs_lock_test.c */
#pragma once

#include "volume.h"

#define LOCKS_OF_ONE 64u /* of a description at most */

struct lock_range {
	uint64_t start;
	uint64_t end; /* behind the last byte; UINT64_MAX: to the end of any file */
};

/* Carves the pool from the estate. */
bool locks_open(uint32_t count);

/* OK: `owner` could have the range with this kind (LOCK_KIND_SHARED or LOCK_KIND_EXCLUSIVE).
 * ERR_WOULD_BLOCK: it conflicts with another owner's lock. */
[[nodiscard]] status_t lock_test(
	struct place file, uint32_t owner, enum lock_kind kind, struct lock_range range);

/* Makes the range `kind` for `owner`, whatever of it the owner had before; LOCK_KIND_NONE unlocks.
 * ERR_WOULD_BLOCK; ERR_TOO_MANY: no more locks. On failure nothing has changed. */
[[nodiscard]] status_t lock_set(
	struct place file, uint32_t owner, enum lock_kind kind, struct lock_range range);

/* The description `owner`, open on `file`, ends. */
void locks_release(struct place file, uint32_t owner);
