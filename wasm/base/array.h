// SPDX-License-Identifier: MIT OR Apache-2.0
// Growable arrays over a wasm_allocator. Elements are plain data.
#ifndef WASM_BASE_ARRAY_H
#define WASM_BASE_ARRAY_H

#include "wasm/allocator.h"
#include "wasm/status.h"

#include <string.h>

struct array {
	void *items;
	uint32_t count;
	uint32_t capacity; // elements
};

// Makes room for `count` elements in all. NO_MEMORY leaves the array as it was.
enum wasm_status array_reserve(struct array *array, const struct wasm_allocator *allocator,
	size_t item_size, size_t count);

// Appends one element, copied from `item`.
enum wasm_status array_push(struct array *array, const struct wasm_allocator *allocator,
	size_t item_size, const void *item);

void array_free(struct array *array, const struct wasm_allocator *allocator, size_t item_size);

// Zeroed memory for `count` objects, or null. A count of 0 gives a pointer to nothing readable.
void *wasm_allocate(const struct wasm_allocator *allocator, size_t count, size_t item_size);
void wasm_free(
	const struct wasm_allocator *allocator, void *memory, size_t count, size_t item_size);

#endif
