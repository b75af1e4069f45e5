// SPDX-License-Identifier: MIT OR Apache-2.0
// Float vector instructions and conversions that take several machine instructions.
#include "compile/x86_64/vector.h"

// The prefix of the form for doubles.
static uint32_t precision(bool is_double)
{
	return is_double ? X64_DOUBLES : 0;
}

static void load_constant(struct generator *g, uint8_t reg, struct vector_constant constant)
{
	x64_rl(&g->code, X64_MOVAPS, reg, pool_vector_label(g, constant.bytes));
}

static void compare(struct generator *g, bool is_double, enum vector_predicate predicate,
	uint8_t to, uint8_t a, uint8_t b)
{
	vector_op(g, X64_CMPPS | precision(is_double), to, a, b);
	x64_byte(&g->code, predicate);
}

void gen_vector_float_sign(struct generator *g, const struct instruction *in)
{
	bool is_double = in->opcode >= OP_F64X2_ABS;
	bool negate = in->opcode == OP_F32X4_NEG || in->opcode == OP_F64X2_NEG;
	uint32_t bits = is_double ? 64 : 32;
	uint64_t sign = UINT64_C(1) << (bits - 1);
	struct destination d = vector_in_place(g);
	vector_op_constant(g, negate ? X64_PXOR : X64_PAND, d.reg, d.reg,
		vector_repeat(negate ? sign : sign - 1, bits));
	push_result(g, &d);
}

// --- min, max --------------------------------------------------------------------------------

// The machine gives its second operand for NaNs and for zeros: so both orders are tried, and what
// they disagree about (in `other`) tells -0 from 0 and finds NaNs.
static void merge_maximum(struct generator *g, uint32_t type, uint8_t other)
{
	x64_rr(&g->code, X64_XORPS, other, XMM_SCRATCH);
	x64_rr(&g->code, X64_ORPS, XMM_SCRATCH, other);
	x64_rr(&g->code, X64_FSUB | type, XMM_SCRATCH, other); // -0 - -0 = 0
}

// d = the scratch register with the payloads of NaNs cleared; `quiet`: they may be signalling.
static void clear_payloads(struct generator *g, bool is_double, bool quiet, uint8_t d)
{
	compare(g, is_double, PREDICATE_UNORDERED, d, XMM_SCRATCH, XMM_SCRATCH);
	if (quiet)
		x64_rr(&g->code, X64_ORPS, XMM_SCRATCH, d);
	if (is_double) // sign, exponent and the quiet bit stay
		vector_shift(g, X64_PSHIFTQ_IMM, VECTOR_SHR, d, d, 13);
	else
		vector_shift(g, X64_PSHIFTD_IMM, VECTOR_SHR, d, d, 10);
	vector_op(g, X64_ANDNPS, d, d, XMM_SCRATCH);
}

void gen_vector_float_min_max(struct generator *g, const struct instruction *in)
{
	bool is_double = in->opcode >= OP_F64X2_ABS;
	bool minimum = in->opcode == OP_F32X4_MIN || in->opcode == OP_F64X2_MIN;
	uint32_t type = precision(is_double);
	struct operand b = pop_operand(g);
	struct operand a = pop_operand(g);
	uint8_t other = operand_to_register(g, &b);
	struct destination d = destination_for(g, WASM_TYPE_V128, &a, &b);
	uint32_t opcode = (minimum ? X64_FMIN : X64_FMAX) | type;
	vector_op(g, opcode, XMM_SCRATCH, other, d.reg);
	vector_op(g, opcode, d.reg, d.reg, other);
	if (minimum)
		x64_rr(&g->code, X64_ORPS, XMM_SCRATCH, d.reg);
	else
		merge_maximum(g, type, d.reg);
	clear_payloads(g, is_double, minimum, d.reg);
	release_operand(g, &b);
	push_result(g, &d);
}

// a * b + c or c - a * b, rounded twice.
void gen_vector_multiply_add(struct generator *g, const struct instruction *in)
{
	bool is_double = in->opcode >= OP_F64X2_RELAXED_MADD;
	bool negate = in->opcode == OP_F32X4_RELAXED_NMADD || in->opcode == OP_F64X2_RELAXED_NMADD;
	uint32_t type = precision(is_double);
	struct operand c = pop_operand(g);
	struct operand b = pop_operand(g);
	struct operand a = pop_operand(g);
	uint8_t factor = operand_to_register(g, &a);
	uint8_t product = operand_to_temporary(g, &b);
	vector_op(g, X64_FMUL | type, product, product, factor);
	release_operand(g, &a);
	struct operand p = {.kind = OPERAND_REGISTER, .type = WASM_TYPE_V128, .reg = product};
	struct destination d = negate ? vector_binary(g, X64_FSUB | type, &c, &p, NO_IMMEDIATE)
				      : vector_binary(g, X64_FADD | type, &p, &c, NO_IMMEDIATE);
	push_result(g, &d);
}

// --- integers to floats ----------------------------------------------------------------------

// The lower 16 bits exactly, the upper ones halved, so that both are positive.
static void convert_to_single(struct generator *g, uint8_t d)
{
	x64_rr(&g->code, X64_PXOR, XMM_SCRATCH, XMM_SCRATCH);
	x64_rr(&g->code, X64_PBLENDW, XMM_SCRATCH, d);
	x64_byte(&g->code, 0x55);
	vector_op(g, X64_PSUBD, d, d, XMM_SCRATCH);
	x64_rr(&g->code, X64_CVTDQ2PS, XMM_SCRATCH, XMM_SCRATCH);
	vector_shift(g, X64_PSHIFTD_IMM, VECTOR_SHR, d, d, 1);
	x64_rr(&g->code, X64_CVTDQ2PS, d, d);
	vector_op(g, X64_FADD, d, d, d);
	vector_op(g, X64_FADD, d, d, XMM_SCRATCH);
}

