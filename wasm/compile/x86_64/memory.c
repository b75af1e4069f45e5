// SPDX-License-Identifier: MIT OR Apache-2.0
// Loads, stores, bulk memory, globals. No bounds checks for loads and stores: r14 is the base of a
// reservation that is larger than any 32-bit index plus 32-bit offset; see platform.h.
#include "compile/x86_64/generator.h"

// The address [r14 + operand + offset]. May put the operand, or the sum, in a temporary.
struct x64_memory access_address(
	struct generator *g, struct operand *address, const struct instruction *in)
{
	uint32_t offset = in->offset;
	if (address->kind == OPERAND_CONSTANT && address->bits + offset <= INT32_MAX)
		return x64_at(R14, (int32_t)(address->bits + offset));
	uint8_t index = operand_to_register(g, address);
	if (offset <= INT32_MAX)
		return (struct x64_memory){R14, index, 0, (int32_t)offset};
	uint8_t sum = operand_to_temporary(g, address);
	uint8_t large = allocate_for(g, WASM_TYPE_I64);
	x64_load_constant(&g->code, large, offset);
	x64_rr(&g->code, X64_ADD | X64_W, sum, large);
	free_register(g, false, large);
	return (struct x64_memory){R14, sum, 0, 0};
}

static const struct access {
	uint32_t opcode;
	enum wasm_type type;
} loads[] = {
	[OP_I32_LOAD - OP_I32_LOAD] = {X64_MOV, WASM_TYPE_I32},
	[OP_I64_LOAD - OP_I32_LOAD] = {X64_MOV | X64_W, WASM_TYPE_I64},
	[OP_F32_LOAD - OP_I32_LOAD] = {X64_MOVSS, WASM_TYPE_F32},
	[OP_F64_LOAD - OP_I32_LOAD] = {X64_MOVSD, WASM_TYPE_F64},
	[OP_I32_LOAD8_S - OP_I32_LOAD] = {X64_MOVSX8, WASM_TYPE_I32},
	[OP_I32_LOAD8_U - OP_I32_LOAD] = {X64_MOVZX8, WASM_TYPE_I32},
	[OP_I32_LOAD16_S - OP_I32_LOAD] = {X64_MOVSX16, WASM_TYPE_I32},
	[OP_I32_LOAD16_U - OP_I32_LOAD] = {X64_MOVZX16, WASM_TYPE_I32},
	[OP_I64_LOAD8_S - OP_I32_LOAD] = {X64_MOVSX8 | X64_W, WASM_TYPE_I64},
	[OP_I64_LOAD8_U - OP_I32_LOAD] = {X64_MOVZX8, WASM_TYPE_I64},
	[OP_I64_LOAD16_S - OP_I32_LOAD] = {X64_MOVSX16 | X64_W, WASM_TYPE_I64},
	[OP_I64_LOAD16_U - OP_I32_LOAD] = {X64_MOVZX16, WASM_TYPE_I64},
	[OP_I64_LOAD32_S - OP_I32_LOAD] = {X64_MOVSXD, WASM_TYPE_I64},
	[OP_I64_LOAD32_U - OP_I32_LOAD] = {X64_MOV, WASM_TYPE_I64},
};

void gen_load(struct generator *g, const struct instruction *in)
{
	const struct access *load = &loads[in->opcode - OP_I32_LOAD];
	struct operand address = pop_operand(g);
	struct x64_memory memory = access_address(g, &address, in);
	struct destination d = destination_fresh(g, load->type, &address);
	x64_rm(&g->code, load->opcode, d.reg, memory);
	release_operand(g, &address);
	push_result(g, &d);
}

static const struct store {
	uint32_t opcode;
	uint32_t immediate_opcode; // 0: floats
	uint8_t immediate_size;
} stores[] = {
	[OP_I32_STORE - OP_I32_STORE] = {X64_MOV_STORE, X64_MOV_IMM32, 4},
	[OP_I64_STORE - OP_I32_STORE] = {X64_MOV_STORE | X64_W, X64_MOV_IMM32 | X64_W, 4},
	[OP_F32_STORE - OP_I32_STORE] = {X64_MOVSS_STORE, 0, 0},
	[OP_F64_STORE - OP_I32_STORE] = {X64_MOVSD_STORE, 0, 0},
	[OP_I32_STORE8 - OP_I32_STORE] = {X64_MOV_STORE8, X64_MOV_IMM8, 1},
	[OP_I32_STORE16 - OP_I32_STORE] = {X64_MOV_STORE16, X64_MOV_IMM16, 2},
	[OP_I64_STORE8 - OP_I32_STORE] = {X64_MOV_STORE8, X64_MOV_IMM8, 1},
	[OP_I64_STORE16 - OP_I32_STORE] = {X64_MOV_STORE16, X64_MOV_IMM16, 2},
	[OP_I64_STORE32 - OP_I32_STORE] = {X64_MOV_STORE, X64_MOV_IMM32, 4},
};

