// SPDX-License-Identifier: MIT OR Apache-2.0
// Memories, tables and globals.
#include "runtime/internal.h"

// --- memories --------------------------------------------------------------------------------

// What a 64-bit memory can grow to at most.
constexpr uint64_t MEMORY64_PAGES = UINT64_C(1) << 20; // 64 GiB

// 64-bit memories get as much address space as there is, down to what they need at first.
static enum wasm_status memory_reserve(const struct wasm_platform *platform,
	const struct memory_type *type, struct wasm_memory *memory, void **base)
{
	memory->reservation = WASM_MEMORY_RESERVATION;
	memory->limit = WASM_MAX_PAGES;
	if (type->pool != nullptr)
		return pool_take(type->pool, base);
	if (!type->is_64)
		return platform->reserve(platform->self, memory->reservation, base);
	uint64_t pages = type->maximum < MEMORY64_PAGES ? type->maximum : MEMORY64_PAGES;
	enum wasm_status status = WASM_NO_MEMORY;
	for (pages = pages == 0 ? 1 : pages; pages >= type->minimum && pages != 0; pages /= 2) {
		memory->limit = (uint32_t)pages;
		memory->reservation = pages * WASM_PAGE_SIZE;
		status = platform->reserve(platform->self, memory->reservation, base);
		if (status == WASM_OK)
			break;
	}
	return status;
}

static enum wasm_status memory_map(const struct wasm_platform *platform,
	const struct memory_type *type, struct wasm_memory *memory)
{
	void *base;
	enum wasm_status status = memory_reserve(platform, type, memory, &base);
	if (status != WASM_OK)
		return status;
	if (type->minimum != 0 && type->pool == nullptr)
		status = platform->commit(platform->self, base, type->minimum * WASM_PAGE_SIZE);
	if (status != WASM_OK) {
		platform->release(platform->self, base, memory->reservation);
		return status;
	}
	memory->base = base;
	memory->pages = (uint32_t)type->minimum;
	return WASM_OK;
}

enum wasm_status memory_new(const struct wasm_platform *platform, const struct memory_type *type,
	struct wasm_memory **memory)
{
	struct wasm_memory *m = wasm_allocate(&platform->allocator, 1, sizeof(*m));
	if (m == nullptr)
		return WASM_NO_MEMORY;
	m->platform = platform;
	m->pool = type->pool;
	m->maximum = type->maximum;
	m->is_64 = type->is_64;
	enum wasm_status status = memory_map(platform, type, m);
	if (status != WASM_OK) {
		wasm_free(&platform->allocator, m, 1, sizeof(*m));
		return status;
	}
	*memory = m;
	return WASM_OK;
}

// Counts so many more pages of a store's own memories. False: that is too many.
static bool store_take_pages(struct wasm_store *store, uint64_t pages)
{
	if (pages > store->limits.memory_pages ||
		store->used.memory_pages > store->limits.memory_pages - pages)
		return false;
	store->used.memory_pages += pages;
	return true;
}

enum wasm_status memory_create(
	struct wasm_store *store, const struct memory_type *type, struct wasm_memory **memory)
{
	if (!store_take_pages(store, type->minimum))
		return WASM_LIMIT_STORE;
	enum wasm_status status = memory_new(store->platform, type, memory);
	if (status != WASM_OK) {
		store->used.memory_pages -= type->minimum;
		return status;
	}
	(*memory)->store = store;
	(*memory)->next = store->memories;
	store->memories = *memory;
	return WASM_OK;
}

enum wasm_status wasm_memory_create(
	struct wasm_store *store, uint32_t minimum, uint32_t maximum, struct wasm_memory **memory)
{
	struct memory_type type = {
		minimum, maximum == UINT32_MAX ? UINT64_MAX : maximum, false, nullptr};
	return memory_create(store, &type, memory);
}

void memory_destroy(struct wasm_memory *memory)
{
	const struct wasm_platform *platform = memory->platform;
	if (memory->pool != nullptr && !memory->has_windows)
		pool_give(memory->pool, memory->base, (uint64_t)memory->pages * WASM_PAGE_SIZE);
	else
		platform->release(platform->self, memory->base, memory->reservation);
	wasm_free(&platform->allocator, memory, 1, sizeof(*memory));
}

static uint32_t memory_grow(struct wasm_memory *memory, uint32_t pages)
{
	const struct wasm_platform *platform = memory->platform;
	uint32_t old = memory->pages;
	uint32_t most = memory->maximum < memory->limit ? (uint32_t)memory->maximum : memory->limit;
	if (old > most || pages > most - old)
		return UINT32_MAX;
	if (pages == 0)
		return old;
	if (memory->store != nullptr && !store_take_pages(memory->store, pages))
		return UINT32_MAX;
	uint8_t *end = memory->base + (uint64_t)old * WASM_PAGE_SIZE;
	if (platform->commit(platform->self, end, (uint64_t)pages * WASM_PAGE_SIZE) != WASM_OK) {
		if (memory->store != nullptr)
			memory->store->used.memory_pages -= pages;
		return UINT32_MAX;
	}
	__atomic_store_n(&memory->pages, old + pages, __ATOMIC_RELEASE);
	return old;
}

uint32_t wasm_memory_grow(struct wasm_memory *memory, uint32_t pages)
{
	sharing_lock(memory);
	uint32_t old = memory_grow(memory, pages);
	sharing_unlock(memory);
	return old;
}

enum wasm_status wasm_memory_window(
	struct wasm_memory *memory, uint64_t offset, uint64_t size, wasm_window_map map, void *self)
{
	constexpr uint64_t PAGE = 4096;
	uint64_t end = (uint64_t)wasm_memory_pages(memory) * WASM_PAGE_SIZE;
	if (offset % PAGE != 0 || size % PAGE != 0 || size == 0 || offset > end ||
		size > end - offset)
		return WASM_LINK_TYPE;
	memory->has_windows = true;
	return map(self, memory->base + offset, size);
}

