// SPDX-License-Identifier: MIT OR Apache-2.0
// Fibers, within the runtime.
#ifndef WASM_RUNTIME_FIBER_H
#define WASM_RUNTIME_FIBER_H

#include "runtime/internal.h"
#include "wasm/fiber.h"

enum fiber_state : uint32_t {
	FIBER_IDLE,
	FIBER_RUNNING,
	FIBER_SUSPENDED,
};

struct wasm_fiber {
	struct wasm_store *store;
	uint8_t *base; // reservation: a part that is never accessible, the stack
	uint64_t size;
	uintptr_t stack_limit;
	enum fiber_state state;
	void *sp;                      // while it does not run
	struct activation *activation; // its calls, while it does not run
	// Of whoever resumed it, while it runs.
	void *outer_sp;
	struct activation *outer_activation;
	struct wasm_fiber *outer;
	// The call.
	struct wasm_function *function;
	union wasm_value *values;
	struct wasm_trap_info *trap;
	enum wasm_status status;
	// The stack in the module's memory.
	struct wasm_global *stack_pointer;
	uint32_t stack_top;
	uint32_t other_pointer;  // of the fiber while it does not run, else of outside
	struct wasm_fiber *next; // of the store
};

// Gives each part of stacks that compiled code may have left, but for the running one's, to
// `visit`.
void fibers_visit_stacks(const struct wasm_store *store,
	void (*visit)(void *self, const uint64_t *from, const uint64_t *to), void *self);

// Where the calls that begin with this activation entered compiled code first, or null.
const uint64_t *activation_top(const struct activation *activation);

#endif
