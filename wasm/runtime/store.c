// SPDX-License-Identifier: MIT OR Apache-2.0
// Stores and modules.
#include "runtime/internal.h"
#include "wasm/compiler.h"

enum wasm_status wasm_store_create(const struct wasm_platform *platform, struct wasm_store **store)
{
	struct wasm_store *s = wasm_allocate(&platform->allocator, 1, sizeof(*s));
	if (s == nullptr)
		return WASM_NO_MEMORY;
	s->platform = platform;
	memset(s->type_buckets, 0xff, sizeof(s->type_buckets)); // WASM_NO_INDEX
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
		memory_destroy(store, memory);
	}
	while (store->tables != nullptr) {
		struct wasm_table *table = store->tables;
		store->tables = table->next;
		table_destroy(store, table);
	}
	while (store->globals != nullptr) {
		struct wasm_global *global = store->globals;
		store->globals = global->next;
		wasm_free(store_allocator(store), global, 1, sizeof(*global));
	}
}

void wasm_store_destroy(struct wasm_store *store)
{
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
	array_free(&store->types, store_allocator(store), sizeof(struct type_entry));
	wasm_free(store_allocator(store), store, 1, sizeof(*store));
}

// --- types -----------------------------------------------------------------------------------

static uint32_t hash_bytes(uint32_t hash, const uint8_t *bytes, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	return (hash ^ 0xff) * 16777619u;
}

static uint32_t type_hash(const struct wasm_function_type *type)
{
	uint32_t hash = hash_bytes(2166136261u, type->parameters, type->parameter_count);
	return hash_bytes(hash, type->results, type->result_count);
}

static bool types_equal(const struct wasm_function_type *a, const struct wasm_function_type *b)
{
	return a->parameter_count == b->parameter_count && a->result_count == b->result_count &&
	       memcmp(a->parameters, b->parameters, a->parameter_count) == 0 &&
	       memcmp(a->results, b->results, a->result_count) == 0;
}

enum wasm_status store_intern_type(
	struct wasm_store *store, struct wasm_function_type type, uint32_t *number)
{
	uint32_t hash = type_hash(&type);
	uint32_t *bucket = &store->type_buckets[hash % TYPE_BUCKETS];
	const struct type_entry *entries = store->types.items;
	for (uint32_t i = *bucket; i != WASM_NO_INDEX; i = entries[i].next)
		if (entries[i].hash == hash && types_equal(&entries[i].type, &type)) {
			*number = i;
			return WASM_OK;
		}
	struct type_entry entry = {type, hash, *bucket};
	enum wasm_status status =
		array_push(&store->types, store_allocator(store), sizeof(entry), &entry);
	if (status == WASM_OK)
		*number = *bucket = store->types.count - 1;
	return status;
}

static enum wasm_status module_intern_types(struct wasm_module *module)
{
	const struct wasm_image *image = &module->image;
	module->types = wasm_allocate(store_allocator(module->store), image->type_count, 4);
	enum wasm_status status = module->types == nullptr ? WASM_NO_MEMORY : WASM_OK;
	for (uint32_t i = 0; i < image->type_count && status == WASM_OK; i++)
		status = store_intern_type(
			module->store, wasm_image_function_type(image, i), &module->types[i]);
	return status;
}

// --- modules ---------------------------------------------------------------------------------

static enum wasm_status module_prepare(struct wasm_module *module)
{
	const struct wasm_platform *platform = module->store->platform;
	if (!wasm_cpu_is_supported() ||
		(module->image.header->cpu_features & ~wasm_cpu_features_detect()) != 0)
		return WASM_UNSUPPORTED_CPU;
	enum wasm_status status = module_intern_types(module);
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
