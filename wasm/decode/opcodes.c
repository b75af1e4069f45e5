// SPDX-License-Identifier: MIT OR Apache-2.0
#include "decode/opcodes.h"

const struct opcode_info opcode_infos[OPCODE_LIMIT] = {
#define OP(number, name, text, immediate, signature, access) \
	[number] = {signature, IMMEDIATE_##immediate, access},
#include "decode/opcodes.def"
#undef OP
};
