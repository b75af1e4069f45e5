// SPDX-License-Identifier: MIT OR Apache-2.0
// A decoded module: everything but the function bodies is checked, those are only delimited.
// All of it borrows the module's bytes and lives in an arena.
#ifndef WASM_DECODE_MODULE_H
#define WASM_DECODE_MODULE_H

#include "base/types.h"
#include "decode/reader.h"
#include "wasm/image.h"
#include "wasm/types.h"

struct bytes {
	const uint8_t *data;
	uint32_t size;
};

struct limits {
	uint64_t minimum;
	uint64_t maximum;
	bool has_maximum;
	bool is_shared;
	bool is_64; // addresses and indices are i64
};

static inline enum wasm_type limits_address_type(const struct limits *limits)
{
	return limits->is_64 ? WASM_TYPE_I64 : WASM_TYPE_I32;
}

struct module_table {
	struct limits limits;
	enum wasm_type type;
	struct bytes initial; // constant expression, or empty
};

struct module_global {
	enum wasm_type type;
	bool is_mutable;
	struct bytes initial; // empty: imported
};

struct module_import {
	struct reader_name module;
	struct reader_name name;
	enum wasm_extern_kind kind;
	uint32_t index; // in its index space
};

struct module_export {
	struct reader_name name;
	enum wasm_extern_kind kind;
	uint32_t index;
};

struct module_element {
	enum wasm_segment_mode mode;
	enum wasm_type type;
	uint32_t table;
	struct bytes offset;
	uint32_t item_count;
	struct bytes *items; // constant expressions, or null if `functions` is set
	uint32_t *functions;
};

struct module_data {
	enum wasm_segment_mode mode;
	uint32_t memory;
	struct bytes offset;
	struct bytes bytes;
};

struct module_body {
	const uint8_t *begin; // local declarations, then code
	uint32_t size;
};

struct module {
	struct arena arena;
	const uint8_t *begin;
	size_t size;

	struct type_space types;
	uint32_t *type_numbers; // by type index: the number in `types`
	uint32_t *functions;    // numbers of types: imported, then own
	struct module_table *tables;
	struct limits *memories;
	struct module_global *globals;
	uint32_t *tags; // numbers of types
	struct module_import *imports;
	struct module_export *exports;
	struct module_element *elements;
	struct module_data *data;
	struct module_body *bodies;         // own functions only
	struct reader_name *function_names; // by function index, or null
	uint8_t *declared;                  // per function: may ref.func name it in code

	uint32_t type_count; // indices
	uint32_t function_count, table_count, memory_count, global_count, tag_count;
	uint32_t import_count, export_count, element_count, data_count, body_count;
	uint32_t imported_functions, imported_tables, imported_memories, imported_globals,
		imported_tags;
	uint32_t start; // or WASM_NO_INDEX
	uint32_t data_count_section;
	bool has_data_count_section;
	bool has_vector_types; // a signature or global is a v128
};

// Decodes `size` bytes into `module`, whose arena the caller has set up; module_free frees all,
// also on failure. `*offset` tells where decoding stopped.
enum wasm_status module_decode(
	struct module *module, const uint8_t *bytes, size_t size, uint64_t *offset);

void module_free(struct module *module);

static inline const struct wasm_function_type *module_type(
	const struct module *module, uint32_t number)
{
	return &type_space_at(&module->types, number)->type;
}

static inline const struct wasm_function_type *module_function_type(
	const struct module *module, uint32_t function)
{
	return module_type(module, module->functions[function]);
}

// References in `*type` have type indices; puts their numbers there. False: no such type.
static inline bool module_number_type(const struct module *module, enum wasm_type *type)
{
	if (wasm_type_code(*type) != WASM_TYPE_DEFINED)
		return true;
	if (wasm_type_number(*type) >= module->type_count)
		return false;
	*type = (enum wasm_type)(wasm_type_defined(module->type_numbers[wasm_type_number(*type)]) |
				 (*type & WASM_TYPE_NOT_NULL));
	return true;
}

#endif
