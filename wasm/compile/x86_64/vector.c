// SPDX-License-Identifier: MIT OR Apache-2.0
// Vector instructions that are one row of a table: one or two machine instructions each.
#include "compile/x86_64/vector.h"

// --- emission --------------------------------------------------------------------------------

struct vector_constant vector_repeat(uint64_t value, uint32_t bits)
{
	struct vector_constant constant;
	for (uint32_t i = 0; i < 16; i++)
		constant.bytes[i] = (uint8_t)(value >> (8 * i % bits));
	return constant;
}

void vector_op(struct generator *g, uint32_t opcode, uint8_t to, uint8_t a, uint8_t b)
{
	if (has_feature(g, WASM_CPU_AVX)) {
		x64_vex_rr(&g->code, opcode, to, a, b);
	} else if (to == b && to != a) {
		x64_rr(&g->code, opcode, a, b);
		x64_rr(&g->code, X64_MOVAPS, to, a);
	} else {
		move_register(g, WASM_TYPE_V128, to, a);
		x64_rr(&g->code, opcode, to, b);
	}
}

void vector_op_constant(struct generator *g, uint32_t opcode, uint8_t to, uint8_t a,
	struct vector_constant constant)
{
	struct x64_label *label = pool_vector_label(g, constant.bytes);
	if (has_feature(g, WASM_CPU_AVX)) {
		x64_vex_rl(&g->code, opcode, to, a, label);
		return;
	}
	move_register(g, WASM_TYPE_V128, to, a);
	x64_rl(&g->code, opcode, to, label);
}

void vector_shift(struct generator *g, uint32_t opcode, enum vector_shift kind, uint8_t to,
	uint8_t a, uint8_t count)
{
	if (has_feature(g, WASM_CPU_AVX)) {
		x64_vex_rr(&g->code, opcode, kind, to, a);
	} else {
		move_register(g, WASM_TYPE_V128, to, a);
		x64_rr(&g->code, opcode, kind, to);
	}
	x64_byte(&g->code, count);
}

void vector_all_ones(struct generator *g, uint8_t reg)
{
	x64_rr(&g->code, X64_PCMPEQD, reg, reg);
}

static void emit_vex_operand(
	struct generator *g, uint32_t opcode, uint8_t reg, uint8_t a, const struct operand *operand)
{
	struct x64_memory memory;
	uint8_t from;
	if (operand_register(g, operand, &from))
		x64_vex_rr(&g->code, opcode, reg, a, from);
	else if (operand_memory(g, operand, &memory))
		x64_vex_rm(&g->code, opcode, reg, a, memory);
	else
		x64_vex_rl(&g->code, opcode, reg, a, constant_label(g, operand));
}

// A label's field counts from its own end: an immediate must not follow.
static void prepare_immediate(struct generator *g, struct operand *operand, uint32_t immediate)
{
	if (immediate != NO_IMMEDIATE && operand->kind == OPERAND_CONSTANT)
		operand_to_temporary(g, operand);
}

static void emit_immediate(struct generator *g, uint32_t immediate)
{
	if (immediate != NO_IMMEDIATE)
		x64_byte(&g->code, (uint8_t)immediate);
}

static struct destination binary_avx(struct generator *g, uint32_t opcode, struct operand *a,
	struct operand *b, uint32_t immediate)
{
	uint8_t first = operand_to_register(g, a);
	struct operand second = *b;
	struct destination d =
		destination_fresh(g, WASM_TYPE_V128, a->kind == OPERAND_REGISTER ? a : b);
	emit_vex_operand(g, opcode, d.reg, first, &second);
	emit_immediate(g, immediate);
	release_operand(g, a);
	release_operand(g, b);
	return d;
}

struct destination vector_binary(struct generator *g, uint32_t opcode, struct operand *a,
	struct operand *b, uint32_t immediate)
{
	prepare_immediate(g, b, immediate);
	if (has_feature(g, WASM_CPU_AVX))
		return binary_avx(g, opcode, a, b, immediate);
	struct destination d = destination_for(g, WASM_TYPE_V128, a, b);
	emit_with_operand(g, opcode, d.reg, b);
	emit_immediate(g, immediate);
	release_operand(g, b);
	return d;
}

