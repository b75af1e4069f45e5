// SPDX-License-Identifier: MIT OR Apache-2.0
#include "runtime/exceptions.h"

#include "runtime/fiber.h"

constexpr size_t EXCEPTION_BYTES_LIMIT = (size_t)16 << 20;
constexpr size_t SWEEP_BYTES_FIRST = (size_t)64 << 10;
constexpr uint32_t FIRST_SERIAL = 0x65780001; // unlike other words on a stack

// A place for an exception; its serial number changes whenever it is used again.
struct exception_slot {
	struct wasm_exception *exception; // or null
	uint32_t serial;
	uint32_t next_free;
};

static struct exception_slot *slot_at(const struct wasm_store *store, uint32_t index)
{
	return &((struct exception_slot *)store->exceptions.items)[index];
}

static size_t exception_size(const struct wasm_tag *tag)
{
	return sizeof(struct wasm_exception) +
	       (size_t)tag->type.parameter_count * EXCEPTION_VALUE_SIZE;
}

struct wasm_exception *exception_find(const struct wasm_store *store, uint64_t handle)
{
	uint32_t index = (uint32_t)handle - 1;
	if (index >= store->exceptions.count)
		return nullptr;
	struct wasm_exception *exception = slot_at(store, index)->exception;
	return exception != nullptr && exception->handle == handle ? exception : nullptr;
}

// --- sweeping --------------------------------------------------------------------------------

// Exceptions that were found and are still to be searched for others.
struct sweep {
	const struct wasm_store *store;
	struct wasm_exception *found;
};

static void mark(struct sweep *sweep, uint64_t word)
{
	struct wasm_exception *exception = exception_find(sweep->store, word);
	if (exception == nullptr || exception->marked)
		return;
	exception->marked = true;
	exception->next = sweep->found;
	sweep->found = exception;
}

static bool may_hold_exception(enum wasm_type type)
{
	return wasm_type_code(type) == WASM_TYPE_EXNREF;
}

static void mark_values(struct sweep *sweep, const struct wasm_exception *exception)
{
	const struct wasm_function_type *type = &exception->tag->type;
	for (uint32_t i = 0; i < type->parameter_count; i++) {
		uint64_t word;
		memcpy(&word, exception->values + (size_t)i * EXCEPTION_VALUE_SIZE, sizeof(word));
		if (may_hold_exception(type->parameters[i]))
			mark(sweep, word);
	}
}

// Frames of C functions lie in between: the sanitizers must not watch what is read here.
__attribute__((no_sanitize("address"))) static void mark_stack(
	struct sweep *sweep, const uint64_t *from, const uint64_t *to)
{
	for (; from < to; from++)
		if (*from >> 32 != 0)
			mark(sweep, *from);
}

static void mark_instances(struct sweep *sweep)
{
	for (const struct wasm_instance *i = sweep->store->instances; i != nullptr; i = i->next) {
		const struct wasm_image *image = i->module->image;
		uint32_t count = i->context == nullptr ? 0 : image->global_count;
		for (uint32_t k = image->imported_globals; k < count; k++)
			if (may_hold_exception((enum wasm_type)image->globals[k].type))
				mark(sweep, instance_global_value(i, k)->i64);
	}
}

static void mark_objects(struct sweep *sweep)
{
	const struct wasm_store *store = sweep->store;
	mark(sweep, store->thrown);
	for (const struct wasm_global *g = store->globals; g != nullptr; g = g->next)
		if (may_hold_exception(g->type))
			mark(sweep, g->storage.i64);
	for (const struct wasm_table *t = store->tables; t != nullptr; t = t->next)
		for (uint64_t i = 0; may_hold_exception(t->type) && i < t->size; i++)
			mark(sweep, t->elements[i]);
}

static void mark_other_stack(void *self, const uint64_t *from, const uint64_t *to)
{
	mark_stack(self, from, to);
}

static void free_exception(struct wasm_store *store, uint32_t index)
{
	struct exception_slot *slot = slot_at(store, index);
	size_t size = exception_size(slot->exception->tag);
	wasm_free(store_allocator(store), slot->exception, size, 1);
	store->exception_bytes -= size;
	slot->exception = nullptr;
	slot->serial++;
	slot->next_free = store->free_exception;
	store->free_exception = index;
}

