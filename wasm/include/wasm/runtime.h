// SPDX-License-Identifier: MIT OR Apache-2.0
// The runtime: load compiled images, link and instantiate them, call their exports.
// One store holds modules and instances that may share objects. A store belongs to one thread at a
// time; separate stores are independent (only the code registry of the fault handler is shared, and
// it is lock-free for readers). Everything in a store lives until wasm_store_destroy: no reference
// ever dangles. Instances that come and go have a store each, which costs little, and share their
// code (wasm_code_load), which any thread may use.
#ifndef WASM_RUNTIME_H
#define WASM_RUNTIME_H

#include "wasm/image.h"
#include "wasm/platform.h"
#include "wasm/trap.h"

struct wasm_store;
struct wasm_code;     // an image, ready for any number of stores
struct wasm_module;   // an image in a store
struct wasm_instance; // an instantiated module
struct wasm_function;
struct wasm_memory;
struct wasm_table;
struct wasm_global;
struct wasm_tag;

// --- Stores ----------------------------------------------------------------------------------

// Borrows `platform` for the store's life. NO_MEMORY.
enum wasm_status wasm_store_create(const struct wasm_platform *platform, struct wasm_store **store);
// Destroys the store and all in it. No code of it may be running.
void wasm_store_destroy(struct wasm_store *store);

// What the instances of a store may have in all.
struct wasm_store_limits {
	uint64_t memory_pages;   // of 64 KiB, of memories that are not shared
	uint64_t table_elements; // beside the engine's own limit of 20 million
	uint64_t instances;
};
constexpr uint64_t WASM_UNLIMITED = UINT64_MAX;
// From now on: what is there stays. A module that grows beyond a limit is told -1; making what goes
// beyond one is LIMIT_STORE. Time and stack: wasm_instance_interrupt, wasm_platform.stack_limit.
void wasm_store_limit(struct wasm_store *store, const struct wasm_store_limits *limits);

// --- Modules ---------------------------------------------------------------------------------

// Opens an image and maps its code. Borrows `bytes` for the store's life.
// BAD_IMAGE_*, UNSUPPORTED_CPU, NO_MEMORY, PLATFORM.
enum wasm_status wasm_module_load(
	struct wasm_store *store, const void *bytes, size_t size, struct wasm_module **module);

// Opens and maps an image for many stores, of any thread. Borrows `platform` and `bytes` until the
// last reference is gone: the caller's, which wasm_code_release gives back, and one of each store.
// The same errors.
enum wasm_status wasm_code_load(const struct wasm_platform *platform, const void *bytes,
	size_t size, struct wasm_code **code);
void wasm_code_release(struct wasm_code *code);
const struct wasm_image *wasm_code_image(const struct wasm_code *code);
// Memories of such code start as copies of an image (wasm/platform.h), and the address space of up
// to `count` ended ones, 256 unless told otherwise, stays reserved for the next ones.
void wasm_code_keep(struct wasm_code *code, uint32_t count);
// A module of such code in a store. NO_MEMORY.
enum wasm_status wasm_module_attach(
	struct wasm_store *store, struct wasm_code *code, struct wasm_module **module);

const struct wasm_image *wasm_module_image(const struct wasm_module *module);

// --- Host functions --------------------------------------------------------------------------

// A C function that modules import. `caller` is the importing instance; `values` holds the
// arguments and takes the results in place (index 0 upwards; room for the larger of both). A result
// other than WASM_TRAP_NONE ends the running export call with that trap.
typedef enum wasm_trap (*wasm_host_call)(
	struct wasm_instance *caller, void *environment, union wasm_value *values);

// signature: parameters ':' results, one letter each: i = i32, I = i64, f = f32, F = f64,
// V = v128, p = funcref, e = externref. Example: "iIii:i".
struct wasm_host_function {
	const char *module;
	const char *name;
	const char *signature;
	wasm_host_call call;
	uint32_t name_size;
};

// An entry of such a table; the name is a literal.
#define WASM_HOST_FUNCTION(module, name, signature, call) \
	{module, name, signature, call, sizeof(name) - 1}

// --- Linking ---------------------------------------------------------------------------------

struct wasm_extern {
	enum wasm_extern_kind kind;
	wasm_host_call host_call; // FUNCTION: set for a host function, else `function` is used
	const char *host_signature;
	void *host_environment;
	union {
		struct wasm_function *function;
		struct wasm_table *table;
		struct wasm_memory *memory;
		struct wasm_global *global;
		struct wasm_tag *tag;
	};
};

