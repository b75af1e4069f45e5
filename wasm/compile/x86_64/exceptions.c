// SPDX-License-Identifier: MIT OR Apache-2.0
// Exceptions (core spec 4.4, throw, throw_ref, try_table; and the legacy instructions try, catch,
// delegate, rethrow). Code that does not throw pays for nothing but one store where a try begins:
// each call in a try is noted with the region it lies in, the runtime finds the handler by the
// return address, restores the homes from the frames in between and continues at the landing.
//
// At a landing: rbp, rsp, r14, r15 and the homes are those of the function, rax is the address of
// the exception's values (EXCEPTION_VALUE_SIZE bytes each), rcx the reference to the exception.
#include "compile/x86_64/control.h"

static void add_item(struct generator *g, struct array *array, size_t size, const void *item)
{
	enum wasm_status status = array_push(array, g->allocator, size, item);
	if (status != WASM_OK)
		generator_fail(g, status);
}

void note_call_site(struct generator *g)
{
	struct call_site site = {g->code.size, g->region};
	if (g->region != WASM_NO_INDEX)
		add_item(g, &g->sites, sizeof(site), &site);
}

// --- regions and clauses ---------------------------------------------------------------------

static struct exception_region *region_at(struct generator *g, uint32_t region)
{
	return &((struct exception_region *)g->regions.items)[region];
}

static struct exception_clause *clause_at(struct generator *g, uint32_t clause)
{
	return &((struct exception_clause *)g->clauses.items)[clause];
}

static uint32_t region_new(struct generator *g)
{
	struct exception_region region = {g->region, WASM_NO_INDEX, WASM_NO_INDEX};
	add_item(g, &g->regions, sizeof(region), &region);
	return g->status == WASM_OK ? g->regions.count - 1 : WASM_NO_INDEX;
}

// Appends a clause, whose code may not be known yet.
static uint32_t clause_new(struct generator *g, uint32_t region, uint32_t tag, uint32_t code)
{
	struct exception_clause clause = {tag, code, WASM_NO_INDEX};
	uint32_t number = g->clauses.count;
	add_item(g, &g->clauses, sizeof(clause), &clause);
	if (g->status != WASM_OK)
		return WASM_NO_INDEX;
	struct exception_region *r = region_at(g, region);
	if (r->first == WASM_NO_INDEX)
		r->first = number;
	else
		clause_at(g, r->last)->next = number;
	r->last = number;
	return number;
}

// The frame on top is the body of a try; what lands in it finds the context in the frame.
static void enter_region(struct generator *g, uint32_t region)
{
	save_context(g);
	frame_at(g, 0)->region = region;
	g->region = region;
}

// --- try_table -------------------------------------------------------------------------------

static void add_clause(struct generator *g, uint32_t region, struct catch_clause clause)
{
	struct generator_frame *target = frame_at(g, clause.label);
	uint32_t tag = clause.has_tag ? clause.tag : WASM_NO_INDEX;
	struct landing landing = {.clause = clause_new(g, region, tag, WASM_NO_INDEX),
		.tag = tag,
		.has_reference = clause.has_reference,
		.in_register = label_uses_register(target),
		.label = target->label,
		.slot = target->height};
	target->reached = true;
	add_item(g, &g->landings, sizeof(landing), &landing);
}

void gen_try_table(struct generator *g, const struct instruction *in)
{
	uint32_t region = region_new(g);
	struct reader reader = instruction_labels(in);
	for (uint32_t i = 0; i < in->index2 && g->status == WASM_OK; i++)
		add_clause(g, region, catch_read(&reader));
	enter_block(g, OP_TRY_TABLE, label_new(g));
	enter_region(g, region);
}

static struct x64_memory exception_value(uint32_t index)
{
	return x64_at(RAX, (int32_t)(index * EXCEPTION_VALUE_SIZE));
}

static void copy_exception_values(
	struct generator *g, const struct wasm_function_type *type, uint32_t slot)
{
	for (uint32_t i = 0; i < type->parameter_count; i++)
		copy_memory(g, type->parameters[i], slot_memory(g, slot + i), exception_value(i));
}

