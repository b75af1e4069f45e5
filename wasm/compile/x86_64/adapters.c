// SPDX-License-Identifier: MIT OR Apache-2.0
// Code at the border between C (System V ABI) and compiled code (calls.c).
#include "compile/x86_64/generator.h"

static const uint8_t general_homes[] = {RBX, R8, R9, R10, R11, R12, R13};
constexpr uint8_t FLOATING_HOME_FIRST = 8;
constexpr uint32_t HOMES_BYTES = sizeof(struct saved_homes);

// A field of the struct saved_homes that ends at rbp.
static struct x64_memory saved_home(size_t offset)
{
	return x64_at(RBP, (int32_t)offset - (int32_t)HOMES_BYTES);
}

static bool c_preserves(uint8_t reg)
{
	return reg == RBX || reg >= R12;
}

// All homes are saved for exceptions; those that C functions preserve need no restoring.
static void transfer_homes(struct generator *g, bool save)
{
	for (uint32_t i = 0; i < sizeof(general_homes); i++)
		if (save || !c_preserves(general_homes[i]))
			x64_rm(&g->code, (save ? X64_MOV_STORE : X64_MOV) | X64_W, general_homes[i],
				saved_home(offsetof(struct saved_homes, general[i])));
	for (uint8_t reg = FLOATING_HOME_FIRST; reg < REGISTER_COUNT; reg++)
		x64_rm(&g->code, save ? X64_MOVUPS_STORE : X64_MOVUPS, reg,
			saved_home(
				offsetof(struct saved_homes, floating[reg - FLOATING_HOME_FIRST])));
}

static void enter_frame(struct generator *g, uint32_t bytes)
{
	x64_align(&g->code, 16);
	x64_push(&g->code, RBP);
	x64_rr(&g->code, X64_MOV | X64_W, RBP, RSP);
	x64_group1_r(&g->code, X64_W, GROUP1_SUB, RSP, (int32_t)((bytes + 15) & ~15u));
}

static void leave_frame(struct generator *g)
{
	x64_leave(&g->code);
	x64_ret(&g->code);
}

// Where a trap that C raises comes from.
static void note_frame(struct generator *g)
{
	x64_rm(&g->code, X64_MOV_STORE | X64_W, RBP,
		x64_at(R15, offsetof(struct wasm_context, frame)));
}

// In: rax = immediate << 8 | builtin; rsi, rdx, rcx = operands. Out: rax.
void emit_builtin_stub(struct generator *g)
{
	x64_align(&g->code, 16);
	g->builtin_stub = g->code.size;
	enter_frame(g, HOMES_BYTES);
	transfer_homes(g, true);
	note_frame(g);
	x64_rr(&g->code, X64_MOV | X64_W, RDI, R15);
	x64_rr(&g->code, X64_MOV | X64_W, R8, RAX);
	x64_group2_r(&g->code, X64_W, GROUP2_SHR, R8, 8);
	x64_rr(&g->code, X64_MOVZX8, RAX, RAX);
	x64_rm(&g->code, X64_MOV | X64_W, R9, x64_at(R15, offsetof(struct wasm_context, builtins)));
	x64_rm(&g->code, X64_GROUP5, 2, (struct x64_memory){R9, RAX, 3, 0});
	transfer_homes(g, false);
	leave_frame(g);
}

static struct x64_memory word(enum x64_register base, int32_t first, uint32_t index)
{
	return x64_at(base, first + 8 * (int32_t)index);
}

static struct x64_memory value(enum x64_register base, uint32_t index)
{
	return x64_at(base, (int32_t)(index * sizeof(union wasm_value)));
}

// --- C calls compiled code -------------------------------------------------------------------

