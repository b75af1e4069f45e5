// SPDX-License-Identifier: MIT OR Apache-2.0
// The algorithm of the specification's appendix: a stack of operand types and a stack of control
// frames. Instructions with a fixed signature are checked from the opcode table.
#include "validate/validator.h"

#include "decode/limits.h"

typedef struct validator validator_t;
typedef const struct instruction instruction_t;

// Lists of one abstract type can point into this: by code from WASM_TYPE_EXNREF on, nullable or
// not.
#define PAIR(code) (enum wasm_type)(code), (enum wasm_type)((code) | WASM_TYPE_NOT_NULL)
static const enum wasm_type single_types[] = {PAIR(0x69), PAIR(0x6a), PAIR(0x6b), PAIR(0x6c),
	PAIR(0x6d), PAIR(0x6e), PAIR(0x6f), PAIR(0x70), PAIR(0x71), PAIR(0x72), PAIR(0x73),
	PAIR(0x74), PAIR(0x75), PAIR(0x76), PAIR(0x77), PAIR(0x78), PAIR(0x79), PAIR(0x7a),
	PAIR(0x7b), PAIR(0x7c), PAIR(0x7d), PAIR(0x7e), PAIR(0x7f)};
#undef PAIR

// A list of at most one type, valid as long as the module.
static struct type_list type_list_of(const validator_t *v, enum wasm_type type)
{
	uint32_t not_null = (type & WASM_TYPE_NOT_NULL) != 0;
	if (type == 0)
		return (struct type_list){};
	if (wasm_type_code(type) == WASM_TYPE_DEFINED)
		return (struct type_list){&type_space_at(&v->module->types, wasm_type_number(type))
						  ->references[not_null],
			1};
	uint32_t code = wasm_type_code(type) - WASM_TYPE_EXNREF;
	return (struct type_list){&single_types[2 * code + not_null], 1};
}

void validator_init(struct validator *validator, const struct module *module,
	const struct wasm_allocator *allocator)
{
	*validator = (struct validator){.module = module,
		.allocator = allocator,
		.locals_left = MODULE_LOCAL_LIMIT,
		.work_left = WORK_BASE + WORK_PER_BYTE * module->size};
}

void validator_free(struct validator *v)
{
	array_free(&v->types, v->allocator, sizeof(enum wasm_type));
	array_free(&v->frames, v->allocator, sizeof(struct validator_frame));
	array_free(&v->locals, v->allocator, sizeof(enum wasm_type));
	array_free(&v->set_locals, v->allocator, sizeof(uint32_t));
	array_free(&v->unset, v->allocator, 1);
}

// --- operand stack ---------------------------------------------------------------------------

static enum wasm_type not_null(enum wasm_type type)
{
	return (enum wasm_type)(type | WASM_TYPE_NOT_NULL);
}

static enum wasm_status push(validator_t *v, enum wasm_type type)
{
	if (v->types.count == v->types.capacity) {
		if (v->types.count >= FUNCTION_STACK_LIMIT)
			return WASM_LIMIT_STACK;
		enum wasm_status status =
			array_reserve(&v->types, v->allocator, sizeof(type), v->types.count + 1u);
		if (status != WASM_OK)
			return status;
	}
	((enum wasm_type *)v->types.items)[v->types.count++] = type;
	return WASM_OK;
}

// Pops any operand.
static enum wasm_status pop_any(validator_t *v, enum wasm_type *type)
{
	const struct validator_frame *frame = validator_frame(v, 0);
	if (v->types.count == frame->height) {
		*type = TYPE_UNKNOWN;
		return frame->unreachable ? WASM_OK : WASM_INVALID_STACK_UNDERFLOW;
	}
	*type = ((enum wasm_type *)v->types.items)[--v->types.count];
	return WASM_OK;
}

static bool matches(const validator_t *v, enum wasm_type type, enum wasm_type expected)
{
	if (type == TYPE_UNKNOWN)
		return true;
	if (type == TYPE_UNKNOWN_REFERENCE)
		return wasm_type_is_reference(expected);
	return type_matches(&v->module->types, type, expected);
}

static enum wasm_status pop(validator_t *v, enum wasm_type expected)
{
	enum wasm_type type;
	enum wasm_status status = pop_any(v, &type);
	if (status == WASM_OK && type != expected && !matches(v, type, expected))
		return WASM_INVALID_TYPE_MISMATCH;
	return status;
}

// Before a list of types is worked through: LIMIT_WORK when the module has asked for too much.
static enum wasm_status spend(validator_t *v, uint32_t count)
{
	constexpr uint32_t SHORT = 16;
	if (count < SHORT)
		return WASM_OK;
	if (v->work_left < count)
		return WASM_LIMIT_WORK;
	v->work_left -= count;
	return WASM_OK;
}

static enum wasm_status push_list(validator_t *v, struct type_list list)
{
	enum wasm_status status = spend(v, list.count);
	for (uint32_t i = 0; i < list.count && status == WASM_OK; i++)
		status = push(v, list.types[i]);
	return status;
}

