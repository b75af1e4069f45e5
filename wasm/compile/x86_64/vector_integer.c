// SPDX-License-Identifier: MIT OR Apache-2.0
// Integer vector instructions that take several machine instructions.
#include "compile/x86_64/vector.h"

static void load_constant(struct generator *g, uint8_t reg, struct vector_constant constant)
{
	x64_rl(&g->code, X64_MOVAPS, reg, pool_vector_label(g, constant.bytes));
}

// --- shifts ----------------------------------------------------------------------------------

// reg = count modulo the lane's bits, plus `more`, as a vector that shifts take.
static void load_count(
	struct generator *g, uint8_t vector, uint8_t count, uint32_t bits, int32_t more)
{
	x64_group1_r(&g->code, 0, GROUP1_AND, count, (int32_t)bits - 1);
	if (more != 0)
		x64_group1_r(&g->code, 0, GROUP1_ADD, count, more);
	x64_rr(&g->code, X64_MOVD_TO_XMM, vector, count);
}

// Lanes of 16, 32 and 64 bits (lane 0 to 2) have the machine's own shifts, but for i64x2.shr_s.
void gen_vector_shift(struct generator *g, const struct instruction *in)
{
	static const enum vector_shift kinds[] = {VECTOR_SHL, VECTOR_SAR, VECTOR_SHR};
	static const uint32_t opcodes[] = {X64_PSLLW, X64_PSRAW, X64_PSRLW};
	uint32_t lane = (uint32_t)(in->opcode - OP_I16X8_SHL) / 32;
	uint32_t which = (uint32_t)(in->opcode - OP_I16X8_SHL) % 32;
	uint32_t bits = 16u << lane;
	struct operand count = pop_operand(g);
	if (count.kind == OPERAND_CONSTANT) {
		struct destination d = vector_in_place(g);
		vector_shift(g, X64_PSHIFTW_IMM + lane, kinds[which], d.reg, d.reg,
			(uint8_t)(count.bits & (bits - 1)));
		push_result(g, &d);
		return;
	}
	uint8_t by = operand_to_temporary(g, &count);
	struct destination d = vector_in_place(g);
	load_count(g, XMM_SCRATCH, by, bits, 0);
	vector_op(g, opcodes[which] + lane, d.reg, d.reg, XMM_SCRATCH);
	release_operand(g, &count);
	push_result(g, &d);
}

// With s the sign bit moved to where it belongs now: (x >> n ^ s) - s.
void gen_vector_shift_i64_s(struct generator *g, const struct instruction *)
{
	constexpr uint64_t SIGN = UINT64_C(1) << 63;
	struct operand count = pop_operand(g);
	uint8_t by = count.kind == OPERAND_CONSTANT ? 0 : operand_to_temporary(g, &count);
	struct destination d = vector_in_place(g);
	if (count.kind == OPERAND_CONSTANT) {
		uint8_t n = count.bits & 63;
		load_constant(g, XMM_SCRATCH, vector_repeat(SIGN >> n, 64));
		vector_shift(g, X64_PSHIFTQ_IMM, VECTOR_SHR, d.reg, d.reg, n);
	} else {
		uint8_t n = allocate_for(g, WASM_TYPE_V128);
		load_count(g, n, by, 64, 0);
		load_constant(g, XMM_SCRATCH, vector_repeat(SIGN, 64));
		vector_op(g, X64_PSRLQ, XMM_SCRATCH, XMM_SCRATCH, n);
		vector_op(g, X64_PSRLQ, d.reg, d.reg, n);
		free_register(g, true, n);
		release_operand(g, &count);
	}
	vector_op(g, X64_PXOR, d.reg, d.reg, XMM_SCRATCH);
	vector_op(g, X64_PSUBQ, d.reg, d.reg, XMM_SCRATCH);
	push_result(g, &d);
}

// Bytes are shifted as words without the bits that would cross into a neighbour.
static void shift_bytes_by_constant(
	struct generator *g, enum opcode opcode, uint8_t reg, uint8_t count)
{
	struct vector_constant kept = vector_repeat(0xffu >> count, 8);
	if (opcode == OP_I8X16_SHL) {
		vector_op_constant(g, X64_PAND, reg, reg, kept);
		vector_shift(g, X64_PSHIFTW_IMM, VECTOR_SHL, reg, reg, count);
	} else {
		vector_shift(g, X64_PSHIFTW_IMM, VECTOR_SHR, reg, reg, count);
		vector_op_constant(g, X64_PAND, reg, reg, kept);
	}
}

