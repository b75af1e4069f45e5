// SPDX-License-Identifier: MIT OR Apache-2.0
// Instances: their parts, exports, and access to their memory for host functions.
#include "runtime/internal.h"

struct context_memory *instance_memory(const struct wasm_instance *instance, uint32_t index)
{
	struct context_memory *memories =
		(struct context_memory *)((uint8_t *)instance->context + instance->layout.memories);
	return &memories[index];
}

struct wasm_table *instance_table(const struct wasm_instance *instance, uint32_t index)
{
	struct wasm_table **tables =
		(struct wasm_table **)((uint8_t *)instance->context + instance->layout.tables);
	return tables[index];
}

union wasm_value *instance_global_value(const struct wasm_instance *instance, uint32_t index)
{
	uint8_t *field = (uint8_t *)instance->context + instance->layout.globals +
			 (size_t)index * CONTEXT_GLOBAL_SIZE;
	if (index < instance->module->image->imported_globals)
		return *(union wasm_value **)field;
	return (union wasm_value *)field;
}

void instance_destroy(struct wasm_instance *instance)
{
	wasm_free(store_allocator(instance->store), instance, instance->size, 1);
}

// --- exports ---------------------------------------------------------------------------------

static enum wasm_status export_global(
	struct wasm_instance *instance, uint32_t index, struct wasm_global **global)
{
	if (instance->globals[index] == nullptr) {
		const struct wasm_image_global *g = &instance->module->image->globals[index];
		enum wasm_status status = wasm_global_create(instance->store,
			types_in_store(instance->module, (enum wasm_type)g->type),
			g->is_mutable != 0, (union wasm_value){}, &instance->globals[index]);
		if (status != WASM_OK)
			return status;
		instance->globals[index]->value = instance_global_value(instance, index);
	}
	*global = instance->globals[index];
	return WASM_OK;
}

struct wasm_function *instance_function(struct wasm_instance *instance, uint32_t index)
{
	const struct wasm_module *module = instance->module;
	const struct wasm_image_function *function = &module->image->functions[index];
	struct wasm_function *f = &instance->functions[index];
	if (f->instance == nullptr)
		*f = (struct wasm_function){.code = module->code->text + function->code,
			.context = instance->context,
			.type = module->types[function->type],
			.index = index,
			.instance = instance};
	return f;
}

static enum wasm_status export_get(struct wasm_instance *instance,
	const struct wasm_image_export *export, struct wasm_extern *found)
{
	*found = (struct wasm_extern){.kind = (uint8_t)export->kind};
	switch (export->kind) {
	case WASM_EXTERN_FUNCTION:
		found->function = instance_function(instance, export->index);
		return WASM_OK;
	case WASM_EXTERN_TABLE:
		found->table = instance_table(instance, export->index);
		return WASM_OK;
	case WASM_EXTERN_MEMORY:
		found->memory = instance_memory(instance, export->index)->memory;
		return WASM_OK;
	case WASM_EXTERN_TAG:
		found->tag = instance->tags[export->index];
		return WASM_OK;
	default:
		return export_global(instance, export->index, &found->global);
	}
}

enum wasm_status wasm_instance_export_sized(
	struct wasm_instance *instance, const char *name, size_t size, struct wasm_extern *found)
{
	const struct wasm_image *image = instance->module->image;
	for (uint32_t i = 0; i < image->export_count; i++) {
		const struct wasm_image_export *export = &image->exports[i];
		if (export->name.size == size &&
			memcmp(image->bytes + export->name.offset, name, size) == 0)
			return export_get(instance, export, found);
	}
	return WASM_LINK_EXPORT;
}

enum wasm_status wasm_instance_export(
	struct wasm_instance *instance, const char *name, struct wasm_extern *found)
{
	return wasm_instance_export_sized(instance, name, strlen(name), found);
}

struct wasm_function_type wasm_function_type_of(const struct wasm_function *function)
{
	const struct wasm_image *image = function->instance->module->image;
	return wasm_image_function_type(image, image->functions[function->index].type);
}

// --- access for host functions ---------------------------------------------------------------

struct wasm_store *wasm_instance_store(const struct wasm_instance *instance)
{
	return instance->store;
}

struct wasm_module *wasm_instance_module(const struct wasm_instance *instance)
{
	return instance->module;
}

struct wasm_memory *wasm_instance_memory(const struct wasm_instance *instance)
{
	return instance->memory;
}

void *wasm_memory_at(const struct wasm_instance *instance, uint32_t address, uint64_t size)
{
	const struct wasm_memory *memory = instance->memory;
	if (memory == nullptr)
		return nullptr;
	uint64_t bytes = (uint64_t)wasm_memory_pages(memory) * WASM_PAGE_SIZE;
	if (address > bytes || size > bytes - address)
		return nullptr;
	return memory->base + address;
}

void *wasm_memory_array(const struct wasm_instance *instance, uint32_t address, uint32_t count,
	uint32_t element_size)
{
	return wasm_memory_at(instance, address, (uint64_t)count * element_size);
}

bool wasm_memory_read(
	const struct wasm_instance *instance, uint32_t address, void *to, uint32_t size)
{
	const void *from = wasm_memory_at(instance, address, size);
	if (from == nullptr)
		return false;
	memcpy(to, from, size);
	return true;
}

bool wasm_memory_write(
	const struct wasm_instance *instance, uint32_t address, const void *from, uint32_t size)
{
	void *to = wasm_memory_at(instance, address, size);
	if (to == nullptr)
		return false;
	memcpy(to, from, size);
	return true;
}
