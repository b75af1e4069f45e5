// SPDX-License-Identifier: MIT OR Apache-2.0
// Homes of locals: a quick scan of the body counts uses, weighted by loop depth; the most used
// locals get callee-saved registers. Then local.get, local.set and local.tee.
#include "compile/x86_64/generator.h"

static const uint8_t general_homes[] = {RBX, R8, R9, R10, R11, R12, R13};
static const uint8_t floating_homes[] = {8, 9, 10, 11, 12, 13, 14, 15};
constexpr uint32_t HOMES_MAX = 8;
// Saving and restoring a register costs about as much as this many uses of a frame slot.
constexpr uint32_t HOME_WEIGHT_MIN = 3;
constexpr uint32_t SCAN_DEPTH_MAX = 64;
constexpr uint32_t SLOT_SIZE = 8, VECTOR_SLOT_SIZE = 16;

// --- the scan --------------------------------------------------------------------------------

struct use_scan {
	struct reader reader;
	uint64_t loops; // bit n: is the block at depth n a loop?
	uint32_t depth;
	uint32_t weight;
};

static void scan_enter(struct use_scan *scan, bool is_loop)
{
	scan->depth++;
	if (scan->depth >= SCAN_DEPTH_MAX || !is_loop)
		return;
	scan->loops |= UINT64_C(1) << scan->depth;
	if (scan->weight < 1u << 20)
		scan->weight *= 8;
	else
		scan->loops &= ~(UINT64_C(1) << scan->depth);
}

static void scan_leave(struct use_scan *scan)
{
	if (scan->depth < SCAN_DEPTH_MAX && (scan->loops >> scan->depth & 1) != 0) {
		scan->loops &= ~(UINT64_C(1) << scan->depth);
		scan->weight /= 8;
	}
	if (scan->depth > 0)
		scan->depth--;
}

static void scan_use(struct generator *g, struct use_scan *scan, uint32_t local)
{
	if (local >= g->homes.count)
		return;
	struct local_home *home = generator_home(g, local);
	if (home->weight < UINT32_MAX / 2)
		home->weight += scan->weight;
}

static void scan_instruction(
	struct generator *g, struct use_scan *scan, const struct instruction *in)
{
	if (in->opcode >= OP_LOCAL_GET && in->opcode <= OP_LOCAL_TEE)
		scan_use(g, scan, in->index);
	else if (opcode_is_block(in->opcode))
		scan_enter(scan, in->opcode == OP_LOOP);
	else if (in->opcode == OP_END || in->opcode == OP_DELEGATE)
		scan_leave(scan);
	if (in->opcode >= OPCODE_FD || in->type == WASM_TYPE_V128)
		g->slot_size = VECTOR_SLOT_SIZE;
}

// Skips LEBs without decoding them; good enough since the real pass checks everything.
static void skip_leb(struct reader *reader)
{
	while (reader->position < reader->end && (*reader->position & 0x80) != 0)
		reader->position++;
	if (reader->position < reader->end)
		reader->position++;
}

// True when the instruction was one of the frequent ones and has been passed.
static bool scan_fast(struct generator *g, struct use_scan *scan)
{
	uint8_t opcode = *scan->reader.position;
	enum immediate immediate = opcode_infos[opcode].immediate;
	if (immediate == IMMEDIATE_LOCAL) {
		scan->reader.position++;
		scan_use(g, scan, reader_u32(&scan->reader));
		return true;
	}
	if (immediate == IMMEDIATE_NONE && opcode != OP_END) {
		scan->reader.position++;
		return true;
	}
	if (immediate == IMMEDIATE_I32 || immediate == IMMEDIATE_I64 ||
		immediate == IMMEDIATE_GLOBAL || immediate == IMMEDIATE_LABEL) {
		scan->reader.position++;
		skip_leb(&scan->reader);
		return true;
	}
	return false;
}

static void scan_uses(struct generator *g, struct reader body)
{
	struct use_scan scan = {body, 0, 0, 1};
	struct instruction in;
	while (scan.reader.position < scan.reader.end) {
		if (scan_fast(g, &scan))
			continue;
		if (!instruction_read(&scan.reader, &in))
			break;
		scan_instruction(g, &scan, &in);
	}
}

// --- assignment ------------------------------------------------------------------------------

// The `count` heaviest locals of a bank, heaviest first.
struct heaviest {
	uint32_t locals[HOMES_MAX];
	uint32_t count;
};