static enum wasm_status pop_list(validator_t *v, struct type_list list)
{
	enum wasm_status status = spend(v, list.count);
	for (uint32_t i = list.count; i > 0 && status == WASM_OK; i--)
		status = pop(v, list.types[i - 1]);
	return status;
}

static enum wasm_status apply(validator_t *v, struct type_list operands, struct type_list results)
{
	enum wasm_status status = pop_list(v, operands);
	return status == WASM_OK ? push_list(v, results) : status;
}

static void set_unreachable(validator_t *v)
{
	struct validator_frame *frame = validator_frame(v, 0);
	v->types.count = frame->height;
	frame->unreachable = true;
}

static enum wasm_type letter_type(const validator_t *v, char letter)
{
	switch (letter) {
	case 'i':
		return WASM_TYPE_I32;
	case 'I':
		return WASM_TYPE_I64;
	case 'f':
		return WASM_TYPE_F32;
	case 'V':
		return WASM_TYPE_V128;
	case 'a':
		return v->address_type;
	default:
		return WASM_TYPE_F64;
	}
}

// Instructions with a signature "operands:result" in the opcode table.
static enum wasm_status check_signature(validator_t *v, const char *signature)
{
	enum wasm_status status = WASM_OK;
	const char *colon = signature;
	while (*colon != ':')
		colon++;
	for (const char *letter = colon; letter > signature && status == WASM_OK; letter--)
		status = pop(v, letter_type(v, letter[-1]));
	for (const char *letter = colon + 1; *letter != 0 && status == WASM_OK; letter++)
		status = push(v, letter_type(v, *letter));
	return status;
}

// --- control ---------------------------------------------------------------------------------

static enum wasm_status push_frame(validator_t *v, const struct validator_frame *frame)
{
	if (v->frames.count >= FUNCTION_NESTING_LIMIT)
		return WASM_LIMIT_NESTING;
	enum wasm_status status = array_push(&v->frames, v->allocator, sizeof(*frame), frame);
	if (status != WASM_OK)
		return status;
	validator_frame(v, 0)->set = v->set_locals.count;
	return push_list(v, frame->parameters);
}

static const struct wasm_function_type *type_at_index(const validator_t *v, uint32_t index)
{
	return module_type(v->module, v->module->type_numbers[index]);
}

static enum wasm_status check_block(validator_t *v, instruction_t *in)
{
	struct validator_frame frame = {.opcode = in->opcode};
	if (in->type_is_index) {
		if (in->index >= v->module->type_count)
			return WASM_INVALID_TYPE_INDEX;
		const struct wasm_function_type *type = type_at_index(v, in->index);
		frame.parameters = (struct type_list){type->parameters, type->parameter_count};
		frame.results = (struct type_list){type->results, type->result_count};
	} else {
		enum wasm_type type = in->type;
		if (!module_number_type(v->module, &type))
			return WASM_INVALID_TYPE_INDEX;
		frame.results = type_list_of(v, type);
	}
	enum wasm_status status = in->opcode == OP_IF ? pop(v, WASM_TYPE_I32) : WASM_OK;
	if (status == WASM_OK)
		status = pop_list(v, frame.parameters);
	if (status != WASM_OK)
		return status;
	frame.height = v->types.count;
	return push_frame(v, &frame);
}

// What a block has set may not have been set behind it.
static void unset_locals(validator_t *v, uint32_t count)
{
	const uint32_t *set = v->set_locals.items;
	while (v->set_locals.count > count)
		((uint8_t *)v->unset.items)[set[--v->set_locals.count]] = 1;
}

// Ends the innermost block's instructions: its results must be all that is there.
static enum wasm_status pop_frame(validator_t *v, struct validator_frame *frame)
{
	*frame = *validator_frame(v, 0);
	enum wasm_status status = pop_list(v, frame->results);
	if (status != WASM_OK)
		return status;
	if (v->types.count != frame->height)
		return WASM_INVALID_TYPE_MISMATCH;
	v->frames.count--;
	unset_locals(v, frame->set);
	return WASM_OK;
}

static enum wasm_status check_else(validator_t *v, instruction_t *)
{
	struct validator_frame frame;
	if (validator_frame(v, 0)->opcode != OP_IF)
		return WASM_MALFORMED_BODY;
	enum wasm_status status = pop_frame(v, &frame);
	if (status != WASM_OK)
		return status;
	frame.opcode = OP_ELSE;
	frame.unreachable = false;
	return push_frame(v, &frame);
}

static bool type_lists_match(const validator_t *v, struct type_list a, struct type_list b)
{
	bool match = a.count == b.count;
	for (uint32_t i = 0; i < a.count && match; i++)
		match = matches(v, a.types[i], b.types[i]);
	return match;
}

static enum wasm_status check_end(validator_t *v, instruction_t *)
{
	struct validator_frame frame;
	enum wasm_status status = pop_frame(v, &frame);
	if (status != WASM_OK)
		return status;
	if (frame.opcode == OP_IF && !type_lists_match(v, frame.parameters, frame.results))
		return WASM_INVALID_TYPE_MISMATCH;
	return v->frames.count == 0 ? WASM_OK : push_list(v, frame.results);
}

// --- exceptions ------------------------------------------------------------------------------

