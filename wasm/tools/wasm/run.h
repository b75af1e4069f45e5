// SPDX-License-Identifier: MIT OR Apache-2.0
// What `wasm run` is made of.
#ifndef WASM_TOOLS_WASM_RUN_H
#define WASM_TOOLS_WASM_RUN_H

#include "wasm/runtime.h"
#include "wasm/wasi.h"

constexpr size_t LIST_LIMIT = 256;

struct run_options {
	const char *directories[LIST_LIMIT];
	size_t directory_count;
	const char *sockets[LIST_LIMIT]; // ADDRESS:PORT to listen at
	size_t socket_count;
	const char *environment[LIST_LIMIT];
	size_t environment_count;
	const char *invoke;  // null: `_start`
	uint32_t memory_mib; // 0: no limit, here and below
	uint32_t seconds;
	uint32_t stack_kib;
	int first; // index of the program in the arguments
};

// --- run_invoke.c -----------------------------------------------------------------------------

// Calls a function with numbers that are given as text, and prints its results, one a line.
// Returns the exit status; a trap is left in `*trap`, with the status TOOL_TRAPPED.
int invoke(struct wasm_instance *instance, const char *name, int count, char **arguments,
	struct wasm_trap_info *trap);

// --- run_wasi.c -------------------------------------------------------------------------------

// The standard streams, then the directories and the sockets of the options. False, with a message.
bool add_descriptors(struct wasi *wasi, const struct run_options *options);

// --- run_limits.c -----------------------------------------------------------------------------

// From now on the instance is interrupted when its time is over.
void limit_time(struct wasm_instance *instance, uint32_t seconds);

// The platform's stack limit becomes the nearer one.
void limit_stack(struct wasm_platform *platform, uint32_t kib);

#endif
