// SPDX-License-Identifier: MIT OR Apache-2.0
// Serialises a compiled module as an image (wasm/image.h).
#ifndef WASM_IMAGE_WRITER_H
#define WASM_IMAGE_WRITER_H

#include "base/array.h"
#include "compile/x86_64/function.h"
#include "decode/module.h"

// Adapters of a type: offsets in the code, or WASM_NO_INDEX.
struct type_code {
	uint32_t entry;
	uint32_t import;
};

struct image_code {
	const uint8_t *code;
	uint32_t code_size;
	const struct code_span *spans; // own functions
	const struct type_code *types;
	const struct trap_site *traps;
	uint32_t trap_count;
	const uint8_t *places;
	const struct array *sites;   // struct call_site
	const struct array *regions; // struct exception_region
	const struct array *clauses; // struct exception_clause
	uint32_t cpu_features;
	bool refers_to_functions; // by `ref.func`
};

struct image_blob {
	uint8_t *bytes;
	size_t size;
};

// Gives `blob` from `allocator` on success.
enum wasm_status image_write(const struct module *module, const struct image_code *code,
	const struct wasm_allocator *allocator, struct image_blob *blob);

#endif
