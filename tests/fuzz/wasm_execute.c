// SPDX-License-Identifier: MIT OR Apache-2.0
// Any bytes make a valid module (generate.h), which must compile and do the same with the code for
// the oldest CPU and with that for this one, also if it is loaded a second time, and the same as
// the interpreter.
#include "tests/host/wasm/generate.h"
#include "tests/host/wasm/interpreter/interpreter.h"
#include "wasm/compiler.h"
#include "wasm/host_platform.h"
#include "wasm/runtime.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);

// The engine gives its threads signal stacks: the sanitizer must not take them for its own.
const char *__asan_default_options(void)
{
	return "use_sigaltstack=0:handle_segv=0:handle_sigill=0:handle_sigbus=0";
}

static void require(bool condition)
{
	if (!condition)
		abort();
}

// What a module does: words of its logs, results and traps.
struct record {
	uint64_t words[1 << 16];
	size_t count;
};

static void note(struct record *record, uint64_t word)
{
	if (record->count < sizeof(record->words) / sizeof(record->words[0]))
		record->words[record->count++] = word;
}

static enum wasm_trap log_value(struct wasm_instance *, void *record, union wasm_value *values)
{
	note(record, values[0].v128[0]);
	note(record, values[0].v128[1]);
	return WASM_TRAP_NONE;
}

static enum wasm_trap log_narrow(struct wasm_instance *, void *record, union wasm_value *values)
{
	note(record, values[0].i32);
	return WASM_TRAP_NONE;
}

static enum wasm_trap log_wide(struct wasm_instance *, void *record, union wasm_value *values)
{
	note(record, values[0].i64);
	return WASM_TRAP_NONE;
}

static const struct wasm_host_function functions[] = {
	WASM_HOST_FUNCTION("fuzzing-support", "log-i32", "i:", log_narrow),
	WASM_HOST_FUNCTION("fuzzing-support", "log-i64", "I:", log_wide),
	WASM_HOST_FUNCTION("fuzzing-support", "log-f32", "f:", log_narrow),
	WASM_HOST_FUNCTION("fuzzing-support", "log-f64", "F:", log_wide),
	WASM_HOST_FUNCTION("fuzzing-support", "log-v128", "V:", log_value),
};

static void note_call(struct record *record, const struct wasm_function_type *type,
	enum wasm_trap trap, const union wasm_value *values)
{
	note(record, trap);
	if (trap != WASM_TRAP_NONE || type->result_count != 1)
		return;
	bool is_narrow = type->results[0] == WASM_TYPE_I32 || type->results[0] == WASM_TYPE_F32;
	note(record, is_narrow ? values[0].i32 : values[0].i64);
}

static void call(struct wasm_instance *instance, const struct wasm_image_export *export,
	const uint8_t *names, struct record *record)
{
	union wasm_value values[8] = {};
	struct wasm_trap_info trap;
	struct wasm_extern found;
	require(wasm_instance_export_sized(instance, (const char *)names + export->name.offset,
			export->name.size, &found) == WASM_OK);
	struct wasm_function_type type = wasm_function_type_of(found.function);
	for (uint32_t i = 0; i < type.parameter_count; i++)
		values[i].v128[0] = record->count * 3 + i;
	bool is_ok = wasm_call(found.function, values, &trap) == WASM_OK;
	require(is_ok == (trap.trap == WASM_TRAP_NONE));
	note_call(record, &type, trap.trap, values);
}

static void run(const struct wasm_platform *platform, const uint8_t *image, size_t size,
	struct record *record)
{
	struct wasm_store *store;
	struct wasm_module *module;
	struct wasm_instance *instance;
	struct wasm_trap_info trap;
	struct wasm_host_module hosts = {
		functions, sizeof(functions) / sizeof(functions[0]), record};
	struct wasm_host_modules modules = {&hosts, 1};
	struct wasm_resolver resolver = {&modules, wasm_host_modules_resolve};
	record->count = 0;
	require(wasm_store_create(platform, &store) == WASM_OK);
	require(wasm_module_load(store, image, size, &module) == WASM_OK);
	require(wasm_instantiate(module, &resolver, &instance, &trap) == WASM_OK);
	const struct wasm_image *view = wasm_module_image(module);
	for (uint32_t round = 0; round < 2; round++)
		for (uint32_t i = 0; i < view->export_count; i++)
			call(instance, &view->exports[i], view->bytes, record);
	wasm_store_destroy(store);
}

static void run_for(const struct wasm_platform *platform, const uint8_t *module, size_t size,
	uint32_t features, struct record *record)
{
	struct wasm_compile_options options = {.cpu_features = features};
	uint8_t *image;
	size_t image_size;
	require(wasm_compile(module, size, &options, &wasm_host_allocator, &image, &image_size,
			nullptr) == WASM_OK);
	run(platform, image, image_size, record);
	wasm_host_allocator.resize(nullptr, image, image_size, 0);
}

static void interpret_export(
	struct interpreter *interpreter, uint32_t function, struct record *record)
{
	union wasm_value values[8] = {};
	const struct wasm_function_type *type =
		module_function_type(interpreter_module(interpreter), function);
	for (uint32_t i = 0; i < type->parameter_count; i++)
		values[i].v128[0] = record->count * 3 + i;
	enum wasm_trap trap = interpreter_call(interpreter, function, values);
	note_call(record, type, trap, values);
}

static void interpret(const uint8_t *bytes, size_t size, struct record *record)
{
	struct wasm_host_module hosts = {
		functions, sizeof(functions) / sizeof(functions[0]), record};
	struct wasm_host_modules modules = {&hosts, 1};
	enum wasm_trap trap;
	record->count = 0;
	struct interpreter *interpreter = interpreter_create(bytes, size, &modules, &trap);
	require(interpreter != nullptr);
	const struct module *module = interpreter_module(interpreter);
	for (uint32_t round = 0; round < 2; round++)
		for (uint32_t i = 0; i < module->export_count; i++)
			interpret_export(interpreter, module->exports[i].index, record);
	require(!interpreter_is_beyond(interpreter));
	interpreter_destroy(interpreter);
}

static void require_equal(const struct record *one, const struct record *other)
{
	require(one->count == other->count);
	require(memcmp(one->words, other->words, one->count * sizeof(one->words[0])) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct wasm_platform platform;
	static uint8_t module[1 << 18];
	static struct record first, second;
	if (platform.reserve == nullptr)
		require(wasm_host_platform_init(&platform) == WASM_OK);
	size_t module_size = generate_module(data, size, module, sizeof(module));
	if (module_size == 0)
		return 0;
	run_for(&platform, module, module_size, 0, &first);
	run_for(&platform, module, module_size, wasm_cpu_features_detect(), &second);
	require_equal(&first, &second);
	interpret(module, module_size, &second);
	require_equal(&first, &second);
	return 0;
}
