// SPDX-License-Identifier: MIT OR Apache-2.0
// Loads, stores, bulk memory, globals. Accesses to 32-bit memories are not checked: their
// reservation is larger than any 32-bit index plus 32-bit offset; see platform.h. Those to 64-bit
// memories are compared with the memory's size. r14 is the base of memory 0, others have theirs in
// the context.
#include "compile/x86_64/generator.h"

static struct x64_memory context_memory(const struct generator *g, uint32_t memory, size_t field)
{
	return x64_at(R15,
		(int32_t)(g->layout.memories + memory * sizeof(struct context_memory) + field));
}

static void add_constant(struct generator *g, uint8_t reg, uint64_t value)
{
	uint8_t large = allocate_for(g, WASM_TYPE_I64);
	x64_load_constant(&g->code, large, value);
	x64_rr(&g->code, X64_ADD | X64_W, reg, large);
	free_register(g, false, large);
}

// reg = size of the memory in bytes.
static void load_memory_bytes(struct generator *g, uint8_t reg, uint32_t memory)
{
	x64_rm(&g->code, X64_MOV | X64_W, reg,
		context_memory(g, memory, offsetof(struct context_memory, memory)));
	x64_rm(&g->code, X64_MOV, reg, x64_at(reg, offsetof(struct wasm_memory, pages)));
	x64_group2_r(&g->code, X64_W, GROUP2_SHL, reg, 16);
}

// Traps unless address + offset + size is at most the memory's size. Gives what is to be added to
// the address, which is changed if that cannot be a displacement.
static int32_t check_bounds(
	struct generator *g, struct operand *address, const struct instruction *in)
{
	uint64_t size = UINT64_C(1) << opcode_infos[in->opcode].access;
	bool large = in->offset > INT32_MAX - size;
	uint8_t index = large ? operand_to_temporary(g, address) : operand_to_register(g, address);
	if (large) {
		add_constant(g, index, in->offset);
		trap_if(g, CC_B, WASM_TRAP_MEMORY_BOUNDS);
	}
	uint64_t behind = large ? size : in->offset + size;
	uint8_t limit = allocate_for(g, WASM_TYPE_I64);
	load_memory_bytes(g, limit, in->index2);
	x64_group1_r(&g->code, X64_W, GROUP1_SUB, limit, (int32_t)behind);
	trap_if(g, CC_B, WASM_TRAP_MEMORY_BOUNDS);
	x64_rr(&g->code, X64_CMP | X64_W, index, limit);
	trap_if(g, CC_A, WASM_TRAP_MEMORY_BOUNDS);
	free_register(g, false, limit);
	return large ? 0 : (int32_t)in->offset;
}

// The same without a check: the sum is of 33 bits.
static int32_t add_offset(
	struct generator *g, struct operand *address, const struct instruction *in)
{
	if (in->offset <= INT32_MAX)
		return (int32_t)in->offset;
	add_constant(g, operand_to_temporary(g, address), in->offset);
	return 0;
}

struct x64_memory access_address(
	struct generator *g, struct operand *address, const struct instruction *in)
{
	bool is_64 = g->module->memories[in->index2].is_64;
	if (in->index2 == 0 && !is_64 && address->kind == OPERAND_CONSTANT &&
		address->bits + in->offset <= INT32_MAX)
		return x64_at(R14, (int32_t)(address->bits + in->offset));
	int32_t displacement = is_64 ? check_bounds(g, address, in) : add_offset(g, address, in);
	if (in->index2 == 0)
		return (struct x64_memory){R14, operand_to_register(g, address), 0, displacement};
	uint8_t sum = operand_to_temporary(g, address);
	x64_rm(&g->code, X64_ADD | X64_W, sum,
		context_memory(g, in->index2, offsetof(struct context_memory, base)));
	return x64_at(sum, displacement);
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

void gen_memory_size(struct generator *g, const struct instruction *in)
{
	enum wasm_type type = limits_address_type(&g->module->memories[in->index]);
	struct destination d = destination_for(g, type, nullptr, nullptr);
	x64_rm(&g->code, X64_MOV | X64_W, d.reg,
		context_memory(g, in->index, offsetof(struct context_memory, memory)));
	x64_rm(&g->code, X64_MOV, d.reg, x64_at(d.reg, offsetof(struct wasm_memory, pages)));
	push_result(g, &d);
}

void gen_memory_grow(struct generator *g, const struct instruction *in)
{
	call_builtin(g, BUILTIN_MEMORY_GROW, 1, in->index,
		limits_address_type(&g->module->memories[in->index]));
}

void gen_memory_init(struct generator *g, const struct instruction *in)
{
	call_builtin(g, BUILTIN_MEMORY_INIT, 3, two_indices(in->index, in->index2), 0);
}

void gen_memory_copy(struct generator *g, const struct instruction *in)
{
	call_builtin(g, BUILTIN_MEMORY_COPY, 3, two_indices(in->index, in->index2), 0);
}

void gen_memory_fill(struct generator *g, const struct instruction *in)
{
	call_builtin(g, BUILTIN_MEMORY_FILL, 3, in->index, 0);
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
