// SPDX-License-Identifier: MIT OR Apache-2.0
// Lanes: splat, extract, replace, swizzle, shuffle.
#include "compile/x86_64/vector.h"

static void emit_immediate(
	struct generator *g, uint32_t opcode, uint8_t reg, uint8_t rm, uint8_t immediate)
{
	x64_rr(&g->code, opcode, reg, rm);
	x64_byte(&g->code, immediate);
}

// --- splat -----------------------------------------------------------------------------------

// Lane 0 into all; `log` of the lane's bytes.
static void spread(struct generator *g, uint32_t log, uint8_t reg)
{
	switch (log) {
	case 0:
		x64_rr(&g->code, X64_PXOR, XMM_SCRATCH, XMM_SCRATCH);
		x64_rr(&g->code, X64_PSHUFB, reg, XMM_SCRATCH);
		return;
	case 1:
		emit_immediate(g, X64_PSHUFLW, reg, reg, 0);
		emit_immediate(g, X64_PSHUFD, reg, reg, 0);
		return;
	case 2:
		emit_immediate(g, X64_PSHUFD, reg, reg, 0);
		return;
	default:
		x64_rr(&g->code, X64_PUNPCKLQDQ, reg, reg);
	}
}

static void splat_float(struct generator *g, bool is_double, struct operand *a)
{
	struct destination d;
	if (is_double) {
		d = vector_unary(g, X64_MOVDDUP, a, NO_IMMEDIATE);
	} else {
		d = destination_for(g, WASM_TYPE_V128, a, nullptr);
		emit_immediate(g, X64_SHUFPS, d.reg, d.reg, 0);
	}
	push_result(g, &d);
}

void gen_vector_splat(struct generator *g, const struct instruction *in)
{
	struct operand a = pop_operand(g);
	if (in->opcode >= OP_F32X4_SPLAT) {
		splat_float(g, in->opcode == OP_F64X2_SPLAT, &a);
		return;
	}
	uint32_t w = type_w(a.type);
	uint8_t from = operand_to_register(g, &a);
	struct destination d = destination_fresh(g, WASM_TYPE_V128, nullptr);
	x64_rr(&g->code, X64_MOVD_TO_XMM | w, d.reg, from);
	spread(g, in->opcode - OP_I8X16_SPLAT, d.reg);
	release_operand(g, &a);
	push_result(g, &d);
}

static void spread_from_memory(
	struct generator *g, uint32_t log, uint8_t reg, struct x64_memory memory)
{
	if (log == 3) {
		x64_rm(&g->code, X64_MOVDDUP, reg, memory);
		return;
	}
	if (log == 2) {
		x64_rm(&g->code, X64_MOVSS, reg, memory);
	} else {
		x64_rr(&g->code, X64_PXOR, reg, reg); // no dependency on the old value
		x64_rm(&g->code, log == 0 ? X64_PINSRB : X64_PINSRW, reg, memory);
		x64_byte(&g->code, 0);
	}
	spread(g, log, reg);
}

void gen_vector_load_splat(struct generator *g, const struct instruction *in)
{
	struct operand address = pop_operand(g);
	struct x64_memory memory = access_address(g, &address, in);
	struct destination d = destination_fresh(g, WASM_TYPE_V128, nullptr);
	spread_from_memory(g, in->opcode - OP_V128_LOAD8_SPLAT, d.reg, memory);
	release_operand(g, &address);
	push_result(g, &d);
}

// --- extract ---------------------------------------------------------------------------------

static void extract_float(struct generator *g, enum wasm_type type, uint8_t lane)
{
	struct operand a = pop_operand(g);
	struct destination d = destination_for(g, type, &a, nullptr);
	uint8_t order = type == WASM_TYPE_F64 ? 0xee : lane;
	if (lane != 0)
		emit_immediate(g, X64_PSHUFD, d.reg, d.reg, order);
	push_result(g, &d);
}