// rdx is both the values' address and a parameter register: it is loaded last.
static void load_parameters(struct generator *g, const struct wasm_function_type *type)
{
	struct call_layout layout = {};
	uint32_t last = type->parameter_count;
	for (uint32_t i = 0; i < type->parameter_count; i++) {
		struct value_place place = next_parameter(&layout, type->parameters[i]);
		bool floating = type_in_xmm(type->parameters[i]);
		if (place.reg == X64_NONE)
			copy_memory(
				g, type->parameters[i], word(RSP, 0, place.word), value(RDX, i));
		else if (place.reg == RDX && !floating)
			last = i;
		else
			x64_rm(&g->code, load_opcode(type->parameters[i]), place.reg,
				value(RDX, i));
	}
	if (last < type->parameter_count)
		x64_rm(&g->code, load_opcode(type->parameters[last]), RDX, value(RDX, last));
}

// To the values at rcx.
static void store_results(struct generator *g, const struct wasm_function_type *type)
{
	if (type->result_count == 1) {
		x64_rm(&g->code, store_opcode(type->results[0]), 0, value(RCX, 0));
		return;
	}
	uint32_t at = 0;
	for (uint32_t i = 0; i < type->result_count; i++) {
		copy_memory(g, type->results[i], value(RCX, i), word(RSP, 0, at));
		at += type_words(type->results[i]);
	}
}

// In: rdi = context, rsi = code, rdx = values (System V); all registers may be lost but rbp, rsp.
uint32_t emit_entry(struct generator *g, const struct wasm_function_type *type)
{
	uint32_t words = stack_words(type);
	x64_align(&g->code, 16);
	uint32_t start = g->code.size;
	enter_frame(g, 16 + 8 * words);
	x64_rm(&g->code, X64_MOV_STORE | X64_W, RDX, x64_at(RBP, -8));
	x64_rr(&g->code, X64_MOV | X64_W, R15, RDI);
	x64_rm(&g->code, X64_MOV | X64_W, R14,
		x64_at(R15, offsetof(struct wasm_context, memory_base)));
	x64_rr(&g->code, X64_MOV | X64_W, RDI, RSI);
	load_parameters(g, type);
	x64_rr(&g->code, X64_GROUP5, 2, RDI);
	x64_rm(&g->code, X64_MOV | X64_W, RCX, x64_at(RBP, -8));
	store_results(g, type);
	leave_frame(g);
	return start;
}

// --- compiled code calls C -------------------------------------------------------------------

static void store_parameters(struct generator *g, const struct wasm_function_type *type)
{
	struct call_layout layout = {};
	for (uint32_t i = 0; i < type->parameter_count; i++) {
		struct value_place place = next_parameter(&layout, type->parameters[i]);
		if (place.reg == X64_NONE)
			copy_memory(
				g, type->parameters[i], value(RSP, i), word(RBP, 16, place.word));
		else
			x64_rm(&g->code, store_opcode(type->parameters[i]), place.reg,
				value(RSP, i));
	}
}

static void load_results(struct generator *g, const struct wasm_function_type *type)
{
	if (type->result_count == 1) {
		x64_rm(&g->code, load_opcode(type->results[0]), 0, value(RSP, 0));
		return;
	}
	uint32_t at = 0;
	for (uint32_t i = 0; i < type->result_count; i++) {
		copy_memory(g, type->results[i], word(RBP, 16, at), value(RSP, i));
		at += type_words(type->results[i]);
	}
}

// r15 is the host function's context.
uint32_t emit_import(struct generator *g, const struct wasm_function_type *type)
{
	uint32_t values = type->parameter_count > type->result_count ? type->parameter_count
								     : type->result_count;
	x64_align(&g->code, 16);
	uint32_t start = g->code.size;
	enter_frame(g, HOMES_BYTES + (uint32_t)sizeof(union wasm_value) * values);
	transfer_homes(g, true);
	store_parameters(g, type);
	note_frame(g);
	x64_rr(&g->code, X64_MOV | X64_W, RDI, R15);
	x64_rr(&g->code, X64_MOV | X64_W, RSI, RSP);
	x64_rm(&g->code, X64_GROUP5, 2, x64_at(R15, offsetof(struct wasm_context, host_dispatch)));
	load_results(g, type);
	transfer_homes(g, false);
	leave_frame(g);
	return start;
}