static struct type_list tag_types(const validator_t *v, uint32_t tag)
{
	const struct wasm_function_type *type = module_type(v->module, v->module->tags[tag]);
	return (struct type_list){type->parameters, type->parameter_count};
}

static enum wasm_status check_tag_index(const validator_t *v, uint32_t tag)
{
	return tag < v->module->tag_count ? WASM_OK : WASM_INVALID_TAG_INDEX;
}

// What the clause gives must be what its label takes.
static enum wasm_status check_clause(validator_t *v, struct catch_clause clause)
{
	if (clause.has_tag && clause.tag >= v->module->tag_count)
		return WASM_INVALID_TAG_INDEX;
	if (clause.label >= v->frames.count)
		return WASM_INVALID_LABEL_INDEX;
	struct type_list label = validator_label_types(validator_frame(v, clause.label));
	if (clause.has_reference) {
		enum wasm_type exception = not_null(WASM_TYPE_EXNREF);
		if (label.count == 0 || !matches(v, exception, label.types[label.count - 1]))
			return WASM_INVALID_TYPE_MISMATCH;
		label.count--;
	}
	struct type_list values = clause.has_tag ? tag_types(v, clause.tag) : (struct type_list){};
	enum wasm_status status = spend(v, values.count);
	if (status != WASM_OK)
		return status;
	return type_lists_match(v, values, label) ? WASM_OK : WASM_INVALID_TYPE_MISMATCH;
}

static enum wasm_status check_try_table(validator_t *v, instruction_t *in)
{
	struct reader reader = instruction_labels(in);
	enum wasm_status status = WASM_OK;
	for (uint32_t i = 0; i < in->index2 && status == WASM_OK; i++)
		status = check_clause(v, catch_read(&reader));
	return status == WASM_OK ? check_block(v, in) : status;
}

// catch and catch_all end the body of a try or the handler before.
static enum wasm_status check_catch(validator_t *v, instruction_t *in)
{
	struct validator_frame frame;
	enum opcode opcode = validator_frame(v, 0)->opcode;
	if (opcode != OP_TRY && opcode != OP_CATCH)
		return WASM_MALFORMED_BODY;
	enum wasm_status status = in->opcode == OP_CATCH ? check_tag_index(v, in->index) : WASM_OK;
	if (status == WASM_OK)
		status = pop_frame(v, &frame);
	if (status != WASM_OK)
		return status;
	frame.opcode = in->opcode;
	frame.unreachable = false;
	frame.parameters = (struct type_list){};
	if (in->opcode == OP_CATCH)
		frame.parameters = tag_types(v, in->index);
	return push_frame(v, &frame);
}

static enum wasm_status check_delegate(validator_t *v, instruction_t *in)
{
	struct validator_frame frame;
	if (validator_frame(v, 0)->opcode != OP_TRY)
		return WASM_MALFORMED_BODY;
	enum wasm_status status = pop_frame(v, &frame);
	if (status == WASM_OK && in->index >= v->frames.count)
		status = WASM_INVALID_LABEL_INDEX;
	return status == WASM_OK ? push_list(v, frame.results) : status;
}

static enum wasm_status check_throw(validator_t *v, instruction_t *in)
{
	enum wasm_status status = check_tag_index(v, in->index);
	if (status == WASM_OK)
		status = pop_list(v, tag_types(v, in->index));
	if (status == WASM_OK)
		set_unreachable(v);
	return status;
}

static enum wasm_status check_throw_ref(validator_t *v, instruction_t *)
{
	enum wasm_status status = pop(v, WASM_TYPE_EXNREF);
	if (status == WASM_OK)
		set_unreachable(v);
	return status;
}

static enum wasm_status check_rethrow(validator_t *v, instruction_t *in)
{
	if (in->index >= v->frames.count)
		return WASM_INVALID_LABEL_INDEX;
	enum opcode opcode = validator_frame(v, in->index)->opcode;
	if (opcode != OP_CATCH && opcode != OP_CATCH_ALL)
		return WASM_INVALID_RETHROW;
	set_unreachable(v);
	return WASM_OK;
}

// --- branches --------------------------------------------------------------------------------

static enum wasm_status check_unreachable(validator_t *v, instruction_t *)
{
	set_unreachable(v);
	return WASM_OK;
}

static enum wasm_status check_br(validator_t *v, instruction_t *in)
{
	if (in->index >= v->frames.count)
		return WASM_INVALID_LABEL_INDEX;
	enum wasm_status status = pop_list(v, validator_label_types(validator_frame(v, in->index)));
	if (status == WASM_OK)
		set_unreachable(v);
	return status;
}

static enum wasm_status check_br_if(validator_t *v, instruction_t *in)
{
	if (in->index >= v->frames.count)
		return WASM_INVALID_LABEL_INDEX;
	struct type_list types = validator_label_types(validator_frame(v, in->index));
	enum wasm_status status = pop(v, WASM_TYPE_I32);
	return status == WASM_OK ? apply(v, types, types) : status;
}

