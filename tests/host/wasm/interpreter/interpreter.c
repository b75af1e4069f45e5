// SPDX-License-Identifier: MIT OR Apache-2.0
// Life of an interpreter: allocation and instantiation (core 4.5).
#include "tests/host/wasm/interpreter/internal.h"

#include "wasm/host_platform.h"

#include <stdlib.h>
#include <sys/mman.h>

constexpr size_t MEMORY_RESERVED = 1ull << 32;
constexpr uint32_t TABLE_MOST = 10000000;

static void *make(size_t count, size_t size)
{
	void *made = calloc(count + 1, size);
	if (made == nullptr)
		abort();
	return made;
}

static bool is_within(const struct module *m)
{
	if (m->imported_tables + m->imported_memories + m->imported_globals + m->tag_count != 0 ||
		m->memory_count > 1)
		return false;
	for (uint32_t i = 0; i < m->table_count; i++)
		if (m->tables[i].limits.is_64 || m->tables[i].limits.minimum > TABLE_MOST ||
			m->tables[i].initial.size != 0)
			return false;
	return m->memory_count == 0 || !m->memories[0].is_64;
}

static void allocate(struct interpreter *in)
{
	const struct module *m = &in->module;
	in->stack = make(STACK_VALUES, sizeof(union value));
	in->sp = in->stack;
	in->globals = make(m->global_count, sizeof(union value));
	in->tables = make(m->table_count, sizeof(struct table));
	in->dropped_data = make(m->data_count, sizeof(bool));
	in->dropped_elements = make(m->element_count, sizeof(bool));
	in->matches = make(m->body_count, sizeof(struct match *));
	for (uint32_t i = 0; i < m->table_count; i++) {
		const struct limits *limits = &m->tables[i].limits;
		bool is_limited = limits->has_maximum && limits->maximum < TABLE_MOST;
		in->tables[i] = (struct table){make(limits->minimum, sizeof(uint64_t)),
			(uint32_t)limits->minimum,
			is_limited ? (uint32_t)limits->maximum : TABLE_MOST};
	}
	if (m->memory_count == 0)
		return;
	in->memory = mmap(nullptr, MEMORY_RESERVED, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (in->memory == MAP_FAILED)
		abort();
	in->pages = (uint32_t)m->memories[0].minimum;
	in->maximum_pages = m->memories[0].has_maximum ? (uint32_t)m->memories[0].maximum : PAGE;
}

// An offset, evaluated: an unsigned 32-bit number.
static enum wasm_trap offset_of(struct interpreter *in, struct bytes expression, uint64_t *offset)
{
	enum wasm_trap trap = evaluate(in, expression);
	if (trap == WASM_TRAP_NONE)
		*offset = (--in->sp)->u32[0];
	return trap;
}

static enum wasm_trap copy_segments(struct interpreter *in)
{
	const struct module *m = &in->module;
	enum wasm_trap trap = WASM_TRAP_NONE;
	uint64_t offset = 0;
	for (uint32_t i = 0; i < m->element_count && trap == WASM_TRAP_NONE; i++) {
		const struct module_element *e = &m->elements[i];
		if (e->mode == WASM_SEGMENT_ACTIVE)
			trap = offset_of(in, e->offset, &offset);
		if (e->mode == WASM_SEGMENT_ACTIVE && trap == WASM_TRAP_NONE)
			trap = init_table(in, e->table, i, offset, 0, e->item_count);
		in->dropped_elements[i] = e->mode != WASM_SEGMENT_PASSIVE;
	}
	for (uint32_t i = 0; i < m->data_count && trap == WASM_TRAP_NONE; i++) {
		const struct module_data *d = &m->data[i];
		if (d->mode != WASM_SEGMENT_ACTIVE)
			continue;
		trap = offset_of(in, d->offset, &offset);
		if (trap == WASM_TRAP_NONE)
			trap = init_memory(in, i, offset, 0, d->bytes.size);
		in->dropped_data[i] = true;
	}
	return trap;
}

static enum wasm_trap instantiate(struct interpreter *in)
{
	const struct module *m = &in->module;
	enum wasm_trap trap = WASM_TRAP_NONE;
	for (uint32_t i = 0; i < m->global_count && trap == WASM_TRAP_NONE; i++) {
		trap = evaluate(in, m->globals[i].initial);
		if (trap == WASM_TRAP_NONE)
			in->globals[i] = *--in->sp;
	}
	if (trap == WASM_TRAP_NONE)
		trap = copy_segments(in);
	if (trap == WASM_TRAP_NONE && m->start != WASM_NO_INDEX)
		trap = enter(in, m->start);
	return trap;
}

struct interpreter *interpreter_create(const uint8_t *bytes, size_t size,
	const struct wasm_host_modules *hosts, enum wasm_trap *trap)
{
	struct interpreter *in = make(1, sizeof(*in));
	uint64_t offset;
	in->hosts = hosts;
	in->module.arena = (struct arena){&wasm_host_allocator, nullptr};
	*trap = WASM_TRAP_HOST;
	if (module_decode(&in->module, bytes, size, &offset) == WASM_OK && is_within(&in->module)) {
		allocate(in);
		*trap = instantiate(in);
	}
	if (*trap == WASM_TRAP_NONE)
		return in;
	interpreter_destroy(in);
	return nullptr;
}

void interpreter_destroy(struct interpreter *in)
{
	const struct module *m = &in->module;
	for (uint32_t i = 0; in->tables != nullptr && i < m->table_count; i++)
		free(in->tables[i].items);
	for (uint32_t i = 0; in->matches != nullptr && i < m->body_count; i++)
		free(in->matches[i]);
	if (in->memory != nullptr)
		munmap(in->memory, MEMORY_RESERVED);
	free(in->tables);
	free(in->matches);
	free(in->globals);
	free(in->dropped_data);
	free(in->dropped_elements);
	free(in->stack);
	module_free(&in->module);
	free(in);
}

const struct module *interpreter_module(const struct interpreter *in)
{
	return &in->module;
}

bool interpreter_is_beyond(const struct interpreter *in)
{
	return in->is_beyond;
}

enum wasm_trap interpreter_call(struct interpreter *in, uint32_t function, union wasm_value *values)
{
	const struct wasm_function_type *type = module_function_type(&in->module, function);
	in->sp = in->stack;
	in->depth = 0;
	memcpy(in->sp, values, type->parameter_count * sizeof(*values));
	in->sp += type->parameter_count;
	enum wasm_trap trap = enter(in, function);
	if (trap == WASM_TRAP_NONE)
		memcpy(values, in->stack, type->result_count * sizeof(*values));
	return trap;
}
