// SPDX-License-Identifier: MIT OR Apache-2.0
#ifndef WASM_TOOLS_WASM_DISASSEMBLE_H
#define WASM_TOOLS_WASM_DISASSEMBLE_H

#include <stdint.h>

// Prints the machine code from `begin` to `end` (offsets), an instruction a line, as far as this
// build can: disassemble_zydis.c reads it, disassemble_bytes.c prints its bytes.
void disassemble(const uint8_t *code, uint64_t begin, uint64_t end);

#endif
