// SPDX-License-Identifier: MIT OR Apache-2.0
// How fast modules are validated, compiled and instantiated: lines `name value unit`.
#include "tools/file.h"
#include "wasm/compiler.h"
#include "wasm/host_platform.h"
#include "wasm/runtime.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

constexpr double ENOUGH = 0.5; // seconds per figure

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static bool validate(const struct file *module)
{
	return wasm_validate(module->bytes, module->size, &wasm_host_allocator, nullptr) == WASM_OK;
}

static bool compile(const struct file *module)
{
	uint8_t *image = nullptr;
	size_t size;
	enum wasm_status status = wasm_compile(
		module->bytes, module->size, nullptr, &wasm_host_allocator, &image, &size, nullptr);
	free(image);
	return status == WASM_OK;
}

static bool measure_speed(
	const char *name, const struct file *module, bool (*work)(const struct file *))
{
	double start = now(), end;
	uint64_t rounds = 0;
	do {
		if (!work(module))
			return false;
		rounds++;
		end = now();
	} while (end - start < ENOUGH);
	printf("%s %.1f MB/s\n", name, (double)(module->size * rounds) / (end - start) / 1e6);
	return true;
}

static enum wasm_trap nothing(struct wasm_instance *, void *, union wasm_value *values)
{
	values[0].i64 = 0;
	return WASM_TRAP_NONE;
}

static const struct wasm_image *linked;

// Accepts every function import: nothing is run.
static bool resolve(
	void *signatures, const struct wasm_import_name *import, struct wasm_extern *found)
{
	static char text[1100];
	(void)import;
	uint32_t *next = signatures;
	uint32_t index = (*next)++;
	if (index >= linked->imported_functions)
		return false;
	struct wasm_function_type type =
		wasm_image_function_type(linked, linked->functions[index].type);
	char *to = text;
	static const char letters[] = {['\x7f' - 0x7c] = 'i',
		['\x7e' - 0x7c] = 'I',
		['\x7d' - 0x7c] = 'f',
		['\x7c' - 0x7c] = 'F'};
	for (uint32_t i = 0; i < type.parameter_count; i++)
		*to++ = letters[type.parameters[i] - 0x7c];
	*to++ = ':';
	for (uint32_t i = 0; i < type.result_count; i++)
		*to++ = letters[type.results[i] - 0x7c];
	*to = 0;
	*found = (struct wasm_extern){
		.kind = WASM_EXTERN_FUNCTION, .host_call = nothing, .host_signature = text};
	return true;
}

static bool measure_instance(const struct wasm_platform *platform, const void *image, size_t size)
{
	double start = now(), end;
	uint64_t rounds = 0;
	do {
		struct wasm_store *store;
		struct wasm_module *module;
		struct wasm_instance *instance;
		struct wasm_trap_info trap;
		uint32_t next = 0;
		struct wasm_resolver resolver = {&next, resolve};
		if (wasm_store_create(platform, &store) != WASM_OK)
			return false;
		enum wasm_status status = wasm_module_load(store, image, size, &module);
		if (status == WASM_OK) {
			linked = wasm_module_image(module);
			status = wasm_instantiate(module, &resolver, &instance, &trap);
		}
		wasm_store_destroy(store);
		if (status != WASM_OK)
			return false;
		rounds++;
		end = now();
	} while (end - start < ENOUGH);
	printf("load_and_instantiate %.1f us\n", (end - start) / (double)rounds * 1e6);
	return true;
}

int main(int count, char **arguments)
{
	struct file module;
	struct wasm_platform platform;
	uint8_t *image;
	size_t size;
	if (count != 2 || !file_read(arguments[1], &module) ||
		wasm_host_platform_init(&platform) != WASM_OK)
		return 2;
	bool ok = measure_speed("validate", &module, validate) &&
		  measure_speed("compile", &module, compile) &&
		  wasm_compile(module.bytes, module.size, nullptr, &wasm_host_allocator, &image,
			  &size, nullptr) == WASM_OK;
	if (ok) {
		printf("image_size_ratio %.2f x\n", (double)size / (double)module.size);
		ok = measure_instance(&platform, image, size);
		free(image);
	}
	file_free(&module);
	return ok ? 0 : 1;
}