static void emit_extract(
	struct generator *g, enum opcode opcode, uint8_t to, uint8_t from, uint8_t lane)
{
	switch (opcode) {
	case OP_I8X16_EXTRACT_LANE_S:
	case OP_I8X16_EXTRACT_LANE_U:
		emit_immediate(g, X64_PEXTRB, from, to, lane);
		if (opcode == OP_I8X16_EXTRACT_LANE_S)
			x64_rr(&g->code, X64_MOVSX8, to, to);
		return;
	case OP_I16X8_EXTRACT_LANE_S:
	case OP_I16X8_EXTRACT_LANE_U:
		emit_immediate(g, X64_PEXTRW, to, from, lane);
		if (opcode == OP_I16X8_EXTRACT_LANE_S)
			x64_rr(&g->code, X64_MOVSX16, to, to);
		return;
	default: {
		uint32_t w = opcode == OP_I64X2_EXTRACT_LANE ? (uint32_t)X64_W : 0;
		if (lane == 0)
			x64_rr(&g->code, X64_MOVD_FROM_XMM | w, from, to);
		else
			emit_immediate(g, X64_PEXTRD | w, from, to, lane);
	}
	}
}

void gen_vector_extract(struct generator *g, const struct instruction *in)
{
	uint8_t lane = (uint8_t)in->bits;
	if (in->opcode >= OP_F32X4_EXTRACT_LANE) {
		extract_float(g,
			in->opcode == OP_F32X4_EXTRACT_LANE ? WASM_TYPE_F32 : WASM_TYPE_F64, lane);
		return;
	}
	struct operand a = pop_operand(g);
	uint8_t from = operand_to_register(g, &a);
	enum wasm_type type = in->opcode == OP_I64X2_EXTRACT_LANE ? WASM_TYPE_I64 : WASM_TYPE_I32;
	struct destination d = destination_fresh(g, type, nullptr);
	emit_extract(g, in->opcode, d.reg, from, lane);
	release_operand(g, &a);
	push_result(g, &d);
}

// --- replace ---------------------------------------------------------------------------------

// By log of the lane's bytes; value in a general register or in memory.
static const uint32_t insert_opcodes[] = {X64_PINSRB, X64_PINSRW, X64_PINSRD, X64_PINSRQ};

static void emit_replace(
	struct generator *g, enum opcode opcode, uint8_t to, uint8_t value, uint8_t lane)
{
	if (opcode == OP_F32X4_REPLACE_LANE)
		emit_immediate(g, X64_INSERTPS, to, value, (uint8_t)(lane << 4));
	else if (opcode == OP_F64X2_REPLACE_LANE)
		x64_rr(&g->code, lane == 0 ? (uint32_t)X64_MOVSD : (uint32_t)X64_PUNPCKLQDQ, to,
			value);
	else
		emit_immediate(g, insert_opcodes[opcode_infos[opcode].access], to, value, lane);
}

void gen_vector_replace(struct generator *g, const struct instruction *in)
{
	struct operand value = pop_operand(g);
	uint8_t from = operand_to_register(g, &value);
	struct destination d = vector_in_place(g);
	emit_replace(g, in->opcode, d.reg, from, (uint8_t)in->bits);
	release_operand(g, &value);
	push_result(g, &d);
}

void gen_vector_load_lane(struct generator *g, const struct instruction *in)
{
	struct operand vector = pop_operand(g);
	struct operand address = pop_operand(g);
	struct x64_memory memory = access_address(g, &address, in);
	struct destination d = destination_for(g, WASM_TYPE_V128, &vector, nullptr);
	x64_rm(&g->code, insert_opcodes[in->opcode - OP_V128_LOAD8_LANE], d.reg, memory);
	x64_byte(&g->code, (uint8_t)in->bits);
	release_operand(g, &address);
	push_result(g, &d);
}