static void shift_bytes_by_register(
	struct generator *g, enum opcode opcode, uint8_t reg, uint8_t by)
{
	uint8_t count = allocate_for(g, WASM_TYPE_V128);
	uint8_t kept = allocate_for(g, WASM_TYPE_V128);
	load_count(g, count, by, 8, 0);
	x64_group1_r(&g->code, 0, GROUP1_ADD, by, 8);
	x64_rr(&g->code, X64_MOVD_TO_XMM, XMM_SCRATCH, by);
	vector_all_ones(g, kept);
	vector_op(g, X64_PSRLW, kept, kept, XMM_SCRATCH);
	vector_op(g, X64_PACKUSWB, kept, kept, kept);
	if (opcode == OP_I8X16_SHL) {
		vector_op(g, X64_PAND, reg, reg, kept);
		vector_op(g, X64_PSLLW, reg, reg, count);
	} else {
		vector_op(g, X64_PSRLW, reg, reg, count);
		vector_op(g, X64_PAND, reg, reg, kept);
	}
	free_register(g, true, kept);
	free_register(g, true, count);
}

// Each byte in the upper half of a word, shifted by eight more.
static void shift_bytes_signed(
	struct generator *g, const struct operand *count, uint8_t reg, uint8_t by)
{
	bool constant = count->kind == OPERAND_CONSTANT;
	uint8_t n = constant ? 0 : allocate_for(g, WASM_TYPE_V128);
	vector_op(g, X64_PUNPCKHBW, XMM_SCRATCH, reg, reg);
	vector_op(g, X64_PUNPCKLBW, reg, reg, reg);
	if (constant) {
		uint8_t bits = (uint8_t)((count->bits & 7) + 8);
		vector_shift(g, X64_PSHIFTW_IMM, VECTOR_SAR, XMM_SCRATCH, XMM_SCRATCH, bits);
		vector_shift(g, X64_PSHIFTW_IMM, VECTOR_SAR, reg, reg, bits);
	} else {
		load_count(g, n, by, 8, 8);
		vector_op(g, X64_PSRAW, XMM_SCRATCH, XMM_SCRATCH, n);
		vector_op(g, X64_PSRAW, reg, reg, n);
		free_register(g, true, n);
	}
	vector_op(g, X64_PACKSSWB, reg, reg, XMM_SCRATCH);
}

void gen_vector_shift_bytes(struct generator *g, const struct instruction *in)
{
	struct operand count = pop_operand(g);
	uint8_t by = count.kind == OPERAND_CONSTANT ? 0 : operand_to_temporary(g, &count);
	struct destination d = vector_in_place(g);
	if (in->opcode == OP_I8X16_SHR_S)
		shift_bytes_signed(g, &count, d.reg, by);
	else if (count.kind == OPERAND_CONSTANT)
		shift_bytes_by_constant(g, in->opcode, d.reg, count.bits & 7);
	else
		shift_bytes_by_register(g, in->opcode, d.reg, by);
	release_operand(g, &count);
	push_result(g, &d);
}

// --- one operand -----------------------------------------------------------------------------

void gen_vector_negate(struct generator *g, const struct instruction *in)
{
	uint32_t lane = (uint32_t)(in->opcode - OP_I8X16_NEG) / 32;
	struct destination d = vector_in_place(g);
	x64_rr(&g->code, X64_PXOR, XMM_SCRATCH, XMM_SCRATCH);
	vector_op(g, X64_PSUBB + lane, d.reg, XMM_SCRATCH, d.reg);
	push_result(g, &d);
}

// With s = -1 for negative lanes, else 0: (x ^ s) - s.
void gen_vector_abs_i64(struct generator *g, const struct instruction *)
{
	struct destination d = vector_in_place(g);
	x64_rr(&g->code, X64_PXOR, XMM_SCRATCH, XMM_SCRATCH);
	x64_rr(&g->code, X64_PCMPGTQ, XMM_SCRATCH, d.reg);
	vector_op(g, X64_PXOR, d.reg, d.reg, XMM_SCRATCH);
	vector_op(g, X64_PSUBQ, d.reg, d.reg, XMM_SCRATCH);
	push_result(g, &d);
}

