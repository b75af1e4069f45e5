// SPDX-License-Identifier: MIT OR Apache-2.0
// Memory that is freed all at once: what decoding a module allocates.
#ifndef WASM_BASE_ARENA_H
#define WASM_BASE_ARENA_H

#include "wasm/allocator.h"

#include <stdint.h>

struct arena_block;

struct arena {
	const struct wasm_allocator *allocator;
	struct arena_block *blocks;
};

// Zeroed memory for `count` objects of `item_size`, aligned to 16, or null.
void *arena_allocate(struct arena *arena, size_t count, size_t item_size);
void arena_free(struct arena *arena);

#endif