// Names are not zero-terminated.
struct wasm_import_name {
	const char *module;
	const char *name;
	uint32_t module_size;
	uint32_t name_size;
	enum wasm_extern_kind kind;
};

// Finds what an import names: true and `*found`, or false. The runtime checks the type.
struct wasm_resolver {
	void *self;
	bool (*resolve)(
		void *self, const struct wasm_import_name *import, struct wasm_extern *found);
};

// Several tables of host functions as one resolver: the first match wins.
struct wasm_host_module {
	const struct wasm_host_function *functions;
	size_t count;
	void *environment; // passed to each call
};
struct wasm_host_modules {
	const struct wasm_host_module *modules;
	size_t count;
};
// For wasm_resolver.resolve with self = struct wasm_host_modules *.
bool wasm_host_modules_resolve(
	void *self, const struct wasm_import_name *import, struct wasm_extern *found);
// The same, faster, where the functions of each table are all of one import module and in the order
// of their names' bytes.
bool wasm_host_modules_resolve_sorted(
	void *self, const struct wasm_import_name *import, struct wasm_extern *found);

// --- Calls and traps -------------------------------------------------------------------------

// A function that was running, innermost first.
struct wasm_frame {
	const struct wasm_image *image; // its module's
	uint32_t function;              // index
	uint32_t code;                  // offset in the image's code
};
constexpr uint32_t WASM_FRAMES_MOST = 24;

// What a trap was. `function` is the index in `instance`'s module of the function that trapped or
// that called the host function, WASM_NO_INDEX if none is known (instantiation, a call from another
// instance); `code` is the offset in its code section.
struct wasm_trap_info {
	enum wasm_trap trap;
	uint32_t function;
	uint64_t code;
	uint64_t address; // linear memory address, with has_address: a load or store
	bool has_address;
	const struct wasm_instance *instance;
	uint64_t exception; // EXCEPTION: a reference to it, good until the store's code runs again
	// Compiled functions, down to the call from C; what is beyond WASM_FRAMES_MOST is left out.
	// Good as long as their modules' stores.
	uint32_t frame_count;
	struct wasm_frame frames[WASM_FRAMES_MOST];
};

// Writes one line such as "out of bounds memory access in function 12 'copy' at 0x1f3" and a
// terminating 0, cut at `size`; the offset is the instruction's in the module. Returns the length
// without the 0.
size_t wasm_trap_describe(const struct wasm_trap_info *info, char *text, size_t size);

// The same for a caller: frame number `frame`, from 1 on, such as "called by function 7 'main' at
// 0x8a".
size_t wasm_trap_describe_frame(
	const struct wasm_trap_info *info, uint32_t frame, char *text, size_t size);

// Instantiates (spec 4.5.4) and runs the start function. On success gives `*instance`.
// LINK_*, NO_MEMORY, PLATFORM; TRAPPED with `*trap` filled (segments written before stay written).
enum wasm_status wasm_instantiate(struct wasm_module *module, const struct wasm_resolver *resolver,
	struct wasm_instance **instance, struct wasm_trap_info *trap);

// Finds an export by its zero-terminated name, or by name and size. LINK_EXPORT.
enum wasm_status wasm_instance_export(
	struct wasm_instance *instance, const char *name, struct wasm_extern *found);
enum wasm_status wasm_instance_export_sized(
	struct wasm_instance *instance, const char *name, size_t size, struct wasm_extern *found);

// Calls `function` with `values` as for wasm_host_call: arguments in, results out, room for the
// larger of both. Types are the caller's duty (wasm_function_type_of). TRAPPED with `*trap`.
// Calls may nest through host functions.
enum wasm_status wasm_call(
	struct wasm_function *function, union wasm_value *values, struct wasm_trap_info *trap);
struct wasm_function_type wasm_function_type_of(const struct wasm_function *function);

// Convenience: export lookup, signature check (as in wasm_host_function) and call.
// LINK_EXPORT, LINK_SIGNATURE, TRAPPED.
enum wasm_status wasm_instance_call(struct wasm_instance *instance, const char *name,
	const char *signature, union wasm_value *values, struct wasm_trap_info *trap);

// Makes running and future code of the instance trap with INTERRUPTED at its next loop head or
// function entry, and ends a memory.atomic.wait so. Any thread or signal handler may call it.
// _clear undoes it. A program of several instances needs it for each.
void wasm_instance_interrupt(struct wasm_instance *instance);
void wasm_instance_interrupt_clear(struct wasm_instance *instance);

// --- Instance parts, for host functions ------------------------------------------------------

struct wasm_store *wasm_instance_store(const struct wasm_instance *instance);
struct wasm_module *wasm_instance_module(const struct wasm_instance *instance);

