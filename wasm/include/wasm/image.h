// SPDX-License-Identifier: MIT OR Apache-2.0
// The compiled image (`.cwasm`): self-contained, position independent, little endian. All offsets
// count from the start of the image. The code section starts and ends on page boundaries, so that
// it can be mapped read+execute straight from a file; nothing in it needs relocation.
// wasm_image_open trusts no length, offset or index of an image; the machine code itself must come
// from the compiler (a compile worker, or the build).
#ifndef WASM_IMAGE_H
#define WASM_IMAGE_H

#include "wasm/status.h"
#include "wasm/types.h"

constexpr uint64_t WASM_IMAGE_MAGIC = 0x004d534157435243; // "CRCWASM\0"
constexpr uint32_t WASM_IMAGE_VERSION = 1;
constexpr uint32_t WASM_IMAGE_PAGE = 4096;

enum wasm_section : uint32_t {
	WASM_SECTION_CODE,      // machine code; jump tables are embedded in it
	WASM_SECTION_TYPES,     // struct wasm_image_type
	WASM_SECTION_FUNCTIONS, // struct wasm_image_function: imported, then own, by index
	WASM_SECTION_TRAPS,     // struct wasm_image_trap, sorted by code offset
	WASM_SECTION_IMPORTS,   // struct wasm_image_import
	WASM_SECTION_EXPORTS,   // struct wasm_image_export
	WASM_SECTION_TABLES,    // struct wasm_image_table: imported, then own
	WASM_SECTION_MEMORIES,  // struct wasm_image_memory
	WASM_SECTION_GLOBALS,   // struct wasm_image_global
	WASM_SECTION_TAGS,      // struct wasm_image_tag
	WASM_SECTION_ELEMENTS,  // struct wasm_image_element
	WASM_SECTION_ITEMS,     // struct wasm_image_item, what element segments hold
	WASM_SECTION_DATA,      // struct wasm_image_data
	WASM_SECTION_SITES,     // struct wasm_image_site, sorted by code offset
	WASM_SECTION_REGIONS,   // struct wasm_image_region
	WASM_SECTION_CLAUSES,   // struct wasm_image_clause
	WASM_SECTION_BYTES,     // names, type lists, constant expressions, data bytes
	WASM_SECTION_COUNT,
};

struct wasm_image_section {
	uint64_t offset;
	uint64_t size; // bytes
};

struct wasm_image_header {
	uint64_t magic;
	uint32_t version;
	uint32_t cpu_features;
	uint64_t engine_hash;
	uint64_t image_size;
	uint8_t module_hash[32];      // SHA-256 of the module's bytes
	uint32_t start_function;      // or WASM_NO_INDEX
	uint32_t refers_to_functions; // 1: the code has `ref.func`
	struct wasm_image_section sections[WASM_SECTION_COUNT];
};
static_assert(sizeof(struct wasm_image_header) == 72 + 16 * WASM_SECTION_COUNT);

// A run of bytes in the BYTES section.
struct wasm_image_span {
	uint32_t offset;
	uint32_t size;
};

// Types have numbers: equal types of a module are one record, and recursive groups (which may refer
// to their own members) follow each other.
struct wasm_image_type {
	struct wasm_image_span parameters; // enum wasm_type, 4 bytes each, aligned to 4
	struct wasm_image_span results;
	uint32_t entry_code;  // code that a C caller enters functions of this type by; see runtime
	uint32_t import_code; // code by which compiled code calls a C function of this type
	uint32_t supertype;   // or WASM_NO_INDEX
	uint32_t is_final;
	uint32_t group; // the group's first member
	uint32_t group_size;
};

struct wasm_image_function {
	uint32_t type; // its number
	uint32_t code; // offset in CODE; imported functions: WASM_NO_INDEX
	uint32_t code_size;
	uint32_t saved;  // homes in its frame: bit n for general register n, bit 16 + n for xmm n
	uint32_t frame;  // bytes from rsp to rbp
	uint32_t module; // offset in the module of its first instruction
	struct wasm_image_span name;   // from the name section; may be empty
	struct wasm_image_span places; // see wasm_image_find_place
};

struct wasm_image_trap {
	uint32_t code; // offset of the faulting instruction in CODE
	uint32_t trap; // enum wasm_trap
};

struct wasm_image_import {
	struct wasm_image_span module;
	struct wasm_image_span name;
	uint32_t kind;  // enum wasm_extern_kind
	uint32_t index; // in the index space of its kind
};

struct wasm_image_export {
	struct wasm_image_span name;
	uint32_t kind;
	uint32_t index;
};

struct wasm_image_table {
	uint32_t type;  // enum wasm_type
	uint32_t is_64; // indices are i64
	uint64_t minimum;
	uint64_t maximum;               // elements; UINT64_MAX when there is none
	struct wasm_image_span initial; // constant expression; empty: null
};