struct destination vector_unary(
	struct generator *g, uint32_t opcode, struct operand *a, uint32_t immediate)
{
	prepare_immediate(g, a, immediate);
	struct operand from = *a;
	struct destination d = destination_fresh(g, WASM_TYPE_V128, a);
	emit_with_operand(g, opcode, d.reg, &from);
	emit_immediate(g, immediate);
	release_operand(g, a);
	return d;
}

struct destination vector_in_place(struct generator *g)
{
	struct operand a = pop_operand(g);
	return destination_for(g, WASM_TYPE_V128, &a, nullptr);
}

void gen_vector_constant(struct generator *g, const struct instruction *in)
{
	push_constant(g, WASM_TYPE_V128, (uintptr_t)in->bytes);
}

// --- a OP b ----------------------------------------------------------------------------------

enum row_flag : uint8_t {
	ROW_COMMUTES = 1,
	ROW_SWAP = 2,   // b OP a
	ROW_INVERT = 4, // not (a OP b)
	ROW_BACK = 8,   // (a OP b) equals a
};

struct row {
	uint32_t opcode;
	uint32_t equal; // ROW_BACK: the instruction that compares
	uint8_t flags;
	uint8_t immediate; // of comparisons of floats
};

#define BINARY(name, opcode, flags) [OP_##name - OPCODE_FD] = {opcode, 0, flags, 0}
#define BACK(name, opcode, equal, flags) \
	[OP_##name - OPCODE_FD] = {opcode, equal, ROW_BACK | (flags), 0}
#define FLOAT_COMPARE(name, opcode, predicate, flags) \
	[OP_##name - OPCODE_FD] = {opcode, 0, flags, predicate}
#define FLOAT_COMPARES(shape, opcode)                                          \
	FLOAT_COMPARE(shape##_EQ, opcode, PREDICATE_EQ, ROW_COMMUTES),         \
		FLOAT_COMPARE(shape##_NE, opcode, PREDICATE_NE, ROW_COMMUTES), \
		FLOAT_COMPARE(shape##_LT, opcode, PREDICATE_LT, 0),            \
		FLOAT_COMPARE(shape##_GT, opcode, PREDICATE_LT, ROW_SWAP),     \
		FLOAT_COMPARE(shape##_LE, opcode, PREDICATE_LE, 0),            \
		FLOAT_COMPARE(shape##_GE, opcode, PREDICATE_LE, ROW_SWAP)
// a <= b means min(a, b) = a.
#define INTEGER_COMPARES(shape, eq, gt, min_s, max_s, min_u, max_u)                              \
	BINARY(shape##_EQ, eq, ROW_COMMUTES), BINARY(shape##_NE, eq, ROW_COMMUTES | ROW_INVERT), \
		BINARY(shape##_LT_S, gt, ROW_SWAP), BINARY(shape##_GT_S, gt, 0),                 \
		BACK(shape##_LT_U, max_u, eq, ROW_INVERT),                                       \
		BACK(shape##_GT_U, min_u, eq, ROW_INVERT), BACK(shape##_LE_S, min_s, eq, 0),     \
		BACK(shape##_LE_U, min_u, eq, 0), BACK(shape##_GE_S, max_s, eq, 0),              \
		BACK(shape##_GE_U, max_u, eq, 0)
#define FLOAT_ARITHMETIC(shape, prefix)                                          \
	BINARY(shape##_ADD, 0x58 | X64_MAP_0F | (prefix), ROW_COMMUTES),         \
		BINARY(shape##_SUB, 0x5c | X64_MAP_0F | (prefix), 0),            \
		BINARY(shape##_MUL, 0x59 | X64_MAP_0F | (prefix), ROW_COMMUTES), \
		BINARY(shape##_DIV, 0x5e | X64_MAP_0F | (prefix), 0),            \
		BINARY(shape##_PMIN, 0x5d | X64_MAP_0F | (prefix), ROW_SWAP),    \
		BINARY(shape##_PMAX, 0x5f | X64_MAP_0F | (prefix), ROW_SWAP),    \
		BINARY(shape##_RELAXED_MIN, 0x5d | X64_MAP_0F | (prefix), 0),    \
		BINARY(shape##_RELAXED_MAX, 0x5f | X64_MAP_0F | (prefix), 0)
#define COMMUTATIVE(name, opcode) BINARY(name, opcode, ROW_COMMUTES)
#define ORDERED(name, opcode)     BINARY(name, opcode, 0)

static const struct row rows[OPCODE_LIMIT - OPCODE_FD] = {
	COMMUTATIVE(V128_AND, X64_PAND),
	BINARY(V128_ANDNOT, X64_PANDN, ROW_SWAP),
	COMMUTATIVE(V128_OR, X64_POR),
	COMMUTATIVE(V128_XOR, X64_PXOR),

	COMMUTATIVE(I8X16_ADD, X64_PADDB),
	COMMUTATIVE(I8X16_ADD_SAT_S, 0xec | MAP_0F_66),
	COMMUTATIVE(I8X16_ADD_SAT_U, X64_PADDUSB),
	ORDERED(I8X16_SUB, X64_PSUBB),
	ORDERED(I8X16_SUB_SAT_S, 0xe8 | MAP_0F_66),
	ORDERED(I8X16_SUB_SAT_U, 0xd8 | MAP_0F_66),
	COMMUTATIVE(I8X16_MIN_S, 0x38 | MAP_38),
	COMMUTATIVE(I8X16_MIN_U, 0xda | MAP_0F_66),
	COMMUTATIVE(I8X16_MAX_S, 0x3c | MAP_38),
	COMMUTATIVE(I8X16_MAX_U, 0xde | MAP_0F_66),
	COMMUTATIVE(I8X16_AVGR_U, 0xe0 | MAP_0F_66),
	ORDERED(I8X16_NARROW_I16X8_S, X64_PACKSSWB),
	ORDERED(I8X16_NARROW_I16X8_U, X64_PACKUSWB),
	ORDERED(I8X16_RELAXED_SWIZZLE, X64_PSHUFB),

	COMMUTATIVE(I16X8_ADD, 0xfd | MAP_0F_66),
	COMMUTATIVE(I16X8_ADD_SAT_S, 0xed | MAP_0F_66),
	COMMUTATIVE(I16X8_ADD_SAT_U, 0xdd | MAP_0F_66),
	ORDERED(I16X8_SUB, 0xf9 | MAP_0F_66),
	ORDERED(I16X8_SUB_SAT_S, 0xe9 | MAP_0F_66),
	ORDERED(I16X8_SUB_SAT_U, 0xd9 | MAP_0F_66),
	COMMUTATIVE(I16X8_MUL, X64_PMULLW),
	COMMUTATIVE(I16X8_MIN_S, 0xea | MAP_0F_66),
	COMMUTATIVE(I16X8_MIN_U, 0x3a | MAP_38),
	COMMUTATIVE(I16X8_MAX_S, 0xee | MAP_0F_66),
	COMMUTATIVE(I16X8_MAX_U, 0x3e | MAP_38),
	COMMUTATIVE(I16X8_AVGR_U, 0xe3 | MAP_0F_66),
	ORDERED(I16X8_NARROW_I32X4_S, 0x6b | MAP_0F_66),
	ORDERED(I16X8_NARROW_I32X4_U, 0x2b | MAP_38),
	COMMUTATIVE(I16X8_RELAXED_Q15MULR_S, X64_PMULHRSW),
	BINARY(I16X8_RELAXED_DOT_I8X16_I7X16_S, X64_PMADDUBSW, ROW_SWAP),

	COMMUTATIVE(I32X4_ADD, X64_PADDD),
	ORDERED(I32X4_SUB, X64_PSUBD),
	COMMUTATIVE(I32X4_MUL, 0x40 | MAP_38),
	COMMUTATIVE(I32X4_MIN_S, 0x39 | MAP_38),
	COMMUTATIVE(I32X4_MIN_U, 0x3b | MAP_38),
	COMMUTATIVE(I32X4_MAX_S, X64_PMAXSD),
	COMMUTATIVE(I32X4_MAX_U, 0x3f | MAP_38),
	COMMUTATIVE(I32X4_DOT_I16X8_S, X64_PMADDWD),

	COMMUTATIVE(I64X2_ADD, X64_PADDQ),
	ORDERED(I64X2_SUB, X64_PSUBQ),

	FLOAT_ARITHMETIC(F32X4, 0),
	FLOAT_ARITHMETIC(F64X2, X64_DOUBLES),

	INTEGER_COMPARES(I8X16, X64_PCMPEQB, 0x64 | MAP_0F_66, 0x38 | MAP_38, 0x3c | MAP_38,
		0xda | MAP_0F_66, 0xde | MAP_0F_66),
	INTEGER_COMPARES(I16X8, X64_PCMPEQW, 0x65 | MAP_0F_66, 0xea | MAP_0F_66, 0xee | MAP_0F_66,
		0x3a | MAP_38, 0x3e | MAP_38),
	INTEGER_COMPARES(I32X4, X64_PCMPEQD, 0x66 | MAP_0F_66, 0x39 | MAP_38, 0x3d | MAP_38,
		0x3b | MAP_38, 0x3f | MAP_38),
	COMMUTATIVE(I64X2_EQ, X64_PCMPEQQ),
	BINARY(I64X2_NE, X64_PCMPEQQ, ROW_COMMUTES | ROW_INVERT),
	BINARY(I64X2_LT_S, X64_PCMPGTQ, ROW_SWAP),
	ORDERED(I64X2_GT_S, X64_PCMPGTQ),
	BINARY(I64X2_LE_S, X64_PCMPGTQ, ROW_INVERT),
	BINARY(I64X2_GE_S, X64_PCMPGTQ, ROW_SWAP | ROW_INVERT),
	FLOAT_COMPARES(F32X4, X64_CMPPS),
	FLOAT_COMPARES(F64X2, X64_CMPPS | X64_DOUBLES),
};

// The operands of an instruction, in the order in which the machine takes them.
static void pop_operands(
	struct generator *g, const struct row *row, struct operand *a, struct operand *b)
{
	*b = pop_operand(g);
	*a = pop_operand(g);
	bool b_is_temporary = b->kind == OPERAND_REGISTER && a->kind != OPERAND_REGISTER;
	bool swap = (row->flags & ROW_SWAP) != 0 ||
		    ((row->flags & ROW_COMMUTES) != 0 &&
			    (b_is_temporary || a->kind == OPERAND_CONSTANT));
	if (!swap)
		return;
	struct operand other = *a;
	*a = *b;
	*b = other;
}

void gen_vector_binary(struct generator *g, const struct instruction *in)
{
	const struct row *row = &rows[in->opcode - OPCODE_FD];
	struct operand a, b;
	pop_operands(g, row, &a, &b);
	struct destination d = vector_binary(g, row->opcode, &a, &b, NO_IMMEDIATE);
	push_result(g, &d);
}

static struct destination compare_back(
	struct generator *g, const struct row *row, struct operand *a, struct operand *b)
{
	uint8_t other = operand_to_register(g, b);
	struct destination d = destination_for(g, WASM_TYPE_V128, a, b);
	vector_op(g, row->opcode, XMM_SCRATCH, d.reg, other);
	vector_op(g, row->equal, d.reg, d.reg, XMM_SCRATCH);
	release_operand(g, b);
	return d;
}

static bool is_float_compare(enum opcode opcode)
{
	return opcode >= OP_F32X4_EQ && opcode <= OP_F64X2_GE;
}

void gen_vector_compare(struct generator *g, const struct instruction *in)
{
	const struct row *row = &rows[in->opcode - OPCODE_FD];
	struct operand a, b;
	pop_operands(g, row, &a, &b);
	uint32_t immediate = is_float_compare(in->opcode) ? row->immediate : NO_IMMEDIATE;
	struct destination d = (row->flags & ROW_BACK) != 0
				       ? compare_back(g, row, &a, &b)
				       : vector_binary(g, row->opcode, &a, &b, immediate);
	if ((row->flags & ROW_INVERT) != 0) {
		vector_all_ones(g, XMM_SCRATCH);
		vector_op(g, X64_PXOR, d.reg, d.reg, XMM_SCRATCH);
	}
	push_result(g, &d);
}

// --- OP a ------------------------------------------------------------------------------------

// The rounding mode in an immediate, without the precision exception.
enum rounding : uint8_t {
	ROUND_NEAREST = 8,
	ROUND_DOWN = 9,
	ROUND_UP = 10,
	ROUND_ZERO = 11,
};

#define UNARY(name, opcode)       [OP_##name - OPCODE_FD] = {opcode, NO_IMMEDIATE}
#define ROUND(name, opcode, mode) [OP_##name - OPCODE_FD] = {opcode, mode}
// High halves use the same instruction as low ones.
#define EXTENDS(to, from, opcode)                                                              \
	UNARY(to##_EXTEND_LOW_##from##_S, opcode), UNARY(to##_EXTEND_HIGH_##from##_S, opcode), \
		UNARY(to##_EXTEND_LOW_##from##_U, (opcode) | 0x10),                            \
		UNARY(to##_EXTEND_HIGH_##from##_U, (opcode) | 0x10)

static const struct {
	uint32_t opcode;
	uint32_t immediate;
} unary_rows[OPCODE_LIMIT - OPCODE_FD] = {
	UNARY(I8X16_ABS, 0x1c | MAP_38),
	UNARY(I16X8_ABS, 0x1d | MAP_38),
	UNARY(I32X4_ABS, 0x1e | MAP_38),
	EXTENDS(I16X8, I8X16, X64_PMOVSXBW),
	EXTENDS(I32X4, I16X8, 0x23 | MAP_38),
	EXTENDS(I64X2, I32X4, 0x25 | MAP_38),
	UNARY(F32X4_SQRT, X64_SQRT),
	UNARY(F64X2_SQRT, X64_SQRT | X64_DOUBLES),
	ROUND(F32X4_CEIL, X64_ROUNDPS, ROUND_UP),
	ROUND(F32X4_FLOOR, X64_ROUNDPS, ROUND_DOWN),
	ROUND(F32X4_TRUNC, X64_ROUNDPS, ROUND_ZERO),
	ROUND(F32X4_NEAREST, X64_ROUNDPS, ROUND_NEAREST),
	ROUND(F64X2_CEIL, X64_ROUNDPD, ROUND_UP),
	ROUND(F64X2_FLOOR, X64_ROUNDPD, ROUND_DOWN),
	ROUND(F64X2_TRUNC, X64_ROUNDPD, ROUND_ZERO),
	ROUND(F64X2_NEAREST, X64_ROUNDPD, ROUND_NEAREST),
	UNARY(F32X4_DEMOTE_F64X2_ZERO, X64_CVT_FLOAT | X64_DOUBLES),
	UNARY(F64X2_PROMOTE_LOW_F32X4, X64_CVT_FLOAT),
	UNARY(F32X4_CONVERT_I32X4_S, X64_CVTDQ2PS),
	UNARY(F64X2_CONVERT_LOW_I32X4_S, 0xe6 | X64_MAP_0F | X64_F3),
	UNARY(I32X4_RELAXED_TRUNC_F32X4_S, X64_CVTTPS2DQ),
	UNARY(I32X4_RELAXED_TRUNC_F64X2_S_ZERO, X64_CVTTPD2DQ),
};

void gen_vector_unary(struct generator *g, const struct instruction *in)
{
	struct operand a = pop_operand(g);
	uint32_t at = in->opcode - OPCODE_FD;
	struct destination d = vector_unary(g, unary_rows[at].opcode, &a, unary_rows[at].immediate);
	push_result(g, &d);
}

void gen_vector_extend_high(struct generator *g, const struct instruction *in)
{
	constexpr uint32_t HIGH_HALF = 0xee;
	struct operand a = pop_operand(g);
	struct destination d = vector_unary(g, X64_PSHUFD, &a, HIGH_HALF);
	x64_rr(&g->code, unary_rows[in->opcode - OPCODE_FD].opcode, d.reg, d.reg);
	push_result(g, &d);
}

// --- bits ------------------------------------------------------------------------------------

void gen_vector_not(struct generator *g, const struct instruction *)
{
	struct destination d = vector_in_place(g);
	vector_all_ones(g, XMM_SCRATCH);
	vector_op(g, X64_PXOR, d.reg, d.reg, XMM_SCRATCH);
	push_result(g, &d);
}

// bitselect(a, b, mask) = ((a ^ b) & mask) ^ b; the relaxed selections are the same.
void gen_vector_select(struct generator *g, const struct instruction *)
{
	struct operand mask = pop_operand(g);
	struct operand b = pop_operand(g);
	struct operand a = pop_operand(g);
	bool mask_is_target =
		mask.kind == OPERAND_LOCAL && mask.index == next_local(g, WASM_TYPE_V128);
	struct destination d = destination_for(g, WASM_TYPE_V128, &a, mask_is_target ? &mask : &b);
	emit_with_operand(g, X64_PXOR, d.reg, &b);
	emit_with_operand(g, X64_PAND, d.reg, &mask);
	emit_with_operand(g, X64_PXOR, d.reg, &b);
	release_operand(g, &b);
	release_operand(g, &mask);
	push_result(g, &d);
}

void gen_vector_any_true(struct generator *g, const struct instruction *)
{
	struct operand a = pop_operand(g);
	uint8_t reg = operand_to_register(g, &a);
	x64_rr(&g->code, X64_PTEST, reg, reg);
	release_operand(g, &a);
	push_condition(g, CC_NE);
}

// Comparing with zero gives ones for the lanes that are false.
void gen_vector_all_true(struct generator *g, const struct instruction *in)
{
	uint32_t equal = in->opcode == OP_I8X16_ALL_TRUE   ? X64_PCMPEQB
			 : in->opcode == OP_I16X8_ALL_TRUE ? X64_PCMPEQW
			 : in->opcode == OP_I32X4_ALL_TRUE ? (uint32_t)X64_PCMPEQD
							   : (uint32_t)X64_PCMPEQQ;
	struct operand a = pop_operand(g);
	if (a.kind == OPERAND_CONSTANT)
		operand_to_temporary(g, &a);
	x64_rr(&g->code, X64_PXOR, XMM_SCRATCH, XMM_SCRATCH);
	emit_with_operand(g, equal, XMM_SCRATCH, &a);
	x64_rr(&g->code, X64_PTEST, XMM_SCRATCH, XMM_SCRATCH);
	release_operand(g, &a);
	push_condition(g, CC_E);
}

void gen_vector_bitmask(struct generator *g, const struct instruction *in)
{
	uint32_t move = in->opcode == OP_I32X4_BITMASK   ? (uint32_t)X64_MOVMSKPS
			: in->opcode == OP_I64X2_BITMASK ? X64_MOVMSKPS | X64_DOUBLES
							 : (uint32_t)X64_PMOVMSKB;
	struct operand a = pop_operand(g);
	uint8_t from = operand_to_register(g, &a);
	struct destination d = destination_fresh(g, WASM_TYPE_I32, nullptr);
	if (in->opcode == OP_I16X8_BITMASK) { // signs as bytes, twice
		vector_op(g, X64_PACKSSWB, XMM_SCRATCH, from, from);
		x64_rr(&g->code, move, d.reg, XMM_SCRATCH);
		x64_rr(&g->code, X64_MOVZX8, d.reg, d.reg);
	} else {
		x64_rr(&g->code, move, d.reg, from);
	}
	release_operand(g, &a);
	push_result(g, &d);
}
