// SPDX-License-Identifier: MIT OR Apache-2.0
// The fused pass: read an instruction, validate it, generate its code.
#include "compile/x86_64/function.h"

#include "decode/limits.h"

// At most a gigabyte, in proportion to the module.
static uint32_t code_limit(const struct module *module)
{
	constexpr uint64_t MOST = 1u << 30;
	uint64_t limit = CODE_BASE + CODE_PER_BYTE * module->size;
	return (uint32_t)(limit < MOST ? limit : MOST);
}

void generator_init(struct generator *g, const struct module *module,
	const struct wasm_allocator *allocator, uint32_t cpu_features)
{
	*g = (struct generator){.module = module,
		.allocator = allocator,
		.cpu_features = cpu_features,
		.code = {.allocator = allocator, .limit = code_limit(module)},
		.layout = context_layout_of(module->global_count, module->table_count,
			module->memory_count, module->imported_functions,
			module->types.definitions.count)};
	validator_init(&g->validator, module, allocator);
}

void generator_free(struct generator *g)
{
	validator_free(&g->validator);
	x64_free(&g->code);
	array_free(&g->calls, g->allocator, sizeof(struct call_fixup));
	array_free(&g->traps, g->allocator, sizeof(struct trap_site));
	array_free(&g->stack, g->allocator, sizeof(struct operand));
	array_free(&g->frames, g->allocator, sizeof(struct generator_frame));
	array_free(&g->homes, g->allocator, sizeof(struct local_home));
	array_free(&g->labels, g->allocator, sizeof(struct x64_label));
	array_free(&g->tables, g->allocator, sizeof(struct table_fixup));
	array_free(&g->pool, g->allocator, sizeof(struct pool_constant));
	array_free(&g->vectors, g->allocator, sizeof(struct pool_vector));
	array_free(&g->landings, g->allocator, sizeof(struct landing));
	array_free(&g->regions, g->allocator, sizeof(struct exception_region));
	array_free(&g->clauses, g->allocator, sizeof(struct exception_clause));
	array_free(&g->sites, g->allocator, sizeof(struct call_site));
	array_free(&g->exits, g->allocator, sizeof(struct trap_exit));
	array_free(&g->places, g->allocator, 1);
}

static void generator_reset(struct generator *g, uint32_t function)
{
	g->function = function;
	g->type = module_function_type(g->module, function);
	g->stack.count = g->frames.count = g->labels.count = 0;
	g->tables.count = g->pool.count = g->vectors.count = 0;
	g->landings.count = g->exits.count = 0;
	g->continuation = NO_LABEL;
	g->region = WASM_NO_INDEX;
	g->flushed = g->height_max = g->outgoing_max = 0;
	memset(&g->general, 0xff, sizeof(g->general)); // NOT_OWNED
	memset(&g->floating, 0xff, sizeof(g->floating));
	g->flags_live = false;
}

// Instructions that end what may be unreachable.
static bool is_block_end(enum opcode opcode)
{
	return opcode == OP_END || opcode == OP_ELSE || opcode == OP_CATCH ||
	       opcode == OP_CATCH_ALL || opcode == OP_DELEGATE;
}

// In unreachable code only nesting matters.
static void generate(struct generator *g, const struct instruction *in, bool alive)
{
	g->alive = alive;
	if (alive || is_block_end(in->opcode))
		instruction_handlers[in->opcode](g, in);
	else if (opcode_is_block(in->opcode))
		push_dead_frame(g);
}

// The validator takes the inside of every block as reachable, also of one in unreachable code.
static bool is_reachable(struct generator *g)
{
	const struct generator_frame *frames = g->frames.items;
	return !frames[g->frames.count - 1].dead_on_entry &&
	       !validator_frame(&g->validator, 0)->unreachable;
}

static void tell_listener(const struct generator *g)
{
	const struct wasm_code_listener *listener = g->listener;
	if (listener != nullptr)
		listener->instruction(listener->self, g->function, g->code.size,
			(uint64_t)(g->reader.position - g->module->begin));
}

// Loads and stores may fault, and calls have callers that a backtrace shows. Other traps have
// places of their own (labels.c).
static bool needs_place(enum opcode opcode)
{
	switch (opcode) {
	case OP_CALL:
	case OP_CALL_INDIRECT:
	case OP_CALL_REF:
	case OP_RETURN_CALL:
	case OP_RETURN_CALL_INDIRECT:
	case OP_RETURN_CALL_REF:
	case OP_THROW:
	case OP_RETHROW:
	case OP_THROW_REF:
	case OP_TABLE_GET:
	case OP_TABLE_SET:
		return true;
	default:
		return opcode_infos[opcode].signature[0] == 'a' ||
		       (opcode >= OP_MEMORY_INIT && opcode <= OP_TABLE_FILL);
	}
}

static uint32_t module_offset(const struct generator *g)
{
	return (uint32_t)(g->reader.position - g->module->begin);
}

static enum wasm_status generate_step(struct generator *g, struct instruction *in)
{
	tell_listener(g);
	g->instruction = module_offset(g);
	if (!instruction_read(&g->reader, in))
		return g->reader.status;
	bool alive = is_reachable(g);
	enum wasm_status status = validator_check(&g->validator, in);
	if (status != WASM_OK)
		return status;
	if (alive && needs_place(in->opcode))
		place_add(g, g->instruction);
	generate(g, in, alive);
	return g->status != WASM_OK ? g->status : g->code.status;
}

static enum wasm_status generate_body(struct generator *g)
{
	struct instruction in;
	enum wasm_status status = WASM_OK;
	while (g->validator.frames.count > 0 && status == WASM_OK)
		status = generate_step(g, &in);
	if (status == WASM_OK && reader_left(&g->reader) != 0)
		status = WASM_MALFORMED_BODY;
	return status;
}

enum wasm_status generator_function(
	struct generator *g, uint32_t body, struct code_span *span, uint64_t *offset)
{
	const struct module_body *bytes = &g->module->bodies[body];
	uint32_t function = g->module->imported_functions + body;
	g->reader = (struct reader){bytes->begin, bytes->begin + bytes->size, WASM_OK};
	generator_reset(g, function);
	enum wasm_status status = validator_begin(&g->validator, function, &g->reader);
	if (status == WASM_OK) {
		x64_align(&g->code, 16);
		span->offset = g->code.size;
		span->module = g->instruction = module_offset(g);
		span->places = g->places.count;
		g->place_code = span->offset;
		g->place_module = span->module;
		push_function_frame(g);
		assign_homes(g, g->reader);
		if (g->status == WASM_OK) {
			gen_prologue(g);
			status = generate_body(g);
		}
	}
	*offset = (uint64_t)(g->reader.position - g->module->begin);
	if (status != WASM_OK || g->status != WASM_OK)
		return status != WASM_OK ? status : g->status;
	gen_epilogue(g);
	emit_function_tail(g);
	span->size = g->code.size - span->offset;
	span->places_size = g->places.count - span->places;
	span->saved = g->saved_general | g->saved_floating << 16;
	span->frame = g->frame_size;
	return g->status != WASM_OK ? g->status : g->code.status;
}

void generator_link(struct generator *g, const struct code_span *spans)
{
	const struct call_fixup *calls = g->calls.items;
	for (uint32_t i = 0; i < g->calls.count; i++) {
		uint32_t target = spans[calls[i].function - g->module->imported_functions].offset;
		x64_patch_u32(&g->code, calls[i].position, target - (calls[i].position + 4));
	}
}
