// SPDX-License-Identifier: MIT OR Apache-2.0
// Numbers of the text format (core spec 6.3). All return false for what is malformed or out of
// range.
#ifndef WASM_TOOLS_WAT_NUMBER_H
#define WASM_TOOLS_WAT_NUMBER_H

#include "tools/wat/tree.h"

bool number_unsigned(const char *text, size_t size, uint64_t most, uint64_t *value);
// Signed or unsigned, `bits` wide; the result's upper bits are 0.
bool number_integer(const struct node *node, uint32_t bits, uint64_t *value);
// The bits of a float, 32 or 64 wide.
bool number_float(const struct node *node, uint32_t bits, uint64_t *value);

#endif
