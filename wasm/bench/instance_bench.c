// SPDX-License-Identifier: MIT OR Apache-2.0
// Instances of one program that come and go, each in its own store: how long that takes when their
// code and address space are warm, and how much memory idle ones keep: lines `name value unit`.
#include "tools/file.h"
#include "wasm/compiler.h"
#include "wasm/host_platform.h"
#include "wasm/wasi.h"
#include "wasm/wasi_posix.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

constexpr double ENOUGH = 0.2; // seconds per round
constexpr int ROUNDS = 5;

static struct wasm_platform platform;
static struct wasm_code *code;
static struct wasi *wasi;

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

struct living {
	struct wasm_store *store;
	struct wasm_instance *instance;
};

static bool start(struct living *living)
{
	struct wasm_module *module;
	struct wasm_trap_info trap;
	struct wasm_host_module hosts = {wasi_functions, wasi_function_count, wasi};
	struct wasm_host_modules modules = {&hosts, 1};
	struct wasm_resolver resolver = {&modules, wasm_host_modules_resolve};
	return wasm_store_create(&platform, &living->store) == WASM_OK &&
	       wasm_module_attach(living->store, code, &module) == WASM_OK &&
	       wasm_instantiate(module, &resolver, &living->instance, &trap) == WASM_OK;
}

// Until it has ended itself or returned.
static bool run(struct living *living)
{
	union wasm_value none = {};
	struct wasm_trap_info trap;
	enum wasm_status status = wasm_instance_call(living->instance, "_start", ":", &none, &trap);
	return status == WASM_OK || (status == WASM_TRAPPED && trap.trap == WASM_TRAP_EXIT);
}

static bool cycle(bool runs)
{
	struct living living;
	bool ok = start(&living) && (!runs || run(&living));
	wasm_store_destroy(living.store);
	return ok;
}

// The least time of several rounds.
static bool measure_cycle(const char *name, bool runs)
{
	double least = 1;
	for (int i = 0; i < ROUNDS; i++) {
		double begin = now(), end;
		uint32_t count = 0;
		do {
			for (int n = 0; n < 100; n++, count++)
				if (!cycle(runs))
					return false;
			end = now();
		} while (end - begin < ENOUGH);
		double each = (end - begin) / count;
		least = each < least ? each : least;
	}
	printf("%s %.2f us\n", name, least * 1e6);
	return true;
}

// What the process has in memory, page tables aside, in KiB.
static double resident(void)
{
	char line[256];
	double size = 0;
	FILE *file = fopen("/proc/self/status", "r");
	while (file != nullptr && fgets(line, sizeof(line), file) != nullptr)
		if (strncmp(line, "RssAnon:", 8) == 0)
			size = strtod(line + 8, nullptr);
	if (file != nullptr)
		fclose(file);
	return size;
}

static bool measure_memory(const char *name, uint32_t count, bool runs)
{
	struct living *all = calloc(count, sizeof(*all));
	bool ok = all != nullptr;
	malloc_trim(0);
	if (ok)
		memset(all, 1, count * sizeof(*all));
	double before = resident();
	uint32_t made = 0;
	while (ok && made < count) {
		ok = start(&all[made]) && (!runs || run(&all[made]));
		made++;
	}
	if (ok)
		printf("%s_%u%s %.1f KiB\n", name, count, runs ? "_run" : "",
			(resident() - before) / count);
	while (made > 0)
		wasm_store_destroy(all[--made].store);
	free(all);
	return ok;
}

static bool make_wasi(void)
{
	static const char *arguments[] = {"program"};
	struct wasi_config config = {.allocator = &wasm_host_allocator,
		.host = &wasi_posix_host,
		.arguments = arguments,
		.argument_count = 1};
	struct wasi_descriptor nothing = {
		.description = wasi_posix_description(open("/dev/null", O_RDWR | O_CLOEXEC)),
		.rights = WASI_RIGHTS_ALL};
	return wasi_create(&config, &wasi) == WASM_OK &&
	       wasi_descriptor_set(wasi, 1, &nothing) == WASI_SUCCESS;
}

static bool load(const char *path)
{
	struct file module;
	uint8_t *image;
	size_t size;
	return file_read(path, &module) && wasm_host_platform_init(&platform) == WASM_OK &&
	       wasm_compile(module.bytes, module.size, nullptr, &wasm_host_allocator, &image, &size,
		       nullptr) == WASM_OK &&
	       wasm_code_load(&platform, image, size, &code) == WASM_OK && make_wasi();
}

int main(int count, char **arguments)
{
	if (count != 2 || !load(arguments[1]))
		return 2;
	bool ok = measure_cycle("warm_instance", false) && measure_cycle("warm_run", true) &&
		  measure_memory("instance_memory", 1000, false) &&
		  measure_memory("instance_memory", 1000, true) &&
		  measure_memory("instance_memory", 10000, false);
	wasi_destroy(wasi);
	wasm_code_release(code);
	return ok ? 0 : 1;
}
