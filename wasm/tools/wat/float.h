// SPDX-License-Identifier: MIT OR Apache-2.0
// From digits to the nearest floating point number (IEEE 754, ties to even), exactly, without a C
// library: the text assembler gives the same bytes everywhere.
#ifndef WASM_TOOLS_WAT_FLOAT_H
#define WASM_TOOLS_WAT_FLOAT_H

#include <stddef.h>
#include <stdint.h>

constexpr size_t FLOAT_DIGITS_MOST = 4096;

// `text` is `digits[.digits][e[+-]digits]`, or with 0x in front hexadecimal digits and `p`;
// underscores are skipped. `bits`: 32 or 64. False: the number is too large for the format, or has
// more than FLOAT_DIGITS_MOST characters.
bool float_from_text(const char *text, size_t size, uint32_t bits, uint64_t *value);

#endif
