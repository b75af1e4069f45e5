// SPDX-License-Identifier: MIT OR Apache-2.0
// The C side of instructions that are too large to inline. Indices in immediates are the compiler's
// and valid; operands are the program's.
#include "runtime/exceptions.h"

typedef struct wasm_context context_t;

static bool range_ok(uint64_t offset, uint64_t count, uint64_t size)
{
	return offset <= size && count <= size - offset;
}

static void trap_unless(context_t *context, bool ok, enum wasm_trap trap)
{
	if (!ok)
		trap_raise(context->instance, context->frame, trap);
}

constexpr uint64_t FIRST_INDEX_MASK = (UINT64_C(1) << SECOND_INDEX_SHIFT) - 1;

static struct wasm_memory *memory_of(const context_t *context, uint64_t index)
{
	return instance_memory(context->instance, (uint32_t)index)->memory;
}

static uint64_t memory_bytes(const struct wasm_memory *memory)
{
	return (uint64_t)wasm_memory_pages(memory) * WASM_PAGE_SIZE;
}

static uint64_t builtin_memory_grow(
	context_t *context, uint64_t pages, uint64_t, uint64_t, uint64_t index)
{
	struct wasm_memory *memory = memory_of(context, index);
	uint32_t old = pages > UINT32_MAX ? UINT32_MAX : wasm_memory_grow(memory, (uint32_t)pages);
	return memory->is_64 && old == UINT32_MAX ? UINT64_MAX : old;
}

static uint64_t builtin_memory_init(
	context_t *context, uint64_t to, uint64_t from, uint64_t count, uint64_t indices)
{
	enum wasm_trap trap = memory_init(context->instance, (uint32_t)(indices & FIRST_INDEX_MASK),
		(uint32_t)(indices >> SECOND_INDEX_SHIFT), to, from, count);
	trap_unless(context, trap == WASM_TRAP_NONE, trap);
	return 0;
}

static uint64_t builtin_memory_copy(
	context_t *context, uint64_t to, uint64_t from, uint64_t count, uint64_t indices)
{
	struct wasm_memory *target = memory_of(context, indices & FIRST_INDEX_MASK);
	struct wasm_memory *source = memory_of(context, indices >> SECOND_INDEX_SHIFT);
	trap_unless(context,
		range_ok(to, count, memory_bytes(target)) &&
			range_ok(from, count, memory_bytes(source)),
		WASM_TRAP_MEMORY_BOUNDS);
	memmove(target->base + to, source->base + from, count);
	return 0;
}

static uint64_t builtin_memory_fill(
	context_t *context, uint64_t to, uint64_t value, uint64_t count, uint64_t index)
{
	struct wasm_memory *memory = memory_of(context, index);
	trap_unless(context, range_ok(to, count, memory_bytes(memory)), WASM_TRAP_MEMORY_BOUNDS);
	memset(memory->base + to, (uint8_t)value, count);
	return 0;
}

static uint64_t builtin_data_drop(
	context_t *context, uint64_t, uint64_t, uint64_t, uint64_t segment)
{
	context->instance->dropped_data[segment] = 1;
	return 0;
}

static struct wasm_table *table_of(context_t *context, uint64_t index)
{
	return instance_table(context->instance, (uint32_t)index);
}

static uint64_t builtin_table_get(
	context_t *context, uint64_t index, uint64_t, uint64_t, uint64_t table)
{
	struct wasm_table *t = table_of(context, table);
	trap_unless(context, index < t->size, WASM_TRAP_TABLE_BOUNDS);
	return t->elements[index];
}

static uint64_t builtin_table_set(
	context_t *context, uint64_t index, uint64_t value, uint64_t, uint64_t table)
{
	struct wasm_table *t = table_of(context, table);
	trap_unless(context, index < t->size, WASM_TRAP_TABLE_BOUNDS);
	t->elements[index] = value;
	return 0;
}

static uint64_t builtin_table_size(context_t *context, uint64_t, uint64_t, uint64_t, uint64_t table)
{
	return table_of(context, table)->size;
}

static uint64_t builtin_table_grow(
	context_t *context, uint64_t value, uint64_t count, uint64_t, uint64_t table)
{
	struct wasm_table *t = table_of(context, table);
	uint64_t old = table_grow(context->instance->store, t, count, value);
	return t->is_64 ? old : (uint32_t)old;
}

static uint64_t builtin_table_fill(
	context_t *context, uint64_t index, uint64_t value, uint64_t count, uint64_t table)
{
	struct wasm_table *t = table_of(context, table);
	trap_unless(context, range_ok(index, count, t->size), WASM_TRAP_TABLE_BOUNDS);
	for (uint64_t i = 0; i < count; i++)
		t->elements[index + i] = value;
	return 0;
}

static uint64_t builtin_table_init(
	context_t *context, uint64_t to, uint64_t from, uint64_t count, uint64_t indices)
{
	enum wasm_trap trap = table_init(context->instance, (uint32_t)(indices & FIRST_INDEX_MASK),
		(uint32_t)(indices >> SECOND_INDEX_SHIFT), to, from, count);
	trap_unless(context, trap == WASM_TRAP_NONE, trap);
	return 0;
}

static uint64_t builtin_table_copy(
	context_t *context, uint64_t to, uint64_t from, uint64_t count, uint64_t indices)
{
	struct wasm_table *target = table_of(context, indices & FIRST_INDEX_MASK);
	struct wasm_table *source = table_of(context, indices >> SECOND_INDEX_SHIFT);
	trap_unless(context,
		range_ok(to, count, target->size) && range_ok(from, count, source->size),
		WASM_TRAP_TABLE_BOUNDS);
	memmove(target->elements + to, source->elements + from, count * sizeof(uint64_t));
	return 0;
}

