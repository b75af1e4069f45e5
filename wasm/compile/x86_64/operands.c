// SPDX-License-Identifier: MIT OR Apache-2.0
// The operand stack and the register allocator of the baseline tier.
// Invariants: a temporary has at most one owner; an entry that is a slot sits in the slot of its
// own position; entries below `flushed` are constants or slots.
#include "compile/x86_64/generator.h"

static struct register_bank *bank_of(struct generator *g, bool floating)
{
	return floating ? &g->floating : &g->general;
}

struct local_home *generator_home(struct generator *g, uint32_t local)
{
	return &((struct local_home *)g->homes.items)[local];
}

static struct operand *operand_at(struct generator *g, uint32_t position)
{
	return &((struct operand *)g->stack.items)[position];
}

struct operand *generator_operand(struct generator *g, uint32_t depth)
{
	return operand_at(g, g->stack.count - 1 - depth);
}

struct x64_memory slot_memory(const struct generator *g, uint32_t slot)
{
	return x64_at(RBP, g->slots_offset - (int32_t)(g->slot_size * (slot + 1)));
}

// --- stack -----------------------------------------------------------------------------------

void push_operand(struct generator *g, const struct operand *operand)
{
	enum wasm_status status =
		array_reserve(&g->stack, g->allocator, sizeof(*operand), g->stack.count + 1u);
	if (status != WASM_OK) {
		generator_fail(g, status);
		return;
	}
	uint32_t position = g->stack.count++;
	*operand_at(g, position) = *operand;
	if (operand->kind == OPERAND_LOCAL)
		generator_home(g, operand->index)->references++;
	else if (operand->kind == OPERAND_REGISTER)
		bank_of(g, type_in_xmm(operand->type))->owner[operand->reg] = position;
	if (g->stack.count > g->height_max)
		g->height_max = g->stack.count;
}

void push_register(struct generator *g, enum wasm_type type, uint8_t reg)
{
	push_operand(g, &(struct operand){.kind = OPERAND_REGISTER, .type = type, .reg = reg});
}

void push_constant(struct generator *g, enum wasm_type type, uint64_t bits)
{
	push_operand(g, &(struct operand){.kind = OPERAND_CONSTANT, .type = type, .bits = bits});
}

void push_slot(struct generator *g, enum wasm_type type)
{
	push_operand(
		g, &(struct operand){.kind = OPERAND_SLOT, .type = type, .index = g->stack.count});
}

struct operand pop_operand(struct generator *g)
{
	struct operand operand = *operand_at(g, --g->stack.count);
	if (operand.kind == OPERAND_REGISTER)
		bank_of(g, type_in_xmm(operand.type))->owner[operand.reg] = OWNED_POPPED;
	else if (operand.kind == OPERAND_LOCAL)
		generator_home(g, operand.index)->references--;
	if (g->flushed > g->stack.count)
		g->flushed = g->stack.count;
	return operand;
}

void release_operand(struct generator *g, const struct operand *operand)
{
	if (operand->kind == OPERAND_REGISTER)
		free_register(g, type_in_xmm(operand->type), operand->reg);
}

void drop_operands(struct generator *g, uint32_t height)
{
	while (g->stack.count > height) {
		struct operand operand = pop_operand(g);
		release_operand(g, &operand);
	}
}

// --- registers -------------------------------------------------------------------------------

void free_register(struct generator *g, bool floating, uint8_t reg)
{
	bank_of(g, floating)->owner[reg] = NOT_OWNED;
}

static void spill_entry(struct generator *g, uint32_t position)
{
	struct operand *entry = operand_at(g, position);
	store_operand(g, entry, slot_memory(g, position));
	release_operand(g, entry);
	if (entry->kind == OPERAND_LOCAL)
		generator_home(g, entry->index)->references--;
	entry->kind = OPERAND_SLOT;
	entry->index = position;
}

