// SPDX-License-Identifier: MIT OR Apache-2.0
// Instantiation (core spec 4.5.4): imports, own objects, segments, start function.
#include "runtime/link.h"

// The parts of an instance follow it in one block. Takes `size` bytes at `*at`.
static void *place(uintptr_t *at, size_t count, size_t size)
{
	void *part = (void *)*at;
	*at += (count * size + 15) & ~(size_t)15;
	return part;
}

// Places the parts from `at` on; returns the end.
static uintptr_t place_parts(struct wasm_instance *i, const struct wasm_image *image, uintptr_t at)
{
	i->layout = context_layout_of(image->global_count, image->table_count, image->memory_count,
		image->imported_functions, image->type_count);
	i->context = place(&at, i->layout.size, 1);
	i->functions = place(&at, image->function_count, sizeof(*i->functions));
	i->hosts = place(&at, image->imported_functions, sizeof(*i->hosts));
	i->globals = place(&at, image->global_count, sizeof(struct wasm_global *));
	i->tags = place(&at, image->tag_count, sizeof(struct wasm_tag *));
	i->dropped_data = place(&at, image->data_count, 1);
	i->dropped_elements = place(&at, image->element_count, 1);
	return at;
}

static struct wasm_instance *allocate_instance(struct wasm_module *module)
{
	constexpr size_t HEAD = (sizeof(struct wasm_instance) + 15) & ~(size_t)15;
	struct wasm_instance measured;
	size_t size = HEAD + place_parts(&measured, module->image, 0);
	struct wasm_instance *instance = wasm_allocate(store_allocator(module->store), size, 1);
	if (instance == nullptr)
		return nullptr;
	place_parts(instance, module->image, (uintptr_t)instance + HEAD);
	instance->size = size;
	instance->store = module->store;
	instance->module = module;
	return instance;
}

static void fill_context(struct wasm_instance *instance)
{
	const struct wasm_module *module = instance->module;
	struct wasm_context *context = instance->context;
	context->stack_limit = instance->store->stack_limit;
	context->functions = instance->functions;
	context->builtins = runtime_builtins;
	context->tail_return = (const void *)wasm_tail_return;
	context->instance = instance;
	memcpy((uint8_t *)context + instance->layout.types, module->types,
		module->image->type_count * sizeof(uint32_t));
}

// Code that refers to functions finds their records by itself; others ask instance_function.
static void fill_functions(struct wasm_instance *instance)
{
	const struct wasm_image *image = instance->module->image;
	if (image->header->refers_to_functions == 0)
		return;
	for (uint32_t i = image->imported_functions; i < image->function_count; i++)
		(void)instance_function(instance, i);
}

static enum wasm_status link_imports(
	struct wasm_instance *instance, const struct wasm_resolver *resolver)
{
	enum wasm_status status = WASM_OK;
	for (uint32_t i = 0; i < instance->module->image->import_count && status == WASM_OK; i++)
		status = link_import(instance, resolver, i);
	return status;
}

// --- own objects -----------------------------------------------------------------------------

static enum wasm_status make_memory(
	struct wasm_instance *instance, const struct wasm_image_memory *m, uint32_t index)
{
	struct memory_type type = {
		m->minimum, m->maximum, m->is_64 != 0, pool_of(instance->module->code, index)};
	struct wasm_store *store = instance->store;
	struct wasm_memory *memory;
	enum wasm_status status = m->is_shared ? sharing_create(store->platform, &type, &memory)
					       : memory_create(store, &type, &memory);
	if (status == WASM_OK && m->is_shared)
		status = sharing_give(store, memory);
	if (status == WASM_OK)
		*instance_memory(instance, index) = (struct context_memory){memory->base, memory};
	return status;
}

static enum wasm_status make_memories(struct wasm_instance *instance)
{
	const struct wasm_image *image = instance->module->image;
	enum wasm_status status = WASM_OK;
	for (uint32_t i = image->imported_memories; i < image->memory_count && status == WASM_OK;
		i++)
		status = make_memory(instance, &image->memories[i], i);
	if (status == WASM_OK && image->memory_count > 0) {
		instance->memory = instance_memory(instance, 0)->memory;
		instance->context->memory_base = instance->memory->base;
	}
	return status;
}

static enum wasm_status make_tags(struct wasm_instance *instance)
{
	const struct wasm_image *image = instance->module->image;
	enum wasm_status status = WASM_OK;
	for (uint32_t i = image->imported_tags; i < image->tag_count && status == WASM_OK; i++)
		status = tag_create(instance->store, instance->module->types[image->tags[i].type],
			&instance->tags[i]);
	return status;
}

static enum wasm_status make_globals(struct wasm_instance *instance)
{
	const struct wasm_image *image = instance->module->image;
	for (uint32_t i = image->imported_globals; i < image->global_count; i++)
		if (!constant_evaluate(instance, image->globals[i].initial, i,
			    instance_global_value(instance, i)))
			return WASM_BAD_IMAGE_BOUNDS;
	return WASM_OK;
}

static enum wasm_status make_table(
	struct wasm_instance *instance, const struct wasm_image_table *table, uint32_t index)
{
	struct wasm_table *t;
	union wasm_value value;
	const struct wasm_table_type type = {
		types_in_store(instance->module, (enum wasm_type)table->type), table->is_64 != 0,
		table->minimum, table->maximum};
	enum wasm_status status = wasm_table_create(instance->store, &type, &t);
	if (status != WASM_OK)
		return status;
	((struct wasm_table **)((uint8_t *)instance->context + instance->layout.tables))[index] = t;
	if (table->initial.size == 0)
		return WASM_OK;
	if (!constant_evaluate(
		    instance, table->initial, instance->module->image->global_count, &value))
		return WASM_BAD_IMAGE_BOUNDS;
	for (uint64_t i = 0; i < t->size; i++)
		t->elements[i] = value.i64;
	return WASM_OK;
}