// A table of the bits of four-bit numbers, for the lower and the upper half of each byte.
void gen_vector_popcnt(struct generator *g, const struct instruction *)
{
	static const struct vector_constant table = {
		{0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4}};
	struct vector_constant low = vector_repeat(0x0f, 8);
	struct destination d = vector_in_place(g);
	uint8_t high = allocate_for(g, WASM_TYPE_V128);
	vector_shift(g, X64_PSHIFTW_IMM, VECTOR_SHR, high, d.reg, 4);
	vector_op_constant(g, X64_PAND, high, high, low);
	vector_op_constant(g, X64_PAND, d.reg, d.reg, low);
	load_constant(g, XMM_SCRATCH, table);
	vector_op(g, X64_PSHUFB, XMM_SCRATCH, XMM_SCRATCH, d.reg);
	load_constant(g, d.reg, table);
	vector_op(g, X64_PSHUFB, d.reg, d.reg, high);
	vector_op(g, X64_PADDB, d.reg, d.reg, XMM_SCRATCH);
	free_register(g, true, high);
	push_result(g, &d);
}

// The machine multiplies by 1 and adds pairs. Bytes: unsigned times signed. Words: signed only, so
// that unsigned ones are moved down by 2^15 before and the sums up by 2^16 after.
void gen_vector_add_pairs(struct generator *g, const struct instruction *in)
{
	struct vector_constant one8 = vector_repeat(1, 8), one16 = vector_repeat(1, 16);
	struct destination d = vector_in_place(g);
	switch (in->opcode) {
	case OP_I16X8_EXTADD_PAIRWISE_I8X16_S:
		load_constant(g, XMM_SCRATCH, one8);
		vector_op(g, X64_PMADDUBSW, d.reg, XMM_SCRATCH, d.reg);
		break;
	case OP_I16X8_EXTADD_PAIRWISE_I8X16_U:
		vector_op_constant(g, X64_PMADDUBSW, d.reg, d.reg, one8);
		break;
	case OP_I32X4_EXTADD_PAIRWISE_I16X8_S:
		vector_op_constant(g, X64_PMADDWD, d.reg, d.reg, one16);
		break;
	default:
		vector_op_constant(g, X64_PXOR, d.reg, d.reg, vector_repeat(0x8000, 16));
		vector_op_constant(g, X64_PMADDWD, d.reg, d.reg, one16);
		vector_op_constant(g, X64_PADDD, d.reg, d.reg, vector_repeat(0x10000, 32));
	}
	push_result(g, &d);
}

// --- products --------------------------------------------------------------------------------

// The operands: b in a register, a in the destination.
struct pair {
	struct operand b;
	uint8_t other;
	struct destination d;
};

static struct pair pop_pair(struct generator *g)
{
	struct pair pair = {.b = pop_operand(g)};
	struct operand a = pop_operand(g);
	pair.other = operand_to_register(g, &pair.b);
	pair.d = destination_for(g, WASM_TYPE_V128, &a, &pair.b);
	return pair;
}

static void push_pair(struct generator *g, const struct pair *pair)
{
	release_operand(g, &pair->b);
	push_result(g, &pair->d);
}

static void extend_bytes(struct generator *g, uint32_t extend, bool high, uint8_t to, uint8_t from)
{
	if (high) {
		x64_rr(&g->code, X64_PSHUFD, to, from);
		x64_byte(&g->code, 0xee);
	}
	x64_rr(&g->code, extend, to, high ? to : from);
}

static void multiply_bytes(struct generator *g, const struct pair *p, bool high, bool is_signed)
{
	uint32_t extend = is_signed ? X64_PMOVSXBW : X64_PMOVZXBW;
	extend_bytes(g, extend, high, XMM_SCRATCH, p->other);
	extend_bytes(g, extend, high, p->d.reg, p->d.reg);
	vector_op(g, X64_PMULLW, p->d.reg, p->d.reg, XMM_SCRATCH);
}