// The allowed register whose owner lies deepest in the stack.
static uint8_t spill_candidate(const struct register_bank *bank, uint32_t allowed)
{
	uint8_t best = X64_NONE;
	for (uint8_t reg = 0; reg < REGISTER_COUNT; reg++)
		if ((allowed >> reg & 1) != 0 && bank->owner[reg] < OWNED_POPPED &&
			(best == X64_NONE || bank->owner[reg] < bank->owner[best]))
			best = reg;
	return best;
}

uint8_t allocate_register(struct generator *g, bool floating, uint32_t allowed)
{
	struct register_bank *bank = bank_of(g, floating);
	uint8_t reg = 0;
	while (reg < REGISTER_COUNT && ((allowed >> reg & 1) == 0 || bank->owner[reg] != NOT_OWNED))
		reg++;
	if (reg == REGISTER_COUNT) {
		reg = spill_candidate(bank, allowed);
		if (reg == X64_NONE) {
			generator_fail(g, WASM_LIMIT_STACK); // cannot happen: see the handlers
			return RAX;
		}
		spill_entry(g, bank->owner[reg]);
	}
	bank->owner[reg] = OWNED_POPPED;
	return reg;
}

uint8_t allocate_for(struct generator *g, enum wasm_type type)
{
	bool floating = type_in_xmm(type);
	return allocate_register(
		g, floating, floating ? FLOATING_TEMPORARIES : GENERAL_TEMPORARIES);
}

void claim_register(struct generator *g, uint8_t reg)
{
	uint32_t owner = g->general.owner[reg];
	if (owner < OWNED_POPPED)
		spill_entry(g, owner);
	g->general.owner[reg] = OWNED_POPPED;
}

// --- values ----------------------------------------------------------------------------------

bool operand_register(struct generator *g, const struct operand *operand, uint8_t *reg)
{
	*reg = operand->kind == OPERAND_REGISTER ? operand->reg
	       : operand->kind == OPERAND_LOCAL  ? generator_home(g, operand->index)->reg
						 : (uint8_t)X64_NONE;
	return *reg != X64_NONE;
}

bool operand_memory(struct generator *g, const struct operand *operand, struct x64_memory *memory)
{
	if (operand->kind == OPERAND_SLOT) {
		*memory = slot_memory(g, operand->index);
		return true;
	}
	if (operand->kind != OPERAND_LOCAL || generator_home(g, operand->index)->reg != X64_NONE)
		return false;
	*memory = x64_at(RBP, generator_home(g, operand->index)->offset);
	return true;
}

void move_register(struct generator *g, enum wasm_type type, uint8_t to, uint8_t from)
{
	if (to == from)
		return;
	if (type_in_xmm(type))
		x64_rr(&g->code, X64_MOVAPS, to, from);
	else
		x64_rr(&g->code, X64_MOV | type_w(type), to, from);
}

static bool vector_is(const uint8_t *bytes, uint8_t byte)
{
	for (uint32_t i = 0; i < 16; i++)
		if (bytes[i] != byte)
			return false;
	return true;
}

static void load_vector(struct generator *g, const uint8_t *bytes, uint8_t reg)
{
	if (vector_is(bytes, 0))
		x64_rr(&g->code, X64_XORPS, reg, reg);
	else if (vector_is(bytes, 0xff))
		x64_rr(&g->code, X64_PCMPEQD, reg, reg);
	else
		x64_rl(&g->code, X64_MOVAPS, reg, pool_vector_label(g, bytes));
}

static void load_constant(struct generator *g, const struct operand *operand, uint8_t reg)
{
	if (operand->type == WASM_TYPE_V128) {
		load_vector(g, vector_bytes(operand), reg);
	} else if (!type_in_xmm(operand->type)) {
		if (operand->bits == 0 && !g->flags_live)
			x64_rr(&g->code, X64_XOR, reg, reg);
		else
			x64_load_constant(&g->code, reg, operand->bits);
	} else if (operand->bits == 0) {
		x64_rr(&g->code, X64_XORPS, reg, reg);
	} else {
		x64_rl(&g->code, load_opcode(operand->type), reg, pool_label(g, operand->bits));
	}
}

