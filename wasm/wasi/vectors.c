// SPDX-License-Identifier: MIT OR Apache-2.0
// Scatter and gather: arrays of (address, size) in linear memory.
#include "wasi/internal.h"

static enum wasi_errno read_vector(
	const struct wasm_instance *m, uint32_t address, uint32_t count, struct wasi_vector *vector)
{
	const uint8_t *entries = wasm_memory_array(m, address, count, 8);
	if (entries == nullptr)
		return WASI_FAULT;
	vector->count = count < WASI_VECTOR_LIMIT ? count : WASI_VECTOR_LIMIT;
	uint64_t total = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t entry[2];
		memcpy(entry, entries + (size_t)i * 8, 8);
		void *bytes = wasm_memory_at(m, entry[0], entry[1]);
		total += entry[1];
		if (bytes == nullptr)
			return WASI_FAULT;
		if (i < WASI_VECTOR_LIMIT)
			vector->buffers[i] = (struct wasi_buffer){bytes, entry[1]};
	}
	return total > UINT32_MAX ? WASI_INVAL : WASI_SUCCESS;
}

enum wasi_errno wasi_transfer_begin(struct wasi *w, const struct wasm_instance *m, values_t *v,
	uint64_t rights, struct wasi_descriptor *entry, struct wasi_vector *vector)
{
	enum wasi_errno error = wasi_descriptor_get(w, v[0].i32, rights, entry);
	return error == WASI_SUCCESS ? read_vector(m, v[1].i32, v[2].i32, vector) : error;
}

const struct wasi_const_buffer *wasi_vector_constant(const struct wasi_vector *vector)
{
	static_assert(sizeof(struct wasi_buffer) == sizeof(struct wasi_const_buffer));
	return (const struct wasi_const_buffer *)vector->buffers;
}

enum wasi_errno wasi_store_size(const struct wasm_instance *m, uint32_t address, size_t size)
{
	uint32_t small = (uint32_t)size;
	return store_result(m, address, &small, 4);
}
