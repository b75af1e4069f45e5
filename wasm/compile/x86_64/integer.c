// SPDX-License-Identifier: MIT OR Apache-2.0
// Integer arithmetic, comparisons and bit counting.
#include "compile/x86_64/generator.h"

static bool is_i64(enum opcode opcode)
{
	return (opcode >= OP_I64_CLZ && opcode <= OP_I64_ROTR) ||
	       (opcode >= OP_I64_EQZ && opcode <= OP_I64_GE_U) ||
	       (opcode >= OP_I64_EXTEND8_S && opcode <= OP_I64_EXTEND32_S);
}

// Position of an arithmetic instruction in its group, the same for i32 and i64.
static enum opcode as_i32(enum opcode opcode)
{
	return opcode >= OP_I64_CLZ && opcode <= OP_I64_ROTR
		       ? (enum opcode)(opcode - OP_I64_CLZ + OP_I32_CLZ)
		       : opcode;
}

// Can the constant be an immediate (sign-extended from 32 bits)?
static bool is_immediate(const struct operand *operand, int32_t *immediate)
{
	if (operand->kind != OPERAND_CONSTANT)
		return false;
	*immediate = (int32_t)operand->bits;
	return operand->type == WASM_TYPE_I32 || (int64_t)operand->bits == *immediate;
}

static void swap_operands(struct operand *a, struct operand *b)
{
	struct operand swap = *a;
	*a = *b;
	*b = swap;
}

static uint64_t truncate_to(enum wasm_type type, uint64_t bits)
{
	return type == WASM_TYPE_I32 ? (uint32_t)bits : bits;
}

void gen_constant(struct generator *g, const struct instruction *in)
{
	static const enum wasm_type types[] = {
		WASM_TYPE_I32, WASM_TYPE_I64, WASM_TYPE_F32, WASM_TYPE_F64};
	push_constant(g, types[in->opcode - OP_I32_CONST], in->bits);
}

// --- add, sub, mul, and, or, xor -------------------------------------------------------------

static const struct alu {
	uint32_t opcode;
	enum x64_group1 group;
	bool commutative;
} alus[] = {
	[OP_I32_ADD - OP_I32_ADD] = {X64_ADD, GROUP1_ADD, true},
	[OP_I32_SUB - OP_I32_ADD] = {X64_SUB, GROUP1_SUB, false},
	[OP_I32_MUL - OP_I32_ADD] = {X64_IMUL, 0, true},
	[OP_I32_AND - OP_I32_ADD] = {X64_AND, GROUP1_AND, true},
	[OP_I32_OR - OP_I32_ADD] = {X64_OR, GROUP1_OR, true},
	[OP_I32_XOR - OP_I32_ADD] = {X64_XOR, GROUP1_XOR, true},
};

static uint64_t fold(enum opcode opcode, uint64_t a, uint64_t b)
{
	switch (opcode) {
	case OP_I32_ADD:
		return a + b;
	case OP_I32_SUB:
		return a - b;
	case OP_I32_MUL:
		return a * b;
	case OP_I32_AND:
		return a & b;
	case OP_I32_OR:
		return a | b;
	default:
		return a ^ b;
	}
}

// Sum of two registers, or register and constant, into a third place: one lea.
static bool emit_lea(struct generator *g, enum opcode opcode, struct operand *a, struct operand *b)
{
	uint8_t base, index = X64_NONE;
	int32_t immediate = 0;
	if (opcode != OP_I32_ADD && opcode != OP_I32_SUB)
		return false;
	if (!operand_register(g, a, &base))
		return false;
	bool constant = is_immediate(b, &immediate);
	if (!constant && (opcode == OP_I32_SUB || !operand_register(g, b, &index)))
		return false;
	if (opcode == OP_I32_SUB && immediate == INT32_MIN)
		return false;
	uint32_t target = next_local(g, a->type);
	uint8_t home = target == WASM_NO_INDEX ? (uint8_t)X64_NONE : generator_home(g, target)->reg;
	bool in_place = a->kind == OPERAND_REGISTER ? target == WASM_NO_INDEX : base == home;
	if (in_place)
		return false;
	enum wasm_type type = a->type;
	struct destination d = destination_fresh(g, type, a);
	int32_t displacement = opcode == OP_I32_SUB ? -immediate : immediate;
	x64_rm(&g->code, X64_LEA | type_w(type), d.reg,
		(struct x64_memory){base, index, 0, displacement});
	release_operand(g, a);
	release_operand(g, b);
	push_result(g, &d);
	return true;
}

