// SPDX-License-Identifier: MIT OR Apache-2.0
// One script from its text to its counts, with a store of its own.
#include "tools/wast/script.h"

#include <string.h>

static void free_store(struct script *s)
{
	const struct script_host *host = s->host;
	wasm_store_destroy(s->store);
	if (s->spectest_shared_memory != nullptr)
		wasm_shared_memory_release(s->spectest_shared_memory);
	s->spectest_shared_memory = nullptr;
	struct script_image *images = s->images.items;
	for (uint32_t i = 0; i < s->images.count; i++)
		host->release(host->self, images[i].bytes, images[i].size);
	s->images.count = 0;
}

enum wasm_status script_renew(struct script *s)
{
	if (s->store != nullptr)
		free_store(s);
	s->store = nullptr;
	enum wasm_status status = wasm_store_create(s->platform, &s->store);
	return status == WASM_OK ? spectest_create(s) : status;
}

static bool run_tree(struct script *s, struct node *tree)
{
	bool ok = script_renew(s) == WASM_OK;
	if (ok)
		script_run(s, tree->first);
	if (s->store != nullptr)
		free_store(s);
	array_free(&s->images, s->allocator, sizeof(struct script_image));
	array_free(&s->instances, s->allocator, sizeof(struct named_instance));
	array_free(&s->registered, s->allocator, sizeof(struct named_instance));
	return ok;
}

static void fail(struct script *s, uint32_t line, const char *why)
{
	const struct script_failure failure = {.path = s->path, .line = line, .why = why};
	s->counts.failed++;
	s->host->failed(s->host->self, &failure);
}

struct script_counts script_run_text(
	const struct script_host *host, const char *path, const char *text, size_t size)
{
	struct arena arena = {host->allocator, nullptr};
	uint32_t line = 0;
	struct node *tree = tree_parse(&arena, text, size, &line);
	struct script s = {.arena = &arena,
		.allocator = host->allocator,
		.platform = host->platform,
		.host = host,
		.path = path};
	if (tree == nullptr)
		fail(&s, line, "syntax error");
	else if (!run_tree(&s, tree))
		fail(&s, 1, "no memory for a store");
	arena_free(&arena);
	return s.counts;
}

void script_counts_add(struct script_counts *all, const struct script_counts *counts)
{
	all->passed += counts->passed;
	all->failed += counts->failed;
	all->skipped += counts->skipped;
	all->skipped_custom += counts->skipped_custom;
	for (int i = 0; i < WASM_STATUS_COUNT; i++)
		all->skipped_by[i] += counts->skipped_by[i];
}
