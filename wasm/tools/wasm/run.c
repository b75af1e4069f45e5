// SPDX-License-Identifier: MIT OR Apache-2.0
// wasm run: a WASI program, or one function of a module.
#include "tools/wasm/run.h"

#include "tools/wasm/tool.h"
#include "wasm/host_platform.h"
#include "wasm/wasi_posix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

constexpr uint32_t PAGES_OF_MIB = 16;

// --- The command line ---------------------------------------------------------------------------

static bool parse_number(const char *text, uint32_t most, uint32_t *number)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);
	*number = (uint32_t)value;
	return *text != 0 && *end == 0 && value > 0 && value <= most;
}

static bool add(const char *list[LIST_LIMIT], size_t *count, const char *value)
{
	if (*count == LIST_LIMIT)
		return false;
	list[(*count)++] = value;
	return true;
}

static bool take_option(int count, char **arguments, int *at, struct run_options *o)
{
	const char *value;
	if ((value = tool_option(count, arguments, at, "--dir")) != nullptr)
		return add(o->directories, &o->directory_count, value);
	if ((value = tool_option(count, arguments, at, "--listen")) != nullptr)
		return add(o->sockets, &o->socket_count, value);
	if ((value = tool_option(count, arguments, at, "--env")) != nullptr)
		return add(o->environment, &o->environment_count, value);
	if ((value = tool_option(count, arguments, at, "--memory")) != nullptr)
		return parse_number(value, 1u << 20, &o->memory_mib);
	if ((value = tool_option(count, arguments, at, "--time")) != nullptr)
		return parse_number(value, 1u << 30, &o->seconds);
	if ((value = tool_option(count, arguments, at, "--stack")) != nullptr)
		return parse_number(value, 1u << 20, &o->stack_kib);
	o->invoke = tool_option(count, arguments, at, "--invoke");
	return o->invoke != nullptr;
}

static bool parse(int count, char **arguments, struct run_options *o)
{
	int i = 0;
	for (; i < count && strncmp(arguments[i], "--", 2) == 0; i++) {
		if (arguments[i][2] == 0) {
			i++;
			break;
		}
		if (!take_option(count, arguments, &i, o)) {
			fprintf(stderr, "wasm: run: `%s' is no option, or has no good value\n",
				arguments[i]);
			return false;
		}
	}
	o->first = i;
	return i < count;
}

// --- The program --------------------------------------------------------------------------------

// Modules are compiled first, for this machine.
static bool load_program(const char *path, struct file *image)
{
	struct wasm_compile_options options = {.cpu_features = wasm_cpu_features_detect()};
	struct wasm_diagnostic diagnostic;
	struct file module;
	if (!tool_read_module(path, &module))
		return false;
	if (tool_is_image(&module)) {
		*image = module;
		return true;
	}
	enum wasm_status status = wasm_compile(module.bytes, module.size, &options,
		&wasm_host_allocator, &image->bytes, &image->size, &diagnostic);
	if (status != WASM_OK)
		tool_diagnose(path, &diagnostic);
	file_free(&module);
	return status == WASM_OK;
}

// WASI's functions; the last import that they do not have, for the message.
struct imports {
	struct wasm_host_modules modules;
	struct wasm_import_name missing;
};

static bool resolve(void *self, const struct wasm_import_name *import, struct wasm_extern *found)
{
	struct imports *imports = self;
	if (wasm_host_modules_resolve(&imports->modules, import, found))
		return true;
	imports->missing = *import;
	return false;
}

static int report_failure(
	const char *path, enum wasm_status status, const struct wasm_import_name *missing)
{
	fprintf(stderr, "%s: %s", path, wasm_status_text(status));
	if (status == WASM_LINK_UNKNOWN)
		fprintf(stderr, ": %.*s.%.*s", (int)missing->module_size, missing->module,
			(int)missing->name_size, missing->name);
	fputc('\n', stderr);
	return TOOL_NOT_RUN;
}

