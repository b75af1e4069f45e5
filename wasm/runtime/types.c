// SPDX-License-Identifier: MIT OR Apache-2.0
// A module's types get numbers of a space, group by group: the image has checked that a group
// refers to itself and to earlier ones only.
#include "runtime/internal.h"

// A type with numbers of the image, in the group that starts at `first`; `numbers`: of earlier
// ones.
static enum wasm_type translate(const uint32_t *numbers, enum wasm_type type, uint32_t first)
{
	if (wasm_type_code(type) != WASM_TYPE_DEFINED)
		return type;
	uint32_t number = wasm_type_number(type);
	enum wasm_type reference = number >= first ? type_relative(number - first)
						   : wasm_type_defined(numbers[number]);
	return (enum wasm_type)(reference | (type & WASM_TYPE_NOT_NULL));
}

enum wasm_type types_in_store(const struct wasm_module *module, enum wasm_type type)
{
	return translate(module->types, type, UINT32_MAX);
}

// The group of an image that is to be added to a space.
struct translation {
	const struct wasm_image *image;
	const uint32_t *numbers;
	uint32_t first, count;
	enum wasm_type *lists; // room for the next one
};

static void translate_list(struct translation *t, const enum wasm_type **types, uint32_t count)
{
	enum wasm_type *list = t->lists;
	for (uint32_t i = 0; i < count; i++)
		list[i] = translate(t->numbers, (*types)[i], t->first);
	*types = list;
	t->lists += count;
}

static struct type_definition translate_member(struct translation *t, uint32_t number)
{
	const struct wasm_image_type *type = &t->image->types[number];
	struct type_definition d = {.type = wasm_image_function_type(t->image, number),
		.is_final = type->is_final != 0};
	if (type->supertype != WASM_NO_INDEX)
		d.supertype = translate(t->numbers, wasm_type_defined(type->supertype), t->first);
	translate_list(t, &d.type.parameters, d.type.parameter_count);
	translate_list(t, &d.type.results, d.type.result_count);
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

static enum wasm_status intern_group(
	struct translation *t, struct type_space *space, uint32_t *numbers)
{
	const struct wasm_allocator *a = space->allocator;
	uint32_t items = list_items(t->image, t->first, t->count);
	struct type_definition *members = wasm_allocate(a, t->count, sizeof(*members));
	enum wasm_type *lists = wasm_allocate(a, items, sizeof(*lists));
	enum wasm_status status = members == nullptr || lists == nullptr ? WASM_NO_MEMORY : WASM_OK;
	uint32_t number = 0;
	t->lists = lists;
	if (status == WASM_OK) {
		for (uint32_t i = 0; i < t->count; i++)
			members[i] = translate_member(t, t->first + i);
		status = type_space_intern(space, members, t->count, &number);
	}
	for (uint32_t i = 0; i < t->count && status == WASM_OK; i++)
		numbers[t->first + i] = number + i;
	wasm_free(a, members, t->count, sizeof(*members));
	wasm_free(a, lists, items, sizeof(*lists));
	return status;
}

enum wasm_status types_intern(
	const struct wasm_image *image, struct type_space *space, uint32_t *numbers)
{
	enum wasm_status status = WASM_OK;
	for (uint32_t i = 0; i < image->type_count && status == WASM_OK;
		i += image->types[i].group_size) {
		struct translation t = {image, numbers, i, image->types[i].group_size, nullptr};
		status = intern_group(&t, space, numbers);
	}
	return status;
}

enum wasm_status types_adopt(
	const struct wasm_image *image, struct type_space *space, uint32_t *numbers)
{
	struct type_definition *definitions;
	enum wasm_status status = type_space_adopt(space, image->type_count, &definitions);
	if (status != WASM_OK)
		return status;
	for (uint32_t i = 0; i < image->type_count; i++) {
		const struct wasm_image_type *type = &image->types[i];
		definitions[i] =
			(struct type_definition){.type = wasm_image_function_type(image, i),
				.supertype = type->supertype == WASM_NO_INDEX
						     ? (enum wasm_type)0
						     : wasm_type_defined(type->supertype),
				.is_final = type->is_final != 0};
		type_space_place(
			space, &definitions[i], type->group, type->group_size, i - type->group);
		numbers[i] = i;
	}
	return WASM_OK;
}

enum wasm_status types_own(struct wasm_store *store, struct type_space **space)
{
	*space = &store->own_types;
	if (store->types == *space)
		return WASM_OK;
	enum wasm_status status = type_space_copy(*space, store->types);
	if (status == WASM_OK)
		store->types = *space;
	return status;
}
