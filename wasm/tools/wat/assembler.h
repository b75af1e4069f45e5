// SPDX-License-Identifier: MIT OR Apache-2.0
// Text format, second step: a tree to a binary module (core spec 6.4 to 6.6).
#ifndef WASM_TOOLS_WAT_ASSEMBLER_H
#define WASM_TOOLS_WAT_ASSEMBLER_H

#include "base/array.h"
#include "tools/wat/tree.h"
#include "wasm/types.h"

// Index spaces with identifiers.
enum wat_space : uint32_t {
	WAT_TYPES,
	WAT_FUNCTIONS,
	WAT_TABLES,
	WAT_MEMORIES,
	WAT_GLOBALS,
	WAT_TAGS,
	WAT_ELEMENTS,
	WAT_DATA,
	WAT_LOCALS,
	WAT_LABELS,
	WAT_SPACES,
};

enum wat_section : uint32_t {
	WAT_SECTION_TYPE,
	WAT_SECTION_IMPORT,
	WAT_SECTION_FUNCTION,
	WAT_SECTION_TABLE,
	WAT_SECTION_MEMORY,
	WAT_SECTION_TAG,
	WAT_SECTION_GLOBAL,
	WAT_SECTION_EXPORT,
	WAT_SECTION_START,
	WAT_SECTION_ELEMENT,
	WAT_SECTION_DATA_COUNT,
	WAT_SECTION_CODE,
	WAT_SECTION_DATA,
	WAT_SECTION_COUNT,
};

struct wat_bytes {
	struct array bytes;
	uint32_t count; // items, for sections
};

// A function type as text gives it; references have type indices.
struct wat_type {
	enum wasm_type *parameters;
	enum wasm_type *results;
	uint32_t parameter_count;
	uint32_t result_count;
	struct node **parameter_ids; // or null entries
	bool is_open;                // "sub" without "final"
	bool in_group;               // of "rec"
	uint32_t supertype;          // index, or WASM_NO_INDEX
};

// What the type section consists of: single types and recursive groups, in order.
struct wat_group {
	uint32_t count;
	bool is_recursive;
};

struct assembler {
	struct arena *arena;
	const struct wasm_allocator *allocator;
	enum wasm_status status;         // the first error sticks
	uint32_t line;                   // of the first error
	uint32_t field_line;             // of the field that is worked on
	struct array spaces[WAT_SPACES]; // struct node * identifiers, or null
	struct array types;              // struct wat_type
	struct array groups;             // struct wat_group
	struct wat_bytes sections[WAT_SECTION_COUNT];
	bool uses_data_index;
};

// Assembles the fields (after "module" and its identifier). On success gives `bytes` from the
// allocator. MALFORMED_BODY for every syntax error, UNSUPPORTED_* for features of proposals.
enum wasm_status wat_assemble(struct arena *arena, const struct wasm_allocator *allocator,
	const struct node *fields, uint8_t **bytes, size_t *size, uint32_t *line);

// --- shared by the assembler's parts ---------------------------------------------------------

void wat_fail(struct assembler *a, const struct node *node, enum wasm_status status);
void wat_malformed(struct assembler *a, const struct node *node);
bool wat_ok(const struct assembler *a);

void put_byte(struct assembler *a, struct wat_bytes *to, uint8_t byte);
void put_raw(struct assembler *a, struct wat_bytes *to, const void *bytes, size_t size);
void put_unsigned(struct assembler *a, struct wat_bytes *to, uint64_t value);
void put_signed(struct assembler *a, struct wat_bytes *to, int64_t value);
void put_sized(struct assembler *a, struct wat_bytes *to, const void *bytes, size_t size);
void free_bytes(struct assembler *a, struct wat_bytes *bytes);

void space_add(struct assembler *a, enum wat_space space, struct node *id);
// Resolves an index or identifier; unknown identifiers are malformed.
uint32_t space_index(struct assembler *a, enum wat_space space, const struct node *node);
bool node_is_index(const struct node *node);

enum wasm_type parse_value_type(struct assembler *a, const struct node *node);
enum wasm_type parse_reference_type(struct assembler *a, const struct node *node);
// A heap type, as the nullable reference to it.
enum wasm_type parse_heap_type(struct assembler *a, const struct node *node);
void put_type(struct assembler *a, struct wat_bytes *to, enum wasm_type type);
void put_heap_type(struct assembler *a, struct wat_bytes *to, enum wasm_type type);
void put_type_list(
	struct assembler *a, struct wat_bytes *to, const enum wasm_type *types, uint32_t count);
// All "type" and "rec" fields: identifiers first, then what they are.
void collect_types(struct assembler *a, struct node *fields);
void write_types(struct assembler *a);
// (param ...)* (result ...)*; moves `*at` behind them.
struct wat_type parse_signature(struct assembler *a, struct node **at, bool ids_allowed);
// (type x)? with a signature; gives the type's index and, in `signature`, its parameters' ids.
uint32_t parse_type_use(
	struct assembler *a, struct node **at, bool ids_allowed, struct wat_type *signature);
struct wat_type *type_at(struct assembler *a, uint32_t index);
uint32_t type_find_or_add(struct assembler *a, const struct wat_type *type);

// Instructions from `at` to the end of the list, without the final `end`.
void assemble_instructions(struct assembler *a, struct wat_bytes *to, struct node *at);
// One folded instruction "(op ...)" at `node`.
void assemble_folded(struct assembler *a, struct wat_bytes *to, struct node *node);

#endif