static int report_trap(const char *path, const struct wasm_trap_info *trap, const struct wasi *wasi,
	const struct run_options *o)
{
	char text[4096];
	if (trap->trap == WASM_TRAP_EXIT)
		return (int)wasi_exit_code(wasi);
	wasm_trap_describe(trap, text, sizeof(text));
	fprintf(stderr, "%s: trap: %s\n", path, text);
	for (uint32_t i = 1; i < trap->frame_count; i++) {
		wasm_trap_describe_frame(trap, i, text, sizeof(text));
		fprintf(stderr, "    %s\n", text);
	}
	if (trap->trap != WASM_TRAP_INTERRUPTED)
		return TOOL_TRAPPED;
	fprintf(stderr, "%s: its time of %u s was over\n", path, o->seconds);
	return TOOL_TIMED_OUT;
}

static void limit(struct wasm_instance *instance, const struct run_options *o)
{
	struct wasm_memory *memory = wasm_instance_memory(instance);
	if (o->memory_mib != 0 && memory != nullptr)
		wasm_memory_limit(memory, o->memory_mib * PAGES_OF_MIB);
	if (o->seconds != 0)
		limit_time(instance, o->seconds);
}

static int call(struct wasm_instance *instance, const char *path, const struct run_options *o,
	int count, char **arguments, const struct wasi *wasi)
{
	struct wasm_trap_info trap = {};
	union wasm_value none = {};
	int result = TOOL_OK;
	limit(instance, o);
	if (o->invoke != nullptr) {
		result = invoke(
			instance, o->invoke, count - o->first - 1, arguments + o->first + 1, &trap);
		return result == TOOL_TRAPPED ? report_trap(path, &trap, wasi, o) : result;
	}
	enum wasm_status status = wasm_instance_call(instance, "_start", ":", &none, &trap);
	if (status == WASM_LINK_EXPORT) {
		fprintf(stderr,
			"%s: it is no program (it exports no `_start'); call one of its "
			"functions with --invoke\n",
			path);
		return TOOL_NOT_RUN;
	}
	if (status == WASM_TRAPPED)
		return report_trap(path, &trap, wasi, o);
	return status == WASM_OK ? TOOL_OK : report_failure(path, status, nullptr);
}

static int run_image(const struct file *image, struct wasi *wasi, const struct run_options *o,
	int count, char **arguments)
{
	const char *path = arguments[o->first];
	struct wasm_platform platform;
	struct wasm_store *store;
	struct wasm_module *module;
	struct wasm_instance *instance;
	struct wasm_trap_info trap = {};
	struct wasm_host_module hosts = {wasi_functions, wasi_function_count, wasi};
	struct imports imports = {.modules = {&hosts, 1}};
	struct wasm_resolver resolver = {&imports, resolve};
	enum wasm_status status = wasm_host_platform_init(&platform);
	if (o->stack_kib != 0)
		limit_stack(&platform, o->stack_kib);
	if (status == WASM_OK)
		status = wasm_store_create(&platform, &store);
	if (status != WASM_OK)
		return report_failure(path, status, nullptr);
	status = wasm_module_load(store, image->bytes, image->size, &module);
	if (status == WASM_OK)
		status = wasm_instantiate(module, &resolver, &instance, &trap);
	int result = status == WASM_OK        ? call(instance, path, o, count, arguments, wasi)
		     : status == WASM_TRAPPED ? report_trap(path, &trap, wasi, o)
					      : report_failure(path, status, &imports.missing);
	wasm_store_destroy(store);
	return result;
}

int run_command(int count, char **arguments)
{
	struct run_options options = {};
	struct file image;
	struct wasi *wasi;
	if (!parse(count, arguments, &options))
		return tool_usage("run");
	if (!load_program(arguments[options.first], &image))
		return TOOL_NOT_RUN;
	struct wasi_config config = {.allocator = &wasm_host_allocator,
		.host = &wasi_posix_host,
		.arguments = (const char *const *)arguments + options.first,
		.argument_count = (size_t)(count - options.first),
		.environment = options.environment,
		.environment_count = options.environment_count};
	int result = TOOL_NOT_RUN;
	if (wasi_create(&config, &wasi) == WASM_OK) {
		if (add_descriptors(wasi, &options))
			result = run_image(&image, wasi, &options, count, arguments);
		wasi_destroy(wasi);
	}
	file_free(&image);
	return result;
}
