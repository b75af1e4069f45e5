// SPDX-License-Identifier: MIT OR Apache-2.0
// Reasons why running WebAssembly code ends early (core spec section 4, "traps", plus ours).
#ifndef WASM_TRAP_H
#define WASM_TRAP_H

#include <stdint.h>

// The numbers are stored in compiled images: append only.
#define WASM_TRAP_LIST(X)                                      \
	X(NONE, "no trap")                                     \
	X(UNREACHABLE, "unreachable")                          \
	X(MEMORY_BOUNDS, "out of bounds memory access")        \
	X(TABLE_BOUNDS, "out of bounds table access")          \
	X(INTEGER_DIVIDE_BY_ZERO, "integer divide by zero")    \
	X(INTEGER_OVERFLOW, "integer overflow")                \
	X(INVALID_CONVERSION, "invalid conversion to integer") \
	X(UNDEFINED_ELEMENT, "undefined element")              \
	X(UNINITIALIZED_ELEMENT, "uninitialized element")      \
	X(INDIRECT_CALL_TYPE, "indirect call type mismatch")   \
	X(STACK_OVERFLOW, "call stack exhausted")              \
	X(INTERRUPTED, "interrupted")                          \
	X(EXIT, "the program ended itself")                    \
	X(HOST, "a host function failed")                      \
	X(NULL_REFERENCE, "null reference")                    \
	X(NULL_FUNCTION, "null function reference")            \
	X(UNALIGNED_ATOMIC, "unaligned atomic")                \
	X(NOT_SHARED, "expected shared memory")                \
	X(NULL_EXCEPTION, "null exception reference")          \
	X(EXCEPTION, "uncaught exception")                     \
	X(EXCEPTION_MEMORY, "no memory for an exception")

enum wasm_trap : uint32_t {
#define X(name, text) WASM_TRAP_##name,
	WASM_TRAP_LIST(X)
#undef X
		WASM_TRAP_COUNT
};

// The text that the specification's tests use. Never null; static storage.
const char *wasm_trap_text(enum wasm_trap trap);

#endif
