// SPDX-License-Identifier: MIT OR Apache-2.0
// Calls, blocks and branches (core 4.4.8 to 4.4.10), variables and constants.
#include "tests/host/wasm/interpreter/internal.h"

#include <stdlib.h>

constexpr uint32_t DEPTH_MOST = 1000;
constexpr uint32_t LABELS_MOST = 4096;
constexpr uint32_t HOST_VALUES = 8; // arguments, or results, of a function of the host
constexpr size_t ROOM = 4096; // more values than any instruction adds: results of a call, at most
constexpr uint32_t NO_FUNCTION = UINT32_MAX;

struct label {
	const uint8_t *target;
	union value *height; // of the stack below the block's parameters
	uint32_t arity;      // values that a branch takes along
	bool is_loop;
};

// One call of a function of the module.
struct activation {
	struct interpreter *in;
	struct reader code;
	const uint8_t *begin;
	const struct match *matches;
	union value *locals;
	struct label *labels; // [0]: the function's body
	uint32_t label_count;
	uint32_t tail; // function that takes this one's place
	bool is_over;
};

// --- Where blocks end --------------------------------------------------------------------------

static struct match *find_matches(const uint8_t *begin, const uint8_t *end)
{
	struct match *matches = calloc((size_t)(end - begin) + 1, sizeof(*matches));
	uint32_t *open = calloc((size_t)(end - begin) + 1, sizeof(*open));
	uint32_t count = 0;
	struct reader reader = {begin, end, WASM_OK};
	if (matches == nullptr || open == nullptr)
		abort();
	while (reader.position < end && reader.status == WASM_OK) {
		uint32_t at = (uint32_t)(reader.position - begin);
		struct instruction i;
		if (!instruction_read(&reader, &i))
			break;
		uint32_t behind = (uint32_t)(reader.position - begin);
		if (opcode_is_block(i.opcode))
			open[count++] = at;
		if (i.opcode == OP_ELSE)
			matches[open[count - 1]].otherwise = behind;
		if (i.opcode == OP_END && count > 0)
			matches[open[--count]].end = behind;
	}
	free(open);
	return matches;
}

// --- Branches ----------------------------------------------------------------------------------

static void unwind(struct activation *a, union value *height, uint32_t arity)
{
	memmove(height, a->in->sp - arity, arity * sizeof(union value));
	a->in->sp = height + arity;
}

static void branch(struct activation *a, uint32_t depth)
{
	a->label_count -= depth;
	struct label label = a->labels[a->label_count - 1];
	unwind(a, label.height, label.arity);
	if (a->label_count == 1) {
		a->is_over = true;
		return;
	}
	a->code.position = label.target;
	a->label_count -= label.is_loop ? 0 : 1;
}

static enum wasm_trap begin_block(struct activation *a, const struct instruction *i, uint32_t at)
{
	const struct module *m = &a->in->module;
	const struct match *match = &a->matches[at];
	struct label label = {.target = a->begin + match->end, .arity = i->type != 0};
	bool is_taken = i->opcode != OP_IF || (--a->in->sp)->u32[0] != 0;
	label.height = a->in->sp;
	if (i->type_is_index) {
		const struct wasm_function_type *type = module_type(m, m->type_numbers[i->index]);
		label.height -= type->parameter_count;
		label.arity = i->opcode == OP_LOOP ? type->parameter_count : type->result_count;
	} else if (i->opcode == OP_LOOP) {
		label.arity = 0;
	}
	if (i->opcode == OP_LOOP) {
		label.target = a->code.position;
		label.is_loop = true;
	}
	if (!is_taken && match->otherwise == 0) {
		a->code.position = a->begin + match->end;
		return WASM_TRAP_NONE;
	}
	if (a->label_count == LABELS_MOST)
		return beyond(a->in);
	if (!is_taken)
		a->code.position = a->begin + match->otherwise;
	a->labels[a->label_count++] = label;
	return WASM_TRAP_NONE;
}

static void branch_table(struct activation *a, const struct instruction *i)
{
	struct reader labels = instruction_labels(i);
	uint32_t which = (--a->in->sp)->u32[0], depth = 0;
	if (which > i->index)
		which = i->index;
	for (uint32_t k = 0; k <= which; k++)
		depth = reader_u32(&labels);
	branch(a, depth);
}

// --- Calls -------------------------------------------------------------------------------------

static bool is_name(struct reader_name name, const char *text, size_t size)
{
	return name.size == size && memcmp(name.bytes, text, size) == 0;
}

static const struct module_import *import_of(const struct module *m, uint32_t function)
{
	for (uint32_t i = 0; i < m->import_count; i++)
		if (m->imports[i].kind == WASM_EXTERN_FUNCTION && m->imports[i].index == function)
			return &m->imports[i];
	return nullptr;
}

