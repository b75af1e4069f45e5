// SPDX-License-Identifier: MIT OR Apache-2.0
// Wide arithmetic (a proposal): numbers of 128 bits as two operands, the low half first.
#include "compile/x86_64/generator.h"

void gen_add_128(struct generator *g, const struct instruction *in)
{
	bool add = in->opcode == OP_I64_ADD128;
	struct operand high2 = pop_operand(g), low2 = pop_operand(g);
	struct operand high1 = pop_operand(g), low1 = pop_operand(g);
	uint8_t low = operand_to_temporary(g, &low1);
	uint8_t high = operand_to_temporary(g, &high1);
	emit_with_operand(g, (add ? X64_ADD : X64_SUB) | (uint32_t)X64_W, low, &low2);
	emit_with_operand(g, (add ? X64_ADC : X64_SBB) | (uint32_t)X64_W, high, &high2);
	release_operand(g, &low2);
	release_operand(g, &high2);
	push_register(g, WASM_TYPE_I64, low);
	push_register(g, WASM_TYPE_I64, high);
}

// The product of two halves: mul and imul give it in rdx:rax.
void gen_multiply_wide(struct generator *g, const struct instruction *in)
{
	uint8_t extension = in->opcode == OP_I64_MUL_WIDE_S ? 5 : 4;
	claim_register(g, RAX);
	claim_register(g, RDX);
	struct operand b = pop_operand(g), a = pop_operand(g);
	uint8_t reg = operand_to_register(g, &b);
	load_operand(g, &a, RAX);
	x64_rr(&g->code, X64_GROUP3 | X64_W, extension, reg);
	release_operand(g, &a);
	release_operand(g, &b);
	push_register(g, WASM_TYPE_I64, RAX);
	push_register(g, WASM_TYPE_I64, RDX);
}
