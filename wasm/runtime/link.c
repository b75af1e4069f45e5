// SPDX-License-Identifier: MIT OR Apache-2.0
#include "runtime/link.h"

// --- signatures ------------------------------------------------------------------------------

static enum wasm_type letter_type(char letter)
{
	switch (letter) {
	case 'i':
		return WASM_TYPE_I32;
	case 'I':
		return WASM_TYPE_I64;
	case 'f':
		return WASM_TYPE_F32;
	case 'F':
		return WASM_TYPE_F64;
	case 'V':
		return WASM_TYPE_V128;
	case 'p':
		return WASM_TYPE_FUNCREF;
	case 'e':
		return WASM_TYPE_EXTERNREF;
	default:
		return (enum wasm_type)0;
	}
}

// Returns where the list ends in `letters`, or null on mismatch.
static const char *match_list(
	const char *letters, const enum wasm_type *types, uint32_t count, char end)
{
	for (uint32_t i = 0; i < count; i++, letters++)
		if (*letters == end || letter_type(*letters) != types[i])
			return nullptr;
	return *letters == end ? letters : nullptr;
}

bool signature_matches(const char *signature, const struct wasm_function_type *type)
{
	const char *colon = match_list(signature, type->parameters, type->parameter_count, ':');
	return colon != nullptr &&
	       match_list(colon + 1, type->results, type->result_count, 0) != nullptr;
}

// --- host functions --------------------------------------------------------------------------

// Below, equal to or above 0 as the function's name is before, at or behind the wanted one.
static int compare(const struct wasm_host_function *function, const struct wasm_import_name *import)
{
	size_t size =
		function->name_size < import->name_size ? function->name_size : import->name_size;
	int order = memcmp(function->name, import->name, size);
	return order != 0 ? order : (function->name_size > size) - (import->name_size > size);
}

static bool is_of(const struct wasm_host_function *function, const struct wasm_import_name *import)
{
	size_t size = import->module_size;
	return (size == 0 || function->module[0] == import->module[0]) &&
	       strlen(function->module) == size &&
	       memcmp(function->module, import->module, size) == 0;
}

