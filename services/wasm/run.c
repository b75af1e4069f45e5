// SPDX-License-Identifier: MIT OR Apache-2.0
/* The life of the WASM program: WASI's state, the module, its `_start`, and how it ended. */
#include "craton.h"

#include <abi/protocol/log.h>
#include <craton/print.h>

#define TRAP_STATUS      134u /* 128 + SIGABRT: what shells expect of a program that crashed */
#define NOT_RUN_STATUS   126u
#define DESCRIPTOR_LIMIT 256u
#define CALLERS_SHOWN    10u /* in the log */

void program_exit(uint64_t status, uint64_t cause, uint64_t detail)
{
	uint64_t words[6] = {status, cause, detail};

	(void)!service_ask(SERVICE_NUMBER_PROCESS, PROCESS_EXIT, words);
	runtime_abort("the process service let a program live that wanted to end");
}

void log_line(uint64_t level, const char *text)
{
	size_t size = strlen(text);
	struct call call = {.words = {level, size}, .in = text, .in_size = size};

	(void)!service_call(SERVICE_NUMBER_LOG, LOG_WRITE, &call);
}

static struct wasi *make_wasi(const struct start_data *data)
{
	struct wasi_config config = {
		.allocator = &heap_allocator,
		.host = &craton_host,
		.arguments = data->arguments.items,
		.argument_count = data->arguments.count,
		.environment = data->environment.items,
		.environment_count = data->environment.count,
		.descriptor_limit = DESCRIPTOR_LIMIT,
	};
	struct wasi *wasi;
	char text[64];
	errno_t error;

	error = wasi_create(&config, &wasi) == WASM_OK ? descriptors_init(wasi, data) : WASI_NOMEM;
	if (error != WASI_SUCCESS) {
		print_to(text, sizeof(text), "cannot set up descriptors: error %u", error);
		log_line(0, text);
		program_exit(NOT_RUN_STATUS, EXIT_CAUSE_RUNTIME_LOST, error);
	}
	return wasi;
}

[[noreturn]] static void end_trapped(const struct wasm_trap_info *trap, const struct wasi *wasi)
{
	char text[256];

	if (trap->trap == WASM_TRAP_EXIT)
		program_exit(wasi_exit_code(wasi), EXIT_CAUSE_EXITED, 0);
	wasm_trap_describe(trap, text, sizeof(text));
	log_line(0, text);
	for (uint32_t i = 1; i < trap->frame_count && i <= CALLERS_SHOWN; i++) {
		wasm_trap_describe_frame(trap, i, text, sizeof(text));
		log_line(0, text);
	}
	program_exit(TRAP_STATUS, EXIT_CAUSE_TRAPPED, trap->trap);
}

[[noreturn]] static void end(
	enum wasm_status status, const struct wasm_trap_info *trap, const struct wasi *wasi)
{
	if (status == WASM_TRAPPED)
		end_trapped(trap, wasi);
	if (status == WASM_OK)
		program_exit(0, EXIT_CAUSE_EXITED, 0);
	log_line(0, wasm_status_text(status));
	program_exit(NOT_RUN_STATUS, EXIT_CAUSE_BAD_IMAGE, (uint64_t)status);
}

/* What the module may import. */
static struct wasm_resolver make_resolver(struct wasi *wasi)
{
	static struct wasm_host_module modules[2];
	static struct wasm_host_modules all = {modules, 2};

	modules[0] = (struct wasm_host_module){wasi_functions, wasi_function_count, wasi};
	modules[1] = (struct wasm_host_module){craton_functions, craton_function_count, wasi};
	return (struct wasm_resolver){&all, wasm_host_modules_resolve_sorted};
}

void program_run(const struct start_data *data)
{
	struct wasi *wasi = make_wasi(data);
	struct wasm_resolver resolver = make_resolver(wasi);
	struct wasm_trap_info trap = {0};
	union wasm_value none = {0};
	struct wasm_store *store;
	struct wasm_module *module;
	struct wasm_instance *instance;
	enum wasm_status status = wasm_store_create(&craton_platform, &store);

	if (status == WASM_OK)
		status = wasm_module_load(store, (const void *)data->sizes.image_address,
			data->sizes.image_size, &module);
	if (status == WASM_OK)
		status = wasm_instantiate(module, &resolver, &instance, &trap);
	if (status == WASM_OK)
		status = wasm_instance_call(instance, "_start", ":", &none, &trap);
	end(status, &trap, wasi);
}