// One target of br_table: the operands are checked and stay, with the types they had.
static enum wasm_status check_table_target(validator_t *v, uint32_t label, uint32_t arity)
{
	if (label >= v->frames.count)
		return WASM_INVALID_LABEL_INDEX;
	struct type_list types = validator_label_types(validator_frame(v, label));
	if (types.count != arity)
		return WASM_INVALID_TYPE_MISMATCH;
	enum wasm_status status = spend(v, arity);
	if (status != WASM_OK)
		return status;
	const struct validator_frame *top = validator_frame(v, 0);
	const enum wasm_type *stack = v->types.items;
	for (uint32_t i = 0; i < arity; i++) {
		uint32_t depth = arity - i;
		if (depth > v->types.count - top->height) {
			if (!top->unreachable)
				return WASM_INVALID_STACK_UNDERFLOW;
			continue;
		}
		if (!matches(v, stack[v->types.count - depth], types.types[i]))
			return WASM_INVALID_TYPE_MISMATCH;
	}
	return WASM_OK;
}

static uint32_t last_label(instruction_t *in)
{
	struct reader reader = instruction_labels(in);
	for (uint32_t i = 0; i < in->index; i++)
		reader_u32(&reader);
	return reader_u32(&reader);
}

static enum wasm_status check_br_table(validator_t *v, instruction_t *in)
{
	enum wasm_status status = pop(v, WASM_TYPE_I32);
	uint32_t fallback = last_label(in);
	if (status == WASM_OK && fallback >= v->frames.count)
		status = WASM_INVALID_LABEL_INDEX;
	if (status != WASM_OK)
		return status;
	uint32_t arity = validator_label_types(validator_frame(v, fallback)).count;
	struct reader reader = instruction_labels(in);
	for (uint32_t i = 0; i <= in->index && status == WASM_OK; i++)
		status = check_table_target(v, reader_u32(&reader), arity);
	if (status == WASM_OK)
		set_unreachable(v);
	return status;
}

static enum wasm_status check_return(validator_t *v, instruction_t *)
{
	struct validator_frame *frames = v->frames.items;
	enum wasm_status status = pop_list(v, frames[0].results);
	if (status == WASM_OK)
		set_unreachable(v);
	return status;
}

static enum wasm_status apply_type(validator_t *v, const struct wasm_function_type *type)
{
	return apply(v, (struct type_list){type->parameters, type->parameter_count},
		(struct type_list){type->results, type->result_count});
}

static enum wasm_status check_call(validator_t *v, instruction_t *in)
{
	if (in->index >= v->module->function_count)
		return WASM_INVALID_FUNCTION_INDEX;
	return apply_type(v, module_function_type(v->module, in->index));
}

static enum wasm_status pop_table_callee(validator_t *v, instruction_t *in)
{
	if (in->index >= v->module->type_count)
		return WASM_INVALID_TYPE_INDEX;
	if (in->index2 >= v->module->table_count)
		return WASM_INVALID_TABLE_INDEX;
	if (!matches(v, v->module->tables[in->index2].type, WASM_TYPE_FUNCREF))
		return WASM_INVALID_TYPE_MISMATCH;
	return pop(v, limits_address_type(&v->module->tables[in->index2].limits));
}

static enum wasm_status pop_callee(validator_t *v, instruction_t *in)
{
	if (in->index >= v->module->type_count)
		return WASM_INVALID_TYPE_INDEX;
	return pop(v, wasm_type_defined(v->module->type_numbers[in->index]));
}

static enum wasm_status check_call_indirect(validator_t *v, instruction_t *in)
{
	enum wasm_status status = pop_table_callee(v, in);
	return status == WASM_OK ? apply_type(v, type_at_index(v, in->index)) : status;
}

static enum wasm_status check_call_ref(validator_t *v, instruction_t *in)
{
	enum wasm_status status = pop_callee(v, in);
	return status == WASM_OK ? apply_type(v, type_at_index(v, in->index)) : status;
}

// --- tail calls ------------------------------------------------------------------------------

// What the callee gives is what this function gives.
static enum wasm_status check_tail_call(validator_t *v, const struct wasm_function_type *type)
{
	const struct validator_frame *frames = v->frames.items;
	struct type_list results = {type->results, type->result_count};
	if (!type_lists_match(v, results, frames[0].results))
		return WASM_INVALID_TYPE_MISMATCH;
	enum wasm_status status =
		pop_list(v, (struct type_list){type->parameters, type->parameter_count});
	if (status == WASM_OK)
		set_unreachable(v);
	return status;
}

static enum wasm_status check_return_call(validator_t *v, instruction_t *in)
{
	if (in->index >= v->module->function_count)
		return WASM_INVALID_FUNCTION_INDEX;
	return check_tail_call(v, module_function_type(v->module, in->index));
}

static enum wasm_status check_return_call_indirect(validator_t *v, instruction_t *in)
{
	enum wasm_status status = pop_table_callee(v, in);
	return status == WASM_OK ? check_tail_call(v, type_at_index(v, in->index)) : status;
}

static enum wasm_status check_return_call_ref(validator_t *v, instruction_t *in)
{
	enum wasm_status status = pop_callee(v, in);
	return status == WASM_OK ? check_tail_call(v, type_at_index(v, in->index)) : status;
}

