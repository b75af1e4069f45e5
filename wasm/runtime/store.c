// SPDX-License-Identifier: MIT OR Apache-2.0
// Stores and modules.
#include "runtime/exceptions.h"
#include "wasm/compiler.h"

enum wasm_status wasm_store_create(const struct wasm_platform *platform, struct wasm_store **store)
{
	struct wasm_store *s = wasm_allocate(&platform->allocator, 1, sizeof(*s));
	if (s == nullptr)
		return WASM_NO_MEMORY;
	s->platform = platform;
	s->arena.allocator = &platform->allocator;
	s->free_exception = WASM_NO_INDEX;
	type_space_init(&s->types, &s->arena, &platform->allocator);
	*store = s;
	return WASM_OK;
}

static void module_destroy(struct wasm_module *module)
{
	const struct wasm_platform *platform = module->store->platform;
	if (module->range != nullptr)
		registry_remove(module->range);
	if (module->code != nullptr)
		platform->unmap_code(platform->self, &module->image, module->code);
	wasm_free(&platform->allocator, module->types, module->image.type_count, 4);
	wasm_free(&platform->allocator, module, 1, sizeof(*module));
}

static void destroy_objects(struct wasm_store *store)
{
	while (store->memories != nullptr) {
		struct wasm_memory *memory = store->memories;
		store->memories = memory->next;
		memory_destroy(memory);
	}
	sharing_release_all(store);
	while (store->tables != nullptr) {
		struct wasm_table *table = store->tables;
		store->tables = table->next;
		table_destroy(store, table);
	}
	while (store->tags != nullptr) {
		struct wasm_tag *tag = store->tags;
		store->tags = tag->next;
		wasm_free(store_allocator(store), tag, 1, sizeof(*tag));
	}
	while (store->globals != nullptr) {
		struct wasm_global *global = store->globals;
		store->globals = global->next;
		wasm_free(store_allocator(store), global, 1, sizeof(*global));
	}
}

void wasm_store_destroy(struct wasm_store *store)
{
	exceptions_free(store);
	while (store->instances != nullptr) {
		struct wasm_instance *instance = store->instances;
		store->instances = instance->next;
		instance_destroy(instance);
	}
	destroy_objects(store);
	while (store->modules != nullptr) {
		struct wasm_module *module = store->modules;
		store->modules = module->next;
		module_destroy(module);
	}
	type_space_free(&store->types);
	arena_free(&store->arena);
	wasm_free(store_allocator(store), store, 1, sizeof(*store));
}

// --- modules ---------------------------------------------------------------------------------

static enum wasm_status module_prepare(struct wasm_module *module)
{
	const struct wasm_platform *platform = module->store->platform;
	if (!wasm_cpu_is_supported() ||
		(module->image.header->cpu_features & ~wasm_cpu_features_detect()) != 0)
		return WASM_UNSUPPORTED_CPU;
	enum wasm_status status = types_intern(module);
	if (status != WASM_OK)
		return status;
	const void *code;
	status = platform->map_code(platform->self, &module->image, &code);
	if (status != WASM_OK)
		return status;
	module->code = code;
	module->range = registry_add(module);
	return module->range == nullptr ? WASM_NO_MEMORY : WASM_OK;
}

// A module that could not be prepared stays in the store: its types may already be in use.
enum wasm_status wasm_module_load(
	struct wasm_store *store, const void *bytes, size_t size, struct wasm_module **module)
{
	struct wasm_image image;
	enum wasm_status status = wasm_image_open(bytes, size, &image);
	if (status != WASM_OK)
		return status;
	struct wasm_module *m = wasm_allocate(store_allocator(store), 1, sizeof(*m));
	if (m == nullptr)
		return WASM_NO_MEMORY;
	m->store = store;
	m->image = image;
	m->next = store->modules;
	store->modules = m;
	status = module_prepare(m);
	if (status == WASM_OK)
		*module = m;
	return status;
}

const struct wasm_image *wasm_module_image(const struct wasm_module *module)
{
	return &module->image;
}
