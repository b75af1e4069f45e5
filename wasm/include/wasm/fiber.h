// SPDX-License-Identifier: MIT OR Apache-2.0
// Calls on stacks of their own, which host functions can suspend: while one waits, its thread goes
// on with others. A fiber belongs to one store and so to one thread at a time.
#ifndef WASM_FIBER_H
#define WASM_FIBER_H

#include "wasm/runtime.h"

struct wasm_fiber;

struct wasm_fiber_options {
	uint64_t stack_size; // of the machine; rounded up to 64 KiB
	uint64_t reserve;    // of it, bytes that are left to host functions: 64 KiB is plenty
	// A C module has a stack in its memory, too. Its pointer is this mutable i32 global (often
	// exported as __stack_pointer; null: there is none), which begins with this value in the
	// fiber and is, while the fiber does not run, what it was outside.
	struct wasm_global *stack_pointer;
	uint32_t stack_top;
};

// A fiber for one call after the other. NO_MEMORY, PLATFORM.
enum wasm_status wasm_fiber_create(struct wasm_store *store,
	const struct wasm_fiber_options *options, struct wasm_fiber **fiber);

// Also of one that is suspended: its call is given up in the middle, and what its module was about
// to do stays undone, so its instance should go, too. Not of one that runs.
void wasm_fiber_destroy(struct wasm_fiber *fiber);

// Calls like wasm_call, which borrows `values` and `trap` until the call has ended. SUSPENDED: it
// has not. BUSY: the fiber has a call already.
enum wasm_status wasm_fiber_call(struct wasm_fiber *fiber, struct wasm_function *function,
	union wasm_value *values, struct wasm_trap_info *trap);
// Goes on behind wasm_fiber_suspend. OK, TRAPPED, or SUSPENDED again. BUSY: no call is suspended.
enum wasm_status wasm_fiber_resume(struct wasm_fiber *fiber);

// In a host function: leaves the fiber until it is resumed. The innermost fiber of the store is
// meant. BUSY: there is none.
enum wasm_status wasm_fiber_suspend(struct wasm_store *store);

// While a call of an instance is suspended, other calls of its functions from C are refused: BUSY.
// A module that expects such calls can be declared so.
void wasm_instance_allow_calls(struct wasm_instance *instance);

#endif