// As the mantissa of 2^52 + x.
void gen_vector_convert_u32(struct generator *g, const struct instruction *in)
{
	struct destination d = vector_in_place(g);
	if (in->opcode == OP_F32X4_CONVERT_I32X4_U) {
		convert_to_single(g, d.reg);
	} else {
		vector_op_constant(
			g, X64_UNPCKLPS, d.reg, d.reg, vector_repeat(UINT64_C(0x43300000), 32));
		vector_op_constant(g, X64_FSUB | X64_DOUBLES, d.reg, d.reg,
			vector_repeat(UINT64_C(0x4330000000000000), 64));
	}
	push_result(g, &d);
}

// --- floats to integers ----------------------------------------------------------------------

// NaN becomes 0. The machine gives the lowest integer for what is too large: the lanes of numbers
// that are not negative flip then.
static void truncate_single_signed(struct generator *g, uint8_t d)
{
	compare(g, false, PREDICATE_EQ, XMM_SCRATCH, d, d);
	vector_op(g, X64_ANDPS, d, d, XMM_SCRATCH);
	vector_op(g, X64_PXOR, XMM_SCRATCH, XMM_SCRATCH, d);
	x64_rr(&g->code, X64_CVTTPS2DQ, d, d);
	vector_op(g, X64_PAND, XMM_SCRATCH, XMM_SCRATCH, d);
	vector_shift(g, X64_PSHIFTD_IMM, VECTOR_SAR, XMM_SCRATCH, XMM_SCRATCH, 31);
	vector_op(g, X64_PXOR, d, d, XMM_SCRATCH);
}

// As the sum of min(x, 2^31) and what is above that, each a signed conversion.
static void truncate_single_unsigned(struct generator *g, uint8_t d)
{
	uint8_t above = allocate_for(g, WASM_TYPE_V128);
	x64_rr(&g->code, X64_XORPS, XMM_SCRATCH, XMM_SCRATCH);
	vector_op(g, X64_FMAX, d, d, XMM_SCRATCH); // NaN: 0
	load_constant(g, XMM_SCRATCH, vector_repeat(UINT64_C(0x4f000000), 32));
	vector_op(g, X64_FSUB, above, d, XMM_SCRATCH);
	compare(g, false, PREDICATE_LE, XMM_SCRATCH, XMM_SCRATCH, above);
	x64_rr(&g->code, X64_CVTTPS2DQ, above, above);
	vector_op(g, X64_PXOR, above, above, XMM_SCRATCH);
	x64_rr(&g->code, X64_PXOR, XMM_SCRATCH, XMM_SCRATCH);
	vector_op(g, X64_PMAXSD, above, above, XMM_SCRATCH);
	x64_rr(&g->code, X64_CVTTPS2DQ, d, d); // 2^31 where there is an `above`
	vector_op(g, X64_PADDD, d, d, above);
	free_register(g, true, above);
}

static void truncate_double_signed(struct generator *g, uint8_t d)
{
	compare(g, true, PREDICATE_EQ, XMM_SCRATCH, d, d);
	vector_op_constant(g, X64_ANDPS, XMM_SCRATCH, XMM_SCRATCH,
		vector_repeat(UINT64_C(0x41dfffffffc00000), 64)); // 2^31 - 1
	vector_op(g, X64_FMIN | X64_DOUBLES, d, d, XMM_SCRATCH);
	x64_rr(&g->code, X64_CVTTPD2DQ, d, d);
}

// Clamped, then as the mantissa of 2^52 + x.
static void truncate_double_unsigned(struct generator *g, uint8_t d)
{
	constexpr uint8_t TOWARDS_ZERO = 11, EVEN_LANES = 0x88;
	x64_rr(&g->code, X64_XORPS, XMM_SCRATCH, XMM_SCRATCH);
	vector_op(g, X64_FMAX | X64_DOUBLES, d, d, XMM_SCRATCH); // NaN: 0
	vector_op_constant(g, X64_FMIN | X64_DOUBLES, d, d,
		vector_repeat(UINT64_C(0x41efffffffe00000), 64)); // 2^32 - 1
	x64_rr(&g->code, X64_ROUNDPD, d, d);
	x64_byte(&g->code, TOWARDS_ZERO);
	vector_op_constant(
		g, X64_FADD | X64_DOUBLES, d, d, vector_repeat(UINT64_C(0x4330000000000000), 64));
	vector_op(g, X64_SHUFPS, d, d, XMM_SCRATCH);
	x64_byte(&g->code, EVEN_LANES);
}

void gen_vector_truncate(struct generator *g, const struct instruction *in)
{
	struct destination d = vector_in_place(g);
	switch (in->opcode) {
	case OP_I32X4_TRUNC_SAT_F32X4_S:
		truncate_single_signed(g, d.reg);
		break;
	case OP_I32X4_TRUNC_SAT_F32X4_U:
	case OP_I32X4_RELAXED_TRUNC_F32X4_U:
		truncate_single_unsigned(g, d.reg);
		break;
	case OP_I32X4_TRUNC_SAT_F64X2_S_ZERO:
		truncate_double_signed(g, d.reg);
		break;
	default:
		truncate_double_unsigned(g, d.reg);
	}
	push_result(g, &d);
}