static enum wasm_status make_tables(struct wasm_instance *instance)
{
	const struct wasm_image *image = instance->module->image;
	enum wasm_status status = WASM_OK;
	for (uint32_t i = image->imported_tables; i < image->table_count && status == WASM_OK; i++)
		status = make_table(instance, &image->tables[i], i);
	return status;
}

// --- segments and start ----------------------------------------------------------------------

static enum wasm_status trapped(struct wasm_trap_info *info, enum wasm_trap trap)
{
	*info = (struct wasm_trap_info){.trap = trap, .function = WASM_NO_INDEX};
	return trap == WASM_TRAP_NONE ? WASM_OK : WASM_TRAPPED;
}

static enum wasm_status apply_element(
	struct wasm_instance *instance, uint32_t index, struct wasm_trap_info *info)
{
	const struct wasm_image *image = instance->module->image;
	const struct wasm_image_element *element = &image->elements[index];
	enum wasm_status status = WASM_OK;
	union wasm_value offset;
	if (element->mode == WASM_SEGMENT_ACTIVE) {
		if (!constant_evaluate(instance, element->offset, image->global_count, &offset))
			return WASM_BAD_IMAGE_BOUNDS;
		status = trapped(
			info, table_init(instance, index, element->table,
				      instance_table(instance, element->table)->is_64 ? offset.i64
										      : offset.i32,
				      0, element->item_count));
	}
	if (element->mode != WASM_SEGMENT_PASSIVE)
		instance->dropped_elements[index] = 1;
	return status;
}

static enum wasm_status apply_data(
	struct wasm_instance *instance, uint32_t index, struct wasm_trap_info *info)
{
	const struct wasm_image *image = instance->module->image;
	const struct wasm_image_data *data = &image->data[index];
	union wasm_value offset;
	if (data->mode != WASM_SEGMENT_ACTIVE)
		return WASM_OK;
	if (pool_of(instance->module->code, data->memory) != nullptr) {
		instance->dropped_data[index] = 1; // it is there already
		return WASM_OK;
	}
	if (!constant_evaluate(instance, data->offset, image->global_count, &offset))
		return WASM_BAD_IMAGE_BOUNDS;
	bool is_64 = image->memories[data->memory].is_64 != 0;
	enum wasm_trap trap = memory_init(instance, index, data->memory,
		is_64 ? offset.i64 : offset.i32, 0, data->bytes.size);
	instance->dropped_data[index] = 1;
	return trapped(info, trap);
}

static enum wasm_status apply_segments(struct wasm_instance *instance, struct wasm_trap_info *info)
{
	const struct wasm_image *image = instance->module->image;
	enum wasm_status status = WASM_OK;
	for (uint32_t i = 0; i < image->element_count && status == WASM_OK; i++)
		status = apply_element(instance, i, info);
	for (uint32_t i = 0; i < image->data_count && status == WASM_OK; i++)
		status = apply_data(instance, i, info);
	return status;
}

static enum wasm_status run_start(struct wasm_instance *instance, struct wasm_trap_info *info)
{
	uint32_t start = instance->module->image->header->start_function;
	union wasm_value none = {};
	return start == WASM_NO_INDEX ? WASM_OK
				      : wasm_call(instance_function(instance, start), &none, info);
}

static enum wasm_status build(struct wasm_instance *instance, const struct wasm_resolver *resolver,
	struct wasm_trap_info *info)
{
	fill_context(instance);
	fill_functions(instance);
	enum wasm_status status = link_imports(instance, resolver);
	if (status == WASM_OK)
		status = make_memories(instance);
	if (status == WASM_OK)
		status = make_tags(instance);
	if (status == WASM_OK)
		status = make_globals(instance);
	if (status == WASM_OK)
		status = make_tables(instance);
	if (status == WASM_OK)
		status = apply_segments(instance, info);
	return status == WASM_OK ? run_start(instance, info) : status;
}

// An instance whose start failed stays in the store: others may already hold its functions.
enum wasm_status wasm_instantiate(struct wasm_module *module, const struct wasm_resolver *resolver,
	struct wasm_instance **instance, struct wasm_trap_info *trap)
{
	struct wasm_store *store = module->store;
	if (store->used.instances >= store->limits.instances)
		return WASM_LIMIT_STORE;
	struct wasm_instance *i = allocate_instance(module);
	if (i == nullptr)
		return WASM_NO_MEMORY;
	store->used.instances++;
	*trap = (struct wasm_trap_info){.function = WASM_NO_INDEX};
	i->next = store->instances;
	store->instances = i;
	enum wasm_status status = build(i, resolver, trap);
	if (status == WASM_OK)
		*instance = i;
	return status;
}

enum wasm_status wasm_instance_call(struct wasm_instance *instance, const char *name,
	const char *signature, union wasm_value *values, struct wasm_trap_info *trap)
{
	struct wasm_extern found;
	enum wasm_status status = wasm_instance_export(instance, name, &found);
	if (status != WASM_OK || found.kind != WASM_EXTERN_FUNCTION)
		return WASM_LINK_EXPORT;
	struct wasm_function_type type = wasm_function_type_of(found.function);
	if (!signature_matches(signature, &type))
		return WASM_LINK_SIGNATURE;
	return wasm_call(found.function, values, trap);
}
