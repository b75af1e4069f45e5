// SPDX-License-Identifier: MIT OR Apache-2.0
// Copying from data and element segments (core spec 4.4, memory.init and table.init).
#include "runtime/internal.h"

static bool range_ok(uint64_t offset, uint64_t count, uint64_t size)
{
	return offset <= size && count <= size - offset;
}

enum wasm_trap memory_init(struct wasm_instance *instance, uint32_t segment, uint32_t memory_index,
	uint64_t to, uint64_t from, uint64_t count)
{
	const struct wasm_image *image = instance->module->image;
	const struct wasm_image_data *data = &image->data[segment];
	uint64_t size = instance->dropped_data[segment] ? 0 : data->bytes.size;
	struct wasm_memory *memory = instance_memory(instance, memory_index)->memory;
	if (!range_ok(from, count, size) ||
		!range_ok(to, count, (uint64_t)wasm_memory_pages(memory) * WASM_PAGE_SIZE))
		return WASM_TRAP_MEMORY_BOUNDS;
	memcpy(memory->base + to, image->bytes + data->bytes.offset + from, count);
	return WASM_TRAP_NONE;
}

enum wasm_trap table_init(struct wasm_instance *instance, uint32_t segment, uint32_t table,
	uint64_t to, uint64_t from, uint64_t count)
{
	const struct wasm_image *image = instance->module->image;
	const struct wasm_image_element *element = &image->elements[segment];
	struct wasm_table *target = instance_table(instance, table);
	uint64_t size = instance->dropped_elements[segment] ? 0 : element->item_count;
	if (!range_ok(from, count, size) || !range_ok(to, count, target->size))
		return WASM_TRAP_TABLE_BOUNDS;
	for (uint64_t i = 0; i < count; i++) {
		const struct wasm_image_item *item = &image->items[element->first_item + from + i];
		union wasm_value value;
		if (item->function != WASM_NO_INDEX)
			value.i64 = (uintptr_t)instance_function(instance, item->function);
		else if (!constant_evaluate(instance, item->value, image->global_count, &value))
			return WASM_TRAP_HOST; // only a forged image gets here
		target->elements[to + i] = value.i64;
	}
	return WASM_TRAP_NONE;
}
