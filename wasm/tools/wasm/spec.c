// SPDX-License-Identifier: MIT OR Apache-2.0
// wasm spec: runs test scripts and prints what passed, file by file.
#include "tools/file.h"
#include "tools/wasm/tool.h"
#include "tools/wast/script.h"
#include "wasm/host_platform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// For all that this machine's CPU can do, or with WAST_BASELINE_CPU set, for the oldest CPU.
static enum wasm_status compile(void *self, const uint8_t *module, size_t size, uint8_t **image,
	size_t *image_size, struct wasm_diagnostic *diagnostic)
{
	struct wasm_compile_options options = {
		.cpu_features =
			getenv("WAST_BASELINE_CPU") == nullptr ? wasm_cpu_features_detect() : 0};
	(void)self;
	return wasm_compile(
		module, size, &options, &wasm_host_allocator, image, image_size, diagnostic);
}

static void release(void *self, uint8_t *image, size_t size)
{
	(void)self;
	wasm_free(&wasm_host_allocator, image, size, 1);
}

static void failed(void *self, const struct script_failure *f)
{
	(void)self;
	printf("%s:%u: %s", f->path, f->line, f->why);
	if (f->what != nullptr)
		printf(" (%s %llu)", f->what, (unsigned long long)f->where);
	putchar('\n');
}

static struct script_counts run_file(const struct script_host *host, const char *path)
{
	struct file file;
	if (!file_read(path, &file)) // says why
		return (struct script_counts){.failed = 1};
	struct script_counts counts =
		script_run_text(host, path, (const char *)file.bytes, file.size);
	file_free(&file);
	return counts;
}

static void print_counts(const char *name, const struct script_counts *c)
{
	const char *before = ": ";
	printf("%-60s %6u passed %4u failed %5u skipped", name, c->passed, c->failed, c->skipped);
	for (int i = 0; i < WASM_STATUS_COUNT; i++) {
		if (c->skipped_by[i] == 0)
			continue;
		printf("%s%u: %s", before, c->skipped_by[i], wasm_status_text((enum wasm_status)i));
		before = "; ";
	}
	if (c->skipped_custom != 0)
		printf("%s%u: custom sections are not checked", before, c->skipped_custom);
	putchar('\n');
}

int spec_command(int count, char **arguments)
{
	struct wasm_platform platform;
	struct script_counts all = {};
	const struct script_host host = {.allocator = &wasm_host_allocator,
		.platform = &platform,
		.compile = compile,
		.release = release,
		.failed = failed};
	bool quiet = count > 0 && strcmp(arguments[0], "-q") == 0;
	if (count <= quiet || arguments[quiet][0] == '-')
		return tool_usage("spec");
	if (wasm_host_platform_init(&platform) != WASM_OK) {
		fputs("wasm: cannot handle signals\n", stderr);
		return TOOL_FAILED;
	}
	for (int i = quiet; i < count; i++) {
		struct script_counts counts = run_file(&host, arguments[i]);
		if (!quiet)
			print_counts(arguments[i], &counts);
		script_counts_add(&all, &counts);
	}
	print_counts("total", &all);
	return all.failed == 0 ? TOOL_OK : TOOL_FAILED;
}
