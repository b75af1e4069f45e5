// SPDX-License-Identifier: MIT OR Apache-2.0
// Blocks, branches and conditions.
//
// At a label with one value, the value is in rax or xmm0; with several (and for all values that go
// to a loop), in the slots from the block's height on. Operands below a block are constants or
// slots.
#include "compile/x86_64/control.h"

struct generator_frame *frame_at(struct generator *g, uint32_t label)
{
	return &((struct generator_frame *)g->frames.items)[g->frames.count - 1 - label];
}

static struct type_list label_types(const struct generator_frame *frame)
{
	return frame->opcode == OP_LOOP ? frame->parameters : frame->results;
}

bool label_uses_register(const struct generator_frame *frame)
{
	return frame->opcode != OP_LOOP && frame->results.count == 1;
}

static void push_frame(struct generator *g, const struct generator_frame *frame)
{
	enum wasm_status status = array_push(&g->frames, g->allocator, sizeof(*frame), frame);
	if (status != WASM_OK)
		generator_fail(g, status);
}

void push_dead_frame(struct generator *g)
{
	push_frame(g, &(struct generator_frame){.opcode = OP_BLOCK, .dead_on_entry = true});
}

void push_function_frame(struct generator *g)
{
	push_frame(g, &(struct generator_frame){.opcode = OP_CALL,
			      .results = {g->type->results, g->type->result_count},
			      .label = label_new(g),
			      .region = WASM_NO_INDEX,
			      .outer_region = WASM_NO_INDEX,
			      .else_label = NO_LABEL,
			      .stub = NO_LABEL});
}

// The validator has just entered the block: its frame has the types.
void enter_block(struct generator *g, enum opcode opcode, uint32_t label)
{
	const struct validator_frame *checked = validator_frame(&g->validator, 0);
	uint32_t height = g->stack.count - checked->parameters.count;
	flush_stack(g, height);
	push_frame(g, &(struct generator_frame){.opcode = opcode,
			      .parameters = checked->parameters,
			      .results = checked->results,
			      .height = height,
			      .label = label,
			      .region = g->region,
			      .outer_region = g->region,
			      .else_label = NO_LABEL,
			      .stub = NO_LABEL});
}

void gen_block(struct generator *g, const struct instruction *)
{
	enter_block(g, OP_BLOCK, label_new(g));
}

// A loop head checks for interruption: the stack limit is then above any stack.
void gen_loop(struct generator *g, const struct instruction *)
{
	uint32_t label = label_new(g);
	enter_block(g, OP_LOOP, label);
	x64_bind(&g->code, label_at(g, label));
	x64_rm(&g->code, X64_CMP | X64_W, RSP,
		x64_at(R15, offsetof(struct wasm_context, stack_limit)));
	trap_if(g, CC_BE, WASM_TRAP_INTERRUPTED);
}

// --- conditions ------------------------------------------------------------------------------

static void set_float_equality(struct generator *g, enum x64_condition condition, uint8_t reg)
{
	bool equal = condition == CC_FLOAT_EQUAL;
	x64_load_constant(&g->code, reg, !equal);
	uint32_t parity = x64_jcc_short(&g->code, CC_P);
	x64_rr(&g->code, x64_setcc(equal ? CC_E : CC_NE), 0, reg);
	x64_land(&g->code, parity);
}

static void materialise_condition(struct generator *g, enum x64_condition condition)
{
	struct destination d = destination_for(g, WASM_TYPE_I32, nullptr, nullptr);
	if (condition >= CC_FLOAT_EQUAL) {
		set_float_equality(g, condition, d.reg);
	} else {
		x64_rr(&g->code, x64_setcc(condition), 0, d.reg);
		x64_rr(&g->code, X64_MOVZX8, d.reg, d.reg);
	}
	push_result(g, &d);
}

void push_condition(struct generator *g, enum x64_condition condition)
{
	uint8_t next = next_opcode(g);
	if (next != OP_BR_IF && next != OP_IF && next != OP_SELECT && next != OP_I32_EQZ) {
		materialise_condition(g, condition);
		return;
	}
	push_operand(g, &(struct operand){.kind = OPERAND_FLAGS,
				.type = WASM_TYPE_I32,
				.condition = (uint8_t)condition});
}

