// SPDX-License-Identifier: MIT OR Apache-2.0
// The runtime's own structures.
#ifndef WASM_RUNTIME_INTERNAL_H
#define WASM_RUNTIME_INTERNAL_H

#include "base/array.h"
#include "base/types.h"
#include "layout/context.h"
#include "runtime/lock.h"
#include "wasm/runtime.h"

// One running export call; they nest through host functions.
struct activation {
	void *sp; // where unwinding continues; first: enter.S stores here
	struct activation *previous;
	struct wasm_trap_info *info;
};

struct wasm_store {
	const struct wasm_platform *platform;
	struct activation *activation;
	uintptr_t stack_limit;
	struct wasm_module *modules;
	struct wasm_instance *instances;
	struct wasm_memory *memories;
	struct array shared_memories; // struct wasm_memory *, one for each hold
	struct wasm_table *tables;
	struct wasm_global *globals;
	uint64_t table_capacity; // elements of all tables
	struct wasm_fiber *fibers;
	struct wasm_fiber *fiber; // the innermost that runs, or null
	struct wasm_store_limits limits;
	struct wasm_store_limits used;
	struct wasm_tag *tags;
	struct array exceptions; // struct exception_slot
	uint32_t free_exception; // or WASM_NO_INDEX
	size_t exception_bytes, exception_sweep_at;
	uint64_t thrown; // the exception that last left an activation
	// Of all modules: its own, or those of the only module's code, which no store changes.
	const struct type_space *types;
	struct type_space own_types;
	struct arena arena; // of `own_types`
};

// What stores on any thread may share of a module. It never changes but for the counts and pools.
struct wasm_code {
	const struct wasm_platform *platform;
	struct wasm_image image;
	const uint8_t *text; // executable
	struct code_range *range;
	uint32_t references;
	struct arena arena;
	struct type_space types;   // empty if only one store uses the code
	uint32_t *numbers;         // by the image's type numbers: those of `types`
	struct memory_pool *pools; // by memory; null if there are none
};

struct wasm_module {
	struct wasm_store *store;
	struct wasm_code *code; // a reference
	const struct wasm_image *image;
	const uint32_t *types; // by the image's type numbers: the store's
	uint32_t *own_types;   // the same, unless they are the code's
	struct wasm_module *next;
};

struct wasm_global {
	enum wasm_type type;
	bool is_mutable;
	union wasm_value *value;
	union wasm_value storage; // of the host's own
	struct wasm_global *next;
};

// What an exception is of; two tags are the same when they are one object.
struct wasm_tag {
	struct wasm_function_type type; // with the store's numbers
	uint32_t number;                // of that
	struct wasm_tag *next;
};

// One block with all its parts.
struct wasm_instance {
	size_t size; // of the block
	struct wasm_store *store;
	struct wasm_module *module;
	struct wasm_context *context;
	struct context_layout layout;
	struct wasm_function *functions;
	struct wasm_context *hosts; // per imported function; unused for compiled ones
	struct wasm_memory *memory; // memory 0, or null
	struct wasm_tag **tags;
	struct wasm_global **globals; // imported: set; own: made when asked for
	uint8_t *dropped_data;
	uint8_t *dropped_elements;
	uint32_t suspended; // calls on fibers
	bool allows_calls;  // also while there are some
	_Atomic bool interrupted;
	_Atomic bool waiting; // in memory.atomic.wait
	uint32_t wait_word;   // enum wait_bits, what it sleeps on
	struct wasm_instance *next;
};

static inline const struct wasm_allocator *store_allocator(const struct wasm_store *store)
{
	return &store->platform->allocator;
}

// --- types.c ---------------------------------------------------------------------------------

// Gives all types of an image numbers in a space. NO_MEMORY, LIMIT_WORK.
enum wasm_status types_intern(
	const struct wasm_image *image, struct type_space *space, uint32_t *numbers);
// The same for an empty space, which takes the image's own numbers and refers to its lists.
// NO_MEMORY.
enum wasm_status types_adopt(
	const struct wasm_image *image, struct type_space *space, uint32_t *numbers);
// The store's space, for adding to: what it has from shared code is copied first. NO_MEMORY.
enum wasm_status types_own(struct wasm_store *store, struct type_space **space);
// A type of the module's image with the store's numbers.
enum wasm_type types_in_store(const struct wasm_module *module, enum wasm_type type);

// --- code.c ----------------------------------------------------------------------------------

// Of one store alone: wasm_code_load without what sharing needs.
enum wasm_status code_open(const struct wasm_platform *platform, const void *bytes, size_t size,
	struct wasm_code **code);
void code_hold(struct wasm_code *code);

// --- pool.c: memories that start as copies of an image ---------------------------------------

// Makes pools for those memories of shared code whose first contents are constant. NO_MEMORY.
enum wasm_status pools_create(struct wasm_code *code);
void pools_destroy(struct wasm_code *code);
// The pool for a memory of the code's instances, or null: they make it themselves.
struct memory_pool *pool_of(const struct wasm_code *code, uint32_t memory);
// A reservation of WASM_MEMORY_RESERVATION that holds the memory as it is at first. NO_MEMORY.
enum wasm_status pool_take(struct memory_pool *pool, void **base);
// Takes back one whose memory has `bytes` by now.
void pool_give(struct memory_pool *pool, void *base, uint64_t bytes);

