// SPDX-License-Identifier: MIT OR Apache-2.0
/* Looking through long directories: an operation that found something missing goes on where it was
 * when it is done again. In no transaction. */
#pragma once

#include "cursor.h"

/* For looking for a name, and for adding it. */
uint64_t scan_key(const struct fat *fs, struct name text, bool is_new);

/* How far such a search came, since something was changed last; else a new one. */
struct scan *scan_of(struct fat *fs, uint32_t start, uint64_t key);

/* Goes through names until `match`, which moves the cursor over one, says something else than
 * ERR_AGAIN. Names are often asked for in the order in which they lie: it begins where the last one
 * was found. */
[[nodiscard]] status_t scan_find(struct fat *fs, struct chain chain, struct name text,
	status_t (*match)(struct cursor *cursor, void *context), void *context);