void load_memory(struct generator *g, enum wasm_type type, uint8_t reg, struct x64_memory memory)
{
	x64_rm(&g->code, load_opcode(type), reg, memory);
}

void load_operand(struct generator *g, const struct operand *operand, uint8_t reg)
{
	struct x64_memory memory;
	uint8_t from;
	if (operand_register(g, operand, &from)) {
		move_register(g, operand->type, reg, from);
	} else if (operand_memory(g, operand, &memory)) {
		load_memory(g, operand->type, reg, memory);
	} else if (operand->kind == OPERAND_CONSTANT) {
		load_constant(g, operand, reg);
	} else { // flags: mov and setcc leave them alone
		x64_load_constant(&g->code, reg, 0);
		x64_rr(&g->code, x64_setcc(operand->condition), 0, reg);
	}
}

static void store_register(
	struct generator *g, enum wasm_type type, struct x64_memory memory, uint8_t reg)
{
	x64_rm(&g->code, store_opcode(type), reg, memory);
}

static void store_constant(
	struct generator *g, const struct operand *operand, struct x64_memory memory)
{
	uint32_t w = type_w(operand->type);
	if (operand->type == WASM_TYPE_V128) {
		load_vector(g, vector_bytes(operand), XMM_SCRATCH);
		x64_rm(&g->code, X64_MOVUPS_STORE, XMM_SCRATCH, memory);
		return;
	}
	if (w != 0 && (int64_t)operand->bits != (int32_t)operand->bits) {
		x64_rl(&g->code, X64_MOVSD, XMM_SCRATCH, pool_label(g, operand->bits));
		x64_rm(&g->code, X64_MOVSD_STORE, XMM_SCRATCH, memory);
		return;
	}
	x64_rm(&g->code, X64_MOV_IMM32 | w, 0, memory);
	x64_u32(&g->code, (uint32_t)operand->bits);
}

// As wide as the value was stored: a wider load would wait for the store to reach the cache.
void copy_memory(
	struct generator *g, enum wasm_type type, struct x64_memory to, struct x64_memory from)
{
	enum wasm_type as = type == WASM_TYPE_V128 ? WASM_TYPE_V128
			    : type_w(type) == 0    ? WASM_TYPE_F32
						   : WASM_TYPE_F64;
	x64_rm(&g->code, load_opcode(as), XMM_SCRATCH, from);
	x64_rm(&g->code, store_opcode(as), XMM_SCRATCH, to);
}

void store_operand(struct generator *g, const struct operand *operand, struct x64_memory memory)
{
	struct x64_memory from;
	uint8_t reg;
	if (operand_register(g, operand, &reg)) {
		store_register(g, operand->type, memory, reg);
	} else if (operand_memory(g, operand, &from)) {
		copy_memory(g, operand->type, memory, from);
	} else {
		store_constant(g, operand, memory);
	}
}

uint8_t operand_to_temporary(struct generator *g, struct operand *operand)
{
	if (operand->kind == OPERAND_REGISTER)
		return operand->reg;
	uint8_t reg = allocate_for(g, operand->type);
	load_operand(g, operand, reg);
	operand->kind = OPERAND_REGISTER;
	operand->reg = reg;
	return reg;
}

uint8_t operand_to_register(struct generator *g, struct operand *operand)
{
	uint8_t reg;
	if (operand_register(g, operand, &reg))
		return reg;
	return operand_to_temporary(g, operand);
}

void emit_with_operand(
	struct generator *g, uint32_t opcode, uint8_t reg, const struct operand *operand)
{
	struct x64_memory memory;
	uint8_t from;
	if (operand_register(g, operand, &from))
		x64_rr(&g->code, opcode, reg, from);
	else if (operand_memory(g, operand, &memory))
		x64_rm(&g->code, opcode, reg, memory);
	else
		x64_rl(&g->code, opcode, reg, constant_label(g, operand));
}

// --- keeping values apart --------------------------------------------------------------------

