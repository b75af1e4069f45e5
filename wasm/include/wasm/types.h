// SPDX-License-Identifier: MIT OR Apache-2.0
// Value types, values and function types (core spec sections 2.3 and 4.2).
#ifndef WASM_TYPES_H
#define WASM_TYPES_H

#include <stddef.h>
#include <stdint.h>

// A value type. The lowest seven bits are its code: the binary format's for number types and for
// nullable references to abstract heap types, WASM_TYPE_DEFINED for references to function types,
// whose number is then in the bits from 8 on. WASM_TYPE_NOT_NULL may be set in references.
enum wasm_type : uint32_t {
	WASM_TYPE_I32 = 0x7f,
	WASM_TYPE_I64 = 0x7e,
	WASM_TYPE_F32 = 0x7d,
	WASM_TYPE_F64 = 0x7c,
	WASM_TYPE_V128 = 0x7b,
	WASM_TYPE_NULLEXNREF = 0x74,
	WASM_TYPE_NULLFUNCREF = 0x73,
	WASM_TYPE_NULLEXTERNREF = 0x72,
	WASM_TYPE_FUNCREF = 0x70,
	WASM_TYPE_EXTERNREF = 0x6f,
	WASM_TYPE_EXNREF = 0x69,
	WASM_TYPE_DEFINED = 0x60,
	WASM_TYPE_NOT_NULL = 0x80,
};

// The type without a heap type's number and nullability.
static inline enum wasm_type wasm_type_code(enum wasm_type type)
{
	return (enum wasm_type)(type & 0x7f);
}

static inline bool wasm_type_is_reference(enum wasm_type type)
{
	return wasm_type_code(type) >= WASM_TYPE_DEFINED &&
	       wasm_type_code(type) <= WASM_TYPE_NULLEXNREF;
}

// A reference to function type number `number`, which may be null.
static inline enum wasm_type wasm_type_defined(uint32_t number)
{
	return (enum wasm_type)(WASM_TYPE_DEFINED | number << 8);
}

static inline uint32_t wasm_type_number(enum wasm_type type)
{
	return (uint32_t)type >> 8;
}

enum wasm_extern_kind : uint8_t {
	WASM_EXTERN_FUNCTION = 0,
	WASM_EXTERN_TABLE = 1,
	WASM_EXTERN_MEMORY = 2,
	WASM_EXTERN_GLOBAL = 3,
	WASM_EXTERN_TAG = 4,
};

constexpr uint32_t WASM_NO_INDEX = UINT32_MAX;
constexpr uint32_t WASM_PAGE_SIZE = 65536;
constexpr uint32_t WASM_MAX_PAGES = 65536;

struct wasm_function;

// One value. Floats are kept as bits, so that NaN payloads survive the host's C compiler.
// A null reference is 0: externref values of the embedder must not be 0.
union wasm_value {
	uint64_t v128[2]; // little endian; first, so that {} clears all of it
	uint32_t i32;
	uint64_t i64;
	uint32_t f32_bits;
	uint64_t f64_bits;
	struct wasm_function *funcref;
	uint64_t externref;
};

// Borrowed view of a function type.
struct wasm_function_type {
	const enum wasm_type *parameters;
	const enum wasm_type *results;
	uint32_t parameter_count;
	uint32_t result_count;
};

#endif
