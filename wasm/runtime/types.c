// SPDX-License-Identifier: MIT OR Apache-2.0
// A module's types get the store's numbers, group by group: the image has checked that a group
// refers to itself and to earlier ones only.
#include "runtime/internal.h"

// A type with numbers of the image, in the group that starts at `first`.
static enum wasm_type translate(
	const struct wasm_module *module, enum wasm_type type, uint32_t first)
{
	if (wasm_type_code(type) != WASM_TYPE_DEFINED)
		return type;
	uint32_t number = wasm_type_number(type);
	enum wasm_type reference = number >= first ? type_relative(number - first)
						   : wasm_type_defined(module->types[number]);
	return (enum wasm_type)(reference | (type & WASM_TYPE_NOT_NULL));
}

enum wasm_type types_in_store(const struct wasm_module *module, enum wasm_type type)
{
	return translate(module, type, UINT32_MAX);
}

static void translate_list(const struct wasm_module *module, const enum wasm_type **types,
	uint32_t count, uint32_t first, enum wasm_type **to)
{
	enum wasm_type *list = *to;
	for (uint32_t i = 0; i < count; i++)
		list[i] = translate(module, (*types)[i], first);
	*types = list;
	*to += count;
}

static struct type_definition translate_member(
	const struct wasm_module *module, uint32_t number, uint32_t first, enum wasm_type **lists)
{
	const struct wasm_image_type *t = &module->image.types[number];
	struct type_definition d = {.type = wasm_image_function_type(&module->image, number),
		.is_final = t->is_final != 0};
	if (t->supertype != WASM_NO_INDEX)
		d.supertype = translate(module, wasm_type_defined(t->supertype), first);
	translate_list(module, &d.type.parameters, d.type.parameter_count, first, lists);
	translate_list(module, &d.type.results, d.type.result_count, first, lists);
	return d;
}

static uint32_t list_items(const struct wasm_image *image, uint32_t first, uint32_t count)
{
	uint64_t items = 0;
	for (uint32_t i = first; i < first + count; i++)
		items +=
			(image->types[i].parameters.size + (uint64_t)image->types[i].results.size) /
			sizeof(enum wasm_type);
	return items > UINT32_MAX ? UINT32_MAX : (uint32_t)items;
}

static enum wasm_status intern_group(struct wasm_module *module, uint32_t first, uint32_t count)
{
	const struct wasm_allocator *a = store_allocator(module->store);
	uint32_t items = list_items(&module->image, first, count);
	struct type_definition *members = wasm_allocate(a, count, sizeof(*members));
	enum wasm_type *lists = wasm_allocate(a, items, sizeof(*lists));
	enum wasm_status status = members == nullptr || lists == nullptr ? WASM_NO_MEMORY : WASM_OK;
	uint32_t number = 0;
	if (status == WASM_OK) {
		enum wasm_type *to = lists;
		for (uint32_t i = 0; i < count; i++)
			members[i] = translate_member(module, first + i, first, &to);
		status = type_space_intern(&module->store->types, members, count, &number);
	}
	for (uint32_t i = 0; i < count && status == WASM_OK; i++)
		module->types[first + i] = number + i;
	wasm_free(a, members, count, sizeof(*members));
	wasm_free(a, lists, items, sizeof(*lists));
	return status;
}

enum wasm_status types_intern(struct wasm_module *module)
{
	const struct wasm_image *image = &module->image;
	module->types = wasm_allocate(store_allocator(module->store), image->type_count, 4);
	enum wasm_status status = module->types == nullptr ? WASM_NO_MEMORY : WASM_OK;
	for (uint32_t i = 0; i < image->type_count && status == WASM_OK;
		i += image->types[i].group_size)
		status = intern_group(module, i, image->types[i].group_size);
	return status;
}