// Pops an i32 and gives the condition under which it is not 0, in the flags.
static enum x64_condition pop_condition(struct generator *g)
{
	struct operand operand = pop_operand(g);
	struct x64_memory memory;
	if (operand.kind == OPERAND_FLAGS)
		return operand.condition;
	if (operand_memory(g, &operand, &memory)) {
		x64_group1_m(&g->code, 0, GROUP1_CMP, memory, 0);
	} else {
		uint8_t reg = operand_to_register(g, &operand);
		x64_rr(&g->code, X64_TEST, reg, reg);
	}
	release_operand(g, &operand);
	return CC_NE;
}

static void jump_if(struct generator *g, enum x64_condition condition, uint32_t label)
{
	if (condition == CC_FLOAT_EQUAL) {
		uint32_t parity = x64_jcc_short(&g->code, CC_P);
		x64_jcc(&g->code, CC_E, label_at(g, label));
		x64_land(&g->code, parity);
	} else if (condition == CC_FLOAT_NOT_EQUAL) {
		x64_jcc(&g->code, CC_P, label_at(g, label));
		x64_jcc(&g->code, CC_NE, label_at(g, label));
	} else {
		x64_jcc(&g->code, condition, label_at(g, label));
	}
}

void gen_if(struct generator *g, const struct instruction *)
{
	enum x64_condition condition = pop_condition(g);
	g->flags_live = true;
	enter_block(g, OP_IF, label_new(g));
	g->flags_live = false;
	uint32_t otherwise = label_new(g);
	frame_at(g, 0)->else_label = otherwise;
	jump_if(g, x64_negate(condition), otherwise);
}

// --- values at labels ------------------------------------------------------------------------

static struct operand *label_value(struct generator *g, uint32_t count, uint32_t index)
{
	return generator_operand(g, count - 1 - index);
}

static bool value_is_in_place(
	const struct generator_frame *frame, const struct operand *value, uint32_t index)
{
	return value->kind == OPERAND_SLOT && value->index == frame->height + index;
}

// Copies the top values to where the label wants them; changes no operand. Slots only move down,
// so going upwards never overwrites what is still needed.
static void copy_values(struct generator *g, const struct generator_frame *frame)
{
	struct type_list types = label_types(frame);
	if (label_uses_register(frame)) {
		load_operand(g, generator_operand(g, 0), 0); // rax or xmm0
		return;
	}
	for (uint32_t i = 0; i < types.count; i++) {
		const struct operand *value = label_value(g, types.count, i);
		if (!value_is_in_place(frame, value, i))
			store_operand(g, value, slot_memory(g, frame->height + i));
	}
}

static bool copy_is_empty(struct generator *g, const struct generator_frame *frame)
{
	struct type_list types = label_types(frame);
	if (label_uses_register(frame)) {
		const struct operand *value = generator_operand(g, 0);
		return value->kind == OPERAND_REGISTER && value->reg == 0;
	}
	for (uint32_t i = 0; i < types.count; i++)
		if (!value_is_in_place(frame, label_value(g, types.count, i), i))
			return false;
	return true;
}

void jump_to(struct generator *g, uint32_t label)
{
	struct generator_frame *frame = frame_at(g, label);
	copy_values(g, frame);
	frame->reached = true;
	x64_jmp(&g->code, label_at(g, frame->label));
}

// What follows is unreachable: no operands of this block remain.
void leave_dead(struct generator *g)
{
	drop_operands(g, frame_at(g, 0)->height);
}

void gen_br(struct generator *g, const struct instruction *in)
{
	jump_to(g, in->index);
	leave_dead(g);
}

static void branch_if(struct generator *g, enum x64_condition condition, uint32_t label)
{
	struct generator_frame *frame = frame_at(g, label);
	frame->reached = true;
	if (copy_is_empty(g, frame)) {
		jump_if(g, condition, frame->label);
		return;
	}
	uint32_t skip = label_new(g);
	jump_if(g, x64_negate(condition), skip);
	jump_to(g, label);
	x64_bind(&g->code, label_at(g, skip));
}

