// SPDX-License-Identifier: MIT OR Apache-2.0
// Stores and modules.
#include "runtime/exceptions.h"
#include "runtime/fiber.h"

enum wasm_status wasm_store_create(const struct wasm_platform *platform, struct wasm_store **store)
{
	struct wasm_store *s = wasm_allocate(&platform->allocator, 1, sizeof(*s));
	if (s == nullptr)
		return WASM_NO_MEMORY;
	s->platform = platform;
	s->arena.allocator = &platform->allocator;
	s->free_exception = WASM_NO_INDEX;
	type_space_init(&s->own_types, &s->arena, &platform->allocator);
	s->types = &s->own_types;
	s->limits = (struct wasm_store_limits){WASM_UNLIMITED, WASM_UNLIMITED, WASM_UNLIMITED};
	*store = s;
	return WASM_OK;
}

void wasm_store_limit(struct wasm_store *store, const struct wasm_store_limits *limits)
{
	store->limits = *limits;
}

static void module_destroy(struct wasm_module *module)
{
	const struct wasm_allocator *allocator = store_allocator(module->store);
	wasm_free(allocator, module->own_types, module->image->type_count,
		sizeof(*module->own_types));
	wasm_code_release(module->code);
	wasm_free(allocator, module, 1, sizeof(*module));
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
	while (store->fibers != nullptr)
		wasm_fiber_destroy(store->fibers);
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
	type_space_free(&store->own_types);
	arena_free(&store->arena);
	wasm_free(store_allocator(store), store, 1, sizeof(*store));
}

// --- modules ---------------------------------------------------------------------------------

// An empty store takes the types of shared code as they are.
static enum wasm_status module_number_types(struct wasm_module *module)
{
	struct wasm_store *store = module->store;
	struct type_space *space;
	if (store->types->definitions.count == 0 && module->code->numbers != nullptr)
		store->types = &module->code->types;
	if (store->types == &module->code->types) {
		module->types = module->code->numbers;
		return WASM_OK;
	}
	enum wasm_status status = types_own(store, &space);
	if (status != WASM_OK)
		return status;
	module->own_types = wasm_allocate(
		store_allocator(store), module->image->type_count, sizeof(*module->own_types));
	module->types = module->own_types;
	if (module->own_types == nullptr)
		return WASM_NO_MEMORY;
	return space->definitions.count == 0
		       ? types_adopt(module->image, space, module->own_types)
		       : types_intern(module->image, space, module->own_types);
}

// Takes the caller's reference to the code. A module whose types could not be numbered stays in the
// store, which may have some of them.
static enum wasm_status module_create(
	struct wasm_store *store, struct wasm_code *code, struct wasm_module **module)
{
	struct wasm_module *m = wasm_allocate(store_allocator(store), 1, sizeof(*m));
	if (m == nullptr) {
		wasm_code_release(code);
		return WASM_NO_MEMORY;
	}
	m->store = store;
	m->code = code;
	m->image = &code->image;
	m->next = store->modules;
	store->modules = m;
	enum wasm_status status = module_number_types(m);
	if (status == WASM_OK)
		*module = m;
	return status;
}

enum wasm_status wasm_module_load(
	struct wasm_store *store, const void *bytes, size_t size, struct wasm_module **module)
{
	struct wasm_code *code;
	enum wasm_status status = code_open(store->platform, bytes, size, &code);
	return status == WASM_OK ? module_create(store, code, module) : status;
}

enum wasm_status wasm_module_attach(
	struct wasm_store *store, struct wasm_code *code, struct wasm_module **module)
{
	code_hold(code);
	return module_create(store, code, module);
}

const struct wasm_image *wasm_module_image(const struct wasm_module *module)
{
	return module->image;
}
