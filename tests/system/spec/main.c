// SPDX-License-Identifier: MIT OR Apache-2.0
/* Runs scripts of the official suite inside the system: on the runtime that programs have
 * (services/wasm), with code that the system's compile worker makes. Each module is written to a
 * file, loaded as any program may load one, and compared with what the compiler gives in this
 * process. Arguments: scripts; the exit status is 1 if anything failed. */
#include "host.h"

#include <abi/protocol/console.h>
#include <abi/protocol/memory.h>
#include <abi/syscall.h>
#include <abi/wasm_imports.h>
#include <craton/print.h>
#include <craton/random.h>
#include <tools/wast/script.h>
#include <wasm/compiler.h>

#define MODULE_FILE "tmp/module.wasm"
#define MODULE_PATH "/" MODULE_FILE
#define RETRY_NS    1000000u
#define IMAGES_MOST 100u /* each is some regions of the memory service */

static struct start_data data;

/* --- output ------------------------------------------------------------------------------------
 */

static void write_console(const char *text, size_t size)
{
	struct call call = {.words = {size}, .in = text, .in_size = size};

	(void)!service_call(SERVICE_NUMBER_CONSOLE, CONSOLE_WRITE, &call);
}

static void report_failure(void *self, const struct script_failure *f)
{
	char text[256];

	(void)self;
	write_console(text, print_to(text, sizeof(text), "%s:%u: %s (%s %lu)\n", f->path, f->line,
				    f->why, f->what != nullptr ? f->what : "detail", f->where));
}

static void report_counts(const char *name, const struct script_counts *c)
{
	char text[256];

	write_console(text, print_to(text, sizeof(text), "%s %u passed %u failed %u skipped\n",
				    name, c->passed, c->failed, c->skipped));
}

/* --- files --------------------------------------------------------------------------------------
 */

static status_t open_file(const char *path, uint64_t flags, uint64_t *id, uint64_t *size)
{
	size_t length = strlen(path);
	struct call call = {.words = {0, flags, length}, .in = path, .in_size = length};
	status_t status = service_call(SERVICE_NUMBER_VFS, VFS_OPEN, &call);

	*id = call.words[0];
	*size = call.words[2];
	return status;
}

static status_t write_all(uint64_t id, const uint8_t *bytes, size_t size)
{
	status_t status = OK;

	for (size_t at = 0; status == OK && at < size; at += MESSAGE_BYTES) {
		size_t part = size - at < MESSAGE_BYTES ? size - at : MESSAGE_BYTES;
		struct call call = {
			.words = {id, part, DATA_PLACE_MESSAGE}, .in = bytes + at, .in_size = part};

		status = service_call(SERVICE_NUMBER_VFS, VFS_WRITE, &call);
	}
	return status;
}

static status_t read_all(uint64_t id, uint8_t *bytes, size_t size)
{
	status_t status = OK;

	for (size_t at = 0; status == OK && at < size;) {
		struct call call = {.words = {id, at, MESSAGE_BYTES, DATA_PLACE_MESSAGE},
			.out = bytes + at,
			.out_size = size - at};

		status = service_call(SERVICE_NUMBER_VFS, VFS_READ_AT, &call);
		if (status == OK && call.words[0] == 0)
			status = ERR_IO;
		at += call.words[0];
	}
	return status;
}

static void close_file(uint64_t id)
{
	uint64_t words[6] = {id};

	(void)!service_ask(SERVICE_NUMBER_VFS, VFS_CLOSE, words);
}

static status_t write_module(const uint8_t *module, size_t size)
{
	uint64_t id;
	uint64_t old;
	status_t status = open_file(
		MODULE_FILE, OPEN_FLAG_WRITE | OPEN_FLAG_CREATE | OPEN_FLAG_TRUNCATE, &id, &old);

	if (status != OK)
		return status;
	status = write_all(id, module, size);
	close_file(id);
	return status;
}

/* --- modules -------------------------------------------------------------------------------------
 */

static void pause(void)
{
	static uint32_t word;

	(void)!sys_futex_wait((uint64_t)(uintptr_t)&word, 0, time_now() + RETRY_NS, 0);
}