// --- parametric ------------------------------------------------------------------------------

static enum wasm_status check_drop(validator_t *v, instruction_t *)
{
	enum wasm_type type;
	return pop_any(v, &type);
}

static bool is_reference(enum wasm_type type)
{
	return type == TYPE_UNKNOWN_REFERENCE || wasm_type_is_reference(type);
}

static enum wasm_status check_select(validator_t *v, instruction_t *)
{
	enum wasm_type first, second;
	enum wasm_status status = pop(v, WASM_TYPE_I32);
	if (status == WASM_OK)
		status = pop_any(v, &first);
	if (status == WASM_OK)
		status = pop_any(v, &second);
	if (status != WASM_OK)
		return status;
	if (is_reference(first) || is_reference(second))
		return WASM_INVALID_TYPE_MISMATCH;
	if (first != second && first != TYPE_UNKNOWN && second != TYPE_UNKNOWN)
		return WASM_INVALID_TYPE_MISMATCH;
	return push(v, first == TYPE_UNKNOWN ? second : first);
}

static enum wasm_status check_select_t(validator_t *v, instruction_t *in)
{
	enum wasm_type type = in->type;
	if (in->index != 1)
		return WASM_INVALID_SELECT;
	if (!module_number_type(v->module, &type))
		return WASM_INVALID_TYPE_INDEX;
	const enum wasm_type operands[] = {type, type, WASM_TYPE_I32};
	return apply(v, (struct type_list){operands, 3}, (struct type_list){operands, 1});
}

// --- variables -------------------------------------------------------------------------------

static enum wasm_status mark_set(validator_t *v, uint32_t local)
{
	((uint8_t *)v->unset.items)[local] = 0;
	return array_push(&v->set_locals, v->allocator, sizeof(local), &local);
}

static enum wasm_status check_local(validator_t *v, instruction_t *in)
{
	if (in->index >= v->locals.count)
		return WASM_INVALID_LOCAL_INDEX;
	enum wasm_type type = ((enum wasm_type *)v->locals.items)[in->index];
	v->operand_type = type;
	bool unset = v->unset.count != 0 && ((uint8_t *)v->unset.items)[in->index] != 0;
	if (in->opcode == OP_LOCAL_GET)
		return unset ? WASM_INVALID_LOCAL_UNSET : push(v, type);
	enum wasm_status status = pop(v, type);
	if (unset && status == WASM_OK)
		status = mark_set(v, in->index);
	return status == WASM_OK && in->opcode == OP_LOCAL_TEE ? push(v, type) : status;
}

static enum wasm_status check_global(validator_t *v, instruction_t *in)
{
	if (in->index >= v->module->global_count)
		return WASM_INVALID_GLOBAL_INDEX;
	const struct module_global *global = &v->module->globals[in->index];
	v->operand_type = global->type;
	if (in->opcode == OP_GLOBAL_GET)
		return push(v, global->type);
	return global->is_mutable ? pop(v, global->type) : WASM_INVALID_IMMUTABLE;
}

// --- references and tables -------------------------------------------------------------------

static enum wasm_status check_ref_null(validator_t *v, instruction_t *in)
{
	enum wasm_type type = in->type;
	return module_number_type(v->module, &type) ? push(v, type) : WASM_INVALID_TYPE_INDEX;
}

static enum wasm_status pop_reference(validator_t *v, enum wasm_type *type)
{
	enum wasm_status status = pop_any(v, type);
	if (status == WASM_OK && *type != TYPE_UNKNOWN && !is_reference(*type))
		status = WASM_INVALID_TYPE_MISMATCH;
	return status;
}

static enum wasm_status check_ref_is_null(validator_t *v, instruction_t *)
{
	enum wasm_type type;
	enum wasm_status status = pop_reference(v, &type);
	return status == WASM_OK ? push(v, WASM_TYPE_I32) : status;
}

static enum wasm_status check_ref_as_non_null(validator_t *v, instruction_t *)
{
	enum wasm_type type;
	enum wasm_status status = pop_reference(v, &type);
	return status == WASM_OK ? push(v, not_null(type)) : status;
}

static enum wasm_status check_br_on_null(validator_t *v, instruction_t *in)
{
	enum wasm_type type;
	if (in->index >= v->frames.count)
		return WASM_INVALID_LABEL_INDEX;
	struct type_list types = validator_label_types(validator_frame(v, in->index));
	enum wasm_status status = pop_reference(v, &type);
	if (status == WASM_OK)
		status = apply(v, types, types);
	return status == WASM_OK ? push(v, not_null(type)) : status;
}

// The reference, known not to be null, is the label's last operand.
static enum wasm_status check_br_on_non_null(validator_t *v, instruction_t *in)
{
	enum wasm_type type;
	if (in->index >= v->frames.count)
		return WASM_INVALID_LABEL_INDEX;
	struct type_list types = validator_label_types(validator_frame(v, in->index));
	if (types.count == 0)
		return WASM_INVALID_TYPE_MISMATCH;
	enum wasm_status status = pop_reference(v, &type);
	if (status == WASM_OK && !matches(v, not_null(type), types.types[types.count - 1]))
		status = WASM_INVALID_TYPE_MISMATCH;
	types.count--;
	return status == WASM_OK ? apply(v, types, types) : status;
}