static const struct wasm_host_function *find_host(
	const struct interpreter *in, const struct module_import *import, void **environment)
{
	for (size_t i = 0; i < in->hosts->count; i++) {
		const struct wasm_host_module *host = &in->hosts->modules[i];
		*environment = host->environment;
		for (size_t k = 0; k < host->count; k++) {
			const struct wasm_host_function *f = &host->functions[k];
			if (is_name(import->name, f->name, f->name_size) &&
				is_name(import->module, f->module, strlen(f->module)))
				return f;
		}
	}
	return nullptr;
}

static enum wasm_trap call_host(struct interpreter *in, uint32_t function)
{
	const struct wasm_function_type *type = module_function_type(&in->module, function);
	union wasm_value values[HOST_VALUES] = {};
	void *environment = nullptr;
	const struct wasm_host_function *f =
		find_host(in, import_of(&in->module, function), &environment);
	if (f == nullptr || type->parameter_count > HOST_VALUES || type->result_count > HOST_VALUES)
		return beyond(in);
	in->sp -= type->parameter_count;
	memcpy(values, in->sp, type->parameter_count * sizeof(values[0]));
	enum wasm_trap trap = f->call(nullptr, environment, values);
	memcpy(in->sp, values, type->result_count * sizeof(values[0]));
	in->sp += type->result_count;
	return trap;
}

static enum wasm_trap callee_of(
	struct interpreter *in, const struct instruction *i, uint32_t *function)
{
	if (i->opcode == OP_CALL || i->opcode == OP_RETURN_CALL) {
		*function = i->index;
		return WASM_TRAP_NONE;
	}
	const struct table *table = &in->tables[i->index2];
	uint32_t at = (--in->sp)->u32[0];
	if (at >= table->size)
		return WASM_TRAP_UNDEFINED_ELEMENT;
	if (table->items[at] == 0)
		return WASM_TRAP_UNINITIALIZED_ELEMENT;
	*function = (uint32_t)(table->items[at] - 1);
	return in->module.functions[*function] == in->module.type_numbers[i->index]
		       ? WASM_TRAP_NONE
		       : WASM_TRAP_INDIRECT_CALL_TYPE;
}

static enum wasm_trap call(struct activation *a, const struct instruction *i)
{
	uint32_t function = 0;
	enum wasm_trap trap = callee_of(a->in, i, &function);
	if (trap != WASM_TRAP_NONE)
		return trap;
	if (i->opcode == OP_CALL || i->opcode == OP_CALL_INDIRECT)
		return enter(a->in, function);
	unwind(a, a->locals, module_function_type(&a->in->module, function)->parameter_count);
	a->tail = function;
	a->is_over = true;
	return WASM_TRAP_NONE;
}

// --- Instructions ------------------------------------------------------------------------------

static enum wasm_trap execute_plain(struct activation *a, const struct instruction *i)
{
	struct interpreter *in = a->in;
	switch (i->opcode) {
	case OP_NOP:
		return WASM_TRAP_NONE;
	case OP_DROP:
		in->sp--;
		return WASM_TRAP_NONE;
	case OP_SELECT:
	case OP_SELECT_T:
		in->sp -= 2;
		if (in->sp[1].u32[0] == 0)
			in->sp[-1] = in->sp[0];
		return WASM_TRAP_NONE;
	case OP_LOCAL_GET:
		*in->sp++ = a->locals[i->index];
		return WASM_TRAP_NONE;
	case OP_LOCAL_SET:
		a->locals[i->index] = *--in->sp;
		return WASM_TRAP_NONE;
	case OP_LOCAL_TEE:
		a->locals[i->index] = in->sp[-1];
		return WASM_TRAP_NONE;
	case OP_GLOBAL_GET:
		*in->sp++ = in->globals[i->index];
		return WASM_TRAP_NONE;
	case OP_GLOBAL_SET:
		in->globals[i->index] = *--in->sp;
		return WASM_TRAP_NONE;
	case OP_REF_NULL:
		*in->sp++ = (union value){};
		return WASM_TRAP_NONE;
	case OP_REF_IS_NULL:
		in->sp[-1].u32[0] = in->sp[-1].u64[0] == 0;
		return WASM_TRAP_NONE;
	case OP_REF_FUNC:
		*in->sp++ = (union value){.u64 = {i->index + 1}};
		return WASM_TRAP_NONE;
	default:
		break;
	}
	bool is_known = true;
	enum wasm_trap trap = execute_number(in, i, &is_known);
	if (!is_known)
		trap = execute_memory(in, i, &is_known);
	if (!is_known)
		trap = execute_vector(in, i, &is_known);
	return is_known ? trap : beyond(in);
}

