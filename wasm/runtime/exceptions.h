// SPDX-License-Identifier: MIT OR Apache-2.0
// Exceptions of a store. A reference to one (exnref) is a handle, which is checked wherever it is
// used, so that a stale one does no harm. Exceptions that nothing can reach any more are swept
// when their memory has doubled: globals, tables, other exceptions and, word by word, the stack of
// all running calls are searched for handles. EXCEPTION_BYTES_LIMIT bounds what can be alive.
#ifndef WASM_RUNTIME_EXCEPTIONS_H
#define WASM_RUNTIME_EXCEPTIONS_H

#include "runtime/internal.h"

struct wasm_exception {
	uint64_t handle;
	struct wasm_tag *tag;
	struct wasm_exception *next; // to be searched, while sweeping
	bool marked;
	alignas(16) uint8_t values[]; // EXCEPTION_VALUE_SIZE each
};

// A new exception whose values are zero. `stack`: the lowest address of the stack that may hold
// references. Null when there is no memory for it.
struct wasm_exception *exception_new(
	struct wasm_store *store, struct wasm_tag *tag, const void *stack);
// The exception of a handle, or null.
struct wasm_exception *exception_find(const struct wasm_store *store, uint64_t handle);
// More than half of what can be alive.
bool exceptions_are_many(const struct wasm_store *store);
void exceptions_free(struct wasm_store *store);

// Throws from the C function that compiled code called last; `frame`: the context's at that time.
[[noreturn]] void exception_throw(struct wasm_instance *instance, const uint64_t *frame,
	const struct wasm_exception *exception);

#endif