static enum wasm_status check_ref_func(validator_t *v, instruction_t *in)
{
	if (in->index >= v->module->function_count)
		return WASM_INVALID_FUNCTION_INDEX;
	if (v->module->declared[in->index] == 0)
		return WASM_INVALID_FUNCTION_REF;
	return push(v, not_null(wasm_type_defined(v->module->functions[in->index])));
}

// Operands of the table instructions: 'a' an index or count in the table, 'r' a reference of its
// type, 'i' an i32.
static enum wasm_status apply_table(
	validator_t *v, uint32_t table, const char *operands, char result)
{
	if (table >= v->module->table_count)
		return WASM_INVALID_TABLE_INDEX;
	enum wasm_type reference = v->module->tables[table].type;
	v->address_type = limits_address_type(&v->module->tables[table].limits);
	uint32_t count = 0;
	enum wasm_type types[3];
	for (; operands[count] != 0; count++)
		types[count] = operands[count] == 'r' ? reference : letter_type(v, operands[count]);
	enum wasm_type result_type = result == 'r' ? reference : v->address_type;
	return apply(v, (struct type_list){types, count},
		(struct type_list){&result_type, result == 0 ? 0 : 1});
}

static enum wasm_status check_table(validator_t *v, instruction_t *in)
{
	switch (in->opcode) {
	case OP_TABLE_GET:
		return apply_table(v, in->index, "a", 'r');
	case OP_TABLE_SET:
		return apply_table(v, in->index, "ar", 0);
	case OP_TABLE_GROW:
		return apply_table(v, in->index, "ra", 'a');
	case OP_TABLE_SIZE:
		return apply_table(v, in->index, "", 'a');
	default: // table.fill
		return apply_table(v, in->index, "ara", 0);
	}
}

static enum wasm_status check_table_init(validator_t *v, instruction_t *in)
{
	if (in->index2 >= v->module->table_count)
		return WASM_INVALID_TABLE_INDEX;
	if (in->index >= v->module->element_count)
		return WASM_INVALID_ELEMENT_INDEX;
	if (!matches(v, v->module->elements[in->index].type, v->module->tables[in->index2].type))
		return WASM_INVALID_TYPE_MISMATCH;
	return apply_table(v, in->index2, "aii", 0);
}

// Of addresses and indices of two spaces, a count has the narrower type.
static enum wasm_status apply_copy(
	validator_t *v, const struct limits *to, const struct limits *from)
{
	const enum wasm_type operands[] = {limits_address_type(to), limits_address_type(from),
		to->is_64 && from->is_64 ? WASM_TYPE_I64 : WASM_TYPE_I32};
	return pop_list(v, (struct type_list){operands, 3});
}

static enum wasm_status check_table_copy(validator_t *v, instruction_t *in)
{
	if (in->index >= v->module->table_count || in->index2 >= v->module->table_count)
		return WASM_INVALID_TABLE_INDEX;
	if (!matches(v, v->module->tables[in->index2].type, v->module->tables[in->index].type))
		return WASM_INVALID_TYPE_MISMATCH;
	const struct module_table *tables = v->module->tables;
	return apply_copy(v, &tables[in->index].limits, &tables[in->index2].limits);
}

static enum wasm_status check_elem_drop(validator_t *v, instruction_t *in)
{
	return in->index < v->module->element_count ? WASM_OK : WASM_INVALID_ELEMENT_INDEX;
}

// --- memory ----------------------------------------------------------------------------------

static enum wasm_status check_data_index(validator_t *v, uint32_t index)
{
	if (!v->module->has_data_count_section)
		return WASM_MALFORMED_NO_DATA_COUNT;
	return index < v->module->data_count_section ? WASM_OK : WASM_INVALID_DATA_INDEX;
}

static enum wasm_status check_data_drop(validator_t *v, instruction_t *in)
{
	return check_data_index(v, in->index);
}

// Notes the memory's address type for `a` in signatures.
static enum wasm_status check_memory_index(validator_t *v, uint32_t index)
{
	if (index >= v->module->memory_count)
		return WASM_INVALID_MEMORY_INDEX;
	v->address_type = limits_address_type(&v->module->memories[index]);
	return WASM_OK;
}

static enum wasm_status check_memory_init(validator_t *v, instruction_t *in)
{
	enum wasm_status status = check_memory_index(v, in->index2);
	if (status == WASM_OK)
		status = check_data_index(v, in->index);
	return status == WASM_OK ? check_signature(v, "aii:") : status;
}

static enum wasm_status check_memory_copy(validator_t *v, instruction_t *in)
{
	enum wasm_status status = check_memory_index(v, in->index);
	if (status == WASM_OK)
		status = check_memory_index(v, in->index2);
	const struct limits *memories = v->module->memories;
	return status == WASM_OK ? apply_copy(v, &memories[in->index], &memories[in->index2])
				 : status;
}