static enum wasm_trap execute(struct activation *a, const struct instruction *i, uint32_t at)
{
	switch (i->opcode) {
	case OP_UNREACHABLE:
		return WASM_TRAP_UNREACHABLE;
	case OP_BLOCK:
	case OP_LOOP:
	case OP_IF:
		return begin_block(a, i, at);
	case OP_ELSE: // the end of the branch that was taken
		a->code.position = a->labels[a->label_count - 1].target;
		a->label_count--;
		return WASM_TRAP_NONE;
	case OP_END:
		if (--a->label_count == 0) {
			unwind(a, a->labels[0].height, a->labels[0].arity);
			a->is_over = true;
		}
		return WASM_TRAP_NONE;
	case OP_BR:
		branch(a, i->index);
		return WASM_TRAP_NONE;
	case OP_BR_IF:
		if ((--a->in->sp)->u32[0] != 0)
			branch(a, i->index);
		return WASM_TRAP_NONE;
	case OP_BR_TABLE:
		branch_table(a, i);
		return WASM_TRAP_NONE;
	case OP_RETURN:
		branch(a, a->label_count - 1);
		return WASM_TRAP_NONE;
	case OP_CALL:
	case OP_CALL_INDIRECT:
	case OP_RETURN_CALL:
	case OP_RETURN_CALL_INDIRECT:
		return call(a, i);
	default:
		return execute_plain(a, i);
	}
}

static bool has_room(const struct interpreter *in, size_t values)
{
	return values <= STACK_VALUES - ROOM &&
	       (size_t)(in->sp - in->stack) <= STACK_VALUES - ROOM - values;
}

static enum wasm_trap run(struct activation *a)
{
	enum wasm_trap trap = WASM_TRAP_NONE;
	while (trap == WASM_TRAP_NONE && !a->is_over) {
		uint32_t at = (uint32_t)(a->code.position - a->begin);
		struct instruction i;
		if (!has_room(a->in, 0))
			return WASM_TRAP_STACK_OVERFLOW;
		if (!instruction_read(&a->code, &i))
			return beyond(a->in);
		trap = execute(a, &i, at);
	}
	return trap;
}

enum wasm_trap evaluate(struct interpreter *in, struct bytes expression)
{
	struct label labels[1] = {{.height = in->sp, .arity = 1}};
	struct activation a = {.in = in,
		.code = {expression.data, expression.data + expression.size, WASM_OK},
		.begin = expression.data,
		.labels = labels,
		.label_count = 1,
		.tail = NO_FUNCTION};
	return run(&a);
}

// The places of the locals, zeroed; false: there are too many.
static bool make_locals(struct activation *a)
{
	struct interpreter *in = a->in;
	uint32_t groups = reader_u32(&a->code);
	for (uint32_t g = 0; g < groups; g++) {
		uint32_t count = reader_u32(&a->code);
		reader_value_type(&a->code);
		if (!has_room(in, count))
			return false;
		memset(in->sp, 0, count * sizeof(union value));
		in->sp += count;
	}
	return true;
}

static enum wasm_trap run_body(struct interpreter *in, uint32_t function, uint32_t *tail)
{
	struct module *m = &in->module;
	uint32_t number = function - m->imported_functions;
	const struct module_body *body = &m->bodies[number];
	const struct wasm_function_type *type = module_function_type(m, function);
	struct activation a = {.in = in,
		.code = {body->begin, body->begin + body->size, WASM_OK},
		.locals = in->sp - type->parameter_count,
		.tail = NO_FUNCTION};
	if (!make_locals(&a))
		return WASM_TRAP_STACK_OVERFLOW;
	a.begin = a.code.position;
	if (in->matches[number] == nullptr)
		in->matches[number] = find_matches(a.begin, a.code.end);
	a.matches = in->matches[number];
	a.labels = malloc(LABELS_MOST * sizeof(struct label));
	if (a.labels == nullptr)
		abort();
	a.labels[a.label_count++] = (struct label){.height = a.locals, .arity = type->result_count};
	enum wasm_trap trap = run(&a);
	free(a.labels);
	*tail = a.tail;
	return trap;
}

enum wasm_trap enter(struct interpreter *in, uint32_t function)
{
	enum wasm_trap trap = WASM_TRAP_NONE;
	uint32_t tail = function;
	if (in->depth == DEPTH_MOST)
		return WASM_TRAP_STACK_OVERFLOW;
	in->depth++;
	while (trap == WASM_TRAP_NONE && tail != NO_FUNCTION) {
		function = tail;
		tail = NO_FUNCTION;
		trap = function < in->module.imported_functions ? call_host(in, function)
								: run_body(in, function, &tail);
	}
	in->depth--;
	return trap;
}
