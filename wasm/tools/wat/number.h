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

// How the lanes of a vector are written, by the atom "i8x16" to "f64x2" before them.
struct vector_shape {
	uint8_t lanes;
	uint8_t bits;
	bool is_float;
};
bool number_shape(const struct node *node, struct vector_shape *shape);
// A shape and its lanes, little endian.
bool number_vector(const struct node *shape, uint8_t bytes[16]);
// What follows the lanes, or null.
struct node *vector_end(const struct node *shape);

#endif
