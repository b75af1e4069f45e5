// SPDX-License-Identifier: MIT OR Apache-2.0
// The calling convention of compiled code.
//
// Parameters: the first integers and references in rax, rcx, rdx, rsi; the first floats in
// xmm0-xmm6; the rest in 8-byte words from the caller's rsp upwards (vectors in two). One result:
// rax or xmm0. Several results: all in words from the first on, over the parameters, which the
// callee has taken by then; so tail calls need no move of results. rdi is free for the call itself.
// Homes (rbx, r8-r13, xmm8-xmm15) and rbp are preserved. r14 and r15 belong to the callee's
// instance: who calls into another one sets and restores them.
#include "compile/x86_64/control.h"

static const uint8_t general_parameters[] = {RAX, RCX, RDX, RSI};
constexpr uint32_t FLOATING_PARAMETERS = 7;

struct value_place next_parameter(struct call_layout *layout, enum wasm_type type)
{
	if (type_in_xmm(type) && layout->floating < FLOATING_PARAMETERS)
		return (struct value_place){(uint8_t)layout->floating++, 0};
	if (!type_in_xmm(type) && layout->general < sizeof(general_parameters))
		return (struct value_place){general_parameters[layout->general++], 0};
	layout->words += type_words(type);
	return (struct value_place){X64_NONE, layout->words - type_words(type)};
}

static uint32_t parameter_words(const struct wasm_function_type *type)
{
	struct call_layout layout = {};
	for (uint32_t i = 0; i < type->parameter_count; i++)
		(void)next_parameter(&layout, type->parameters[i]);
	return layout.words;
}

uint32_t stack_words(const struct wasm_function_type *type)
{
	uint32_t parameters = parameter_words(type), results = 0;
	for (uint32_t i = 0; type->result_count > 1 && i < type->result_count; i++)
		results += type_words(type->results[i]);
	return parameters > results ? parameters : results;
}

// --- prologue and epilogue -------------------------------------------------------------------

void transfer_saved(struct generator *g, bool save)
{
	int32_t offset = -8;
	for (uint8_t reg = 0; reg < REGISTER_COUNT; reg++)
		if ((g->saved_general >> reg & 1) != 0)
			x64_rm(&g->code, (save ? X64_MOV_STORE : X64_MOV) | X64_W, reg,
				x64_at(RBP, offset -= 8));
	for (uint8_t reg = 0; reg < REGISTER_COUNT; reg++)
		if ((g->saved_floating >> reg & 1) != 0)
			x64_rm(&g->code, save ? X64_MOVUPS_STORE : X64_MOVUPS, reg,
				x64_at(RBP, offset -= 16));
}

static bool home_is_used(const struct local_home *home)
{
	return home->weight != 0 || home->reg != X64_NONE;
}

static void receive_parameter(struct generator *g, uint32_t index, struct value_place place)
{
	const struct local_home *home = generator_home(g, index);
	if (!home_is_used(home))
		return;
	struct x64_memory incoming = x64_at(RBP, 16 + 8 * (int32_t)place.word);
	if (place.reg == X64_NONE && home->reg == X64_NONE) {
		copy_memory(g, home->type, x64_at(RBP, home->offset), incoming);
	} else if (place.reg == X64_NONE) {
		x64_rm(&g->code, load_opcode(home->type), home->reg, incoming);
	} else if (home->reg == X64_NONE) {
		x64_rm(&g->code, store_opcode(home->type), place.reg, x64_at(RBP, home->offset));
	} else {
		move_register(g, home->type, home->reg, place.reg);
	}
}

static void receive_parameters(struct generator *g)
{
	struct call_layout layout = {};
	for (uint32_t i = 0; i < g->type->parameter_count; i++)
		receive_parameter(g, i, next_parameter(&layout, g->type->parameters[i]));
}