void gen_vector_store_lane(struct generator *g, const struct instruction *in)
{
	static const uint32_t opcodes[] = {X64_PEXTRB, X64_PEXTRW_STORE, X64_PEXTRD, X64_PEXTRQ};
	uint32_t log = in->opcode - OP_V128_STORE8_LANE;
	struct operand vector = pop_operand(g);
	struct operand address = pop_operand(g);
	struct x64_memory memory = access_address(g, &address, in);
	uint8_t from = operand_to_register(g, &vector);
	if (in->bits == 0 && log >= 2) {
		x64_rm(&g->code, log == 2 ? X64_MOVSS_STORE : X64_MOVSD_STORE, from, memory);
	} else {
		x64_rm(&g->code, opcodes[log], from, memory);
		x64_byte(&g->code, (uint8_t)in->bits);
	}
	release_operand(g, &vector);
	release_operand(g, &address);
}

// --- swizzle ---------------------------------------------------------------------------------

// The machine's shuffle gives 0 for indices with the top bit set: those above 15 get it.
void gen_vector_swizzle(struct generator *g, const struct instruction *)
{
	struct operand b = pop_operand(g);
	struct operand a = pop_operand(g);
	uint8_t indices = operand_to_register(g, &b);
	struct destination d = destination_for(g, WASM_TYPE_V128, &a, &b);
	vector_op_constant(g, X64_PADDUSB, XMM_SCRATCH, indices, vector_repeat(0x70, 8));
	vector_op(g, X64_PSHUFB, d.reg, d.reg, XMM_SCRATCH);
	release_operand(g, &b);
	push_result(g, &d);
}

// --- shuffle: the cheapest instruction that does it ------------------------------------------

struct shuffle {
	uint8_t lanes[16]; // 0-15 of a, 16-31 of b
	struct operand a, b;
};

static bool same_operand(const struct operand *a, const struct operand *b)
{
	return a->kind == OPERAND_LOCAL && b->kind == OPERAND_LOCAL && a->index == b->index;
}

static void swap_sources(struct shuffle *s)
{
	struct operand a = s->a;
	s->a = s->b;
	s->b = a;
	for (uint32_t i = 0; i < 16; i++)
		s->lanes[i] ^= 16;
}

static bool uses(const struct shuffle *s, uint8_t source)
{
	for (uint32_t i = 0; i < 16; i++)
		if ((s->lanes[i] & 16) == source)
			return true;
	return false;
}

// The lanes as four groups of 4 bytes: `order` gets the number (0 to 7) of each.
static bool as_double_words(const struct shuffle *s, uint8_t order[4])
{
	for (uint32_t i = 0; i < 16; i++)
		if (s->lanes[i] % 4 != i % 4 || s->lanes[i] / 4 != s->lanes[i & ~3u] / 4)
			return false;
	for (uint32_t i = 0; i < 4; i++)
		order[i] = s->lanes[4 * i] / 4;
	return true;
}

static uint8_t order_immediate(const uint8_t order[4])
{
	return (uint8_t)((order[0] & 3) | (order[1] & 3) << 2 | (order[2] & 3) << 4 |
			 (order[3] & 3) << 6);
}

static void finish(struct generator *g, struct destination d)
{
	push_result(g, &d);
}

static void shuffle_one(struct generator *g, struct shuffle *s)
{
	uint8_t order[4];
	release_operand(g, &s->b);
	if (as_double_words(s, order)) {
		finish(g, vector_unary(g, X64_PSHUFD, &s->a, order_immediate(order)));
		return;
	}
	struct vector_constant mask;
	memcpy(mask.bytes, s->lanes, sizeof(mask.bytes));
	struct destination d = destination_for(g, WASM_TYPE_V128, &s->a, nullptr);
	vector_op_constant(g, X64_PSHUFB, d.reg, d.reg, mask);
	finish(g, d);
}

// Are the lanes those of a and b in turn, `size` bytes each, from byte `from` on?
static bool is_interleaved(const struct shuffle *s, uint32_t size, uint32_t from)
{
	for (uint32_t i = 0; i < 16; i++) {
		uint32_t element = i / size;
		uint32_t lane = from + element / 2 * size + i % size + (element % 2) * 16;
		if (s->lanes[i] != lane)
			return false;
	}
	return true;
}