static void heaviest_insert(
	struct generator *g, struct heaviest *top, uint32_t local, uint32_t most)
{
	uint32_t weight = generator_home(g, local)->weight;
	uint32_t at = top->count;
	while (at > 0 && generator_home(g, top->locals[at - 1])->weight < weight)
		at--;
	if (at == most)
		return;
	if (top->count < most)
		top->count++;
	for (uint32_t i = top->count - 1; i > at; i--)
		top->locals[i] = top->locals[i - 1];
	top->locals[at] = local;
}

static uint32_t assign_registers(
	struct generator *g, const struct heaviest *top, const uint8_t *registers)
{
	uint32_t used = 0;
	for (uint32_t i = 0; i < top->count; i++) {
		generator_home(g, top->locals[i])->reg = registers[i];
		used |= 1u << registers[i];
	}
	return used;
}

static void choose_registers(struct generator *g)
{
	struct heaviest general = {}, floating = {};
	for (uint32_t i = 0; i < g->homes.count; i++) {
		const struct local_home *home = generator_home(g, i);
		if (home->weight < HOME_WEIGHT_MIN)
			continue;
		if (type_in_xmm(home->type))
			heaviest_insert(g, &floating, i, sizeof(floating_homes));
		else
			heaviest_insert(g, &general, i, sizeof(general_homes));
	}
	g->saved_general = assign_registers(g, &general, general_homes);
	g->saved_floating = assign_registers(g, &floating, floating_homes);
}

static int32_t population(uint32_t set)
{
	return __builtin_popcount(set);
}

// Frame: one word for r15, the saved homes, locals without register that are used, then slots.
static void place_locals(struct generator *g)
{
	int32_t saved = 8 * population(g->saved_general) + 16 * population(g->saved_floating);
	int32_t size = (int32_t)g->slot_size;
	int32_t offset = -((8 + saved + size - 1) / size * size);
	for (uint32_t i = 0; i < g->homes.count; i++) {
		struct local_home *home = generator_home(g, i);
		if (home->reg != X64_NONE || home->weight == 0)
			continue;
		offset -= size;
		home->offset = offset;
	}
	g->slots_offset = offset;
}

void assign_homes(struct generator *g, struct reader body)
{
	uint32_t count = g->validator.locals.count;
	enum wasm_status status =
		array_reserve(&g->homes, g->allocator, sizeof(struct local_home), count + 1u);
	if (status != WASM_OK) {
		generator_fail(g, status);
		return;
	}
	g->homes.count = count;
	const enum wasm_type *types = g->validator.locals.items;
	g->slot_size = g->module->has_vector_types ? VECTOR_SLOT_SIZE : SLOT_SIZE;
	for (uint32_t i = 0; i < count; i++) {
		*generator_home(g, i) =
			(struct local_home){.type = types[i], .reg = X64_NONE, .offset = 0};
		if (types[i] == WASM_TYPE_V128)
			g->slot_size = VECTOR_SLOT_SIZE;
	}
	scan_uses(g, body);
	choose_registers(g);
	place_locals(g);
}

// --- instructions ----------------------------------------------------------------------------

void gen_local_get(struct generator *g, const struct instruction *in)
{
	push_operand(g, &(struct operand){.kind = OPERAND_LOCAL,
				.type = generator_home(g, in->index)->type,
				.index = in->index});
}

// Puts a popped operand into a local's home.
static void assign_local(struct generator *g, uint32_t local, struct operand *operand)
{
	const struct local_home *home = generator_home(g, local);
	preserve_local(g, local);
	if (operand->kind == OPERAND_LOCAL && operand->index == local)
		return;
	if (home->reg != X64_NONE)
		load_operand(g, operand, home->reg);
	else
		store_operand(g, operand, x64_at(RBP, home->offset));
}

void gen_local_set(struct generator *g, const struct instruction *in)
{
	struct operand operand = pop_operand(g);
	assign_local(g, in->index, &operand);
	release_operand(g, &operand);
}

void gen_local_tee(struct generator *g, const struct instruction *in)
{
	struct operand operand = pop_operand(g);
	assign_local(g, in->index, &operand);
	bool keep =
		operand.kind == OPERAND_REGISTER && generator_home(g, in->index)->reg == X64_NONE;
	if (keep || operand.kind == OPERAND_CONSTANT) {
		push_operand(g, &operand);
		return;
	}
	release_operand(g, &operand);
	gen_local_get(g, in);
}