// The locals without a register lie next to each other, in order: one block to clear.
static void clear_frame_block(struct generator *g, int32_t lowest, uint32_t words)
{
	constexpr uint32_t UNROLLED = 12;
	x64_rr(&g->code, X64_XOR, RAX, RAX);
	if (words > UNROLLED) {
		x64_rm(&g->code, X64_LEA | X64_W, RDI, x64_at(RBP, lowest));
		x64_load_constant(&g->code, RCX, words);
		x64_byte(&g->code, 0xf3); // rep stosq
		x64_byte(&g->code, 0x48);
		x64_byte(&g->code, 0xab);
		return;
	}
	for (uint32_t i = 0; i < words; i++)
		x64_rm(&g->code, X64_MOV_STORE | X64_W, RAX, x64_at(RBP, lowest + 8 * (int32_t)i));
}

static void clear_locals(struct generator *g)
{
	uint32_t words = 0;
	for (uint32_t i = g->type->parameter_count; i < g->homes.count; i++) {
		const struct local_home *home = generator_home(g, i);
		if (home->reg == X64_NONE)
			words += home->weight != 0 ? g->slot_size / 8 : 0;
		else if (type_in_xmm(home->type))
			x64_rr(&g->code, X64_XORPS, home->reg, home->reg);
		else
			x64_rr(&g->code, X64_XOR, home->reg, home->reg);
	}
	if (words != 0)
		clear_frame_block(g, g->slots_offset, words);
}

void gen_prologue(struct generator *g)
{
	x64_push(&g->code, RBP);
	x64_rr(&g->code, X64_MOV | X64_W, RBP, RSP);
	x64_rr(&g->code, X64_GROUP1_IMM32 | X64_W, GROUP1_SUB, RSP);
	g->frame_patch = g->code.size;
	x64_u32(&g->code, 0);
	x64_rm(&g->code, X64_CMP | X64_W, RSP,
		x64_at(R15, offsetof(struct wasm_context, stack_limit)));
	trap_if(g, CC_BE, WASM_TRAP_STACK_OVERFLOW);
	transfer_saved(g, true);
	receive_parameters(g);
	clear_locals(g);
}

// Results are in rax, xmm0, or the first slots.
void gen_epilogue(struct generator *g)
{
	uint32_t word = 0;
	for (uint32_t i = 0; g->type->result_count > 1 && i < g->type->result_count; i++) {
		copy_memory(g, g->type->results[i], x64_at(RBP, 16 + 8 * (int32_t)word),
			slot_memory(g, i));
		word += type_words(g->type->results[i]);
	}
	transfer_saved(g, false);
	x64_leave(&g->code);
	x64_ret(&g->code);
	int32_t frame =
		-g->slots_offset + (int32_t)(g->slot_size * g->height_max + 8 * g->outgoing_max);
	g->frame_size = ((uint32_t)frame + 15) & ~15u;
	x64_patch_u32(&g->code, g->frame_patch, g->frame_size);
}

// --- arguments -------------------------------------------------------------------------------

// Register-to-register part of a call: at most one source per destination.
struct register_moves {
	uint8_t source[REGISTER_COUNT]; // by destination; X64_NONE: none
	enum wasm_type type[REGISTER_COUNT];
};

static bool is_source(const struct register_moves *moves, uint8_t reg)
{
	for (uint8_t to = 0; to < REGISTER_COUNT; to++)
		if (moves->source[to] == reg && to != reg)
			return true;
	return false;
}

// Breaks one cycle: exchanges general registers, or goes through the scratch register.
static void break_cycle(
	struct generator *g, struct register_moves *moves, uint8_t to, bool floating)
{
	uint8_t from = moves->source[to];
	if (!floating) {
		x64_rr(&g->code, X64_XCHG | X64_W, to, from);
		for (uint8_t i = 0; i < REGISTER_COUNT; i++)
			if (i != to && moves->source[i] == to)
				moves->source[i] = from;
		moves->source[to] = X64_NONE;
		return;
	}
	x64_rr(&g->code, X64_MOVAPS, XMM_SCRATCH, to);
	for (uint8_t i = 0; i < REGISTER_COUNT; i++)
		if (moves->source[i] == to)
			moves->source[i] = XMM_SCRATCH;
}

