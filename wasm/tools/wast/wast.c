// SPDX-License-Identifier: MIT OR Apache-2.0
// wast: runs test scripts and prints what passed, file by file.
#include "tools/file.h"
#include "tools/wast/script.h"
#include "wasm/host_platform.h"

#include <stdio.h>

static const char usage[] = "usage: wast [-q] FILE.wast...\n"
			    "Prints passed, failed and skipped assertions per file and in all.\n"
			    "-q: totals only. Exit status 1 when something failed.\n";

static void free_script(struct script *s)
{
	wasm_store_destroy(s->store);
	if (s->spectest_shared_memory != nullptr)
		wasm_shared_memory_release(s->spectest_shared_memory);
	struct script_image *images = s->images.items;
	for (uint32_t i = 0; i < s->images.count; i++)
		wasm_free(s->allocator, images[i].bytes, images[i].size, 1);
	array_free(&s->images, s->allocator, sizeof(struct script_image));
	array_free(&s->instances, s->allocator, sizeof(struct named_instance));
	array_free(&s->registered, s->allocator, sizeof(struct named_instance));
}

static bool run_tree(struct script *s, const struct wasm_platform *platform, struct node *tree)
{
	s->platform = platform;
	if (wasm_store_create(platform, &s->store) != WASM_OK)
		return false;
	bool ok = spectest_create(s) == WASM_OK;
	if (ok)
		script_run(s, tree->first);
	free_script(s);
	return ok;
}

static bool run_file(
	const char *path, const struct wasm_platform *platform, struct script_counts *counts)
{
	struct file file;
	struct arena arena = {&wasm_host_allocator, nullptr};
	uint32_t line = 0;
	if (!file_read(path, &file))
		return false;
	struct node *tree = tree_parse(&arena, (const char *)file.bytes, file.size, &line);
	struct script s = {.arena = &arena, .allocator = &wasm_host_allocator, .path = path};
	bool ok = tree != nullptr && run_tree(&s, platform, tree);
	if (!ok)
		printf("%s:%u: cannot read the script\n", path, line);
	*counts = s.counts;
	counts->failed += !ok;
	arena_free(&arena);
	file_free(&file);
	return ok;
}

static void print_counts(const char *name, const struct script_counts *c)
{
	printf("%-60s %6u passed %4u failed %5u skipped", name, c->passed, c->failed, c->skipped);
	for (int i = 0; i < WASM_STATUS_COUNT; i++)
		if (c->skipped_by[i] != 0)
			printf(" %s=%u", wasm_status_name((enum wasm_status)i), c->skipped_by[i]);
	putchar('\n');
}

static void add_counts(struct script_counts *all, const struct script_counts *c)
{
	all->passed += c->passed;
	all->failed += c->failed;
	all->skipped += c->skipped;
	for (int i = 0; i < WASM_STATUS_COUNT; i++)
		all->skipped_by[i] += c->skipped_by[i];
}

int main(int count, char **arguments)
{
	struct wasm_platform platform;
	struct script_counts all = {};
	bool quiet = count > 1 && strcmp(arguments[1], "-q") == 0;
	if (count < 2 + quiet) {
		fputs(usage, stderr);
		return 2;
	}
	if (wasm_host_platform_init(&platform) != WASM_OK)
		return 2;
	for (int i = 1 + quiet; i < count; i++) {
		struct script_counts counts;
		run_file(arguments[i], &platform, &counts);
		if (!quiet)
			print_counts(arguments[i], &counts);
		add_counts(&all, &counts);
	}
	print_counts("total", &all);
	return all.failed == 0 ? 0 : 1;
}
