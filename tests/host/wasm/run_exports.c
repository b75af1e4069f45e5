// SPDX-License-Identifier: MIT OR Apache-2.0
// Calls every exported function of random modules and prints what comes out, for comparison with
// the same by another engine: run_exports.js, or by the interpreter (--reference). Imports are
// those of binaryen's fuzzing support.
#include "tests/host/wasm/interpreter/interpreter.h"
#include "tools/file.h"
#include "wasm/compiler.h"
#include "wasm/host_platform.h"
#include "wasm/runtime.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARGUMENTS 5u // rounds, each with other values

static enum wasm_trap log_value(struct wasm_instance *, void *type, union wasm_value *values)
{
	char letter = *(const char *)type;
	bool narrow = letter == 'i' || letter == 'f';
	printf("log %c %llx\n", letter,
		(unsigned long long)(narrow ? values[0].i32 : values[0].i64));
	return WASM_TRAP_NONE;
}

// As two halves: JavaScript has no vectors.
static enum wasm_trap log_vector(struct wasm_instance *, void *, union wasm_value *values)
{
	for (int i = 0; i < 2; i++)
		printf("log V %llx\n", (unsigned long long)values[0].v128[i]);
	return WASM_TRAP_NONE;
}

static const struct wasm_host_function functions[] = {
	WASM_HOST_FUNCTION("fuzzing-support", "log-i32", "i:", log_value),
	WASM_HOST_FUNCTION("fuzzing-support", "log-i64", "I:", log_value),
	WASM_HOST_FUNCTION("fuzzing-support", "log-f32", "f:", log_value),
	WASM_HOST_FUNCTION("fuzzing-support", "log-f64", "F:", log_value),
	WASM_HOST_FUNCTION("fuzzing-support", "log-v128", "V:", log_vector),
};

static char letters[] = "iIfF";

static struct wasm_host_module hosts[] = {
	{&functions[0], 1, &letters[0]},
	{&functions[1], 1, &letters[1]},
	{&functions[2], 1, &letters[2]},
	{&functions[3], 1, &letters[3]},
	{&functions[4], 1, nullptr},
};

// The other engine tells no more of them apart.
static const char *class_of(enum wasm_trap trap)
{
	switch (trap) {
	case WASM_TRAP_TABLE_BOUNDS:
	case WASM_TRAP_UNDEFINED_ELEMENT:
		return "table";
	case WASM_TRAP_INTEGER_OVERFLOW:
	case WASM_TRAP_INVALID_CONVERSION:
		return "number";
	case WASM_TRAP_UNINITIALIZED_ELEMENT:
	case WASM_TRAP_INDIRECT_CALL_TYPE:
		return "callee";
	case WASM_TRAP_STACK_OVERFLOW:
		return "stack";
	case WASM_TRAP_MEMORY_BOUNDS:
	case WASM_TRAP_UNALIGNED_ATOMIC: // which comes first is free
		return "memory";
	case WASM_TRAP_INTEGER_DIVIDE_BY_ZERO:
		return "zero";
	default:
		return wasm_trap_text(trap);
	}
}

static void print_result(const char *name, const struct wasm_function_type *type,
	const union wasm_value *values, enum wasm_trap trap)
{
	if (trap != WASM_TRAP_NONE) {
		printf("%s trap %s\n", name, class_of(trap));
		return;
	}
	printf("%s", name);
	for (uint32_t i = 0; i < type->result_count; i++) {
		bool narrow =
			type->results[i] == WASM_TYPE_I32 || type->results[i] == WASM_TYPE_F32;
		printf(" %llx", (unsigned long long)(narrow ? values[i].i32 : values[i].i64));
	}
	putchar('\n');
}

// JavaScript cannot call these.
static bool has_vector(const struct wasm_function_type *type)
{
	for (uint32_t i = 0; i < type->parameter_count; i++)
		if (type->parameters[i] == WASM_TYPE_V128)
			return true;
	for (uint32_t i = 0; i < type->result_count; i++)
		if (type->results[i] == WASM_TYPE_V128)
			return true;
	return false;
}

// The same as in run_exports.js.
static union wasm_value argument(enum wasm_type type, unsigned which)
{
	static const int32_t integers[] = {0, 1, -1, INT32_MIN, 1000};
	static const float floats[] = {0, 1.5f, -1e30f, 1e-40f, -0.0f};
	uint64_t bits = 0;
	double wide;
	switch (type) {
	case WASM_TYPE_I32:
		return (union wasm_value){.i32 = (uint32_t)integers[which]};
	case WASM_TYPE_I64:
		return (union wasm_value){.i64 = (uint64_t)(int64_t)integers[which]};
	case WASM_TYPE_F32:
		memcpy(&bits, &floats[which], sizeof(floats[which]));
		return (union wasm_value){.i64 = bits};
	case WASM_TYPE_F64:
		wide = (double)floats[which];
		memcpy(&bits, &wide, sizeof(wide));
		return (union wasm_value){.i64 = bits};
	default:
		return (union wasm_value){};
	}
}