// Moves whose destination nobody reads any more go first; what remains are cycles.
static void emit_moves(struct generator *g, struct register_moves *moves, bool floating)
{
	for (;;) {
		uint8_t blocked = X64_NONE;
		bool moved = false;
		for (uint8_t to = 0; to < REGISTER_COUNT; to++) {
			if (moves->source[to] == X64_NONE)
				continue;
			if (moves->source[to] != to && is_source(moves, to)) {
				blocked = to;
				continue;
			}
			move_register(g, moves->type[to], to, moves->source[to]);
			moves->source[to] = X64_NONE;
			moved = true;
		}
		if (blocked == X64_NONE)
			return;
		if (!moved)
			break_cycle(g, moves, blocked, floating);
	}
}

static void note_move(struct register_moves *moves, uint8_t to, const struct operand *operand)
{
	moves->source[to] = operand->reg;
	moves->type[to] = operand->type;
}

// The operands stay on the stack while they move; the caller drops them.
static struct operand *argument(struct generator *g, uint32_t count, uint32_t index)
{
	return generator_operand(g, count - 1 - index);
}

static void pass_on_stack(
	struct generator *g, const struct wasm_function_type *type, struct x64_memory area)
{
	struct call_layout layout = {};
	for (uint32_t i = 0; i < type->parameter_count; i++) {
		struct value_place place = next_parameter(&layout, type->parameters[i]);
		if (place.reg == X64_NONE)
			store_operand(g, argument(g, type->parameter_count, i),
				x64_at(area.base, area.displacement + 8 * (int32_t)place.word));
	}
}

static void pass_temporaries(struct generator *g, const struct wasm_function_type *type)
{
	struct register_moves general, floating;
	memset(general.source, X64_NONE, sizeof(general.source));
	memset(floating.source, X64_NONE, sizeof(floating.source));
	struct call_layout layout = {};
	for (uint32_t i = 0; i < type->parameter_count; i++) {
		struct value_place place = next_parameter(&layout, type->parameters[i]);
		const struct operand *operand = argument(g, type->parameter_count, i);
		if (place.reg != X64_NONE && operand->kind == OPERAND_REGISTER)
			note_move(type_in_xmm(operand->type) ? &floating : &general, place.reg,
				operand);
	}
	emit_moves(g, &general, false);
	emit_moves(g, &floating, true);
}

static void pass_others(struct generator *g, const struct wasm_function_type *type)
{
	struct call_layout layout = {};
	for (uint32_t i = 0; i < type->parameter_count; i++) {
		struct value_place place = next_parameter(&layout, type->parameters[i]);
		const struct operand *operand = argument(g, type->parameter_count, i);
		if (place.reg != X64_NONE && operand->kind != OPERAND_REGISTER)
			load_operand(g, operand, place.reg);
	}
}

// Everything below the arguments leaves the temporaries.
static void flush_below(struct generator *g, uint32_t arguments)
{
	uint32_t first = g->stack.count - arguments;
	for (uint8_t reg = 0; reg < REGISTER_COUNT; reg++) {
		struct register_bank *banks[] = {&g->general, &g->floating};
		for (uint32_t b = 0; b < 2; b++) {
			uint32_t owner = banks[b]->owner[reg];
			if (owner >= first)
				continue;
			struct operand *entry = &((struct operand *)g->stack.items)[owner];
			store_operand(g, entry, slot_memory(g, owner));
			entry->kind = OPERAND_SLOT;
			entry->index = owner;
			banks[b]->owner[reg] = NOT_OWNED;
		}
	}
}

static void pass_arguments(struct generator *g, const struct wasm_function_type *type)
{
	uint32_t words = stack_words(type);
	if (words > g->outgoing_max)
		g->outgoing_max = words;
	flush_below(g, type->parameter_count);
	pass_on_stack(g, type, x64_at(RSP, 0));
	pass_temporaries(g, type);
	pass_others(g, type);
	drop_operands(g, g->stack.count - type->parameter_count);
}

void pass_flushed_arguments(
	struct generator *g, const struct wasm_function_type *type, struct x64_memory area)
{
	pass_on_stack(g, type, area);
	pass_others(g, type);
}

