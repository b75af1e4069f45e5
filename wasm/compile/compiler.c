// SPDX-License-Identifier: MIT OR Apache-2.0
// The public entry points: decode, then validate (and compile) each function, then write the image.
#include "wasm/compiler.h"

#include "compile/x86_64/function.h"
#include "image/writer.h"

static void diagnose(struct wasm_diagnostic *diagnostic, enum wasm_status status, uint32_t function,
	uint64_t offset)
{
	if (diagnostic != nullptr)
		*diagnostic = (struct wasm_diagnostic){offset, function, status};
}

// --- validation alone ------------------------------------------------------------------------

static enum wasm_status validate_function(struct validator *v, uint32_t body, uint64_t *offset)
{
	const struct module *m = v->module;
	struct reader reader = {
		m->bodies[body].begin, m->bodies[body].begin + m->bodies[body].size, WASM_OK};
	struct instruction in;
	enum wasm_status status = validator_begin(v, m->imported_functions + body, &reader);
	while (status == WASM_OK && v->frames.count > 0)
		status = instruction_read(&reader, &in) ? validator_check(v, &in) : reader.status;
	if (status == WASM_OK && reader_left(&reader) != 0)
		status = WASM_MALFORMED_BODY;
	*offset = (uint64_t)(reader.position - m->begin);
	return status;
}

static enum wasm_status validate_functions(const struct module *module,
	const struct wasm_allocator *allocator, struct wasm_diagnostic *diagnostic)
{
	struct validator validator;
	validator_init(&validator, module, allocator);
	enum wasm_status status = WASM_OK;
	for (uint32_t i = 0; i < module->body_count && status == WASM_OK; i++) {
		uint64_t offset = 0;
		status = validate_function(&validator, i, &offset);
		diagnose(diagnostic, status, module->imported_functions + i, offset);
	}
	validator_free(&validator);
	return status;
}

enum wasm_status wasm_validate(const uint8_t *bytes, size_t size,
	const struct wasm_allocator *allocator, struct wasm_diagnostic *diagnostic)
{
	struct module module = {.arena = {allocator, nullptr}};
	uint64_t offset;
	enum wasm_status status = module_decode(&module, bytes, size, &offset);
	diagnose(diagnostic, status, WASM_NO_INDEX, offset);
	if (status == WASM_OK)
		status = validate_functions(&module, allocator, diagnostic);
	module_free(&module);
	return status;
}

// --- compilation -----------------------------------------------------------------------------

static enum wasm_status emit_adapters(struct generator *g, struct type_code *types)
{
	const struct module *m = g->module;
	emit_builtin_stub(g);
	for (uint32_t i = 0; i < m->types.definitions.count; i++)
		types[i] = (struct type_code){WASM_NO_INDEX, WASM_NO_INDEX};
	for (uint32_t i = 0; i < m->function_count; i++) {
		uint32_t type = m->functions[i];
		if (types[type].entry == WASM_NO_INDEX)
			types[type].entry = emit_entry(g, module_type(m, type));
		if (i < m->imported_functions && types[type].import == WASM_NO_INDEX)
			types[type].import = emit_import(g, module_type(m, type));
	}
	return g->code.status;
}

static enum wasm_status compile_functions(
	struct generator *g, struct code_span *spans, struct wasm_diagnostic *diagnostic)
{
	enum wasm_status status = WASM_OK;
	for (uint32_t i = 0; i < g->module->body_count && status == WASM_OK; i++) {
		uint64_t offset = 0;
		status = generator_function(g, i, &spans[i], &offset);
		diagnose(diagnostic, status, g->module->imported_functions + i, offset);
	}
	if (status == WASM_OK)
		generator_link(g, spans);
	return status;
}

static enum wasm_status compile_module(struct module *module,
	const struct wasm_compile_options *options, const struct wasm_allocator *allocator,
	struct image_blob *blob, struct wasm_diagnostic *diagnostic)
{
	struct generator g;
	generator_init(&g, module, allocator, options->cpu_features);
	g.listener = options->listener;
	struct code_span *spans =
		arena_allocate(&module->arena, module->body_count, sizeof(*spans));
	struct type_code *types =
		arena_allocate(&module->arena, module->types.definitions.count, sizeof(*types));
	enum wasm_status status =
		spans == nullptr || types == nullptr ? WASM_NO_MEMORY : emit_adapters(&g, types);
	if (status == WASM_OK)
		status = compile_functions(&g, spans, diagnostic);
	struct image_code code = {.code = g.code.bytes,
		.code_size = g.code.size,
		.spans = spans,
		.types = types,
		.traps = g.traps.items,
		.trap_count = g.traps.count,
		.places = g.places.items,
		.sites = &g.sites,
		.regions = &g.regions,
		.clauses = &g.clauses,
		.cpu_features = options->cpu_features,
		.refers_to_functions = g.refers_to_functions};
	if (status == WASM_OK)
		status = image_write(module, &code, allocator, blob);
	generator_free(&g);
	return status;
}

enum wasm_status wasm_compile(const uint8_t *bytes, size_t size,
	const struct wasm_compile_options *options, const struct wasm_allocator *allocator,
	uint8_t **image, size_t *image_size, struct wasm_diagnostic *diagnostic)
{
	struct module module = {.arena = {allocator, nullptr}};
	struct image_blob blob = {};
	static const struct wasm_compile_options defaults = {};
	uint64_t offset;
	enum wasm_status status = module_decode(&module, bytes, size, &offset);
	diagnose(diagnostic, status, WASM_NO_INDEX, offset);
	if (status == WASM_OK)
		status = compile_module(&module, options == nullptr ? &defaults : options,
			allocator, &blob, diagnostic);
	module_free(&module);
	if (diagnostic != nullptr)
		diagnostic->status = status;
	*image = blob.bytes;
	*image_size = blob.size;
	return status;
}
