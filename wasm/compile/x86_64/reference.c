// SPDX-License-Identifier: MIT OR Apache-2.0
// References and tables. A function reference is the address of a struct wasm_function.
#include "compile/x86_64/generator.h"

void gen_ref_null(struct generator *g, const struct instruction *in)
{
	push_constant(g, in->type, 0);
}

void gen_ref_is_null(struct generator *g, const struct instruction *in)
{
	gen_eqz(g, in);
}

void gen_ref_func(struct generator *g, const struct instruction *in)
{
	struct destination d = destination_for(g, WASM_TYPE_FUNCREF, nullptr, nullptr);
	x64_rm(&g->code, X64_MOV | X64_W, d.reg,
		x64_at(R15, offsetof(struct wasm_context, functions)));
	x64_group1_r(&g->code, X64_W, GROUP1_ADD, d.reg,
		(int32_t)(in->index * sizeof(struct wasm_function)));
	push_result(g, &d);
	g->refers_to_functions = true;
}

void gen_ref_as_non_null(struct generator *g, const struct instruction *)
{
	struct operand operand = pop_operand(g);
	uint8_t reg = operand_to_register(g, &operand);
	x64_rr(&g->code, X64_TEST | X64_W, reg, reg);
	trap_if(g, CC_E, WASM_TRAP_NULL_REFERENCE);
	push_operand(g, &operand);
}

void gen_table(struct generator *g, const struct instruction *in)
{
	enum wasm_type reference = g->module->tables[in->index].type;
	enum wasm_type index = limits_address_type(&g->module->tables[in->index].limits);
	switch (in->opcode) {
	case OP_TABLE_GET:
		call_builtin(g, BUILTIN_TABLE_GET, 1, in->index, reference);
		return;
	case OP_TABLE_SET:
		call_builtin(g, BUILTIN_TABLE_SET, 2, in->index, 0);
		return;
	case OP_TABLE_SIZE:
		call_builtin(g, BUILTIN_TABLE_SIZE, 0, in->index, index);
		return;
	case OP_TABLE_GROW:
		call_builtin(g, BUILTIN_TABLE_GROW, 2, in->index, index);
		return;
	default:
		call_builtin(g, BUILTIN_TABLE_FILL, 3, in->index, 0);
	}
}

void gen_table_two(struct generator *g, const struct instruction *in)
{
	enum builtin builtin =
		in->opcode == OP_TABLE_INIT ? BUILTIN_TABLE_INIT : BUILTIN_TABLE_COPY;
	call_builtin(g, builtin, 3, two_indices(in->index, in->index2), 0);
}

void gen_elem_drop(struct generator *g, const struct instruction *in)
{
	call_builtin(g, BUILTIN_ELEM_DROP, 0, in->index, 0);
}

void gen_drop(struct generator *g, const struct instruction *)
{
	struct operand operand = pop_operand(g);
	release_operand(g, &operand);
}

void gen_nop(struct generator *, const struct instruction *)
{
}