struct wasm_image_memory {
	uint64_t minimum;   // pages of 64 KiB
	uint64_t maximum;   // UINT64_MAX when there is none
	uint32_t is_64;     // addresses are i64
	uint32_t is_shared; // then it has a maximum
};

struct wasm_image_global {
	uint32_t type;
	uint32_t is_mutable;
	struct wasm_image_span initial; // constant expression; empty for imported ones
};

struct wasm_image_tag {
	uint32_t type; // its number
};

// A call in the body of a try. An exception that leaves it goes to the first clause of the region
// that matches, or on to the parent region, and to the function's caller after the last one.
struct wasm_image_site {
	uint32_t code; // return address: offset in CODE
	uint32_t region;
};
struct wasm_image_region {
	uint32_t parent; // an earlier region, or WASM_NO_INDEX
	uint32_t first;  // clause, or WASM_NO_INDEX
};
struct wasm_image_clause {
	uint32_t tag;  // WASM_NO_INDEX: every exception
	uint32_t code; // where it goes on
	uint32_t next; // a later clause, or WASM_NO_INDEX
};

enum wasm_segment_mode : uint32_t {
	WASM_SEGMENT_ACTIVE,
	WASM_SEGMENT_PASSIVE,
	WASM_SEGMENT_DECLARED,
};

struct wasm_image_element {
	uint32_t mode;
	uint32_t type;
	uint32_t table;
	struct wasm_image_span offset; // constant expression, active ones
	uint32_t first_item;           // in ITEMS
	uint32_t item_count;
};

struct wasm_image_item {
	struct wasm_image_span value; // constant expression, or nothing:
	uint32_t function;            // the item refers to this one; or WASM_NO_INDEX
};

struct wasm_image_data {
	uint32_t mode;
	uint32_t memory;
	struct wasm_image_span offset;
	struct wasm_image_span bytes;
};

// An open image: typed views into borrowed bytes.
struct wasm_image {
	const uint8_t *base;
	size_t size;
	const struct wasm_image_header *header;
	const uint8_t *code;
	uint64_t code_size;
	const struct wasm_image_type *types;
	const struct wasm_image_function *functions;
	const struct wasm_image_trap *traps;
	const struct wasm_image_import *imports;
	const struct wasm_image_export *exports;
	const struct wasm_image_table *tables;
	const struct wasm_image_memory *memories;
	const struct wasm_image_global *globals;
	const struct wasm_image_tag *tags;
	const struct wasm_image_element *elements;
	const struct wasm_image_item *items;
	const struct wasm_image_data *data;
	const struct wasm_image_site *sites;
	const struct wasm_image_region *regions;
	const struct wasm_image_clause *clauses;
	const uint8_t *bytes;
	uint32_t type_count, function_count, trap_count, import_count, export_count, table_count;
	uint32_t memory_count, global_count, element_count, item_count, data_count, bytes_size;
	uint32_t tag_count, site_count, region_count, clause_count;
	uint32_t imported_functions, imported_tables, imported_memories, imported_globals;
	uint32_t imported_tags;
};

// Checks header, section bounds and every index and span of the records; fills `image`, which
// borrows `bytes` (aligned to 8, `size` bytes) until it is no longer used.
// BAD_IMAGE_MAGIC, _VERSION, _ENGINE or _BOUNDS.
enum wasm_status wasm_image_open(const void *bytes, size_t size, struct wasm_image *image);

// The same for bytes that are known to be as the compiler wrote them, by their hash for example:
// checks the header, the sections and the imports only.
enum wasm_status wasm_image_view(const void *bytes, size_t size, struct wasm_image *image);

// The function that holds code offset `code`, or WASM_NO_INDEX.
uint32_t wasm_image_find_function(const struct wasm_image *image, uint32_t code);

// The trap for the faulting instruction at `code`, or WASM_TRAP_NONE (0).
uint32_t wasm_image_find_trap(const struct wasm_image *image, uint32_t code);

// Where in the module the instruction lies that code offset `code` of a function belongs to. Exact
// for instructions that trap, and for calls (in the call, not behind it). A function's places are
// pairs of LEB128 numbers: bytes of code, unsigned, and of the module, signed, since the one
// before; the first counts from the function's beginning.
uint32_t wasm_image_find_place(const struct wasm_image *image, uint32_t function, uint32_t code);

// The region of the call that returns to `code`, or WASM_NO_INDEX.
uint32_t wasm_image_find_region(const struct wasm_image *image, uint32_t code);

// The function type number `type` (must be < type_count).
struct wasm_function_type wasm_image_function_type(const struct wasm_image *image, uint32_t type);

#endif
