// SPDX-License-Identifier: MIT OR Apache-2.0
// Instructions: numbers, immediates, signatures (from opcodes.def).
#ifndef WASM_DECODE_OPCODES_H
#define WASM_DECODE_OPCODES_H

#include <stdint.h>

enum opcode : uint16_t {
#define OP(number, name, text, immediate, signature, access) OP_##name = number,
#include "decode/opcodes.def"
#undef OP
	// Where the numbers of prefixed opcodes begin.
	OPCODE_FC = 0x100,
	OPCODE_FD = 0x200,
	OPCODE_FE = 0x400,
	OPCODE_LIMIT = 0x44f,
};

static inline bool opcode_is_block(enum opcode opcode)
{
	return opcode == OP_BLOCK || opcode == OP_LOOP || opcode == OP_IF || opcode == OP_TRY ||
	       opcode == OP_TRY_TABLE;
}

enum immediate : uint8_t {
	IMMEDIATE_ILLEGAL, // no such instruction
	IMMEDIATE_NONE,
	IMMEDIATE_BLOCK,
	IMMEDIATE_TRY_TABLE,
	IMMEDIATE_LABEL,
	IMMEDIATE_LABELS,
	IMMEDIATE_FUNCTION,
	IMMEDIATE_INDIRECT,
	IMMEDIATE_TYPE,
	IMMEDIATE_TAG,
	IMMEDIATE_LOCAL,
	IMMEDIATE_GLOBAL,
	IMMEDIATE_TABLE,
	IMMEDIATE_TYPES,
	IMMEDIATE_MEMORY,
	IMMEDIATE_MEMARG,
	IMMEDIATE_I32,
	IMMEDIATE_I64,
	IMMEDIATE_F32,
	IMMEDIATE_F64,
	IMMEDIATE_HEAPTYPE,
	IMMEDIATE_DATA,
	IMMEDIATE_ELEMENT,
	IMMEDIATE_MEMORY_INIT,
	IMMEDIATE_MEMORY_COPY,
	IMMEDIATE_TABLE_INIT,
	IMMEDIATE_TABLE_COPY,
	IMMEDIATE_V128,
	IMMEDIATE_LANE,
	IMMEDIATE_SHUFFLE,
	IMMEDIATE_MEMARG_LANE,
	IMMEDIATE_MEMARG_ATOMIC,
	IMMEDIATE_ZERO,
	IMMEDIATE_LIMIT,
};

// Without pointers, so that the table needs no relocation and few cache lines.
struct opcode_info {
	char signature[6];
	enum immediate immediate;
	uint8_t access;
};
static_assert(sizeof(struct opcode_info) == 8);

extern const struct opcode_info opcode_infos[OPCODE_LIMIT];

#endif