static bool emit_store_immediate(struct generator *g, const struct store *store,
	const struct operand *value, struct x64_memory memory)
{
	if (value->kind != OPERAND_CONSTANT || store->immediate_opcode == 0)
		return false;
	if ((store->immediate_opcode & X64_W) != 0 && (int64_t)value->bits != (int32_t)value->bits)
		return false;
	x64_rm(&g->code, store->immediate_opcode, 0, memory);
	for (uint8_t i = 0; i < store->immediate_size; i++)
		x64_byte(&g->code, (uint8_t)(value->bits >> (8 * i)));
	return true;
}

void gen_store(struct generator *g, const struct instruction *in)
{
	const struct store *store = &stores[in->opcode - OP_I32_STORE];
	struct operand value = pop_operand(g);
	struct operand address = pop_operand(g);
	struct x64_memory memory = access_address(g, &address, in);
	if (!emit_store_immediate(g, store, &value, memory)) {
		uint8_t reg = operand_to_register(g, &value);
		x64_rm(&g->code, store->opcode, reg, memory);
	}
	release_operand(g, &value);
	release_operand(g, &address);
}

// --- bulk memory -----------------------------------------------------------------------------

void gen_memory_size(struct generator *g, const struct instruction *)
{
	struct destination d = destination_for(g, WASM_TYPE_I32, nullptr, nullptr);
	x64_rm(&g->code, X64_MOV | X64_W, d.reg,
		x64_at(R15, offsetof(struct wasm_context, memory)));
	x64_rm(&g->code, X64_MOV, d.reg, x64_at(d.reg, offsetof(struct wasm_memory, pages)));
	push_result(g, &d);
}

void gen_memory_grow(struct generator *g, const struct instruction *)
{
	call_builtin(g, BUILTIN_MEMORY_GROW, 1, 0, WASM_TYPE_I32);
}

void gen_memory_init(struct generator *g, const struct instruction *in)
{
	call_builtin(g, BUILTIN_MEMORY_INIT, 3, in->index, 0);
}

void gen_memory_copy(struct generator *g, const struct instruction *)
{
	call_builtin(g, BUILTIN_MEMORY_COPY, 3, 0, 0);
}

void gen_memory_fill(struct generator *g, const struct instruction *)
{
	call_builtin(g, BUILTIN_MEMORY_FILL, 3, 0, 0);
}

void gen_data_drop(struct generator *g, const struct instruction *in)
{
	call_builtin(g, BUILTIN_DATA_DROP, 0, in->index, 0);
}

// --- globals ---------------------------------------------------------------------------------

// Where a global's value is; an imported one through `pointer`, a general temporary.
static struct x64_memory global_address(struct generator *g, uint32_t global, uint8_t pointer)
{
	struct x64_memory field =
		x64_at(R15, (int32_t)(g->layout.globals + global * CONTEXT_GLOBAL_SIZE));
	if (global >= g->module->imported_globals)
		return field;
	x64_rm(&g->code, X64_MOV | X64_W, pointer, field);
	return x64_at(pointer, 0);
}

void gen_global_get(struct generator *g, const struct instruction *in)
{
	enum wasm_type type = g->module->globals[in->index].type;
	struct destination d = destination_for(g, type, nullptr, nullptr);
	bool floating = type_in_xmm(type);
	uint8_t pointer = floating ? allocate_for(g, WASM_TYPE_I64) : d.reg;
	struct x64_memory memory = global_address(g, in->index, pointer);
	if (floating)
		free_register(g, false, pointer);
	x64_rm(&g->code, load_opcode(type), d.reg, memory);
	push_result(g, &d);
}

void gen_global_set(struct generator *g, const struct instruction *in)
{
	struct operand value = pop_operand(g);
	uint8_t pointer = allocate_for(g, WASM_TYPE_I64);
	store_operand(g, &value, global_address(g, in->index, pointer));
	free_register(g, false, pointer);
	release_operand(g, &value);
}