// False: JavaScript could not call it.
static bool make_arguments(
	const struct wasm_function_type *type, unsigned round, union wasm_value values[64])
{
	if (type->parameter_count > 64 || type->result_count > 64 || has_vector(type))
		return false;
	for (uint32_t i = 0; i < type->parameter_count; i++)
		values[i] = argument(type->parameters[i], (round + i) % ARGUMENTS);
	return true;
}

static void call_export(struct wasm_instance *instance, const char *name, unsigned round)
{
	union wasm_value values[64] = {};
	struct wasm_trap_info trap = {};
	struct wasm_extern found;
	if (wasm_instance_export(instance, name, &found) != WASM_OK ||
		found.kind != WASM_EXTERN_FUNCTION)
		return;
	struct wasm_function_type type = wasm_function_type_of(found.function);
	if (!make_arguments(&type, round, values))
		return;
	enum wasm_status status = wasm_call(found.function, values, &trap);
	print_result(name, &type, values, status == WASM_OK ? WASM_TRAP_NONE : trap.trap);
}

static void call_exports(struct wasm_instance *instance, unsigned round)
{
	const struct wasm_image *image = wasm_module_image(wasm_instance_module(instance));
	for (uint32_t i = 0; i < image->export_count; i++) {
		char name[256];
		struct wasm_image_span span = image->exports[i].name;
		uint32_t size = span.size < sizeof(name) ? span.size : (uint32_t)sizeof(name) - 1;
		memcpy(name, image->bytes + span.offset, size);
		name[size] = 0;
		call_export(instance, name, round);
	}
}

static int run(const struct wasm_platform *platform, const uint8_t *bytes, size_t size)
{
	struct wasm_store *store;
	struct wasm_module *module;
	struct wasm_instance *instance;
	struct wasm_trap_info trap;
	struct wasm_host_modules modules = {hosts, sizeof(hosts) / sizeof(hosts[0])};
	struct wasm_resolver resolver = {&modules, wasm_host_modules_resolve};
	if (wasm_store_create(platform, &store) != WASM_OK)
		return 2;
	enum wasm_status status = wasm_module_load(store, bytes, size, &module);
	if (status == WASM_OK)
		status = wasm_instantiate(module, &resolver, &instance, &trap);
	for (unsigned round = 0; status == WASM_OK && round < ARGUMENTS; round++)
		call_exports(instance, round);
	if (status != WASM_OK)
		printf("no instance\n");
	wasm_store_destroy(store);
	return 0;
}

static void interpret_export(
	struct interpreter *interpreter, const struct module_export *export, unsigned round)
{
	union wasm_value values[64] = {};
	char name[256];
	if (export->kind != WASM_EXTERN_FUNCTION)
		return;
	const struct wasm_function_type *type =
		module_function_type(interpreter_module(interpreter), export->index);
	if (!make_arguments(type, round, values))
		return;
	enum wasm_trap trap = interpreter_call(interpreter, export->index, values);
	snprintf(name, sizeof(name), "%.*s", (int)export->name.size,
		(const char *)export->name.bytes);
	print_result(name, type, values, trap);
}

static void interpret(const struct file *file)
{
	struct wasm_host_modules modules = {hosts, sizeof(hosts) / sizeof(hosts[0])};
	enum wasm_trap trap;
	struct interpreter *interpreter =
		interpreter_create(file->bytes, file->size, &modules, &trap);
	if (interpreter == nullptr) {
		printf(trap == WASM_TRAP_HOST ? "beyond the interpreter\n" : "no instance\n");
		return;
	}
	const struct module *module = interpreter_module(interpreter);
	for (unsigned round = 0; round < ARGUMENTS; round++)
		for (uint32_t i = 0; i < module->export_count; i++)
			interpret_export(interpreter, &module->exports[i], round);
	if (interpreter_is_beyond(interpreter))
		printf("beyond the interpreter\n");
	interpreter_destroy(interpreter);
}

int main(int count, char **arguments)
{
	struct file file;
	struct wasm_platform platform;
	uint8_t *image;
	size_t size;
	if (count < 2 || !file_read(arguments[1], &file) ||
		wasm_host_platform_init(&platform) != WASM_OK)
		return 2;
	struct wasm_compile_options options = {
		.cpu_features = count > 2 && strcmp(arguments[2], "--native") == 0
					? wasm_cpu_features_detect()
					: 0};
	enum wasm_status status = wasm_compile(
		file.bytes, file.size, &options, &wasm_host_allocator, &image, &size, nullptr);
	if (status == WASM_OK && count > 2 && strcmp(arguments[2], "--reference") == 0) {
		interpret(&file);
		free(image);
		file_free(&file);
		return 0;
	}
	file_free(&file);
	if (status != WASM_OK) {
		printf("invalid\n");
		return 0;
	}
	int code = run(&platform, image, size);
	free(image);
	return code;
}