static status_t load(uint64_t words[6])
{
	struct call call = {.in = MODULE_PATH, .in_size = sizeof(MODULE_PATH) - 1};
	status_t status;

	do {
		memset(call.words, 0, sizeof(call.words));
		call.words[0] = call.in_size;
		status = service_call(SERVICE_NUMBER_PROCESS, PROCESS_MODULE_LOAD, &call);
		if (status == ERR_AGAIN)
			pause();
	} while (status == ERR_AGAIN);
	memcpy(words, call.words, sizeof(call.words));
	return status;
}

/* Is what the worker made what the compiler makes here? */
static bool is_same(const uint8_t *module, size_t size, const uint8_t *image, size_t image_size)
{
	struct wasm_compile_options options = {.cpu_features = wasm_cpu_features_detect()};
	uint8_t *own = nullptr;
	size_t own_size = 0;
	bool same = wasm_compile(module, size, &options, &heap_allocator, &own, &own_size,
			    nullptr) == WASM_OK &&
		    own_size == image_size && memcmp(own, image, image_size) == 0;

	heap_resize(nullptr, own, own_size, 0);
	return same;
}

static enum wasm_status compile(void *self, const uint8_t *module, size_t size, uint8_t **image,
	size_t *image_size, struct wasm_diagnostic *diagnostic)
{
	uint64_t words[6] = {0};
	status_t status = write_module(module, size);

	(void)self;
	if (status == OK)
		status = load(words);
	if (status == ERR_BAD_IMAGE && words[0] == 0) /* no magic number: no worker was asked */
		return wasm_validate(module, size, &heap_allocator, diagnostic);
	diagnostic->offset = words[0] >> 16;
	if (status == ERR_BAD_IMAGE)
		return (enum wasm_status)(words[0] & 0xffff);
	if (status != OK)
		return WASM_PLATFORM;
	*image = (uint8_t *)words[0];
	*image_size = words[1];
	return is_same(module, size, *image, *image_size) ? WASM_OK : WASM_BAD_IMAGE_BOUNDS;
}

static void release(void *self, uint8_t *image, size_t size)
{
	(void)self;
	memory_release(image, (size + 4095) & ~(size_t)4095);
}

/* --- scripts -------------------------------------------------------------------------------------
 */

static const struct script_host host = {.allocator = &heap_allocator,
	.platform = &craton_platform,
	.compile = compile,
	.release = release,
	.images_most = IMAGES_MOST,
	.failed = report_failure};

static char *read_script(const char *path, size_t *size)
{
	uint64_t id;
	uint64_t length;
	char *text;

	while (*path == '/')
		path++;
	if (open_file(path, OPEN_FLAG_READ, &id, &length) != OK)
		return nullptr;
	text = heap_take(length + 1);
	*size = length;
	if (text != nullptr && read_all(id, (uint8_t *)text, length) != OK)
		text = nullptr;
	close_file(id);
	return text;
}

static void run_script(const char *path, struct script_counts *counts)
{
	size_t size = 0;
	char *text = read_script(path, &size);

	const struct script_failure failure = {.path = path, .why = "cannot read the file"};

	*counts = (struct script_counts){.failed = 1};
	if (text == nullptr) {
		report_failure(nullptr, &failure);
		return;
	}
	*counts = script_run_text(&host, path, text, size);
	heap_give(text, size + 1);
}

static void run(void)
{
	struct script_counts all = {0};

	for (size_t i = 1; i < data.arguments.count; i++) {
		struct script_counts counts;

		run_script(data.arguments.items[i], &counts);
		report_counts(data.arguments.items[i], &counts);
		script_counts_add(&all, &counts);
	}
	report_counts("total", &all);
	program_exit(all.failed != 0, EXIT_CAUSE_EXITED, 0);
}

void program_main(const void *argument)
{
	const struct process_start *start = argument;
	uint64_t words[6] = {0};
	status_t status;

	services_init(start);
	random_init(start);
	status = heap_init() && stacks_init() ? faults_init(start) : ERR_NO_MEMORY;
	if (status == OK)
		status = service_ask(SERVICE_NUMBER_MEMORY, MEMORY_OWN_FAULTS, words);
	if (status == OK)
		status = start_data_read(&data);
	if (status != OK)
		program_exit(126, EXIT_CAUSE_RUNTIME_LOST, (uint64_t)-status);
	stack_enter(run);
}