static uint64_t builtin_elem_drop(
	context_t *context, uint64_t, uint64_t, uint64_t, uint64_t segment)
{
	context->instance->dropped_elements[segment] = 1;
	return 0;
}

// The function, whose type is not the wanted one itself; immediate: the module's number of that.
static uint64_t builtin_check_callee(
	context_t *context, uint64_t callee, uint64_t, uint64_t, uint64_t type)
{
	const struct wasm_function *function = (const struct wasm_function *)callee;
	const struct wasm_module *module = context->instance->module;
	trap_unless(context,
		type_number_matches(module->store->types, function->type, module->types[type]),
		WASM_TRAP_INDIRECT_CALL_TYPE);
	return callee;
}

// --- atomics ---------------------------------------------------------------------------------

static void check_atomic(
	context_t *context, const struct wasm_memory *memory, uint64_t address, uint32_t size)
{
	trap_unless(context, address % size == 0, WASM_TRAP_UNALIGNED_ATOMIC);
	trap_unless(
		context, range_ok(address, size, memory_bytes(memory)), WASM_TRAP_MEMORY_BOUNDS);
}

static uint64_t builtin_atomic_notify(
	context_t *context, uint64_t address, uint64_t count, uint64_t, uint64_t index)
{
	struct wasm_memory *memory = memory_of(context, index);
	check_atomic(context, memory, address, 4);
	return sharing_notify(memory, address, (uint32_t)count);
}

static uint64_t atomic_wait(context_t *context, uint64_t index, const struct wait_request *request)
{
	struct wasm_memory *memory = memory_of(context, index);
	check_atomic(context, memory, request->address, request->size);
	trap_unless(context, memory->sharing != nullptr, WASM_TRAP_NOT_SHARED);
	enum wait_result result = sharing_wait(context->instance, memory, request);
	trap_unless(context, result != WAIT_INTERRUPTED, WASM_TRAP_INTERRUPTED);
	return result;
}

static uint64_t builtin_atomic_wait32(
	context_t *context, uint64_t address, uint64_t expected, uint64_t timeout, uint64_t index)
{
	return atomic_wait(context, index,
		&(struct wait_request){address, (uint32_t)expected, 4, (int64_t)timeout});
}

static uint64_t builtin_atomic_wait64(
	context_t *context, uint64_t address, uint64_t expected, uint64_t timeout, uint64_t index)
{
	return atomic_wait(
		context, index, &(struct wait_request){address, expected, 8, (int64_t)timeout});
}

// --- exceptions ------------------------------------------------------------------------------

// What the stub saved is the lowest part of the stack that can hold references.
static uint64_t builtin_exception_new(
	context_t *context, uint64_t, uint64_t, uint64_t, uint64_t tag)
{
	struct wasm_instance *instance = context->instance;
	const void *stack = (const struct saved_homes *)context->frame - 1;
	struct wasm_exception *exception =
		exception_new(instance->store, instance->tags[tag], stack);
	trap_unless(context, exception != nullptr, WASM_TRAP_EXCEPTION_MEMORY);
	return (uintptr_t)exception->values;
}

static uint64_t builtin_exception_throw(
	context_t *context, uint64_t values, uint64_t, uint64_t, uint64_t)
{
	const uint8_t *exception =
		(const uint8_t *)values - offsetof(struct wasm_exception, values);
	exception_throw(
		context->instance, context->frame, (const struct wasm_exception *)exception);
}

static uint64_t builtin_exception_throw_ref(
	context_t *context, uint64_t reference, uint64_t, uint64_t, uint64_t)
{
	const struct wasm_exception *exception =
		exception_find(context->instance->store, reference);
	trap_unless(context, exception != nullptr, WASM_TRAP_NULL_EXCEPTION);
	exception_throw(context->instance, context->frame, exception);
}

const builtin_function runtime_builtins[BUILTIN_COUNT] = {
	[BUILTIN_MEMORY_GROW] = builtin_memory_grow,
	[BUILTIN_MEMORY_INIT] = builtin_memory_init,
	[BUILTIN_MEMORY_COPY] = builtin_memory_copy,
	[BUILTIN_MEMORY_FILL] = builtin_memory_fill,
	[BUILTIN_DATA_DROP] = builtin_data_drop,
	[BUILTIN_TABLE_GET] = builtin_table_get,
	[BUILTIN_TABLE_SET] = builtin_table_set,
	[BUILTIN_TABLE_SIZE] = builtin_table_size,
	[BUILTIN_TABLE_GROW] = builtin_table_grow,
	[BUILTIN_TABLE_FILL] = builtin_table_fill,
	[BUILTIN_TABLE_INIT] = builtin_table_init,
	[BUILTIN_TABLE_COPY] = builtin_table_copy,
	[BUILTIN_ELEM_DROP] = builtin_elem_drop,
	[BUILTIN_ATOMIC_NOTIFY] = builtin_atomic_notify,
	[BUILTIN_ATOMIC_WAIT32] = builtin_atomic_wait32,
	[BUILTIN_ATOMIC_WAIT64] = builtin_atomic_wait64,
	[BUILTIN_CHECK_CALLEE] = builtin_check_callee,
	[BUILTIN_EXCEPTION_NEW] = builtin_exception_new,
	[BUILTIN_EXCEPTION_THROW] = builtin_exception_throw,
	[BUILTIN_EXCEPTION_THROW_REF] = builtin_exception_throw_ref,
};