// Lower and upper halves of all products, then those of one half next to each other.
static void multiply_words(struct generator *g, const struct pair *p, bool high, bool is_signed)
{
	uint8_t d = p->d.reg;
	vector_op(g, is_signed ? X64_PMULHW : X64_PMULHUW, XMM_SCRATCH, d, p->other);
	vector_op(g, X64_PMULLW, d, d, p->other);
	vector_op(g, high ? X64_PUNPCKHWD : X64_PUNPCKLWD, d, d, XMM_SCRATCH);
}

// The machine multiplies the lanes 0 and 2.
static void multiply_double_words(
	struct generator *g, const struct pair *p, bool high, bool is_signed)
{
	uint8_t order = high ? 0xfa : 0x50;
	x64_rr(&g->code, X64_PSHUFD, XMM_SCRATCH, p->other);
	x64_byte(&g->code, order);
	x64_rr(&g->code, X64_PSHUFD, p->d.reg, p->d.reg);
	x64_byte(&g->code, order);
	vector_op(g, is_signed ? X64_PMULDQ : X64_PMULUDQ, p->d.reg, p->d.reg, XMM_SCRATCH);
}

// low_s, high_s, low_u, high_u for each width.
void gen_vector_multiply_wide(struct generator *g, const struct instruction *in)
{
	uint32_t which = (uint32_t)(in->opcode - OP_I16X8_EXTMUL_LOW_I8X16_S);
	bool high = which % 2 == 1, is_signed = which % 4 < 2;
	struct pair p = pop_pair(g);
	if (which < 4)
		multiply_bytes(g, &p, high, is_signed);
	else if (in->opcode < OP_I64X2_EXTMUL_LOW_I32X4_S)
		multiply_words(g, &p, high, is_signed);
	else
		multiply_double_words(g, &p, high, is_signed);
	push_pair(g, &p);
}

// From products of 32 bits: low * low + ((low * high + high * low) << 32).
void gen_vector_multiply_i64(struct generator *g, const struct instruction *)
{
	struct pair p = pop_pair(g);
	uint8_t d = p.d.reg, b = p.other, cross = allocate_for(g, WASM_TYPE_V128);
	vector_shift(g, X64_PSHIFTQ_IMM, VECTOR_SHR, cross, d, 32);
	vector_op(g, X64_PMULUDQ, cross, cross, b);
	vector_shift(g, X64_PSHIFTQ_IMM, VECTOR_SHR, XMM_SCRATCH, b, 32);
	vector_op(g, X64_PMULUDQ, XMM_SCRATCH, XMM_SCRATCH, d);
	vector_op(g, X64_PADDQ, cross, cross, XMM_SCRATCH);
	vector_shift(g, X64_PSHIFTQ_IMM, VECTOR_SHL, cross, cross, 32);
	vector_op(g, X64_PMULUDQ, d, d, b);
	vector_op(g, X64_PADDQ, d, d, cross);
	free_register(g, true, cross);
	push_pair(g, &p);
}

// The machine's product of two times the lowest number is that number: then all bits flip.
void gen_vector_q15(struct generator *g, const struct instruction *)
{
	struct pair p = pop_pair(g);
	uint8_t d = p.d.reg;
	vector_op(g, X64_PMULHRSW, d, d, p.other);
	vector_op_constant(g, X64_PCMPEQW, XMM_SCRATCH, d, vector_repeat(0x8000, 16));
	vector_op(g, X64_PXOR, d, d, XMM_SCRATCH);
	push_pair(g, &p);
}

// a (signed) times b (7 bits, taken as unsigned) in pairs, then in fours, plus c.
void gen_vector_dot_add(struct generator *g, const struct instruction *)
{
	struct operand c = pop_operand(g);
	struct operand a, b = pop_operand(g);
	a = pop_operand(g);
	uint8_t factor = operand_to_register(g, &a);
	uint8_t sum = operand_to_register(g, &c);
	uint8_t product = operand_to_temporary(g, &b);
	vector_op(g, X64_PMADDUBSW, product, product, factor);
	vector_op_constant(g, X64_PMADDWD, product, product, vector_repeat(1, 16));
	vector_op(g, X64_PADDD, product, product, sum);
	release_operand(g, &a);
	release_operand(g, &c);
	push_register(g, WASM_TYPE_V128, product);
}
