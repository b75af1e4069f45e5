// SPDX-License-Identifier: MIT OR Apache-2.0
// Loads and stores of whole vectors; lanes are in vector_lanes.c.
#include "compile/x86_64/vector.h"

#define LOAD(name, opcode) [OP_V128_##name - OPCODE_FD] = opcode

static const uint32_t loads[] = {
	LOAD(LOAD, X64_MOVUPS),
	LOAD(LOAD8X8_S, X64_PMOVSXBW),
	LOAD(LOAD8X8_U, X64_PMOVZXBW),
	LOAD(LOAD16X4_S, 0x23 | MAP_38),
	LOAD(LOAD16X4_U, 0x33 | MAP_38),
	LOAD(LOAD32X2_S, 0x25 | MAP_38),
	LOAD(LOAD32X2_U, 0x35 | MAP_38),
	LOAD(LOAD32_ZERO, X64_MOVSS),
	LOAD(LOAD64_ZERO, X64_MOVSD),
};

void gen_vector_load(struct generator *g, const struct instruction *in)
{
	struct operand address = pop_operand(g);
	struct x64_memory memory = access_address(g, &address, in);
	struct destination d = destination_fresh(g, WASM_TYPE_V128, nullptr);
	x64_rm(&g->code, loads[in->opcode - OPCODE_FD], d.reg, memory);
	release_operand(g, &address);
	push_result(g, &d);
}

void gen_vector_store(struct generator *g, const struct instruction *in)
{
	struct operand value = pop_operand(g);
	struct operand address = pop_operand(g);
	struct x64_memory memory = access_address(g, &address, in);
	uint8_t reg = operand_to_register(g, &value);
	x64_rm(&g->code, X64_MOVUPS_STORE, reg, memory);
	release_operand(g, &value);
	release_operand(g, &address);
}