static void emit_alu(
	struct generator *g, const struct alu *alu, uint8_t reg, const struct operand *operand)
{
	int32_t immediate;
	uint32_t w = type_w(operand->type);
	if (!is_immediate(operand, &immediate)) {
		emit_with_operand(g, alu->opcode | w, reg, operand);
	} else if (alu->opcode == X64_XOR && immediate == -1) {
		x64_rr(&g->code, X64_GROUP3 | w, 2, reg); // not
	} else if (alu->opcode == X64_IMUL) {
		x64_rr(&g->code, X64_IMUL_IMM32 | w, reg, reg);
		x64_u32(&g->code, (uint32_t)immediate);
	} else {
		x64_group1_r(&g->code, w, alu->group, reg, immediate);
	}
}

static bool is_power_of_two(uint64_t value)
{
	return value != 0 && (value & (value - 1)) == 0;
}

static uint8_t log2_of(uint64_t value)
{
	return (uint8_t)__builtin_ctzll(value);
}

static bool next_is_condition(struct generator *g)
{
	uint8_t next = next_opcode(g);
	return next == OP_BR_IF || next == OP_IF || next == OP_I32_EQZ || next == OP_SELECT;
}

// An i32.and that is only tested: no result is needed.
static bool emit_test(struct generator *g, enum opcode opcode, struct operand *a, struct operand *b)
{
	int32_t immediate;
	if (opcode != OP_I32_AND || a->type != WASM_TYPE_I32 || !next_is_condition(g))
		return false;
	uint8_t reg = operand_to_register(g, a);
	if (is_immediate(b, &immediate)) {
		x64_rr(&g->code, X64_GROUP3, 0, reg);
		x64_u32(&g->code, (uint32_t)immediate);
	} else {
		emit_with_operand(g, X64_TEST, reg, b);
	}
	release_operand(g, a);
	release_operand(g, b);
	push_condition(g, CC_NE);
	return true;
}

void gen_integer_binary(struct generator *g, const struct instruction *in)
{
	struct operand b = pop_operand(g);
	struct operand a = pop_operand(g);
	enum opcode opcode = as_i32(in->opcode);
	const struct alu *alu = &alus[opcode - OP_I32_ADD];
	if (a.kind == OPERAND_CONSTANT && b.kind == OPERAND_CONSTANT) {
		push_constant(g, a.type, truncate_to(a.type, fold(opcode, a.bits, b.bits)));
		return;
	}
	uint32_t target = next_local(g, a.type);
	bool b_is_target = b.kind == OPERAND_LOCAL && b.index == target;
	bool prefer_b = a.kind != OPERAND_REGISTER && b.kind == OPERAND_REGISTER;
	if (alu->commutative && (a.kind == OPERAND_CONSTANT || b_is_target ||
					(prefer_b && target == WASM_NO_INDEX)))
		swap_operands(&a, &b);
	if (emit_test(g, opcode, &a, &b) || emit_lea(g, opcode, &a, &b))
		return;
	struct destination d = destination_for(g, a.type, &a, &b);
	if (opcode == OP_I32_MUL && b.kind == OPERAND_CONSTANT && is_power_of_two(b.bits))
		x64_group2_r(&g->code, type_w(a.type), GROUP2_SHL, d.reg, log2_of(b.bits));
	else
		emit_alu(g, alu, d.reg, &b);
	release_operand(g, &b);
	push_result(g, &d);
}

// --- shifts and rotations --------------------------------------------------------------------

static const struct shift {
	enum x64_group2 group;
	uint32_t vex; // 0: none
} shifts[] = {
	[OP_I32_SHL - OP_I32_SHL] = {GROUP2_SHL, X64_SHLX},
	[OP_I32_SHR_S - OP_I32_SHL] = {GROUP2_SAR, X64_SARX},
	[OP_I32_SHR_U - OP_I32_SHL] = {GROUP2_SHR, X64_SHRX},
	[OP_I32_ROTL - OP_I32_SHL] = {GROUP2_ROL, 0},
	[OP_I32_ROTR - OP_I32_SHL] = {GROUP2_ROR, 0},
};