static enum wasm_status check_memory_fill(validator_t *v, instruction_t *in)
{
	enum wasm_status status = check_memory_index(v, in->index);
	return status == WASM_OK ? check_signature(v, "aia:") : status;
}

static enum wasm_status check_memory_access(validator_t *v, instruction_t *in)
{
	enum wasm_status status = check_memory_index(v, in->index2);
	if (status == WASM_OK && in->alignment > opcode_infos[in->opcode].access)
		status = WASM_INVALID_ALIGNMENT;
	if (status == WASM_OK && in->offset > UINT32_MAX && v->address_type == WASM_TYPE_I32)
		status = WASM_INVALID_OFFSET;
	return status;
}

// --- vectors, atomics ------------------------------------------------------------------------

static enum wasm_status check_lane(validator_t *, instruction_t *in)
{
	uint32_t lanes = 16u >> opcode_infos[in->opcode].access;
	return in->bits < lanes ? WASM_OK : WASM_INVALID_LANE;
}

// Atomic accesses have their natural alignment.
static enum wasm_status check_memory_atomic(validator_t *v, instruction_t *in)
{
	enum wasm_status status = check_memory_access(v, in);
	if (status == WASM_OK && in->alignment < opcode_infos[in->opcode].access)
		status = WASM_INVALID_ALIGNMENT;
	return status;
}

static enum wasm_status check_memory_lane(validator_t *v, instruction_t *in)
{
	enum wasm_status status = check_memory_access(v, in);
	return status == WASM_OK ? check_lane(v, in) : status;
}

static enum wasm_status check_shuffle(validator_t *, instruction_t *in)
{
	for (uint32_t i = 0; i < 16; i++)
		if (in->bytes[i] >= 32)
			return WASM_INVALID_LANE;
	return WASM_OK;
}

// --- wide arithmetic -------------------------------------------------------------------------

static enum wasm_status check_add_128(validator_t *v, instruction_t *)
{
	return check_signature(v, "IIII:II");
}

static enum wasm_status check_multiply_wide(validator_t *v, instruction_t *)
{
	return check_signature(v, "II:II");
}

// --- dispatch --------------------------------------------------------------------------------

typedef enum wasm_status (*checker)(validator_t *v, instruction_t *in);

// Instructions whose signature is "*".
static const checker checkers[OPCODE_LIMIT] = {
	[OP_UNREACHABLE] = check_unreachable,
	[OP_BLOCK] = check_block,
	[OP_LOOP] = check_block,
	[OP_IF] = check_block,
	[OP_ELSE] = check_else,
	[OP_END] = check_end,
	[OP_TRY] = check_block,
	[OP_TRY_TABLE] = check_try_table,
	[OP_CATCH] = check_catch,
	[OP_CATCH_ALL] = check_catch,
	[OP_DELEGATE] = check_delegate,
	[OP_THROW] = check_throw,
	[OP_THROW_REF] = check_throw_ref,
	[OP_RETHROW] = check_rethrow,
	[OP_BR] = check_br,
	[OP_BR_IF] = check_br_if,
	[OP_BR_TABLE] = check_br_table,
	[OP_RETURN] = check_return,
	[OP_CALL] = check_call,
	[OP_CALL_INDIRECT] = check_call_indirect,
	[OP_RETURN_CALL] = check_return_call,
	[OP_RETURN_CALL_INDIRECT] = check_return_call_indirect,
	[OP_CALL_REF] = check_call_ref,
	[OP_RETURN_CALL_REF] = check_return_call_ref,
	[OP_DROP] = check_drop,
	[OP_SELECT] = check_select,
	[OP_SELECT_T] = check_select_t,
	[OP_LOCAL_GET] = check_local,
	[OP_LOCAL_SET] = check_local,
	[OP_LOCAL_TEE] = check_local,
	[OP_GLOBAL_GET] = check_global,
	[OP_GLOBAL_SET] = check_global,
	[OP_TABLE_GET] = check_table,
	[OP_TABLE_SET] = check_table,
	[OP_TABLE_GROW] = check_table,
	[OP_TABLE_SIZE] = check_table,
	[OP_TABLE_FILL] = check_table,
	[OP_TABLE_INIT] = check_table_init,
	[OP_TABLE_COPY] = check_table_copy,
	[OP_ELEM_DROP] = check_elem_drop,
	[OP_REF_NULL] = check_ref_null,
	[OP_REF_IS_NULL] = check_ref_is_null,
	[OP_REF_FUNC] = check_ref_func,
	[OP_REF_AS_NON_NULL] = check_ref_as_non_null,
	[OP_BR_ON_NULL] = check_br_on_null,
	[OP_BR_ON_NON_NULL] = check_br_on_non_null,
	[OP_MEMORY_INIT] = check_memory_init,
	[OP_DATA_DROP] = check_data_drop,
	[OP_MEMORY_COPY] = check_memory_copy,
	[OP_MEMORY_FILL] = check_memory_fill,
	[OP_I64_ADD128] = check_add_128,
	[OP_I64_SUB128] = check_add_128,
	[OP_I64_MUL_WIDE_S] = check_multiply_wide,
	[OP_I64_MUL_WIDE_U] = check_multiply_wide,
};

