// SPDX-License-Identifier: MIT OR Apache-2.0
// The compiler: a WebAssembly module in, a compiled image (image.h) out. Pure: no global state, no
// OS, output depends on the arguments alone (same module and options, same bytes, on every host).
// Input is hostile: it never crashes, and uses memory and time in proportion to the module's size.
#ifndef WASM_COMPILER_H
#define WASM_COMPILER_H

#include "wasm/allocator.h"
#include "wasm/status.h"
#include "wasm/types.h"

// CPU features that the code may use beyond x86-64-v2 (SSE4.2, POPCNT), which it always needs.
enum wasm_cpu_feature : uint32_t {
	WASM_CPU_LZCNT = 1u << 0,
	WASM_CPU_BMI1 = 1u << 1, // tzcnt
	WASM_CPU_BMI2 = 1u << 2, // shlx, shrx, sarx, rorx
	WASM_CPU_AVX = 1u << 3,  // vector instructions with three operands
};

// For tools: told of each instruction before its code is made, in order. `code`: offset in the code
// section; `offset`: of the instruction, from the start of the module.
struct wasm_code_listener {
	void *self;
	void (*instruction)(void *self, uint32_t function, uint64_t code, uint64_t offset);
};

struct wasm_compile_options {
	uint32_t cpu_features; // set of enum wasm_cpu_feature; 0 runs on every x86-64-v2 machine
	const struct wasm_code_listener *listener; // null: nobody is told
};

// Where compilation stopped. `function` is WASM_NO_INDEX outside function bodies; `offset` counts
// bytes from the start of the module.
struct wasm_diagnostic {
	uint64_t offset;
	uint32_t function;
	enum wasm_status status;
};

// Decodes and validates all of the module. `diagnostic` may be null. Borrows everything.
enum wasm_status wasm_validate(const uint8_t *module, size_t size,
	const struct wasm_allocator *allocator, struct wasm_diagnostic *diagnostic);

// Decodes, validates and compiles. On WASM_OK gives `*image` (`*image_size` bytes, from
// `allocator`, the caller frees it with resize(self, image, image_size, 0)); otherwise gives
// nothing. `options` may be null for the defaults.
enum wasm_status wasm_compile(const uint8_t *module, size_t size,
	const struct wasm_compile_options *options, const struct wasm_allocator *allocator,
	uint8_t **image, size_t *image_size, struct wasm_diagnostic *diagnostic);

// Is this CPU an x86-64-v2 one (as far as compiled code needs it: SSSE3, SSE4, POPCNT)?
bool wasm_cpu_is_supported(void);

// The features of the CPU that this runs on, for `cpu_features`.
uint32_t wasm_cpu_features_detect(void);

// 64-bit identity of this engine build's code generator and image format. A cached image is usable
// only if its header carries the same. Cache key: module hash, engine hash, cpu_features.
uint64_t wasm_engine_hash(void);

#endif