static void shift_by_constant(struct generator *g, const struct shift *shift, struct operand *value,
	const struct operand *count)
{
	struct destination d = destination_for(g, value->type, value, nullptr);
	uint8_t mask = value->type == WASM_TYPE_I32 ? 31 : 63;
	uint8_t bits = (uint8_t)count->bits & mask;
	if (bits != 0)
		x64_group2_r(&g->code, type_w(value->type), shift->group, d.reg, bits);
	push_result(g, &d);
}

static void shift_with_bmi2(struct generator *g, const struct shift *shift, struct operand *value,
	struct operand *count)
{
	uint8_t by = operand_to_register(g, count);
	uint8_t from = operand_to_register(g, value);
	enum wasm_type type = value->type;
	struct destination d = destination_fresh(g, type, value);
	x64_vex_rr(&g->code, shift->vex | type_w(type), d.reg, by, from);
	release_operand(g, value);
	release_operand(g, count);
	push_result(g, &d);
}

// The count goes to cl; the value must not be there.
static void shift_by_cl(struct generator *g, const struct shift *shift, struct operand *value,
	struct operand *count)
{
	bool count_in_rcx = count->kind == OPERAND_REGISTER && count->reg == RCX;
	if (value->kind == OPERAND_REGISTER && value->reg == RCX) {
		uint8_t other = allocate_register(g, false, GENERAL_TEMPORARIES & ~(1u << RCX));
		move_register(g, value->type, other, RCX);
		free_register(g, false, RCX);
		value->reg = other;
	}
	if (!count_in_rcx) {
		claim_register(g, RCX);
		load_operand(g, count, RCX);
	}
	release_operand(g, count);
	g->general.owner[RCX] = OWNED_POPPED;
	struct destination d = destination_for(g, value->type, value, nullptr);
	x64_rr(&g->code, X64_GROUP2_CL | type_w(value->type), shift->group, d.reg);
	free_register(g, false, RCX);
	push_result(g, &d);
}

void gen_shift(struct generator *g, const struct instruction *in)
{
	struct operand count = pop_operand(g);
	struct operand value = pop_operand(g);
	const struct shift *shift = &shifts[as_i32(in->opcode) - OP_I32_SHL];
	if (count.kind == OPERAND_CONSTANT)
		shift_by_constant(g, shift, &value, &count);
	else if (shift->vex != 0 && has_feature(g, WASM_CPU_BMI2))
		shift_with_bmi2(g, shift, &value, &count);
	else
		shift_by_cl(g, shift, &value, &count);
}

// --- division --------------------------------------------------------------------------------

struct division {
	bool is_signed;
	bool remainder;
};

// Unsigned division by a power of two.
static bool divide_by_power(
	struct generator *g, struct division division, struct operand *a, const struct operand *b)
{
	if (division.is_signed || b->kind != OPERAND_CONSTANT || !is_power_of_two(b->bits))
		return false;
	if (division.remainder && b->bits - 1 > INT32_MAX)
		return false;
	uint32_t w = type_w(a->type);
	struct destination d = destination_for(g, a->type, a, nullptr);
	if (division.remainder)
		x64_group1_r(&g->code, w, GROUP1_AND, d.reg, (int32_t)(b->bits - 1));
	else if (b->bits != 1)
		x64_group2_r(&g->code, w, GROUP2_SHR, d.reg, log2_of(b->bits));
	push_result(g, &d);
	return true;
}

// The divisor in a register other than rax and rdx, which the division changes.
static uint8_t place_divisor(struct generator *g, struct operand *b)
{
	uint8_t reg;
	if (operand_register(g, b, &reg) && reg != RAX && reg != RDX)
		return reg;
	reg = allocate_register(g, false, GENERAL_TEMPORARIES & ~(1u << RAX | 1u << RDX));
	load_operand(g, b, reg);
	release_operand(g, b);
	b->kind = OPERAND_REGISTER;
	b->reg = reg;
	return reg;
}

// rax holds the dividend and is owned; rdx is owned.
static void place_dividend(struct generator *g, struct operand *a)
{
	if (a->kind != OPERAND_REGISTER || a->reg != RAX) {
		claim_register(g, RAX);
		load_operand(g, a, RAX);
		release_operand(g, a);
	}
	if (g->general.owner[RDX] < OWNED_POPPED)
		claim_register(g, RDX);
	g->general.owner[RAX] = g->general.owner[RDX] = OWNED_POPPED;
}