void gen_br_if(struct generator *g, const struct instruction *in)
{
	enum x64_condition condition = pop_condition(g);
	branch_if(g, condition, in->index);
}

void gen_return(struct generator *g, const struct instruction *)
{
	jump_to(g, g->frames.count - 1);
	leave_dead(g);
}

void gen_unreachable(struct generator *g, const struct instruction *)
{
	trap_always(g, WASM_TRAP_UNREACHABLE);
	leave_dead(g);
}

// --- branches on references ------------------------------------------------------------------

// Flags of the reference on top compared with null; it stays, in a register or a local.
static void test_reference(struct generator *g)
{
	struct operand operand = pop_operand(g);
	uint8_t reg = operand_to_register(g, &operand);
	x64_rr(&g->code, X64_TEST | X64_W, reg, reg);
	push_operand(g, &operand);
}

// The reference is no operand of the label.
void gen_br_on_null(struct generator *g, const struct instruction *in)
{
	test_reference(g);
	struct operand operand = pop_operand(g);
	branch_if(g, CC_E, in->index);
	push_operand(g, &operand);
}

void gen_br_on_non_null(struct generator *g, const struct instruction *in)
{
	test_reference(g);
	branch_if(g, CC_NE, in->index);
	drop_operands(g, g->stack.count - 1);
}

// --- br_table --------------------------------------------------------------------------------

// Where a table entry goes: to the label itself, or to code that moves values first.
static uint32_t table_target(struct generator *g, uint32_t label)
{
	struct generator_frame *frame = frame_at(g, label);
	frame->reached = true;
	if (copy_is_empty(g, frame))
		return frame->label;
	if (frame->stub == NO_LABEL) {
		uint32_t stub = label_new(g);
		frame->stub = stub;
	}
	return frame->stub;
}

static void add_table_entry(struct generator *g, uint32_t label, uint32_t table)
{
	struct table_fixup fixup = {label, g->code.size, table};
	x64_u32(&g->code, 0);
	enum wasm_status status = array_push(&g->tables, g->allocator, sizeof(fixup), &fixup);
	if (status != WASM_OK)
		generator_fail(g, status);
}

// Clamps the index to the default entry without a branch, so that no misprediction reads past the
// table, and jumps through it.
static uint32_t emit_table_jump(struct generator *g, uint8_t index, uint32_t targets)
{
	uint8_t base = allocate_for(g, WASM_TYPE_I64);
	x64_load_constant(&g->code, base, targets);
	x64_rr(&g->code, X64_CMP, index, base);
	x64_rr(&g->code, x64_cmov(CC_AE), index, base);
	uint32_t table = label_new(g);
	x64_rl(&g->code, X64_LEA | X64_W, base, label_at(g, table));
	x64_rm(&g->code, X64_MOVSXD, index, (struct x64_memory){base, index, 2, 0});
	x64_rr(&g->code, X64_ADD | X64_W, index, base);
	x64_rr(&g->code, X64_GROUP5, 4, index);
	free_register(g, false, base);
	x64_bind(&g->code, label_at(g, table));
	return g->code.size;
}

static void emit_table_stub(struct generator *g, uint32_t label)
{
	struct generator_frame *frame = frame_at(g, label);
	if (frame->stub == NO_LABEL)
		return;
	x64_bind(&g->code, label_at(g, frame->stub));
	frame->stub = NO_LABEL;
	jump_to(g, label);
}

void gen_br_table(struct generator *g, const struct instruction *in)
{
	struct operand operand = pop_operand(g);
	uint8_t index = operand_to_temporary(g, &operand);
	uint32_t table = emit_table_jump(g, index, in->index);
	release_operand(g, &operand);
	struct reader reader = instruction_labels(in);
	for (uint32_t i = 0; i <= in->index; i++)
		add_table_entry(g, table_target(g, reader_u32(&reader)), table);
	reader = instruction_labels(in);
	for (uint32_t i = 0; i <= in->index; i++)
		emit_table_stub(g, reader_u32(&reader));
	leave_dead(g);
}

