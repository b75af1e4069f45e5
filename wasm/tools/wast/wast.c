// SPDX-License-Identifier: MIT OR Apache-2.0
// wast: runs test scripts and prints what passed, file by file.
#include "tools/file.h"
#include "tools/wast/script.h"
#include "wasm/host_platform.h"

#include <stdio.h>

static const char usage[] =
	"usage: wast [-q] [--] FILE.wast...\n"
	"       wast -h | --help\n"
	"\n"
	"Runs scripts in the form of the official test suite: modules as text, quoted or binary, "
	"all\n"
	"assertions, registered and linked modules, and the module `spectest`. Prints for each "
	"file and\n"
	"in all how many assertions passed, failed and were skipped, and why; each failure with "
	"its\n"
	"line. A file that cannot be read or parsed counts as one failure.\n"
	"\n"
	"-q   only failures and the total\n"
	"\n"
	"WAST_BASELINE_CPU set in the environment: code for the oldest CPU instead of this one.\n"
	"Exit status: 0 nothing failed, 1 something failed, 2 wrong usage.\n";

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

static struct script_counts run_file(const char *path, const struct wasm_platform *platform)
{
	struct file file;
	struct arena arena = {&wasm_host_allocator, nullptr};
	uint32_t line = 0;
	if (!file_read(path, &file)) // says why
		return (struct script_counts){.failed = 1};
	struct node *tree = tree_parse(&arena, (const char *)file.bytes, file.size, &line);
	struct script s = {.arena = &arena, .allocator = &wasm_host_allocator, .path = path};
	if (tree == nullptr) {
		printf("%s:%u: syntax error\n", path, line);
		s.counts.failed++;
	} else if (!run_tree(&s, platform, tree)) {
		printf("%s: no memory for a store\n", path);
		s.counts.failed++;
	}
	arena_free(&arena);
	file_free(&file);
	return s.counts;
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

static void add_counts(struct script_counts *all, const struct script_counts *c)
{
	all->passed += c->passed;
	all->failed += c->failed;
	all->skipped += c->skipped;
	all->skipped_custom += c->skipped_custom;
	for (int i = 0; i < WASM_STATUS_COUNT; i++)
		all->skipped_by[i] += c->skipped_by[i];
}

static bool is_help(const char *argument)
{
	return strcmp(argument, "-h") == 0 || strcmp(argument, "--help") == 0;
}

// The index of the first file, or 0: wrong usage.
static int parse_options(int count, char **arguments, bool *quiet)
{
	int i = 1;
	for (; i < count && arguments[i][0] == '-'; i++) {
		if (strcmp(arguments[i], "--") == 0)
			return i + 1 < count ? i + 1 : 0;
		if (strcmp(arguments[i], "-q") != 0)
			return 0;
		*quiet = true;
	}
	return i < count ? i : 0;
}

int main(int count, char **arguments)
{
	struct wasm_platform platform;
	struct script_counts all = {};
	bool quiet = false;
	if (count == 2 && is_help(arguments[1])) {
		fputs(usage, stdout);
		return 0;
	}
	int first = parse_options(count, arguments, &quiet);
	if (first == 0) {
		fputs(usage, stderr);
		return 2;
	}
	if (wasm_host_platform_init(&platform) != WASM_OK) {
		fputs("wast: cannot handle signals\n", stderr);
		return 2;
	}
	for (int i = first; i < count; i++) {
		struct script_counts counts = run_file(arguments[i], &platform);
		if (!quiet)
			print_counts(arguments[i], &counts);
		add_counts(&all, &counts);
	}
	print_counts("total", &all);
	return all.failed == 0 ? 0 : 1;
}