static void free_unmarked(struct wasm_store *store)
{
	for (uint32_t i = 0; i < store->exceptions.count; i++) {
		struct wasm_exception *exception = slot_at(store, i)->exception;
		if (exception == nullptr)
			continue;
		if (!exception->marked)
			free_exception(store, i);
		else
			exception->marked = false;
	}
}

static void sweep_exceptions(struct wasm_store *store, const void *stack)
{
	struct sweep sweep = {store, nullptr};
	const uint64_t *top = activation_top(store->activation);
	if (top != nullptr)
		mark_stack(&sweep, stack, top);
	fibers_visit_stacks(store, mark_other_stack, &sweep);
	mark_instances(&sweep);
	mark_objects(&sweep);
	while (sweep.found != nullptr) {
		const struct wasm_exception *exception = sweep.found;
		sweep.found = exception->next;
		mark_values(&sweep, exception);
	}
	free_unmarked(store);
	size_t next = store->exception_bytes * 2;
	store->exception_sweep_at = next < SWEEP_BYTES_FIRST       ? SWEEP_BYTES_FIRST
				    : next > EXCEPTION_BYTES_LIMIT ? EXCEPTION_BYTES_LIMIT
								   : next;
}

// --- making ----------------------------------------------------------------------------------

static uint32_t take_slot(struct wasm_store *store)
{
	uint32_t index = store->free_exception;
	if (index != WASM_NO_INDEX) {
		store->free_exception = slot_at(store, index)->next_free;
		return index;
	}
	struct exception_slot slot = {nullptr, FIRST_SERIAL, WASM_NO_INDEX};
	if (array_push(&store->exceptions, store_allocator(store), sizeof(slot), &slot) != WASM_OK)
		return WASM_NO_INDEX;
	return store->exceptions.count - 1;
}

struct wasm_exception *exception_new(
	struct wasm_store *store, struct wasm_tag *tag, const void *stack)
{
	size_t size = exception_size(tag);
	if (store->exception_bytes + size > store->exception_sweep_at)
		sweep_exceptions(store, stack);
	if (store->exception_bytes + size > EXCEPTION_BYTES_LIMIT)
		return nullptr;
	struct wasm_exception *exception = wasm_allocate(store_allocator(store), size, 1);
	uint32_t index = exception == nullptr ? WASM_NO_INDEX : take_slot(store);
	if (index == WASM_NO_INDEX) {
		wasm_free(store_allocator(store), exception, size, 1);
		return nullptr;
	}
	exception->tag = tag;
	exception->handle = (uint64_t)slot_at(store, index)->serial << 32 | (index + 1);
	slot_at(store, index)->exception = exception;
	store->exception_bytes += size;
	return exception;
}

bool exceptions_are_many(const struct wasm_store *store)
{
	return store->exception_bytes > EXCEPTION_BYTES_LIMIT / 2;
}

void exceptions_free(struct wasm_store *store)
{
	for (uint32_t i = 0; i < store->exceptions.count; i++)
		if (slot_at(store, i)->exception != nullptr)
			free_exception(store, i);
	array_free(&store->exceptions, store_allocator(store), sizeof(struct exception_slot));
}

// --- for the embedder ------------------------------------------------------------------------

struct wasm_tag *wasm_exception_tag(const struct wasm_store *store, uint64_t exception)
{
	const struct wasm_exception *e = exception_find(store, exception);
	return e == nullptr ? nullptr : e->tag;
}

bool wasm_exception_value(
	const struct wasm_store *store, uint64_t exception, uint32_t index, union wasm_value *value)
{
	const struct wasm_exception *e = exception_find(store, exception);
	if (e == nullptr || index >= e->tag->type.parameter_count)
		return false;
	memcpy(value, e->values + (size_t)index * EXCEPTION_VALUE_SIZE, sizeof(*value));
	return true;
}

enum wasm_trap wasm_exception_throw(
	struct wasm_store *store, struct wasm_tag *tag, const union wasm_value *values)
{
	struct wasm_exception *e = exception_new(store, tag, __builtin_frame_address(0));
	if (e == nullptr)
		return WASM_TRAP_EXCEPTION_MEMORY;
	for (uint32_t i = 0; i < tag->type.parameter_count; i++)
		memcpy(e->values + (size_t)i * EXCEPTION_VALUE_SIZE, &values[i], sizeof(*values));
	store->thrown = e->handle;
	return WASM_TRAP_EXCEPTION;
}
