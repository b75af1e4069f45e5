// SPDX-License-Identifier: MIT OR Apache-2.0
// Floating-point arithmetic and comparisons (SSE2, and roundss/roundsd of SSE4.1).
#include "compile/x86_64/generator.h"

static uint64_t sign_mask(enum wasm_type type)
{
	return type == WASM_TYPE_F32 ? UINT64_C(0x80000000) : UINT64_C(0x8000000000000000);
}

// --- add, sub, mul, div, sqrt ----------------------------------------------------------------

static uint32_t arithmetic_opcode(enum opcode opcode)
{
	switch (opcode) {
	case OP_F32_ADD:
	case OP_F64_ADD:
		return X64_FADD;
	case OP_F32_SUB:
	case OP_F64_SUB:
		return X64_FSUB;
	case OP_F32_MUL:
	case OP_F64_MUL:
		return X64_FMUL;
	default:
		return X64_FDIV;
	}
}

// a = a + b and a = b + a differ only in which NaN survives, which wasm leaves open.
static void prefer_operand(
	struct generator *g, enum opcode opcode, struct operand *a, struct operand *b)
{
	uint32_t x = arithmetic_opcode(opcode);
	uint32_t target = next_local(g, a->type);
	bool b_is_target = b->kind == OPERAND_LOCAL && b->index == target;
	bool b_is_temporary = b->kind == OPERAND_REGISTER && a->kind != OPERAND_REGISTER;
	if ((x != X64_FADD && x != X64_FMUL) ||
		!(b_is_target || (b_is_temporary && target == WASM_NO_INDEX)))
		return;
	struct operand swap = *a;
	*a = *b;
	*b = swap;
}

void gen_float_binary(struct generator *g, const struct instruction *in)
{
	struct operand b = pop_operand(g);
	struct operand a = pop_operand(g);
	prefer_operand(g, in->opcode, &a, &b);
	enum wasm_type type = a.type;
	struct destination d = destination_for(g, type, &a, &b);
	emit_with_operand(g, arithmetic_opcode(in->opcode) | type_sse(type), d.reg, &b);
	release_operand(g, &b);
	push_result(g, &d);
}

void gen_sqrt(struct generator *g, const struct instruction *)
{
	struct operand a = pop_operand(g);
	struct operand from = a;
	struct destination d = destination_fresh(g, a.type, &a);
	emit_with_operand(g, X64_SQRT | type_sse(from.type), d.reg, &from);
	release_operand(g, &a);
	push_result(g, &d);
}

// --- ceil, floor, trunc, nearest -------------------------------------------------------------

void gen_float_round(struct generator *g, const struct instruction *in)
{
	static const uint8_t modes[] = {2, 1, 3, 0}; // ceil, floor, trunc, nearest
	constexpr uint8_t NO_EXCEPTION = 8;
	struct operand a = pop_operand(g);
	uint8_t from = operand_to_register(g, &a);
	enum wasm_type type = a.type;
	struct destination d = destination_fresh(g, type, &a);
	uint32_t which = type == WASM_TYPE_F32 ? (uint32_t)(in->opcode - OP_F32_CEIL)
					       : (uint32_t)(in->opcode - OP_F64_CEIL);
	x64_rr(&g->code, type == WASM_TYPE_F32 ? X64_ROUNDSS : X64_ROUNDSD, d.reg, from);
	x64_byte(&g->code, modes[which] | NO_EXCEPTION);
	release_operand(g, &a);
	push_result(g, &d);
}

// --- abs, neg, copysign ----------------------------------------------------------------------

