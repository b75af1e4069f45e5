// SPDX-License-Identifier: MIT OR Apache-2.0
// Conversions between integers and floats.
#include "compile/x86_64/generator.h"

// --- reinterpret, promote, demote ------------------------------------------------------------

void gen_reinterpret(struct generator *g, const struct instruction *in)
{
	struct operand a = pop_operand(g);
	bool to_float =
		in->opcode == OP_F32_REINTERPRET_I32 || in->opcode == OP_F64_REINTERPRET_I64;
	uint32_t w = type_w(a.type);
	enum wasm_type type = to_float ? (w != 0 ? WASM_TYPE_F64 : WASM_TYPE_F32)
				       : (w != 0 ? WASM_TYPE_I64 : WASM_TYPE_I32);
	if (a.kind == OPERAND_CONSTANT) {
		push_constant(g, type, a.bits);
		return;
	}
	uint8_t from = operand_to_register(g, &a);
	struct destination d = destination_fresh(g, type, nullptr);
	if (to_float)
		x64_rr(&g->code, X64_MOVD_TO_XMM | w, d.reg, from);
	else
		x64_rr(&g->code, X64_MOVD_FROM_XMM | w, from, d.reg);
	release_operand(g, &a);
	push_result(g, &d);
}

void gen_float_to_float(struct generator *g, const struct instruction *in)
{
	struct operand a = pop_operand(g);
	enum wasm_type type = in->opcode == OP_F64_PROMOTE_F32 ? WASM_TYPE_F64 : WASM_TYPE_F32;
	uint8_t from = operand_to_register(g, &a);
	uint32_t sse = type_sse(a.type);
	struct destination d = destination_fresh(g, type, &a);
	x64_rr(&g->code, X64_CVT_FLOAT | sse, d.reg, from);
	release_operand(g, &a);
	push_result(g, &d);
}

// --- integer to float ------------------------------------------------------------------------

static enum wasm_type convert_result(enum opcode opcode)
{
	return opcode <= OP_F32_CONVERT_I64_U ? WASM_TYPE_F32 : WASM_TYPE_F64;
}

// All but u64: an u32 is a positive s64.
void gen_convert(struct generator *g, const struct instruction *in)
{
	struct operand a = pop_operand(g);
	bool is_signed32 = in->opcode == OP_F32_CONVERT_I32_S || in->opcode == OP_F64_CONVERT_I32_S;
	uint8_t from = operand_to_register(g, &a);
	enum wasm_type type = convert_result(in->opcode);
	struct destination d = destination_fresh(g, type, nullptr);
	x64_rr(&g->code, X64_XORPS, d.reg, d.reg); // no dependency on the old value
	x64_rr(&g->code, X64_CVTSI | type_sse(type) | (is_signed32 ? 0u : (uint32_t)X64_W), d.reg,
		from);
	release_operand(g, &a);
	push_result(g, &d);
}

// With the top bit set: halve, keeping the lost bit for rounding, convert, double.
void gen_convert_u64(struct generator *g, const struct instruction *in)
{
	struct operand a = pop_operand(g);
	uint8_t from = operand_to_temporary(g, &a);
	enum wasm_type type = convert_result(in->opcode);
	uint32_t convert = X64_CVTSI | type_sse(type) | X64_W;
	struct destination d = destination_fresh(g, type, nullptr);
	uint8_t low = allocate_for(g, WASM_TYPE_I64);
	x64_rr(&g->code, X64_XORPS, d.reg, d.reg);
	x64_rr(&g->code, X64_TEST | X64_W, from, from);
	uint32_t big = x64_jcc_short(&g->code, CC_S);
	x64_rr(&g->code, convert, d.reg, from);
	uint32_t done = x64_jmp_short(&g->code);
	x64_land(&g->code, big);
	x64_rr(&g->code, X64_MOV, low, from);
	x64_group1_r(&g->code, 0, GROUP1_AND, low, 1);
	x64_group2_r(&g->code, X64_W, GROUP2_SHR, from, 1);
	x64_rr(&g->code, X64_OR | X64_W, from, low);
	x64_rr(&g->code, convert, d.reg, from);
	x64_rr(&g->code, X64_FADD | type_sse(type), d.reg, d.reg);
	x64_land(&g->code, done);
	free_register(g, false, low);
	release_operand(g, &a);
	push_result(g, &d);
}