// The instance's memory 0, or null.
struct wasm_memory *wasm_instance_memory(const struct wasm_instance *instance);

// Bounds-checked access to memory 0: `size` bytes at `address`, or null when any byte lies outside
// (or there is no memory). Valid for ever (memories never move or shrink).
void *wasm_memory_at(const struct wasm_instance *instance, uint32_t address, uint64_t size);
// The same for `count` elements of `element_size`; null on overflow too.
void *wasm_memory_array(const struct wasm_instance *instance, uint32_t address, uint32_t count,
	uint32_t element_size);
// Unaligned little-endian loads and stores. False when out of bounds; nothing changes then.
bool wasm_memory_read(
	const struct wasm_instance *instance, uint32_t address, void *to, uint32_t size);
bool wasm_memory_write(
	const struct wasm_instance *instance, uint32_t address, const void *from, uint32_t size);

// --- Objects made by the host ----------------------------------------------------------------

// maximum: pages, or UINT32_MAX for none. NO_MEMORY, PLATFORM.
enum wasm_status wasm_memory_create(
	struct wasm_store *store, uint32_t minimum, uint32_t maximum, struct wasm_memory **memory);
// Of functions or external references; maximum: elements, or UINT64_MAX for none. NO_MEMORY.
struct wasm_table_type {
	enum wasm_type type;
	bool is_64; // indices are i64
	uint64_t minimum;
	uint64_t maximum;
};
enum wasm_status wasm_table_create(
	struct wasm_store *store, const struct wasm_table_type *type, struct wasm_table **table);
enum wasm_status wasm_global_create(struct wasm_store *store, enum wasm_type type, bool is_mutable,
	union wasm_value value, struct wasm_global **global);

// A memory that several stores may use at once, each on its own thread: instances import it if they
// declare a shared memory. Borrows `platform` for its life, which ends when the creator has
// released it and no store holds it. NO_MEMORY, PLATFORM.
enum wasm_status wasm_shared_memory_create(const struct wasm_platform *platform, uint32_t minimum,
	uint32_t maximum, struct wasm_memory **memory);
void wasm_shared_memory_release(struct wasm_memory *memory);

// A tag whose exceptions have values of these types (number types, funcref, externref). NO_MEMORY.
enum wasm_status wasm_tag_create(struct wasm_store *store, const enum wasm_type *types,
	uint32_t count, struct wasm_tag **tag);

uint8_t *wasm_memory_base(const struct wasm_memory *memory);
uint32_t wasm_memory_pages(const struct wasm_memory *memory);
// Returns the old size in pages, or UINT32_MAX when it cannot grow.
uint32_t wasm_memory_grow(struct wasm_memory *memory, uint32_t pages);
// Windows: memory of others, such as a device's registers or a ring, in place of pages of a memory,
// for as long as it lives. `map` puts them at an address (a multiple of 4 KiB, as is the size), and
// says so. Each load and store of compiled code is one access of its width, at its place in the
// program's order; none is left out, repeated, joined or moved. (Vectors and unaligned accesses
// may be split by the CPU; bulk instructions give no order.) LINK_TYPE: the range is not all in the
// memory, or not whole pages; else what `map` says: after a failure the pages count as lost.
typedef enum wasm_status (*wasm_window_map)(void *self, void *address, uint64_t size);
enum wasm_status wasm_memory_window(struct wasm_memory *memory, uint64_t offset, uint64_t size,
	wasm_window_map map, void *self);
// Lowers the most pages that this memory may ever have (a memory limit of the embedder).
void wasm_memory_limit(struct wasm_memory *memory, uint32_t pages);

union wasm_value wasm_global_get(const struct wasm_global *global);
enum wasm_type wasm_global_type(const struct wasm_global *global);

// --- Exceptions ------------------------------------------------------------------------------

// A reference to an exception that the host has (from wasm_trap_info, a result, an argument) is
// good as long as the store's code does not run, or code of the store holds it too; a stale one is
// recognised: null, false, or a trap when it is thrown.
struct wasm_tag *wasm_exception_tag(const struct wasm_store *store, uint64_t exception);
bool wasm_exception_value(const struct wasm_store *store, uint64_t exception, uint32_t index,
	union wasm_value *value);
// For a host function that throws: return what this returns. When a nested wasm_call ended with an
// exception, returning WASM_TRAP_EXCEPTION passes it on.
enum wasm_trap wasm_exception_throw(
	struct wasm_store *store, struct wasm_tag *tag, const union wasm_value *values);

#endif
