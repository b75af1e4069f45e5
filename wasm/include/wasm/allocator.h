// SPDX-License-Identifier: MIT OR Apache-2.0
// Where the engine gets memory. The engine calls nothing else for it.
#ifndef WASM_ALLOCATOR_H
#define WASM_ALLOCATOR_H

#include <stddef.h>

// resize: like realloc with the old size told. `old` is null when `old_size` is 0; `new_size` 0
// frees and returns null. Results are aligned to 16 bytes, not zeroed. On failure returns null and
// `old` stays valid.
struct wasm_allocator {
	void *self;
	void *(*resize)(void *self, void *old, size_t old_size, size_t new_size);
	// New memory that is zeroed, for allocators that know of some; may be null.
	void *(*zeroed)(void *self, size_t size);
};

#endif
