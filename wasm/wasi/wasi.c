// SPDX-License-Identifier: MIT OR Apache-2.0
// Life of a WASI instance; arguments, environment, clocks, random numbers.
#include "wasi/internal.h"

// --- string lists ----------------------------------------------------------------------------

static enum wasm_status list_fill(struct string_list *list, const struct wasm_allocator *allocator,
	const char *const *strings, size_t count)
{
	size_t size = 0;
	for (size_t i = 0; i < count; i++)
		size += strlen(strings[i]) + 1;
	if (size > UINT32_MAX || count > UINT32_MAX)
		return WASM_NO_MEMORY;
	list->bytes = wasm_allocate(allocator, size, 1);
	if (list->bytes == nullptr)
		return WASM_NO_MEMORY;
	list->size = (uint32_t)size;
	list->count = (uint32_t)count;
	char *to = list->bytes;
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(strings[i]) + 1;
		memcpy(to, strings[i], length);
		to += length;
	}
	return WASM_OK;
}

// Pointers to `pointers`, bytes to `buffer`.
static enum wasi_errno list_get(const struct string_list *list, const struct wasm_instance *m,
	uint32_t pointers, uint32_t buffer)
{
	uint8_t *to = wasm_memory_array(m, pointers, list->count, 4);
	uint8_t *bytes = wasm_memory_at(m, buffer, list->size);
	if (to == nullptr || bytes == nullptr)
		return WASI_FAULT;
	memcpy(bytes, list->bytes, list->size);
	uint32_t offset = 0;
	for (uint32_t i = 0; i < list->count; i++) {
		uint32_t address = buffer + offset;
		memcpy(to + (size_t)i * 4, &address, 4);
		offset += (uint32_t)strlen(list->bytes + offset) + 1;
	}
	return WASI_SUCCESS;
}

static enum wasi_errno list_sizes(const struct string_list *list, const struct wasm_instance *m,
	uint32_t count, uint32_t size)
{
	enum wasi_errno error = store_result(m, count, &list->count, 4);
	return error == WASI_SUCCESS ? store_result(m, size, &list->size, 4) : error;
}

enum wasi_errno wasi_args_get(struct wasi *w, const struct wasm_instance *m, values_t *v)
{
	return list_get(&w->arguments, m, v[0].i32, v[1].i32);
}

enum wasi_errno wasi_args_sizes_get(struct wasi *w, const struct wasm_instance *m, values_t *v)
{
	return list_sizes(&w->arguments, m, v[0].i32, v[1].i32);
}

enum wasi_errno wasi_environ_get(struct wasi *w, const struct wasm_instance *m, values_t *v)
{
	return list_get(&w->environment, m, v[0].i32, v[1].i32);
}

enum wasi_errno wasi_environ_sizes_get(struct wasi *w, const struct wasm_instance *m, values_t *v)
{
	return list_sizes(&w->environment, m, v[0].i32, v[1].i32);
}

// --- life ------------------------------------------------------------------------------------

enum wasm_status wasi_create(const struct wasi_config *config, struct wasi **wasi)
{
	constexpr uint32_t DEFAULT_LIMIT = 1024;
	struct wasi *w = wasm_allocate(config->allocator, 1, sizeof(*w));
	if (w == nullptr)
		return WASM_NO_MEMORY;
	w->allocator = config->allocator;
	w->host = config->host;
	w->self = config->host_self;
	w->limit = config->descriptor_limit == 0 ? DEFAULT_LIMIT : config->descriptor_limit;
	enum wasm_status status =
		list_fill(&w->arguments, w->allocator, config->arguments, config->argument_count);
	if (status == WASM_OK)
		status = list_fill(&w->environment, w->allocator, config->environment,
			config->environment_count);
	if (status != WASM_OK) {
		wasi_destroy(w);
		return status;
	}
	*wasi = w;
	return WASM_OK;
}

void wasi_destroy(struct wasi *w)
{
	for (uint32_t i = wasi_descriptor_end(w); i-- > 0;)
		(void)wasi_descriptor_close(w, i);
	array_free(&w->slots, w->allocator, sizeof(struct descriptor_slot));
	wasm_free(w->allocator, w->arguments.bytes, w->arguments.size, 1);
	wasm_free(w->allocator, w->environment.bytes, w->environment.size, 1);
	wasm_free(w->allocator, w, 1, sizeof(*w));
}

uint32_t wasi_exit_code(const struct wasi *w)
{
	return w->exit_code;
}

void wasi_set_exit_code(struct wasi *w, uint32_t code)
{
	w->exit_code = code;
}

const struct wasi_host *wasi_host_of(const struct wasi *w, void **host_self)
{
	*host_self = w->self;
	return w->host;
}

// --- clocks, random numbers, the rest --------------------------------------------------------

enum wasi_errno wasi_clock_res_get(struct wasi *w, const struct wasm_instance *m, values_t *v)
{
	uint64_t resolution;
	if (v[0].i32 > WASI_CLOCK_THREAD_CPUTIME)
		return WASI_INVAL;
	enum wasi_errno error = w->host->clock_resolution(w->self, v[0].i32, &resolution);
	return error == WASI_SUCCESS ? store_result(m, v[1].i32, &resolution, 8) : error;
}

enum wasi_errno wasi_clock_time_get(struct wasi *w, const struct wasm_instance *m, values_t *v)
{
	uint64_t time;
	if (v[0].i32 > WASI_CLOCK_THREAD_CPUTIME)
		return WASI_INVAL;
	enum wasi_errno error = w->host->clock_time(w->self, v[0].i32, &time);
	return error == WASI_SUCCESS ? store_result(m, v[2].i32, &time, 8) : error;
}

enum wasi_errno wasi_random_get(struct wasi *w, const struct wasm_instance *m, values_t *v)
{
	void *bytes = wasm_memory_at(m, v[0].i32, v[1].i32);
	return bytes == nullptr ? WASI_FAULT : w->host->random(w->self, bytes, v[1].i32);
}

enum wasi_errno wasi_sched_yield(struct wasi *w, const struct wasm_instance *, values_t *)
{
	return w->host->yield(w->self);
}
