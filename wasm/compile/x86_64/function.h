// SPDX-License-Identifier: MIT OR Apache-2.0
// The code of one module: adapters first, then one function after the other.
#ifndef WASM_COMPILE_X86_64_FUNCTION_H
#define WASM_COMPILE_X86_64_FUNCTION_H

#include "compile/x86_64/generator.h"

void generator_init(struct generator *g, const struct module *module,
	const struct wasm_allocator *allocator, uint32_t cpu_features);
void generator_free(struct generator *g);

// Where a function's code went, and what its frame is like: see wasm/image.h.
struct code_span {
	uint32_t offset;
	uint32_t size;
	uint32_t saved;
	uint32_t frame;
	uint32_t module; // offset of its first instruction
	uint32_t places; // where its places begin, and how many bytes they are
	uint32_t places_size;
};

// Validates and compiles own function number `body`. `*offset`: where in the module it stopped.
enum wasm_status generator_function(
	struct generator *g, uint32_t body, struct code_span *span, uint64_t *offset);

// Fills in the calls between functions. `spans` by own function number.
void generator_link(struct generator *g, const struct code_span *spans);

#endif