void wasm_memory_limit(struct wasm_memory *memory, uint32_t pages)
{
	sharing_lock(memory);
	memory->limit = pages < memory->limit ? pages : memory->limit;
	sharing_unlock(memory);
}

uint8_t *wasm_memory_base(const struct wasm_memory *memory)
{
	return memory->base;
}

uint32_t wasm_memory_pages(const struct wasm_memory *memory)
{
	return __atomic_load_n(&memory->pages, __ATOMIC_ACQUIRE);
}

// --- tables ----------------------------------------------------------------------------------

constexpr uint64_t TABLE_LIMIT = 10000000;       // elements of one
constexpr uint64_t STORE_TABLE_LIMIT = 20000000; // of all in a store

static bool table_reserve(struct wasm_store *store, struct wasm_table *table, uint64_t count)
{
	if (count <= table->capacity)
		return true;
	if (count > TABLE_LIMIT)
		return false;
	uint64_t capacity = table->capacity * 2 > count ? table->capacity * 2 : count;
	if (store->table_capacity - table->capacity + capacity > STORE_TABLE_LIMIT)
		return false;
	const struct wasm_allocator *allocator = store_allocator(store);
	uint64_t *elements = allocator->resize(allocator->self, table->elements,
		table->capacity * sizeof(uint64_t), capacity * sizeof(uint64_t));
	if (elements == nullptr)
		return false;
	store->table_capacity += capacity - table->capacity;
	table->elements = elements;
	table->capacity = capacity;
	return true;
}

static bool has_elements_left(const struct wasm_store *store, uint64_t count)
{
	return count <= store->limits.table_elements &&
	       store->used.table_elements <= store->limits.table_elements - count;
}

uint64_t table_grow(
	struct wasm_store *store, struct wasm_table *table, uint64_t count, uint64_t value)
{
	uint64_t old = table->size;
	if (count > table->maximum - old || count > TABLE_LIMIT ||
		!has_elements_left(store, count) || !table_reserve(store, table, old + count))
		return UINT64_MAX;
	store->used.table_elements += count;
	for (uint64_t i = 0; i < count; i++)
		table->elements[old + i] = value;
	table->size = old + count;
	return old;
}

enum wasm_status wasm_table_create(
	struct wasm_store *store, const struct wasm_table_type *type, struct wasm_table **table)
{
	if (!has_elements_left(store, type->minimum))
		return WASM_LIMIT_STORE;
	struct wasm_table *t = wasm_allocate(store_allocator(store), 1, sizeof(*t));
	if (t == nullptr)
		return WASM_NO_MEMORY;
	*t = (struct wasm_table){
		.type = type->type, .is_64 = type->is_64, .maximum = type->maximum};
	// Compiled code reads element 0 in speculation even of an empty table.
	if (!table_reserve(store, t, type->minimum == 0 ? 1 : type->minimum)) {
		wasm_free(store_allocator(store), t, 1, sizeof(*t));
		return WASM_NO_MEMORY;
	}
	t->elements[0] = 0;
	(void)table_grow(store, t, type->minimum, 0);
	t->next = store->tables;
	store->tables = t;
	*table = t;
	return WASM_OK;
}

void table_destroy(struct wasm_store *store, struct wasm_table *table)
{
	wasm_free(store_allocator(store), table->elements, table->capacity, sizeof(uint64_t));
	wasm_free(store_allocator(store), table, 1, sizeof(*table));
}

// --- tags ------------------------------------------------------------------------------------

enum wasm_status tag_create(struct wasm_store *store, uint32_t type, struct wasm_tag **tag)
{
	struct wasm_tag *t = wasm_allocate(store_allocator(store), 1, sizeof(*t));
	if (t == nullptr)
		return WASM_NO_MEMORY;
	*t = (struct wasm_tag){type_space_at(store->types, type)->type, type, store->tags};
	store->tags = t;
	*tag = t;
	return WASM_OK;
}

enum wasm_status wasm_tag_create(struct wasm_store *store, const enum wasm_type *types,
	uint32_t count, struct wasm_tag **tag)
{
	struct type_definition definition = {.type = {types, types, count, 0}, .is_final = true};
	struct type_space *space;
	uint32_t number;
	enum wasm_status status = types_own(store, &space);
	if (status == WASM_OK)
		status = type_space_intern(space, &definition, 1, &number);
	return status == WASM_OK ? tag_create(store, number, tag) : status;
}

// --- globals ---------------------------------------------------------------------------------

enum wasm_status wasm_global_create(struct wasm_store *store, enum wasm_type type, bool is_mutable,
	union wasm_value value, struct wasm_global **global)
{
	struct wasm_global *g = wasm_allocate(store_allocator(store), 1, sizeof(*g));
	if (g == nullptr)
		return WASM_NO_MEMORY;
	g->type = type;
	g->is_mutable = is_mutable;
	g->storage = value;
	g->value = &g->storage;
	g->next = store->globals;
	store->globals = g;
	*global = g;
	return WASM_OK;
}

union wasm_value wasm_global_get(const struct wasm_global *global)
{
	switch (global->type) {
	case WASM_TYPE_V128:
		return *global->value;
	case WASM_TYPE_I32:
	case WASM_TYPE_F32:
		return (union wasm_value){.i64 = global->value->i32};
	default:
		return (union wasm_value){.i64 = global->value->i64};
	}
}

enum wasm_type wasm_global_type(const struct wasm_global *global)
{
	return global->type;
}