// When the entries lie deep, all of the stack goes to its slots: no entry is searched for twice.
void preserve_local(struct generator *g, uint32_t local)
{
	constexpr uint32_t DEEP = 256;
	struct local_home *home = generator_home(g, local);
	uint32_t count = g->stack.count;
	uint32_t lowest = count > DEEP ? count - DEEP : 0;
	for (uint32_t i = count; i-- > lowest && home->references > 0;) {
		struct operand *entry = operand_at(g, i);
		if (entry->kind == OPERAND_LOCAL && entry->index == local)
			spill_entry(g, i);
	}
	if (home->references > 0)
		flush_stack(g, count);
}

void flush_stack(struct generator *g, uint32_t keep_constants_below)
{
	uint32_t first = g->flushed < keep_constants_below ? g->flushed : keep_constants_below;
	for (uint32_t i = first; i < g->stack.count; i++) {
		struct operand *entry = operand_at(g, i);
		bool keep = entry->kind == OPERAND_CONSTANT && i < keep_constants_below;
		if (entry->kind != OPERAND_SLOT && !keep)
			spill_entry(g, i);
	}
	g->flushed = g->stack.count;
}

void flush_registers(struct generator *g)
{
	for (uint8_t reg = 0; reg < REGISTER_COUNT; reg++) {
		if (g->general.owner[reg] < OWNED_POPPED)
			spill_entry(g, g->general.owner[reg]);
		if (g->floating.owner[reg] < OWNED_POPPED)
			spill_entry(g, g->floating.owner[reg]);
	}
}

// --- destinations ----------------------------------------------------------------------------

uint8_t next_opcode(const struct generator *g)
{
	return g->reader.position < g->reader.end ? *g->reader.position : (uint8_t)OP_NOP;
}

uint32_t next_local(struct generator *g, enum wasm_type type)
{
	uint8_t opcode = next_opcode(g);
	if (opcode != OP_LOCAL_SET && opcode != OP_LOCAL_TEE)
		return WASM_NO_INDEX;
	struct reader ahead = {g->reader.position + 1, g->reader.end, WASM_OK};
	uint32_t local = reader_u32(&ahead);
	if (ahead.status != WASM_OK || local >= g->homes.count)
		return WASM_NO_INDEX;
	const struct local_home *home = generator_home(g, local);
	return home->reg != X64_NONE && home->type == type ? local : WASM_NO_INDEX;
}

static bool operand_uses(struct generator *g, const struct operand *operand, uint32_t local)
{
	(void)g;
	return operand != nullptr && operand->kind == OPERAND_LOCAL && operand->index == local;
}

struct destination destination_for(
	struct generator *g, enum wasm_type type, struct operand *operand, struct operand *other)
{
	struct destination d = {X64_NONE, next_local(g, type), type};
	if (d.local != WASM_NO_INDEX && !operand_uses(g, other, d.local)) {
		preserve_local(g, d.local);
		d.reg = generator_home(g, d.local)->reg;
		if (operand != nullptr) {
			load_operand(g, operand, d.reg);
			release_operand(g, operand);
		}
		return d;
	}
	d.local = WASM_NO_INDEX;
	d.reg = operand != nullptr ? operand_to_temporary(g, operand) : allocate_for(g, type);
	return d;
}

struct destination destination_fresh(
	struct generator *g, enum wasm_type type, struct operand *operand)
{
	struct destination d = {X64_NONE, next_local(g, type), type};
	if (d.local != WASM_NO_INDEX) {
		preserve_local(g, d.local);
		d.reg = generator_home(g, d.local)->reg;
		return d;
	}
	if (operand != nullptr && operand->kind == OPERAND_REGISTER &&
		type_in_xmm(operand->type) == type_in_xmm(type)) {
		d.reg = operand->reg;
		operand->kind = OPERAND_CONSTANT; // its register belongs to the result now
	} else {
		d.reg = allocate_for(g, type);
	}
	return d;
}

void push_result(struct generator *g, const struct destination *d)
{
	if (d->local == WASM_NO_INDEX)
		push_register(g, d->type, d->reg);
	else
		push_operand(g, &(struct operand){
					.kind = OPERAND_LOCAL, .type = d->type, .index = d->local});
}