static const struct wasm_host_function *find_sorted(
	const struct wasm_host_module *module, const struct wasm_import_name *import)
{
	size_t low = 0, high = module->count;
	if (high == 0 || !is_of(&module->functions[0], import))
		return nullptr;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare(&module->functions[middle], import);
		if (order == 0)
			return &module->functions[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return nullptr;
}

static const struct wasm_host_function *find_any(
	const struct wasm_host_module *module, const struct wasm_import_name *import)
{
	for (size_t i = 0; i < module->count; i++)
		if (compare(&module->functions[i], import) == 0 &&
			is_of(&module->functions[i], import))
			return &module->functions[i];
	return nullptr;
}

static bool resolve(const struct wasm_host_modules *modules, const struct wasm_import_name *import,
	const struct wasm_host_function *(*find)(
		const struct wasm_host_module *, const struct wasm_import_name *),
	struct wasm_extern *found)
{
	for (size_t i = 0; i < modules->count; i++) {
		const struct wasm_host_function *function = find(&modules->modules[i], import);
		if (function == nullptr)
			continue;
		*found = (struct wasm_extern){.kind = WASM_EXTERN_FUNCTION,
			.host_call = function->call,
			.host_signature = function->signature,
			.host_environment = modules->modules[i].environment};
		return true;
	}
	return false;
}

bool wasm_host_modules_resolve(
	void *self, const struct wasm_import_name *import, struct wasm_extern *found)
{
	return resolve(self, import, find_any, found);
}

bool wasm_host_modules_resolve_sorted(
	void *self, const struct wasm_import_name *import, struct wasm_extern *found)
{
	return resolve(self, import, find_sorted, found);
}

// --- one import ------------------------------------------------------------------------------

static void bind_host(struct wasm_instance *instance, uint32_t index, uint32_t type,
	const struct wasm_extern *found)
{
	const struct wasm_module *module = instance->module;
	struct wasm_context *host = &instance->hosts[index];
	*host = (struct wasm_context){.instance = instance,
		.host_dispatch = trap_host_dispatch,
		.host_call = found->host_call,
		.host_environment = found->host_environment};
	instance->functions[index] = (struct wasm_function){
		.code = module->code->text + module->image->types[type].import_code,
		.context = host,
		.type = module->types[type],
		.index = index,
		.instance = instance};
}

static enum wasm_status link_function(
	struct wasm_instance *instance, uint32_t index, const struct wasm_extern *found)
{
	const struct wasm_module *module = instance->module;
	uint32_t type = module->image->functions[index].type;
	if (found->host_call != nullptr) {
		struct wasm_function_type wanted = wasm_image_function_type(module->image, type);
		if (!signature_matches(found->host_signature, &wanted))
			return WASM_LINK_TYPE;
		bind_host(instance, index, type, found);
	} else {
		if (!type_number_matches(
			    instance->store->types, found->function->type, module->types[type]))
			return WASM_LINK_TYPE;
		instance->functions[index] = *found->function;
	}
	struct context_import *slots =
		(struct context_import *)((uint8_t *)instance->context + instance->layout.imports);
	slots[index] = (struct context_import){
		instance->functions[index].code, instance->functions[index].context};
	return WASM_OK;
}

// Has the object at least the wanted minimum, and a maximum that is no larger? Maxima are
// UINT64_MAX where there is none.
static bool limits_match(uint64_t size, uint64_t maximum, uint64_t wanted, uint64_t wanted_maximum)
{
	return size >= wanted && maximum <= wanted_maximum;
}

static enum wasm_status link_table(
	struct wasm_instance *instance, uint32_t index, struct wasm_table *table)
{
	const struct wasm_image_table *wanted = &instance->module->image->tables[index];
	if (table->type != types_in_store(instance->module, (enum wasm_type)wanted->type) ||
		table->is_64 != (wanted->is_64 != 0) ||
		!limits_match(table->size, table->maximum, wanted->minimum, wanted->maximum))
		return WASM_LINK_TYPE;
	((struct wasm_table **)((uint8_t *)instance->context + instance->layout.tables))[index] =
		table;
	return WASM_OK;
}

static enum wasm_status link_memory(
	struct wasm_instance *instance, uint32_t index, struct wasm_memory *memory)
{
	const struct wasm_image_memory *wanted = &instance->module->image->memories[index];
	if ((memory->sharing != nullptr) != (wanted->is_shared != 0) ||
		memory->is_64 != (wanted->is_64 != 0) ||
		!limits_match(wasm_memory_pages(memory), memory->maximum, wanted->minimum,
			wanted->maximum))
		return WASM_LINK_TYPE;
	*instance_memory(instance, index) = (struct context_memory){memory->base, memory};
	return memory->sharing == nullptr ? WASM_OK : sharing_hold(instance->store, memory);
}

static enum wasm_status link_global(
	struct wasm_instance *instance, uint32_t index, struct wasm_global *global)
{
	const struct wasm_image_global *wanted = &instance->module->image->globals[index];
	enum wasm_type type = types_in_store(instance->module, (enum wasm_type)wanted->type);
	bool is_mutable = wanted->is_mutable != 0;
	if (global->is_mutable != is_mutable ||
		(is_mutable ? global->type != type
			    : !type_matches(instance->store->types, global->type, type)))
		return WASM_LINK_TYPE;
	instance->globals[index] = global;
	void *field = (uint8_t *)instance->context + instance->layout.globals +
		      (size_t)index * CONTEXT_GLOBAL_SIZE;
	*(union wasm_value **)field = global->value;
	return WASM_OK;
}

static enum wasm_status link_tag(
	struct wasm_instance *instance, uint32_t index, struct wasm_tag *tag)
{
	const struct wasm_module *module = instance->module;
	instance->tags[index] = tag;
	return tag->number == module->types[module->image->tags[index].type] ? WASM_OK
									     : WASM_LINK_TYPE;
}

enum wasm_status link_import(
	struct wasm_instance *instance, const struct wasm_resolver *resolver, uint32_t index)
{
	const struct wasm_image *image = instance->module->image;
	const struct wasm_image_import *import = &image->imports[index];
	struct wasm_import_name name = {(const char *)image->bytes + import->module.offset,
		(const char *)image->bytes + import->name.offset, import->module.size,
		import->name.size, (uint8_t)import->kind};
	struct wasm_extern found;
	if (resolver == nullptr || !resolver->resolve(resolver->self, &name, &found))
		return WASM_LINK_UNKNOWN;
	if (found.kind != import->kind)
		return WASM_LINK_TYPE;
	switch (import->kind) {
	case WASM_EXTERN_FUNCTION:
		return link_function(instance, import->index, &found);
	case WASM_EXTERN_TABLE:
		return link_table(instance, import->index, found.table);
	case WASM_EXTERN_MEMORY:
		return link_memory(instance, import->index, found.memory);
	case WASM_EXTERN_TAG:
		return link_tag(instance, import->index, found.tag);
	default:
		return link_global(instance, import->index, found.global);
	}
}
