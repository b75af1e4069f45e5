// SPDX-License-Identifier: MIT OR Apache-2.0
// Constant expressions (core spec 3.4, "constant expressions", with the extended-const operators).
#ifndef WASM_DECODE_CONSTANT_H
#define WASM_DECODE_CONSTANT_H

#include "decode/module.h"

// Reads and validates one constant expression that must give `type`. It may use the globals and
// functions that `module` has so far; functions that it names become declared. The span includes
// the final `end`.
struct bytes constant_read(struct module *module, struct reader *reader, enum wasm_type type);

// Most operands that a constant expression may hold at once; the runtime's evaluator relies on it.
constexpr uint32_t CONSTANT_STACK_LIMIT = 64;

#endif