static bool try_unpack(struct generator *g, struct shuffle *s)
{
	static const uint8_t opcodes[2][4] = {{0x60, 0x61, 0x62, 0x6c}, {0x68, 0x69, 0x6a, 0x6d}};
	for (uint32_t high = 0; high < 2; high++)
		for (uint32_t log = 0; log < 4; log++)
			if (is_interleaved(s, 1u << log, 8 * high)) {
				finish(g, vector_binary(g, opcodes[high][log] | MAP_0F_66, &s->a,
						  &s->b, NO_IMMEDIATE));
				return true;
			}
	return false;
}

// Two double words of a, then two of b.
static bool try_double_words(struct generator *g, struct shuffle *s)
{
	uint8_t order[4];
	if (!as_double_words(s, order) || order[0] > 3 || order[1] > 3 || order[2] < 4 ||
		order[3] < 4)
		return false;
	finish(g, vector_binary(g, X64_SHUFPS, &s->a, &s->b, order_immediate(order)));
	return true;
}

// Words that stay in their place.
static bool try_blend(struct generator *g, struct shuffle *s)
{
	uint32_t from_b = 0;
	for (uint32_t i = 0; i < 16; i++) {
		if ((s->lanes[i] & 15) != i || (s->lanes[i] & 16) != (s->lanes[i & ~1u] & 16))
			return false;
		from_b |= (s->lanes[i] >> 4 & 1u) << i / 2;
	}
	finish(g, vector_binary(g, X64_PBLENDW, &s->a, &s->b, from_b));
	return true;
}

// The end of a, then the start of b.
static bool try_align(struct generator *g, struct shuffle *s)
{
	for (uint32_t i = 1; i < 16; i++)
		if (s->lanes[i] != s->lanes[0] + i)
			return false;
	if (s->lanes[0] >= 16)
		return false;
	finish(g, vector_binary(g, X64_PALIGNR, &s->b, &s->a, s->lanes[0]));
	return true;
}

static bool try_pattern(struct generator *g, struct shuffle *s)
{
	return try_unpack(g, s) || try_double_words(g, s) || try_blend(g, s) || try_align(g, s);
}

// Each source shuffled, with zeros where the other one goes.
static void shuffle_two(struct generator *g, struct shuffle *s)
{
	struct vector_constant of_a, of_b;
	for (uint32_t i = 0; i < 16; i++) {
		bool from_b = (s->lanes[i] & 16) != 0;
		of_a.bytes[i] = from_b ? 0x80 : s->lanes[i];
		of_b.bytes[i] = from_b ? s->lanes[i] & 15 : 0x80;
	}
	uint8_t other = operand_to_register(g, &s->b);
	struct destination d = destination_for(g, WASM_TYPE_V128, &s->a, &s->b);
	vector_op_constant(g, X64_PSHUFB, XMM_SCRATCH, other, of_b);
	vector_op_constant(g, X64_PSHUFB, d.reg, d.reg, of_a);
	vector_op(g, X64_POR, d.reg, d.reg, XMM_SCRATCH);
	release_operand(g, &s->b);
	finish(g, d);
}

void gen_vector_shuffle(struct generator *g, const struct instruction *in)
{
	struct shuffle s = {.b = pop_operand(g)};
	s.a = pop_operand(g);
	memcpy(s.lanes, in->bytes, sizeof(s.lanes));
	if (same_operand(&s.a, &s.b))
		for (uint32_t i = 0; i < 16; i++)
			s.lanes[i] &= 15;
	if (!uses(&s, 0))
		swap_sources(&s);
	if (!uses(&s, 16)) {
		shuffle_one(g, &s);
		return;
	}
	if (try_pattern(g, &s))
		return;
	swap_sources(&s);
	if (!try_pattern(g, &s))
		shuffle_two(g, &s);
}
