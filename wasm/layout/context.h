// SPDX-License-Identifier: MIT OR Apache-2.0
// What compiled code and the runtime both know: objects that code reaches through r15, the builtin
// functions that it calls, and the variable part of an instance's context. Any change here changes
// wasm_engine_hash.
#ifndef WASM_LAYOUT_CONTEXT_H
#define WASM_LAYOUT_CONTEXT_H

#include "wasm/runtime.h"

#include <stddef.h>
#include <stdint.h>

// A field of one word of the machine that the code runs on, also where a 32-bit compiler makes it.
#define WASM_WORD alignas(8)
constexpr uint32_t CONTEXT_WORD_SIZE = 8;

struct wasm_context;
struct wasm_store;
struct wasm_memory;
struct wasm_table;
struct wasm_function;
struct wasm_instance;

// Each call to C that compiled code makes. Arguments: context, then up to three operands, then the
// immediate (segment or table indices).
enum builtin : uint32_t {
	BUILTIN_MEMORY_GROW,
	BUILTIN_MEMORY_INIT,
	BUILTIN_MEMORY_COPY,
	BUILTIN_MEMORY_FILL,
	BUILTIN_DATA_DROP,
	BUILTIN_TABLE_GET,
	BUILTIN_TABLE_SET,
	BUILTIN_TABLE_SIZE,
	BUILTIN_TABLE_GROW,
	BUILTIN_TABLE_FILL,
	BUILTIN_TABLE_INIT,
	BUILTIN_TABLE_COPY,
	BUILTIN_ELEM_DROP,
	BUILTIN_ATOMIC_NOTIFY,
	BUILTIN_ATOMIC_WAIT32,
	BUILTIN_ATOMIC_WAIT64,
	BUILTIN_CHECK_CALLEE,
	BUILTIN_EXCEPTION_NEW,       // immediate: tag; gives the address of its values
	BUILTIN_EXCEPTION_THROW,     // with that address
	BUILTIN_EXCEPTION_THROW_REF, // a reference
	BUILTIN_COUNT,
};

// Two indices in an immediate.
constexpr uint32_t SECOND_INDEX_SHIFT = 28;

static inline uint64_t two_indices(uint32_t first, uint32_t second)
{
	return first | (uint64_t)second << SECOND_INDEX_SHIFT;
}

typedef uint64_t (*builtin_function)(
	struct wasm_context *context, uint64_t a, uint64_t b, uint64_t c, uint64_t immediate);

// r15 points here while compiled code runs. A host function that modules import has one too, of
// which only the fields up to `host_environment` matter.
struct wasm_context {
	WASM_WORD uintptr_t stack_limit;           // UINTPTR_MAX: interrupted
	WASM_WORD uint8_t *memory_base;            // memory 0; kept in r14
	WASM_WORD struct wasm_function *functions; // those of the instance, by index
	WASM_WORD const builtin_function *builtins;
	WASM_WORD struct wasm_instance *instance; // for host functions: the importer
	// The C function that the import code of a type calls: (context, values).
	WASM_WORD void (*host_dispatch)(struct wasm_context *context, void *values);
	WASM_WORD wasm_host_call host_call; // set: a host function
	WASM_WORD void *host_environment;
	WASM_WORD const void *tail_return; // wasm_tail_return
	WASM_WORD const uint64_t
		*frame; // rbp of the stub or adapter that last called C; [1]: return address
			// Then: globals, tables, imports, type ids. See struct context_layout.
};

static_assert(offsetof(struct wasm_context, frame) == 72 && sizeof(struct wasm_context) == 80);

// Each value of an exception has this many bytes.
constexpr uint32_t EXCEPTION_VALUE_SIZE = sizeof(union wasm_value);

// Bytes of the words for parameters and results in a bridged tail call, enough for every type; what
// comes back goes on at the address that lies behind them.
constexpr uint32_t TAIL_CALL_AREA = 16000;

// The registers that compiled code preserves, as the builtin stub and the adapters of imports leave
// them, ending at their rbp: where an exception starts from.
struct saved_homes {
	uint64_t floating[8][2]; // xmm8 to xmm15
	uint64_t general[7];     // rbx, r8 to r13
};

// A global is its value (16 bytes, for vectors to come), or for imported ones a pointer to it.
constexpr uint32_t CONTEXT_GLOBAL_SIZE = 16;

// What a call to an imported function needs.
struct context_import {
	WASM_WORD const void *code;
	WASM_WORD struct wasm_context *context;
};

struct context_memory {
	WASM_WORD uint8_t *base; // never changes
	WASM_WORD struct wasm_memory *memory;
};

// Offsets into the context.
struct context_layout {
	uint32_t globals;  // CONTEXT_GLOBAL_SIZE each
	uint32_t tables;   // struct wasm_table * each
	uint32_t memories; // struct context_memory each
	uint32_t imports;  // struct context_import each
	uint32_t types;    // uint32_t each: the store's number for the type
	uint32_t size;
};

static inline struct context_layout context_layout_of(
	uint32_t globals, uint32_t tables, uint32_t memories, uint32_t imports, uint32_t types)
{
	struct context_layout layout = {.globals = sizeof(struct wasm_context)};
	layout.tables = layout.globals + globals * CONTEXT_GLOBAL_SIZE;
	layout.memories = layout.tables + tables * CONTEXT_WORD_SIZE;
	layout.imports = layout.memories + memories * (uint32_t)sizeof(struct context_memory);
	layout.types = layout.imports + imports * (uint32_t)sizeof(struct context_import);
	layout.size = layout.types + types * 4;
	return layout;
}

// A function that tables and references can hold: one per function of an instance.
struct wasm_function {
	WASM_WORD const void *code;
	WASM_WORD struct wasm_context *context;
	WASM_WORD uint32_t type; // the store's number
	uint32_t index;          // in the instance's module
	WASM_WORD struct wasm_instance *instance;
};

struct wasm_table {
	WASM_WORD uint64_t *elements; // function pointers or external references
	uint64_t size;
	uint64_t maximum; // declared, UINT64_MAX without one
	uint64_t capacity;
	bool is_64;
	enum wasm_type type;               // with the store's numbers
	WASM_WORD struct wasm_table *next; // of the store
};

static_assert(offsetof(struct wasm_table, size) == 8 && sizeof(struct wasm_function) == 32);

struct wasm_memory {
	WASM_WORD uint8_t *base;
	WASM_WORD uint32_t pages; // of a shared memory: changed under its lock, read by all threads
	uint32_t limit;           // the embedder's, or what is reserved
	uint64_t maximum;         // declared, UINT64_MAX without one
	uint64_t reservation;
	bool is_64;
	bool has_windows; // its address space is not used again
	WASM_WORD const struct wasm_platform *platform;
	WASM_WORD struct memory_pool *pool;       // that it came from, or null
	WASM_WORD struct memory_sharing *sharing; // null: of one store
	WASM_WORD struct wasm_memory *next;       // of the store; unused for shared ones
	WASM_WORD struct wasm_store *store;       // null: shared
};

static_assert(offsetof(struct wasm_memory, pages) == 8 && sizeof(struct context_memory) == 16 &&
	      sizeof(struct context_import) == 16);

#endif