// Division by -1 overflows in hardware: the quotient is the negation, the remainder 0.
static void divide_signed(struct generator *g, bool remainder, uint32_t w, uint8_t divisor)
{
	x64_group1_r(&g->code, w, GROUP1_CMP, divisor, -1);
	uint32_t normal = x64_jcc_short(&g->code, CC_NE);
	if (remainder) {
		x64_rr(&g->code, X64_XOR, RDX, RDX);
	} else {
		x64_rr(&g->code, X64_GROUP3 | w, 3, RAX);
		trap_if(g, CC_O, WASM_TRAP_INTEGER_OVERFLOW);
	}
	uint32_t done = x64_jmp_short(&g->code);
	x64_land(&g->code, normal);
	if (w != 0)
		x64_byte(&g->code, 0x48);
	x64_byte(&g->code, 0x99); // cdq, cqo
	x64_rr(&g->code, X64_GROUP3 | w, 7, divisor);
	x64_land(&g->code, done);
}

void gen_divide(struct generator *g, const struct instruction *in)
{
	struct operand b = pop_operand(g);
	struct operand a = pop_operand(g);
	enum opcode opcode = as_i32(in->opcode);
	struct division division = {opcode == OP_I32_DIV_S || opcode == OP_I32_REM_S,
		opcode == OP_I32_REM_S || opcode == OP_I32_REM_U};
	if (divide_by_power(g, division, &a, &b))
		return;
	enum wasm_type type = a.type;
	uint32_t w = type_w(type);
	bool may_be_zero = b.kind != OPERAND_CONSTANT || b.bits == 0;
	uint8_t divisor = place_divisor(g, &b);
	place_dividend(g, &a);
	if (may_be_zero) {
		x64_rr(&g->code, X64_TEST | w, divisor, divisor);
		trap_if(g, CC_E, WASM_TRAP_INTEGER_DIVIDE_BY_ZERO);
	}
	if (division.is_signed) {
		divide_signed(g, division.remainder, w, divisor);
	} else {
		x64_rr(&g->code, X64_XOR, RDX, RDX);
		x64_rr(&g->code, X64_GROUP3 | w, 6, divisor);
	}
	release_operand(g, &b);
	free_register(g, false, division.remainder ? RAX : RDX);
	push_register(g, type, division.remainder ? RDX : RAX);
}

// --- comparisons -----------------------------------------------------------------------------

void gen_eqz(struct generator *g, const struct instruction *in)
{
	(void)in;
	struct operand a = pop_operand(g);
	if (a.kind == OPERAND_FLAGS) {
		push_condition(g, x64_negate(a.condition));
		return;
	}
	struct x64_memory memory;
	uint32_t w = type_w(a.type);
	if (operand_memory(g, &a, &memory)) {
		x64_group1_m(&g->code, w, GROUP1_CMP, memory, 0);
	} else {
		uint8_t reg = operand_to_register(g, &a);
		x64_rr(&g->code, X64_TEST | w, reg, reg);
	}
	release_operand(g, &a);
	push_condition(g, CC_E);
}

// Conditions in the order of the opcodes, and those for swapped operands.
static const enum x64_condition conditions[] = {
	CC_E, CC_NE, CC_L, CC_B, CC_G, CC_A, CC_LE, CC_BE, CC_GE, CC_AE};
static const enum x64_condition swapped_conditions[] = {
	CC_E, CC_NE, CC_G, CC_A, CC_L, CC_B, CC_GE, CC_AE, CC_LE, CC_BE};

static void emit_compare(struct generator *g, struct operand *a, struct operand *b)
{
	struct x64_memory memory;
	int32_t immediate;
	uint8_t reg;
	uint32_t w = type_w(a->type);
	if (is_immediate(b, &immediate)) {
		if (operand_memory(g, a, &memory)) {
			x64_group1_m(&g->code, w, GROUP1_CMP, memory, immediate);
			return;
		}
		reg = operand_to_register(g, a);
		if (immediate == 0)
			x64_rr(&g->code, X64_TEST | w, reg, reg);
		else
			x64_group1_r(&g->code, w, GROUP1_CMP, reg, immediate);
		return;
	}
	if (operand_memory(g, a, &memory) && operand_register(g, b, &reg)) {
		x64_rm(&g->code, X64_CMP_STORE | w, reg, memory);
		return;
	}
	reg = operand_to_register(g, a);
	emit_with_operand(g, X64_CMP | w, reg, b);
}