static enum wasm_status check_memory_operand(validator_t *v, instruction_t *in)
{
	return check_memory_index(v, in->index);
}

// What the immediates of instructions with a signature must fulfil.
static const checker immediate_checkers[IMMEDIATE_LIMIT] = {
	[IMMEDIATE_MEMARG] = check_memory_access,
	[IMMEDIATE_MEMORY] = check_memory_operand,
	[IMMEDIATE_LANE] = check_lane,
	[IMMEDIATE_SHUFFLE] = check_shuffle,
	[IMMEDIATE_MEMARG_LANE] = check_memory_lane,
	[IMMEDIATE_MEMARG_ATOMIC] = check_memory_atomic,
};

enum wasm_status validator_check(struct validator *v, const struct instruction *in)
{
	const struct opcode_info *info = &opcode_infos[in->opcode];
	if (checkers[in->opcode] != nullptr)
		return checkers[in->opcode](v, in);
	enum wasm_status status = WASM_OK;
	if (immediate_checkers[info->immediate] != nullptr)
		status = immediate_checkers[info->immediate](v, in);
	return status == WASM_OK ? check_signature(v, info->signature) : status;
}

// --- function start --------------------------------------------------------------------------

static bool has_default(enum wasm_type type)
{
	return (type & WASM_TYPE_NOT_NULL) == 0;
}

// From the first local without default on, all locals have a flag.
static enum wasm_status note_unset(validator_t *v, uint32_t first, enum wasm_type type)
{
	if (has_default(type) && v->unset.count == 0)
		return WASM_OK;
	enum wasm_status status = array_reserve(&v->unset, v->allocator, 1, v->locals.count);
	if (status != WASM_OK)
		return status;
	uint8_t *unset = v->unset.items;
	memset(unset + v->unset.count, 0, first - v->unset.count);
	memset(unset + first, !has_default(type), v->locals.count - first);
	v->unset.count = v->locals.count;
	return WASM_OK;
}

static enum wasm_status add_locals(validator_t *v, uint32_t count, enum wasm_type type)
{
	if (count > FUNCTION_LOCAL_LIMIT || v->locals.count + count > FUNCTION_LOCAL_LIMIT)
		return WASM_LIMIT_LOCALS;
	enum wasm_status status = array_reserve(
		&v->locals, v->allocator, sizeof(type), (size_t)v->locals.count + count);
	if (status != WASM_OK || count == 0)
		return status;
	uint32_t first = v->locals.count;
	enum wasm_type *locals = v->locals.items;
	for (uint32_t i = 0; i < count; i++)
		locals[first + i] = type;
	v->locals.count += count;
	return note_unset(v, first, type);
}

static enum wasm_status read_local_type(
	const validator_t *v, struct reader *reader, enum wasm_type *type)
{
	*type = reader_value_type(reader);
	if (reader->status != WASM_OK)
		return reader->status;
	return module_number_type(v->module, type) ? WASM_OK : WASM_INVALID_TYPE_INDEX;
}

// A total of 2^32 and more is malformed, fewer than that but many a limit of this engine.
static enum wasm_status read_locals(validator_t *v, struct reader *reader)
{
	uint32_t groups = reader_count(reader, UINT32_MAX);
	uint64_t total = 0;
	enum wasm_status status = WASM_OK;
	for (uint32_t i = 0; i < groups && reader->status == WASM_OK; i++) {
		enum wasm_type type;
		uint32_t count = reader_u32(reader);
		enum wasm_status valid = read_local_type(v, reader, &type);
		total += count;
		if (reader->status != WASM_OK)
			break;
		if (total > UINT32_MAX)
			return WASM_MALFORMED_LOCALS;
		if (status == WASM_OK)
			status = valid == WASM_OK ? add_locals(v, count, type) : valid;
	}
	return reader->status != WASM_OK ? reader->status : status;
}

static enum wasm_status add_parameters(validator_t *v, const struct wasm_function_type *type)
{
	enum wasm_status status = array_reserve(&v->locals, v->allocator, sizeof(enum wasm_type),
		(size_t)type->parameter_count + 1);
	if (status != WASM_OK)
		return status;
	if (type->parameter_count != 0)
		memcpy(v->locals.items, type->parameters,
			type->parameter_count * sizeof(enum wasm_type));
	v->locals.count = v->parameter_count = type->parameter_count;
	return WASM_OK;
}

enum wasm_status validator_begin(struct validator *v, uint32_t index, struct reader *reader)
{
	const struct wasm_function_type *type = module_function_type(v->module, index);
	v->types.count = v->frames.count = v->locals.count = 0;
	v->set_locals.count = v->unset.count = 0;
	enum wasm_status status = add_parameters(v, type);
	if (status == WASM_OK)
		status = read_locals(v, reader);
	if (status == WASM_OK && v->locals.count > v->locals_left)
		status = WASM_LIMIT_LOCALS;
	if (status != WASM_OK)
		return status;
	v->locals_left -= v->locals.count;
	struct validator_frame frame = {
		.opcode = OP_CALL, .results = {type->results, type->result_count}};
	return push_frame(v, &frame);
}
