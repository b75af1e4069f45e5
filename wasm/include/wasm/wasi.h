// SPDX-License-Identifier: MIT OR Apache-2.0
// WASI 0.1 for one program: the descriptor table, arguments, environment, and the host module
// "wasi_snapshot_preview1". Backend interface: wasi_host.h.
#ifndef WASM_WASI_H
#define WASM_WASI_H

#include "wasm/allocator.h"
#include "wasm/runtime.h"
#include "wasm/wasi_host.h"

struct wasi;

struct wasi_config {
	const struct wasm_allocator *allocator;
	const struct wasi_host *host;
	void *host_self; // first argument of each function of `host`
	// Zero-terminated strings; copied.
	const char *const *arguments;
	size_t argument_count;
	const char *const *environment; // "NAME=value"
	size_t environment_count;
	uint32_t descriptor_limit; // most open descriptors; 0: 1024
};

// Borrows allocator, host and host_self until wasi_destroy. NO_MEMORY.
enum wasm_status wasi_create(const struct wasi_config *config, struct wasi **wasi);
// Releases every open description.
void wasi_destroy(struct wasi *wasi);

// The host module, for struct wasm_host_modules: {wasi_functions, wasi_function_count, wasi}.
extern const struct wasm_host_function wasi_functions[];
extern const size_t wasi_function_count;

// The argument of proc_exit after a trap WASM_TRAP_EXIT.
uint32_t wasi_exit_code(const struct wasi *wasi);
// Records an exit code for a host function that returns WASM_TRAP_EXIT itself.
void wasi_set_exit_code(struct wasi *wasi, uint32_t code);

// --- Descriptors, for the embedder and for other host modules --------------------------------

struct wasi_descriptor {
	struct wasi_description *description;
	uint64_t rights;            // enum wasi_rights
	uint64_t inheriting_rights; // most that descriptors opened through it may have
	const char *preopen_name;   // guest path of a pre-opened directory, or null
};

// Puts an entry in the lowest free number (>= `lowest`). Takes the caller's reference to the
// description on success and only then; copies preopen_name. WASI_MFILE, WASI_NOMEM.
enum wasi_errno wasi_descriptor_insert(
	struct wasi *wasi, const struct wasi_descriptor *entry, uint32_t lowest, uint32_t *number);
// Puts an entry at `number`, closing what is there. Ownership as above.
enum wasi_errno wasi_descriptor_set(
	struct wasi *wasi, uint32_t number, const struct wasi_descriptor *entry);
// Borrowed copy of the entry if it has all of `rights`: valid while it stays open.
// WASI_BADF, WASI_NOTCAPABLE.
enum wasi_errno wasi_descriptor_get(
	struct wasi *wasi, uint32_t number, uint64_t rights, struct wasi_descriptor *entry);
// A second number for the same description and rights.
enum wasi_errno wasi_descriptor_duplicate(
	struct wasi *wasi, uint32_t number, uint32_t lowest, uint32_t *duplicate);
enum wasi_errno wasi_descriptor_close(struct wasi *wasi, uint32_t number);
// One more than the highest number in use.
uint32_t wasi_descriptor_end(const struct wasi *wasi);

// The backend that this program runs on.
const struct wasi_host *wasi_host_of(const struct wasi *wasi, void **host_self);

#endif