static void push_call_results(struct generator *g, const struct wasm_function_type *type)
{
	if (type->result_count == 1) {
		enum wasm_type result = type->results[0];
		struct register_bank *bank = type_in_xmm(result) ? &g->floating : &g->general;
		bank->owner[0] = OWNED_POPPED;
		push_register(g, result, 0); // rax or xmm0
		return;
	}
	uint32_t word = 0;
	for (uint32_t i = 0; i < type->result_count; i++) {
		copy_memory(g, type->results[i], slot_memory(g, g->stack.count),
			x64_at(RSP, 8 * (int32_t)word));
		word += type_words(type->results[i]);
		push_slot(g, type->results[i]);
	}
}

// --- calls -----------------------------------------------------------------------------------

static void emit_call_register(struct generator *g, uint8_t reg)
{
	x64_rr(&g->code, X64_GROUP5, 2, reg);
}

void save_context(struct generator *g)
{
	x64_rm(&g->code, X64_MOV_STORE | X64_W, R15, x64_at(RBP, -8));
}

void load_memory_base(struct generator *g)
{
	x64_rm(&g->code, X64_MOV | X64_W, R14,
		x64_at(R15, offsetof(struct wasm_context, memory_base)));
}

void restore_context(struct generator *g)
{
	x64_rm(&g->code, X64_MOV | X64_W, R15, x64_at(RBP, -8));
	load_memory_base(g);
}

void load_imported_callee(struct generator *g, uint32_t function)
{
	int32_t slot = (int32_t)(g->layout.imports + function * sizeof(struct context_import));
	x64_rm(&g->code, X64_MOV | X64_W, RDI,
		x64_at(R15, slot + (int32_t)offsetof(struct context_import, code)));
	x64_rm(&g->code, X64_MOV | X64_W, R15,
		x64_at(R15, slot + (int32_t)offsetof(struct context_import, context)));
	load_memory_base(g);
}

static void call_imported(struct generator *g, uint32_t function)
{
	save_context(g);
	load_imported_callee(g, function);
	emit_call_register(g, RDI);
	note_call_site(g);
	restore_context(g);
}

void emit_own_callee(struct generator *g, uint8_t opcode, uint32_t function)
{
	x64_byte(&g->code, opcode);
	struct call_fixup fixup = {g->code.size, function};
	x64_u32(&g->code, 0);
	enum wasm_status status = array_push(&g->calls, g->allocator, sizeof(fixup), &fixup);
	if (status != WASM_OK)
		generator_fail(g, status);
}

static void call_own(struct generator *g, uint32_t function)
{
	emit_own_callee(g, 0xe8, function);
	note_call_site(g);
}

void gen_call(struct generator *g, const struct instruction *in)
{
	const struct wasm_function_type *type = module_function_type(g->module, in->index);
	pass_arguments(g, type);
	if (in->index < g->module->imported_functions)
		call_imported(g, in->index);
	else
		call_own(g, in->index);
	push_call_results(g, type);
}

void emit_builtin_call(struct generator *g, enum builtin builtin, uint64_t immediate)
{
	x64_load_constant(&g->code, RAX, immediate << 8 | builtin);
	x64_byte(&g->code, 0xe8);
	x64_u32(&g->code, g->builtin_stub - (g->code.size + 4));
}

// Traps unless the function in rdi has type `type`, or one declared below it. `reg` is free. When
// the type can have subtypes, no temporary holds an operand.
static void check_callee(struct generator *g, uint32_t type, uint8_t reg)
{
	x64_rm(&g->code, X64_MOV, reg, x64_at(R15, (int32_t)(g->layout.types + 4 * type)));
	x64_rm(&g->code, X64_CMP, reg, x64_at(RDI, offsetof(struct wasm_function, type)));
	if (type_space_at(&g->module->types, type)->is_final) {
		trap_if(g, CC_NE, WASM_TRAP_INDIRECT_CALL_TYPE);
		return;
	}
	uint32_t equal = x64_jcc_short(&g->code, CC_E);
	x64_rr(&g->code, X64_MOV | X64_W, RSI, RDI);
	emit_builtin_call(g, BUILTIN_CHECK_CALLEE, type);
	x64_rr(&g->code, X64_MOV | X64_W, RDI, RAX);
	x64_land(&g->code, equal);
}

