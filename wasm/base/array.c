// SPDX-License-Identifier: MIT OR Apache-2.0
#include "base/array.h"

enum wasm_status array_reserve(
	struct array *array, const struct wasm_allocator *allocator, size_t item_size, size_t count)
{
	if (count <= array->capacity)
		return WASM_OK;
	size_t capacity = array->capacity == 0 ? 16 : (size_t)array->capacity * 2;
	if (capacity < count)
		capacity = count;
	if (capacity > UINT32_MAX || capacity > SIZE_MAX / 2 / item_size)
		return WASM_NO_MEMORY;
	void *items = allocator->resize(
		allocator->self, array->items, array->capacity * item_size, capacity * item_size);
	if (items == nullptr)
		return WASM_NO_MEMORY;
	array->items = items;
	array->capacity = (uint32_t)capacity;
	return WASM_OK;
}

enum wasm_status array_push(struct array *array, const struct wasm_allocator *allocator,
	size_t item_size, const void *item)
{
	enum wasm_status status =
		array_reserve(array, allocator, item_size, (size_t)array->count + 1);
	if (status != WASM_OK)
		return status;
	memcpy((uint8_t *)array->items + array->count * item_size, item, item_size);
	array->count++;
	return WASM_OK;
}

void array_free(struct array *array, const struct wasm_allocator *allocator, size_t item_size)
{
	if (array->capacity != 0)
		allocator->resize(allocator->self, array->items, array->capacity * item_size, 0);
	*array = (struct array){};
}

void *wasm_allocate(const struct wasm_allocator *allocator, size_t count, size_t item_size)
{
	if (count > SIZE_MAX / 2 / item_size)
		return nullptr;
	size_t size = count == 0 ? item_size : count * item_size;
	if (allocator->zeroed != nullptr)
		return allocator->zeroed(allocator->self, size);
	void *memory = allocator->resize(allocator->self, nullptr, 0, size);
	if (memory != nullptr)
		memset(memory, 0, size);
	return memory;
}

void wasm_free(const struct wasm_allocator *allocator, void *memory, size_t count, size_t item_size)
{
	if (memory != nullptr)
		allocator->resize(
			allocator->self, memory, count == 0 ? item_size : count * item_size, 0);
}