// --- float to integer ------------------------------------------------------------------------

// One of the 16 truncations; `value` and `result` are registers.
struct truncation {
	enum wasm_type from;
	enum wasm_type to;
	bool is_signed;
	bool saturate;
	uint8_t value;
	uint8_t result;
};

static void emit_ucomis(struct generator *g, const struct truncation *t, uint8_t a, uint8_t b)
{
	x64_rr(&g->code, t->from == WASM_TYPE_F32 ? X64_UCOMISS : X64_UCOMISD, a, b);
}

static void emit_cvtt(struct generator *g, const struct truncation *t, uint32_t w, uint8_t value)
{
	x64_rr(&g->code, X64_CVTT | type_sse(t->from) | w, t->result, value);
}

static void trap_if_nan(struct generator *g, const struct truncation *t)
{
	emit_ucomis(g, t, t->value, t->value);
	trap_if(g, CC_P, WASM_TRAP_INVALID_CONVERSION);
}

// 2^31 or 2^63 as the float type's bits, negative; f64 to i32 has room for a fraction below it.
static uint64_t lowest_bits(const struct truncation *t)
{
	bool wide = t->to == WASM_TYPE_I64;
	if (t->from == WASM_TYPE_F32)
		return wide ? 0xdf000000 : 0xcf000000;
	return wide ? UINT64_C(0xc3e0000000000000) : UINT64_C(0xc1e0000000200000);
}

// The hardware gave the lowest integer: either that is right, or it stands for an error.
static void check_signed(struct generator *g, const struct truncation *t)
{
	bool exclusive = t->from == WASM_TYPE_F64 && t->to == WASM_TYPE_I32;
	trap_if_nan(g, t);
	x64_rl(&g->code, t->from == WASM_TYPE_F32 ? X64_MOVSS : X64_MOVSD, XMM_SCRATCH,
		pool_label(g, lowest_bits(t)));
	emit_ucomis(g, t, t->value, XMM_SCRATCH);
	trap_if(g, exclusive ? CC_BE : CC_B, WASM_TRAP_INTEGER_OVERFLOW);
	x64_rr(&g->code, X64_XORPS, XMM_SCRATCH, XMM_SCRATCH);
	emit_ucomis(g, t, t->value, XMM_SCRATCH);
	trap_if(g, CC_A, WASM_TRAP_INTEGER_OVERFLOW);
}

// NaN gives 0, positive the highest; negative has the lowest already.
static void saturate_signed(struct generator *g, const struct truncation *t)
{
	uint64_t highest = t->to == WASM_TYPE_I64 ? (uint64_t)INT64_MAX : (uint64_t)INT32_MAX;
	emit_ucomis(g, t, t->value, t->value);
	uint32_t ordered = x64_jcc_short(&g->code, CC_NP);
	x64_rr(&g->code, X64_XOR, t->result, t->result);
	uint32_t done = x64_jmp_short(&g->code);
	x64_land(&g->code, ordered);
	x64_rr(&g->code, X64_XORPS, XMM_SCRATCH, XMM_SCRATCH);
	emit_ucomis(g, t, t->value, XMM_SCRATCH);
	uint32_t negative = x64_jcc_short(&g->code, CC_BE);
	x64_load_constant(&g->code, t->result, highest);
	x64_land(&g->code, negative);
	x64_land(&g->code, done);
}

static void truncate_signed(struct generator *g, const struct truncation *t)
{
	uint32_t w = type_w(t->to);
	uint32_t good = label_new(g);
	emit_cvtt(g, t, w, t->value);
	x64_group1_r(&g->code, w, GROUP1_CMP, t->result, 1);
	x64_jcc(&g->code, CC_NO, label_at(g, good));
	if (t->saturate)
		saturate_signed(g, t);
	else
		check_signed(g, t);
	x64_bind(&g->code, label_at(g, good));
}

// Out of range for an unsigned result: NaN and negative numbers give 0, large ones the highest.
static void saturate_unsigned(struct generator *g, const struct truncation *t)
{
	uint64_t highest = t->to == WASM_TYPE_I64 ? UINT64_MAX : UINT32_MAX;
	x64_rr(&g->code, X64_XORPS, XMM_SCRATCH, XMM_SCRATCH);
	emit_ucomis(g, t, t->value, XMM_SCRATCH);
	x64_load_constant(&g->code, t->result, 0);
	uint32_t low = x64_jcc_short(&g->code, CC_BE);
	x64_load_constant(&g->code, t->result, highest);
	x64_land(&g->code, low);
}