// rdi = the function that table element `index` holds; traps unless it has type `type`. The index
// is masked, so that a mispredicted bounds check reads element 0 at worst.
static void load_callee(struct generator *g, uint32_t table, uint32_t type, uint8_t index)
{
	uint8_t mask =
		allocate_register(g, false, GENERAL_TEMPORARIES & ~(1u << RDI) & ~(1u << index));
	x64_rm(&g->code, X64_MOV | X64_W, RDI,
		x64_at(R15, (int32_t)(g->layout.tables + 8 * table)));
	x64_rm(&g->code, X64_CMP | X64_W, index, x64_at(RDI, offsetof(struct wasm_table, size)));
	trap_if(g, CC_AE, WASM_TRAP_UNDEFINED_ELEMENT);
	x64_rr(&g->code, X64_SBB | X64_W, mask, mask);
	x64_rr(&g->code, X64_AND | X64_W, index, mask);
	x64_rm(&g->code, X64_MOV | X64_W, RDI, x64_at(RDI, offsetof(struct wasm_table, elements)));
	x64_rm(&g->code, X64_MOV | X64_W, RDI, (struct x64_memory){RDI, index, 3, 0});
	x64_rr(&g->code, X64_TEST | X64_W, RDI, RDI);
	trap_if(g, CC_E, WASM_TRAP_UNINITIALIZED_ELEMENT);
	check_callee(g, type, mask);
	free_register(g, false, mask);
}

// Pops a table index.
void pop_table_callee(struct generator *g, uint32_t table, uint32_t type)
{
	if (!type_space_at(&g->module->types, type)->is_final)
		flush_registers(g);
	claim_register(g, RDI);
	struct operand index = pop_operand(g);
	if (index.kind == OPERAND_REGISTER && index.reg == RDI)
		generator_fail(g, WASM_LIMIT_STACK); // claimed above, so it cannot be
	uint8_t reg = operand_to_temporary(g, &index);
	load_callee(g, table, type, reg);
	release_operand(g, &index);
}

// Pops a function reference; its type is known.
void pop_reference_callee(struct generator *g)
{
	claim_register(g, RDI);
	struct operand reference = pop_operand(g);
	load_operand(g, &reference, RDI);
	release_operand(g, &reference);
	g->general.owner[RDI] = OWNED_POPPED;
	x64_rr(&g->code, X64_TEST | X64_W, RDI, RDI);
	trap_if(g, CC_E, WASM_TRAP_NULL_FUNCTION);
}

// Calls the function in rdi, which is claimed.
static void call_callee(struct generator *g, const struct wasm_function_type *type)
{
	pass_arguments(g, type);
	free_register(g, false, RDI);
	save_context(g);
	x64_rm(&g->code, X64_MOV | X64_W, R15,
		x64_at(RDI, offsetof(struct wasm_function, context)));
	load_memory_base(g);
	x64_rm(&g->code, X64_GROUP5, 2, x64_at(RDI, offsetof(struct wasm_function, code)));
	note_call_site(g);
	restore_context(g);
	push_call_results(g, type);
}

void gen_call_indirect(struct generator *g, const struct instruction *in)
{
	uint32_t type = g->module->type_numbers[in->index];
	pop_table_callee(g, in->index2, type);
	call_callee(g, module_type(g->module, type));
}

void gen_call_ref(struct generator *g, const struct instruction *in)
{
	pop_reference_callee(g);
	call_callee(g, module_type(g->module, g->module->type_numbers[in->index]));
}

// --- builtins --------------------------------------------------------------------------------

// Operands in rsi, rdx, rcx; builtin and immediate in rax; see emit_builtin_stub.
void call_builtin(struct generator *g, enum builtin builtin, uint32_t operands, uint64_t immediate,
	enum wasm_type result)
{
	static const uint8_t places[] = {RSI, RDX, RCX};
	flush_registers(g);
	for (uint32_t i = 0; i < operands && i < sizeof(places); i++)
		load_operand(g, argument(g, operands, i), places[i]);
	drop_operands(g, g->stack.count - operands);
	emit_builtin_call(g, builtin, immediate);
	if (result == 0)
		return;
	g->general.owner[RAX] = OWNED_POPPED;
	push_register(g, result, RAX);
}