void gen_integer_compare(struct generator *g, const struct instruction *in)
{
	struct operand b = pop_operand(g);
	struct operand a = pop_operand(g);
	uint32_t which = in->opcode >= OP_I64_EQ ? (uint32_t)(in->opcode - OP_I64_EQ)
						 : (uint32_t)(in->opcode - OP_I32_EQ);
	enum x64_condition condition = conditions[which];
	if (a.kind == OPERAND_CONSTANT) {
		swap_operands(&a, &b);
		condition = swapped_conditions[which];
	}
	emit_compare(g, &a, &b);
	release_operand(g, &a);
	release_operand(g, &b);
	push_condition(g, condition);
}

// --- clz, ctz, popcnt ------------------------------------------------------------------------

// bsr leaves its destination alone for 0; `when_zero` takes its place.
static void emit_bit_scan(struct generator *g, uint32_t opcode, uint8_t to,
	const struct operand *from, uint32_t when_zero)
{
	uint32_t w = type_w(from->type);
	uint8_t spare = allocate_for(g, WASM_TYPE_I32);
	emit_with_operand(g, opcode | w, to, from);
	x64_load_constant(&g->code, spare, when_zero);
	x64_rr(&g->code, x64_cmov(CC_E) | w, to, spare);
	free_register(g, false, spare);
}

void gen_count_bits(struct generator *g, const struct instruction *in)
{
	struct operand a = pop_operand(g);
	enum opcode opcode = as_i32(in->opcode);
	enum wasm_type type = a.type;
	uint32_t w = type_w(type), bits = type == WASM_TYPE_I32 ? 32 : 64;
	if (a.kind == OPERAND_CONSTANT)
		operand_to_temporary(g, &a);
	struct operand from = a;
	struct destination d = destination_fresh(g, type, &a);
	if (opcode == OP_I32_POPCNT) {
		emit_with_operand(g, X64_POPCNT | w, d.reg, &from);
	} else if (opcode == OP_I32_CLZ && has_feature(g, WASM_CPU_LZCNT)) {
		emit_with_operand(g, X64_LZCNT | w, d.reg, &from);
	} else if (opcode == OP_I32_CTZ && has_feature(g, WASM_CPU_BMI1)) {
		emit_with_operand(g, X64_TZCNT | w, d.reg, &from);
	} else if (opcode == OP_I32_CTZ) {
		emit_bit_scan(g, X64_BSF, d.reg, &from, bits);
	} else {
		emit_bit_scan(g, X64_BSR, d.reg, &from, 2 * bits - 1);
		x64_group1_r(&g->code, w, GROUP1_XOR, d.reg, (int32_t)bits - 1);
	}
	release_operand(g, &a);
	push_result(g, &d);
}

// --- width changes ---------------------------------------------------------------------------

static uint32_t extend_opcode(enum opcode opcode)
{
	switch (opcode) {
	case OP_I32_EXTEND8_S:
		return X64_MOVSX8;
	case OP_I32_EXTEND16_S:
		return X64_MOVSX16;
	case OP_I64_EXTEND8_S:
		return X64_MOVSX8 | X64_W;
	case OP_I64_EXTEND16_S:
		return X64_MOVSX16 | X64_W;
	case OP_I64_EXTEND32_S:
	case OP_I64_EXTEND_I32_S:
		return X64_MOVSXD;
	default: // i32.wrap_i64, i64.extend_i32_u: a 32-bit move clears the upper half
		return X64_MOV;
	}
}

void gen_extend(struct generator *g, const struct instruction *in)
{
	struct operand a = pop_operand(g);
	bool to_i64 = in->opcode == OP_I64_EXTEND_I32_S || in->opcode == OP_I64_EXTEND_I32_U ||
		      is_i64(in->opcode);
	enum wasm_type type = to_i64 ? WASM_TYPE_I64 : WASM_TYPE_I32;
	if (a.kind == OPERAND_CONSTANT)
		operand_to_temporary(g, &a);
	if (in->opcode == OP_I64_EXTEND_I32_U && a.kind == OPERAND_REGISTER &&
		next_local(g, type) == WASM_NO_INDEX) {
		a.type = type; // already zero-extended
		push_operand(g, &a);
		return;
	}
	struct operand from = a;
	struct destination d = destination_fresh(g, type, &a);
	emit_with_operand(g, extend_opcode(in->opcode), d.reg, &from);
	release_operand(g, &a);
	push_result(g, &d);
}