static void fail_unsigned(struct generator *g, const struct truncation *t)
{
	if (t->saturate) {
		saturate_unsigned(g, t);
		return;
	}
	trap_if_nan(g, t);
	trap_always(g, WASM_TRAP_INTEGER_OVERFLOW);
}

// Through a signed 64-bit result, which must have a zero upper half.
static void truncate_u32(struct generator *g, const struct truncation *t)
{
	uint32_t good = label_new(g);
	uint8_t low = allocate_for(g, WASM_TYPE_I32);
	emit_cvtt(g, t, X64_W, t->value);
	x64_rr(&g->code, X64_MOV, low, t->result);
	x64_rr(&g->code, X64_CMP | X64_W, low, t->result);
	free_register(g, false, low);
	x64_jcc(&g->code, CC_E, label_at(g, good));
	fail_unsigned(g, t);
	x64_bind(&g->code, label_at(g, good));
}

// Below 2^63 directly, above after subtracting it.
static void truncate_u64(struct generator *g, const struct truncation *t)
{
	bool single = t->from == WASM_TYPE_F32;
	uint32_t good = label_new(g), big = label_new(g), bad = label_new(g);
	uint8_t reduced = allocate_for(g, t->from);
	x64_rl(&g->code, single ? X64_MOVSS : X64_MOVSD, XMM_SCRATCH,
		pool_label(g, single ? 0x5f000000 : UINT64_C(0x43e0000000000000)));
	emit_ucomis(g, t, t->value, XMM_SCRATCH);
	x64_jcc(&g->code, CC_AE, label_at(g, big));
	emit_cvtt(g, t, X64_W, t->value);
	x64_rr(&g->code, X64_TEST | X64_W, t->result, t->result);
	x64_jcc(&g->code, CC_NS, label_at(g, good));
	x64_jmp(&g->code, label_at(g, bad));
	x64_bind(&g->code, label_at(g, big));
	x64_rr(&g->code, X64_MOVAPS, reduced, t->value);
	x64_rr(&g->code, X64_FSUB | type_sse(t->from), reduced, XMM_SCRATCH);
	emit_cvtt(g, t, X64_W, reduced);
	x64_rr(&g->code, X64_TEST | X64_W, t->result, t->result);
	x64_jcc(&g->code, CC_S, label_at(g, bad));
	x64_rr(&g->code, X64_GROUP8 | X64_W, 7, t->result); // btc: set bit 63
	x64_byte(&g->code, 63);
	x64_jmp(&g->code, label_at(g, good));
	x64_bind(&g->code, label_at(g, bad));
	fail_unsigned(g, t);
	x64_bind(&g->code, label_at(g, good));
	free_register(g, true, reduced);
}

// Indexed by position in the group f32_s, f32_u, f64_s, f64_u.
static struct truncation truncation_of(enum opcode opcode)
{
	struct truncation t = {.saturate = opcode >= OP_I32_TRUNC_SAT_F32_S};
	enum opcode i32 = t.saturate ? OP_I32_TRUNC_SAT_F32_S : OP_I32_TRUNC_F32_S;
	enum opcode i64 = t.saturate ? OP_I64_TRUNC_SAT_F32_S : OP_I64_TRUNC_F32_S;
	t.to = opcode >= i64 ? WASM_TYPE_I64 : WASM_TYPE_I32;
	uint32_t which = (uint32_t)(opcode - (opcode >= i64 ? i64 : i32));
	t.from = which < 2 ? WASM_TYPE_F32 : WASM_TYPE_F64;
	t.is_signed = which % 2 == 0;
	return t;
}

void gen_truncate(struct generator *g, const struct instruction *in)
{
	struct truncation t = truncation_of(in->opcode);
	struct operand a = pop_operand(g);
	t.value = operand_to_register(g, &a);
	struct destination d = destination_fresh(g, t.to, nullptr);
	t.result = d.reg;
	if (t.is_signed)
		truncate_signed(g, &t);
	else if (t.to == WASM_TYPE_I64)
		truncate_u64(g, &t);
	else
		truncate_u32(g, &t);
	release_operand(g, &a);
	push_result(g, &d);
}