static const struct wasm_function_type *tag_type(const struct generator *g, uint32_t tag)
{
	static const struct wasm_function_type none = {};
	return tag == WASM_NO_INDEX ? &none : module_type(g->module, g->module->tags[tag]);
}

static void emit_landing(struct generator *g, const struct landing *landing)
{
	const struct wasm_function_type *type = tag_type(g, landing->tag);
	clause_at(g, landing->clause)->code = g->code.size;
	if (landing->in_register && landing->has_reference) {
		x64_rr(&g->code, X64_MOV | X64_W, RAX, RCX);
	} else if (landing->in_register && type->parameter_count == 1) {
		load_memory(g, type->parameters[0], 0, exception_value(0));
	} else {
		copy_exception_values(g, type, landing->slot);
		if (landing->has_reference)
			x64_rm(&g->code, X64_MOV_STORE | X64_W, RCX,
				slot_memory(g, landing->slot + type->parameter_count));
	}
	x64_jmp(&g->code, label_at(g, landing->label));
}

void emit_landings(struct generator *g)
{
	const struct landing *landings = g->landings.items;
	for (uint32_t i = 0; i < g->landings.count && g->status == WASM_OK; i++)
		emit_landing(g, &landings[i]);
}

// --- the legacy try --------------------------------------------------------------------------

void gen_try(struct generator *g, const struct instruction *)
{
	uint32_t region = region_new(g);
	enter_block(g, OP_TRY, label_new(g));
	enter_region(g, region);
}

// Below the tag's values a hidden operand keeps the exception for rethrow.
void gen_catch(struct generator *g, const struct instruction *in)
{
	struct generator_frame *frame = frame_at(g, 0);
	if (frame->dead_on_entry)
		return;
	if (g->alive)
		jump_to(g, 0);
	drop_operands(g, frame->height);
	if (frame->opcode == OP_TRY)
		frame->handled = frame->region;
	frame->opcode = in->opcode;
	frame->region = g->region = frame->outer_region;
	uint32_t tag = in->opcode == OP_CATCH ? in->index : WASM_NO_INDEX;
	const struct wasm_function_type *type = tag_type(g, tag);
	(void)clause_new(g, frame->handled, tag, g->code.size);
	x64_rm(&g->code, X64_MOV_STORE | X64_W, RCX, slot_memory(g, frame->height));
	push_slot(g, WASM_TYPE_EXNREF);
	copy_exception_values(g, type, frame->height + 1);
	push_parameters(g, (struct type_list){type->parameters, type->parameter_count});
}

// What the body throws is thrown again where the label's block is: in that block's region.
void gen_delegate(struct generator *g, const struct instruction *in)
{
	if (!frame_at(g, 0)->dead_on_entry)
		region_at(g, frame_at(g, 0)->region)->parent = frame_at(g, in->index + 1)->region;
	gen_end(g, in);
}

// --- throwing --------------------------------------------------------------------------------

static void leave_by_throw(struct generator *g)
{
	note_call_site(g);
	leave_dead(g);
}

void gen_throw(struct generator *g, const struct instruction *in)
{
	const struct wasm_function_type *type = tag_type(g, in->index);
	flush_registers(g);
	emit_builtin_call(g, BUILTIN_EXCEPTION_NEW, in->index);
	for (uint32_t i = 0; i < type->parameter_count; i++)
		store_operand(
			g, generator_operand(g, type->parameter_count - 1 - i), exception_value(i));
	x64_rr(&g->code, X64_MOV | X64_W, RSI, RAX);
	emit_builtin_call(g, BUILTIN_EXCEPTION_THROW, 0);
	leave_by_throw(g);
}

void gen_throw_ref(struct generator *g, const struct instruction *)
{
	flush_registers(g);
	load_operand(g, generator_operand(g, 0), RSI);
	emit_builtin_call(g, BUILTIN_EXCEPTION_THROW_REF, 0);
	leave_by_throw(g);
}

void gen_rethrow(struct generator *g, const struct instruction *in)
{
	flush_registers(g);
	x64_rm(&g->code, X64_MOV | X64_W, RSI, slot_memory(g, frame_at(g, in->index)->height));
	emit_builtin_call(g, BUILTIN_EXCEPTION_THROW_REF, 0);
	leave_by_throw(g);
}