// --- else and end ----------------------------------------------------------------------------

void push_parameters(struct generator *g, struct type_list types)
{
	for (uint32_t i = 0; i < types.count; i++)
		push_slot(g, types.types[i]);
	g->flushed = g->stack.count;
}

void gen_else(struct generator *g, const struct instruction *)
{
	struct generator_frame *frame = frame_at(g, 0);
	if (frame->dead_on_entry)
		return;
	if (g->alive)
		jump_to(g, 0);
	drop_operands(g, frame->height);
	x64_bind(&g->code, label_at(g, frame->else_label));
	frame->else_label = NO_LABEL;
	frame->opcode = OP_ELSE;
	push_parameters(g, frame->parameters);
}

static void push_results(struct generator *g, const struct generator_frame *frame)
{
	if (frame->results.count == 1) {
		enum wasm_type type = frame->results.types[0];
		(type_in_xmm(type) ? &g->floating : &g->general)->owner[0] = OWNED_POPPED;
		push_register(g, type, 0);
		return;
	}
	push_parameters(g, frame->results);
}

// An if without else: its parameters are its results when the condition does not hold.
static void end_if_without_else(struct generator *g, const struct generator_frame *frame)
{
	x64_bind(&g->code, label_at(g, frame->else_label));
	if (frame->parameters.count == 0)
		return;
	drop_operands(g, frame->height);
	push_parameters(g, frame->parameters);
	copy_values(g, frame);
}

// Only falling through leads past a loop: its results stay where they are.
static void end_loop(struct generator *g, const struct generator_frame *frame)
{
	if (!g->alive)
		push_parameters(g, frame->results);
}

void gen_end(struct generator *g, const struct instruction *)
{
	struct generator_frame frame = *frame_at(g, 0);
	if (!frame.dead_on_entry)
		g->region = frame.outer_region;
	if (frame.dead_on_entry || frame.opcode == OP_LOOP) {
		g->frames.count--;
		if (!frame.dead_on_entry)
			end_loop(g, &frame);
		return;
	}
	if (g->alive)
		copy_values(g, &frame);
	if (frame.else_label != NO_LABEL) {
		if (frame.parameters.count != 0 && g->alive)
			x64_jmp(&g->code, label_at(g, frame.label));
		end_if_without_else(g, &frame);
	}
	drop_operands(g, frame.height);
	x64_bind(&g->code, label_at(g, frame.label));
	g->frames.count--;
	push_results(g, &frame);
}

// --- select ----------------------------------------------------------------------------------

// `to` becomes `from` when the condition does not hold.
static void emit_float_select(
	struct generator *g, enum x64_condition condition, uint8_t to, const struct operand *from)
{
	uint32_t skip = label_new(g);
	jump_if(g, condition, skip);
	load_operand(g, from, to);
	x64_bind(&g->code, label_at(g, skip));
}

static void emit_integer_select(
	struct generator *g, enum x64_condition condition, uint8_t to, const struct operand *from)
{
	uint32_t w = type_w(from->type);
	if (condition == CC_FLOAT_EQUAL) {
		emit_with_operand(g, x64_cmov(CC_NE) | w, to, from);
		emit_with_operand(g, x64_cmov(CC_P) | w, to, from);
	} else if (condition == CC_FLOAT_NOT_EQUAL) {
		emit_float_select(g, condition, to, from);
	} else {
		emit_with_operand(g, x64_cmov(x64_negate(condition)) | w, to, from);
	}
}

void gen_select(struct generator *g, const struct instruction *)
{
	enum x64_condition condition = pop_condition(g);
	g->flags_live = true;
	struct operand second = pop_operand(g);
	struct operand first = pop_operand(g);
	struct destination d = destination_for(g, first.type, &first, &second);
	if (type_in_xmm(second.type))
		emit_float_select(g, condition, d.reg, &second);
	else
		emit_integer_select(g, condition, d.reg, &second);
	release_operand(g, &second);
	push_result(g, &d);
	g->flags_live = false;
}
