// SPDX-License-Identifier: MIT OR Apache-2.0
// Tail calls (core spec 4.4, return_call ...) in constant stack.
//
// Mostly a tail call is *in place*: the arguments go to the registers and to this function's own
// incoming area, the homes are restored, and after `leave` a jump enters the callee. That needs
// enough incoming area for the callee, and a caller that does not mind whose context the callee
// leaves in r15. Where either is not known, the call is a *bridge*: a call with an area that is
// large enough for every type, whose return address is the runtime's wasm_tail_return; this frame
// stays. Code that sees that return address knows that both conditions hold, so a chain of tail
// calls bridges at most once. wasm_tail_return jumps to the continuation, an address that lies
// behind the area: it restores the context and returns the results.
#include "compile/x86_64/control.h"

#include "decode/limits.h"

// Both parameters and results are at most so many vectors of two words.
constexpr int32_t AREA = TAIL_CALL_AREA;
static_assert(TAIL_CALL_AREA >= 16 * MODULE_PARAMETER_LIMIT && TAIL_CALL_AREA % 16 == 0);

enum callee_kind : uint8_t {
	CALLEE_OWN,      // function `function` of this instance
	CALLEE_IMPORT,   // imported function `function`
	CALLEE_REGISTER, // the struct wasm_function in rdi
};

struct callee {
	enum callee_kind kind;
	uint32_t function;
	const struct wasm_function_type *type;
};

static void emit_jump_register(struct generator *g, uint8_t reg)
{
	x64_rr(&g->code, X64_GROUP5, 4, reg);
}

// Jumps to the callee, whose context gets current; no register but rdi is free. `leave`: first
// leaves this frame.
static void jump_to_callee(struct generator *g, const struct callee *callee, bool leave)
{
	if (callee->kind == CALLEE_IMPORT) {
		load_imported_callee(g, callee->function);
	} else if (callee->kind == CALLEE_REGISTER) {
		x64_rm(&g->code, X64_MOV | X64_W, R15,
			x64_at(RDI, offsetof(struct wasm_function, context)));
		load_memory_base(g);
		x64_rm(&g->code, X64_MOV | X64_W, RDI,
			x64_at(RDI, offsetof(struct wasm_function, code)));
	}
	if (leave)
		x64_leave(&g->code);
	if (callee->kind == CALLEE_OWN)
		emit_own_callee(g, 0xe9, callee->function);
	else
		emit_jump_register(g, RDI);
}

static void call_in_place(struct generator *g, const struct callee *callee)
{
	pass_flushed_arguments(g, callee->type, x64_at(RBP, 16));
	transfer_saved(g, false);
	jump_to_callee(g, callee, true);
}

static void call_bridged(struct generator *g, const struct callee *callee)
{
	if (g->continuation == NO_LABEL)
		g->continuation = label_new(g);
	x64_group1_r(&g->code, X64_W, GROUP1_SUB, RSP, AREA + 16);
	x64_rl(&g->code, X64_LEA | X64_W, RAX, label_at(g, g->continuation));
	x64_rm(&g->code, X64_MOV_STORE | X64_W, RAX, x64_at(RSP, AREA));
	save_context(g);
	pass_flushed_arguments(g, callee->type, x64_at(RSP, 0));
	x64_rm(&g->code, X64_GROUP5, 6, // push
		x64_at(R15, offsetof(struct wasm_context, tail_return)));
	jump_to_callee(g, callee, false);
}

// Where a bridged call returns to.
void emit_continuation(struct generator *g)
{
	if (g->continuation == NO_LABEL)
		return;
	x64_bind(&g->code, label_at(g, g->continuation));
	restore_context(g);
	int32_t offset = 0;
	for (uint32_t i = 0; g->type->result_count > 1 && i < g->type->result_count; i++) {
		enum wasm_type type = g->type->results[i];
		copy_memory(g, type, x64_at(RBP, 16 + offset), x64_at(RSP, offset));
		offset += 8 * (int32_t)type_words(type);
	}
	transfer_saved(g, false);
	x64_leave(&g->code);
	x64_ret(&g->code);
}

// Jumps to `in_place` if this function was called by a bridge, or if the callee is of this instance
// and has enough area.
static void jump_if_in_place(
	struct generator *g, const struct callee *callee, bool fits, uint32_t in_place)
{
	if (fits && callee->kind == CALLEE_REGISTER) {
		x64_rm(&g->code, X64_CMP | X64_W, R15,
			x64_at(RDI, offsetof(struct wasm_function, context)));
		x64_jcc(&g->code, CC_E, label_at(g, in_place));
	}
	x64_rm(&g->code, X64_MOV | X64_W, RAX,
		x64_at(R15, offsetof(struct wasm_context, tail_return)));
	x64_rm(&g->code, X64_CMP | X64_W, RAX, x64_at(RBP, 8));
	x64_jcc(&g->code, CC_E, label_at(g, in_place));
}

static void tail_call(struct generator *g, const struct callee *callee)
{
	bool fits = stack_words(callee->type) <= stack_words(g->type);
	flush_registers(g);
	if (!fits || callee->kind != CALLEE_OWN) {
		uint32_t in_place = label_new(g);
		jump_if_in_place(g, callee, fits, in_place);
		call_bridged(g, callee);
		x64_bind(&g->code, label_at(g, in_place));
	}
	call_in_place(g, callee);
	leave_dead(g);
}

void gen_return_call(struct generator *g, const struct instruction *in)
{
	bool imported = in->index < g->module->imported_functions;
	struct callee callee = {imported ? CALLEE_IMPORT : CALLEE_OWN, in->index,
		module_function_type(g->module, in->index)};
	tail_call(g, &callee);
}

static void tail_call_register(struct generator *g, uint32_t type)
{
	struct callee callee = {.kind = CALLEE_REGISTER, .type = module_type(g->module, type)};
	tail_call(g, &callee);
	free_register(g, false, RDI);
}

void gen_return_call_indirect(struct generator *g, const struct instruction *in)
{
	uint32_t type = g->module->type_numbers[in->index];
	pop_table_callee(g, in->index2, type);
	tail_call_register(g, type);
}

void gen_return_call_ref(struct generator *g, const struct instruction *in)
{
	pop_reference_callee(g);
	tail_call_register(g, g->module->type_numbers[in->index]);
}
