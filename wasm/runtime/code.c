// SPDX-License-Identifier: MIT OR Apache-2.0
// Code: an image that is open and mapped, with references from modules and embedders.
#include "runtime/internal.h"
#include "wasm/compiler.h"

static enum wasm_status map_text(struct wasm_code *code)
{
	const struct wasm_platform *platform = code->platform;
	const void *text;
	if (!wasm_cpu_is_supported() ||
		(code->image.header->cpu_features & ~wasm_cpu_features_detect()) != 0)
		return WASM_UNSUPPORTED_CPU;
	enum wasm_status status = platform->map_code(platform->self, &code->image, &text);
	if (status != WASM_OK)
		return status;
	code->text = text;
	code->range = registry_add(code);
	return code->range == nullptr ? WASM_NO_MEMORY : WASM_OK;
}

enum wasm_status code_open(const struct wasm_platform *platform, const void *bytes, size_t size,
	struct wasm_code **code)
{
	struct wasm_image image;
	enum wasm_status status = platform->trusts_images ? wasm_image_view(bytes, size, &image)
							  : wasm_image_open(bytes, size, &image);
	if (status != WASM_OK)
		return status;
	struct wasm_code *c = wasm_allocate(&platform->allocator, 1, sizeof(*c));
	if (c == nullptr)
		return WASM_NO_MEMORY;
	c->platform = platform;
	c->image = image;
	c->references = 1;
	c->arena.allocator = &platform->allocator;
	type_space_init(&c->types, &c->arena, &platform->allocator);
	status = map_text(c);
	if (status == WASM_OK)
		*code = c;
	else
		wasm_code_release(c);
	return status;
}

static enum wasm_status number_types(struct wasm_code *code)
{
	code->numbers = wasm_allocate(
		&code->platform->allocator, code->image.type_count, sizeof(*code->numbers));
	return code->numbers == nullptr ? WASM_NO_MEMORY
					: types_intern(&code->image, &code->types, code->numbers);
}

enum wasm_status wasm_code_load(const struct wasm_platform *platform, const void *bytes,
	size_t size, struct wasm_code **code)
{
	struct wasm_code *c;
	enum wasm_status status = code_open(platform, bytes, size, &c);
	if (status != WASM_OK)
		return status;
	status = number_types(c);
	if (status == WASM_OK)
		status = pools_create(c);
	if (status == WASM_OK)
		*code = c;
	else
		wasm_code_release(c);
	return status;
}

void code_hold(struct wasm_code *code)
{
	__atomic_add_fetch(&code->references, 1, __ATOMIC_RELAXED);
}

void wasm_code_release(struct wasm_code *code)
{
	const struct wasm_platform *platform = code->platform;
	if (__atomic_sub_fetch(&code->references, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	pools_destroy(code);
	if (code->range != nullptr)
		registry_remove(code->range);
	if (code->text != nullptr)
		platform->unmap_code(platform->self, &code->image, code->text);
	type_space_free(&code->types);
	arena_free(&code->arena);
	wasm_free(&platform->allocator, code->numbers, code->image.type_count,
		sizeof(*code->numbers));
	wasm_free(&platform->allocator, code, 1, sizeof(*code));
}

const struct wasm_image *wasm_code_image(const struct wasm_code *code)
{
	return &code->image;
}