// --- objects.c -------------------------------------------------------------------------------

// The old size, or UINT64_MAX.
uint64_t table_grow(
	struct wasm_store *store, struct wasm_table *table, uint64_t count, uint64_t value);
// A memory that no store holds yet.
struct memory_type {
	uint64_t minimum;
	uint64_t maximum; // UINT64_MAX: none
	bool is_64;
	struct memory_pool *pool; // or null
};
enum wasm_status memory_new(const struct wasm_platform *platform, const struct memory_type *type,
	struct wasm_memory **memory);
// Of the store; it lives as long.
enum wasm_status memory_create(
	struct wasm_store *store, const struct memory_type *type, struct wasm_memory **memory);
void memory_destroy(struct wasm_memory *memory);
void table_destroy(struct wasm_store *store, struct wasm_table *table);
// `type`: the store's number.
enum wasm_status tag_create(struct wasm_store *store, uint32_t type, struct wasm_tag **tag);

// --- sharing.c: memories that several stores use ---------------------------------------------

// Does nothing for memories of one store.
void sharing_lock(struct wasm_memory *memory);
void sharing_unlock(struct wasm_memory *memory);
// The store keeps the memory until it is destroyed: `hold` takes a reference for it, `give` passes
// the caller's on, also on failure.
enum wasm_status sharing_create(const struct wasm_platform *platform,
	const struct memory_type *type, struct wasm_memory **memory);
enum wasm_status sharing_hold(struct wasm_store *store, struct wasm_memory *memory);
enum wasm_status sharing_give(struct wasm_store *store, struct wasm_memory *memory);
void sharing_release_all(struct wasm_store *store);

// What memory.atomic.wait gives.
enum wait_result : uint32_t {
	WAIT_WOKEN,
	WAIT_DIFFERENT,
	WAIT_TIMED_OUT,
	WAIT_INTERRUPTED,
};
// Waits for a notification at `address` (in range and aligned) if the `size` bytes there are
// `expected`, at most `timeout` ns unless that is negative.
struct wait_request {
	uint64_t address;
	uint64_t expected;
	uint32_t size;
	int64_t timeout;
};
enum wait_result sharing_wait(struct wasm_instance *instance, struct wasm_memory *memory,
	const struct wait_request *request);
uint32_t sharing_notify(struct wasm_memory *memory, uint64_t address, uint32_t count);
// Ends a wait of the instance. Async-signal-safe.
void sharing_interrupt(struct wasm_instance *instance);

// --- instance.c ------------------------------------------------------------------------------

// Where the context keeps memory `index`.
struct context_memory *instance_memory(const struct wasm_instance *instance, uint32_t index);
struct wasm_table *instance_table(const struct wasm_instance *instance, uint32_t index);
union wasm_value *instance_global_value(const struct wasm_instance *instance, uint32_t index);
// A function's record, which is set when it is asked for first.
struct wasm_function *instance_function(struct wasm_instance *instance, uint32_t index);
void instance_destroy(struct wasm_instance *instance);

// --- constant.c ------------------------------------------------------------------------------

// Evaluates a constant expression of the instance's image; false if it is malformed, or names a
// global that is not below `globals`.
bool constant_evaluate(struct wasm_instance *instance, struct wasm_image_span expression,
	uint32_t globals, union wasm_value *value);
// The same for one that needs no instance; also false if it does.
bool constant_evaluate_alone(
	const struct wasm_image *image, struct wasm_image_span expression, union wasm_value *value);

// --- segments.c ------------------------------------------------------------------------------

enum wasm_trap table_init(struct wasm_instance *instance, uint32_t segment, uint32_t table,
	uint64_t to, uint64_t from, uint64_t count);
enum wasm_trap memory_init(struct wasm_instance *instance, uint32_t segment, uint32_t memory,
	uint64_t to, uint64_t from, uint64_t count);

// --- builtins.c ------------------------------------------------------------------------------

extern const builtin_function runtime_builtins[BUILTIN_COUNT];

// --- trap.c ----------------------------------------------------------------------------------

// Of the stack that runs now.
void store_set_limit(struct wasm_store *store, uintptr_t limit);
// Where the function with this frame returns to, in compiled code: unwind.c.
uint64_t frame_return_address(const uint64_t *frame);
// Ends the innermost running export call. `frame`: the context's, as it was when C was called.
[[noreturn]] void trap_raise(
	struct wasm_instance *instance, const uint64_t *frame, enum wasm_trap trap);
// host_dispatch of host functions' contexts.
void trap_host_dispatch(struct wasm_context *context, void *values);

// --- registry.c: where code lies ------------------------------------------

struct code_range *registry_add(struct wasm_code *code);
void registry_remove(struct code_range *range);
// Async-signal-safe.
struct wasm_code *registry_find(uint64_t pc);

// --- x86_64/enter.S --------------------------------------------------------------------------

// Runs `entry`(context, code, values) with the activation's sp set; 0, or the trap.
uint32_t wasm_enter(struct activation *activation, const void *entry, struct wasm_context *context,
	const void *code, void *values);
// Continues at the activation's wasm_enter, which returns `trap` (rdi); rsp must be its sp.
void wasm_unwind(void);
// Return address of bridged tail calls (compile/x86_64/tail_calls.c).
void wasm_tail_return(void);
[[noreturn]] void wasm_unwind_to(void *sp, uint32_t trap);

#endif