void gen_float_sign(struct generator *g, const struct instruction *in)
{
	struct operand a = pop_operand(g);
	enum wasm_type type = a.type;
	bool negate = in->opcode == OP_F32_NEG || in->opcode == OP_F64_NEG;
	struct destination d = destination_for(g, type, &a, nullptr);
	uint64_t mask = negate ? sign_mask(type) : sign_mask(type) - 1;
	x64_rl(&g->code, X64_MOVSD, XMM_SCRATCH, pool_label(g, mask));
	x64_rr(&g->code, negate ? X64_XORPS : X64_ANDPS, d.reg, XMM_SCRATCH);
	push_result(g, &d);
}

void gen_copysign(struct generator *g, const struct instruction *)
{
	struct operand b = pop_operand(g);
	struct operand a = pop_operand(g);
	uint8_t sign = operand_to_temporary(g, &b);
	enum wasm_type type = a.type;
	struct destination d = destination_for(g, type, &a, &b);
	x64_rl(&g->code, X64_MOVSD, XMM_SCRATCH, pool_label(g, sign_mask(type)));
	x64_rr(&g->code, X64_ANDPS, sign, XMM_SCRATCH);
	x64_rr(&g->code, X64_ANDNPS, XMM_SCRATCH, d.reg);
	x64_rr(&g->code, X64_ORPS, XMM_SCRATCH, sign);
	x64_rr(&g->code, X64_MOVAPS, d.reg, XMM_SCRATCH);
	release_operand(g, &b);
	push_result(g, &d);
}

// --- min, max --------------------------------------------------------------------------------

// minss and maxss give their second operand for NaN and for zeros of either sign; wasm wants NaN,
// and -0 < +0.
void gen_float_min_max(struct generator *g, const struct instruction *in)
{
	struct operand b = pop_operand(g);
	struct operand a = pop_operand(g);
	bool minimum = in->opcode == OP_F32_MIN || in->opcode == OP_F64_MIN;
	enum wasm_type type = a.type;
	uint8_t other = operand_to_register(g, &b);
	struct destination d = destination_for(g, type, &a, &b);
	uint32_t sse = type_sse(type);
	x64_rr(&g->code, type == WASM_TYPE_F32 ? X64_UCOMISS : X64_UCOMISD, d.reg, other);
	uint32_t unordered = x64_jcc_short(&g->code, CC_P);
	uint32_t different = x64_jcc_short(&g->code, CC_NE);
	x64_rr(&g->code, minimum ? X64_ORPS : X64_ANDPS, d.reg, other);
	uint32_t done = x64_jmp_short(&g->code);
	x64_land(&g->code, unordered);
	x64_rr(&g->code, X64_FADD | sse, d.reg, other);
	uint32_t also_done = x64_jmp_short(&g->code);
	x64_land(&g->code, different);
	x64_rr(&g->code, (minimum ? X64_FMIN : X64_FMAX) | sse, d.reg, other);
	x64_land(&g->code, done);
	x64_land(&g->code, also_done);
	release_operand(g, &b);
	push_result(g, &d);
}

// --- comparisons -----------------------------------------------------------------------------

// Conditions that are false for unordered operands; lt and le compare the other way round.
void gen_float_compare(struct generator *g, const struct instruction *in)
{
	static const struct {
		enum x64_condition condition;
		bool swap;
	} comparisons[] = {{CC_FLOAT_EQUAL, false}, {CC_FLOAT_NOT_EQUAL, false}, {CC_A, true},
		{CC_A, false}, {CC_AE, true}, {CC_AE, false}};
	struct operand b = pop_operand(g);
	struct operand a = pop_operand(g);
	bool single = a.type == WASM_TYPE_F32;
	uint32_t which = (uint32_t)(in->opcode - (single ? OP_F32_EQ : OP_F64_EQ));
	struct operand *first = comparisons[which].swap ? &b : &a;
	struct operand *second = comparisons[which].swap ? &a : &b;
	uint8_t reg = operand_to_register(g, first);
	emit_with_operand(g, single ? X64_UCOMISS : X64_UCOMISD, reg, second);
	release_operand(g, &a);
	release_operand(g, &b);
	push_condition(g, comparisons[which].condition);
}
