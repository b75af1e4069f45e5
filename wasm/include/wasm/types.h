// SPDX-License-Identifier: MIT OR Apache-2.0
// Value types, values and function types (core spec sections 2.3 and 4.2).
#ifndef WASM_TYPES_H
#define WASM_TYPES_H

#include <stddef.h>
#include <stdint.h>

// The binary format's encodings.
enum wasm_type : uint8_t {
	WASM_TYPE_I32 = 0x7f,
	WASM_TYPE_I64 = 0x7e,
	WASM_TYPE_F32 = 0x7d,
	WASM_TYPE_F64 = 0x7c,
	WASM_TYPE_V128 = 0x7b,
	WASM_TYPE_FUNCREF = 0x70,
	WASM_TYPE_EXTERNREF = 0x6f,
};

enum wasm_extern_kind : uint8_t {
	WASM_EXTERN_FUNCTION = 0,
	WASM_EXTERN_TABLE = 1,
	WASM_EXTERN_MEMORY = 2,
	WASM_EXTERN_GLOBAL = 3,
};

constexpr uint32_t WASM_NO_INDEX = UINT32_MAX;
constexpr uint32_t WASM_PAGE_SIZE = 65536;
constexpr uint32_t WASM_MAX_PAGES = 65536;

struct wasm_function;

// One value. Floats are kept as bits, so that NaN payloads survive the host's C compiler.
// A null reference is 0: externref values of the embedder must not be 0.
union wasm_value {
	uint32_t i32;
	uint64_t i64;
	uint32_t f32_bits;
	uint64_t f64_bits;
	struct wasm_function *funcref;
	uint64_t externref;
};

// Borrowed view of a function type.
struct wasm_function_type {
	const uint8_t *parameters; // enum wasm_type
	const uint8_t *results;
	uint32_t parameter_count;
	uint32_t result_count;
};

#endif
