// SPDX-License-Identifier: MIT OR Apache-2.0
// Results of every engine operation, from decoding to instantiation. Traps are separate: trap.h.
#ifndef WASM_STATUS_H
#define WASM_STATUS_H

#include <stdint.h>

// X(name, text). The order is part of no stored format.
// MALFORMED_*: the bytes are no module (core spec section 5). INVALID_*: section 3. LIMIT_*: larger
// than this engine accepts. UNSUPPORTED_*: a feature that this engine does not have yet.
#define WASM_STATUS_LIST(X)                                                                       \
	X(OK, "success")                                                                          \
	X(NO_MEMORY, "out of memory")                                                             \
	X(MALFORMED_MAGIC, "magic header not detected")                                           \
	X(MALFORMED_VERSION, "unknown binary version")                                            \
	X(MALFORMED_END, "unexpected end")                                                        \
	X(MALFORMED_LEB, "integer representation too long or integer too large")                  \
	X(MALFORMED_UTF8, "malformed UTF-8 encoding")                                             \
	X(MALFORMED_SECTION_ID, "malformed section id")                                           \
	X(MALFORMED_SECTION_ORDER, "unexpected content after last section")                       \
	X(MALFORMED_SECTION_SIZE, "section size mismatch")                                        \
	X(MALFORMED_TYPE, "malformed type")                                                       \
	X(MALFORMED_LIMITS, "malformed limits flags")                                             \
	X(MALFORMED_KIND, "malformed import, export or segment kind")                             \
	X(MALFORMED_OPCODE, "illegal opcode")                                                     \
	X(MALFORMED_ZERO_BYTE, "zero byte expected")                                              \
	X(MALFORMED_ALIGNMENT, "malformed memop flags")                                           \
	X(MALFORMED_COUNT, "function and code section have inconsistent lengths")                 \
	X(MALFORMED_DATA_COUNT, "data count and data section have inconsistent lengths")          \
	X(MALFORMED_NO_DATA_COUNT, "data count section required")                                 \
	X(MALFORMED_BODY, "malformed function body")                                              \
	X(MALFORMED_CATCH, "malformed catch clause")                                              \
	X(MALFORMED_LOCALS, "too many locals")                                                    \
	X(INVALID_TYPE_MISMATCH, "type mismatch")                                                 \
	X(INVALID_STACK_UNDERFLOW, "type mismatch: operand stack is empty")                       \
	X(INVALID_TYPE_INDEX, "unknown type")                                                     \
	X(INVALID_FUNCTION_INDEX, "unknown function")                                             \
	X(INVALID_TABLE_INDEX, "unknown table")                                                   \
	X(INVALID_MEMORY_INDEX, "unknown memory")                                                 \
	X(INVALID_GLOBAL_INDEX, "unknown global")                                                 \
	X(INVALID_LOCAL_INDEX, "unknown local")                                                   \
	X(INVALID_LABEL_INDEX, "unknown label")                                                   \
	X(INVALID_DATA_INDEX, "unknown data segment")                                             \
	X(INVALID_ELEMENT_INDEX, "unknown elem segment")                                          \
	X(INVALID_ALIGNMENT, "alignment must not be larger than natural")                         \
	X(INVALID_OFFSET, "offset out of range")                                                  \
	X(INVALID_IMMUTABLE, "global is immutable")                                               \
	X(INVALID_CONSTANT, "constant expression required")                                       \
	X(INVALID_LIMITS, "size minimum must not be greater than maximum")                        \
	X(INVALID_MEMORY_SIZE, "memory size must be at most 65536 pages (4GiB)")                  \
	X(INVALID_TABLE_SIZE, "table size must be at most 2^32-1")                                \
	X(INVALID_DUPLICATE_EXPORT, "duplicate export name")                                      \
	X(INVALID_START, "start function")                                                        \
	X(INVALID_FUNCTION_REF, "undeclared function reference")                                  \
	X(INVALID_SELECT, "invalid result arity")                                                 \
	X(INVALID_SHARED_LIMITS, "shared memory must have maximum")                               \
	X(INVALID_LANE, "invalid lane index")                                                     \
	X(INVALID_SUPERTYPE, "sub type")                                                          \
	X(INVALID_LOCAL_UNSET, "uninitialized local")                                             \
	X(INVALID_TAG_INDEX, "unknown tag")                                                       \
	X(INVALID_TAG, "non-empty tag result type")                                               \
	X(INVALID_RETHROW, "invalid rethrow label")                                               \
	X(LIMIT_MODULE_SIZE, "module is too large")                                               \
	X(LIMIT_COUNT, "too many entries in a section")                                           \
	X(LIMIT_FUNCTION_SIZE, "function body is too large")                                      \
	X(LIMIT_LOCALS, "too many locals or parameters in a function")                            \
	X(LIMIT_NESTING, "blocks are nested too deeply")                                          \
	X(LIMIT_STACK, "operand stack is too high")                                               \
	X(LIMIT_BR_TABLE, "br_table has too many targets")                                        \
	X(LIMIT_CODE_SIZE, "compiled code is too large")                                          \
	X(LIMIT_WORK, "too many values for so small a module pass blocks and calls")              \
	X(LIMIT_STORE, "the store may have no more memory, table elements or instances")          \
	X(UNSUPPORTED_PAGE_SIZE, "custom page sizes are not supported")                           \
	X(UNSUPPORTED_GC, "garbage collection (structures, arrays, i31, casts) is not supported") \
	X(UNSUPPORTED_CPU, "this CPU lacks a feature that the image was compiled for")            \
	X(BAD_IMAGE_MAGIC, "not a compiled image")                                                \
	X(BAD_IMAGE_VERSION, "compiled image of another format version")                          \
	X(BAD_IMAGE_ENGINE, "compiled image of another engine build")                             \
	X(BAD_IMAGE_BOUNDS, "compiled image is cut short or inconsistent")                        \
	X(LINK_UNKNOWN, "unknown import")                                                         \
	X(LINK_TYPE, "incompatible import type")                                                  \
	X(LINK_EXPORT, "no such export")                                                          \
	X(LINK_SIGNATURE, "the function has another signature")                                   \
	X(PLATFORM, "the platform refused a memory operation")                                    \
	X(TRAPPED, "a trap happened")                                                             \
	X(SUSPENDED, "the call is suspended")                                                     \
	X(BUSY, "a call is suspended, or none is that could be resumed")

enum [[nodiscard]] wasm_status : int32_t {
#define X(name, text) WASM_##name,
	WASM_STATUS_LIST(X)
#undef X
		WASM_STATUS_COUNT
};

// The identifier ("MALFORMED_END") and an English text. Never null; static storage.
const char *wasm_status_name(enum wasm_status status);
const char *wasm_status_text(enum wasm_status status);

// Which kind of failure a status is, by its group above.
bool wasm_status_is_malformed(enum wasm_status status);
bool wasm_status_is_invalid(enum wasm_status status);
bool wasm_status_is_unsupported(enum wasm_status status);

#endif
