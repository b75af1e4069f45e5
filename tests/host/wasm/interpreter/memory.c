// SPDX-License-Identifier: MIT OR Apache-2.0
// Memory and tables (core 4.4.6, 4.4.7), atomics for one thread.
#include "tests/host/wasm/interpreter/internal.h"

#include <stdlib.h>

static uint64_t memory_size(const struct interpreter *in)
{
	return (uint64_t)in->pages * PAGE;
}

// Where `size` bytes at an address and an offset are, or null.
static uint8_t *place(
	const struct interpreter *in, uint32_t address, uint64_t offset, uint64_t size)
{
	uint64_t at = address + offset; // 33 bits
	if (at + size > memory_size(in))
		return nullptr;
	return in->memory + at;
}

static uint64_t read_number(const uint8_t *from, uint32_t size)
{
	uint64_t value = 0;
	memcpy(&value, from, size);
	return value;
}

// --- Loads and stores --------------------------------------------------------------------------

static uint64_t extend(enum opcode opcode, uint64_t raw)
{
	switch (opcode) {
	case OP_I32_LOAD8_S:
	case OP_I64_LOAD8_S:
		return (uint64_t)(int64_t)(int8_t)raw;
	case OP_I32_LOAD16_S:
	case OP_I64_LOAD16_S:
		return (uint64_t)(int64_t)(int16_t)raw;
	case OP_I64_LOAD32_S:
		return (uint64_t)(int64_t)(int32_t)raw;
	default:
		return raw;
	}
}

static enum wasm_trap load(struct interpreter *in, const struct instruction *i)
{
	uint32_t size = 1u << opcode_infos[i->opcode].access;
	const uint8_t *at = place(in, in->sp[-1].u32[0], i->offset, size);
	if (at == nullptr)
		return WASM_TRAP_MEMORY_BOUNDS;
	in->sp[-1] = (union value){.u64 = {extend(i->opcode, read_number(at, size))}};
	return WASM_TRAP_NONE;
}

static enum wasm_trap store(struct interpreter *in, const struct instruction *i)
{
	uint32_t size = 1u << opcode_infos[i->opcode].access;
	in->sp -= 2;
	uint8_t *at = place(in, in->sp[0].u32[0], i->offset, size);
	if (at == nullptr)
		return WASM_TRAP_MEMORY_BOUNDS;
	memcpy(at, &in->sp[1], size);
	return WASM_TRAP_NONE;
}

// --- Vectors -----------------------------------------------------------------------------------

static void spread(enum opcode opcode, const uint8_t *at, union value *to)
{
	union value from = {};
	memcpy(&from, at, 8);
	for (int k = 0; k < 8; k++)
		if (opcode == OP_V128_LOAD8X8_S || opcode == OP_V128_LOAD8X8_U)
			to->u16[k] =
				opcode == OP_V128_LOAD8X8_S ? (uint16_t)from.s8[k] : from.u8[k];
		else if (opcode == OP_V128_LOAD16X4_S || opcode == OP_V128_LOAD16X4_U)
			to->u32[k % 4] = opcode == OP_V128_LOAD16X4_S ? (uint32_t)from.s16[k % 4]
								      : from.u16[k % 4];
		else
			to->u64[k % 2] = opcode == OP_V128_LOAD32X2_S ? (uint64_t)from.s32[k % 2]
								      : from.u32[k % 2];
}

static enum wasm_trap load_vector(struct interpreter *in, const struct instruction *i)
{
	uint32_t size = 1u << opcode_infos[i->opcode].access;
	const uint8_t *at = place(in, in->sp[-1].u32[0], i->offset, size);
	union value to = {};
	if (at == nullptr)
		return WASM_TRAP_MEMORY_BOUNDS;
	if (i->opcode >= OP_V128_LOAD8X8_S && i->opcode <= OP_V128_LOAD32X2_U)
		spread(i->opcode, at, &to);
	else if (i->opcode >= OP_V128_LOAD8_SPLAT && i->opcode <= OP_V128_LOAD64_SPLAT)
		for (uint32_t k = 0; k < 16; k += size)
			memcpy(to.u8 + k, at, size);
	else
		memcpy(&to, at, size);
	in->sp[-1] = to;
	return WASM_TRAP_NONE;
}

static enum wasm_trap move_lane(struct interpreter *in, const struct instruction *i)
{
	uint32_t size = 1u << opcode_infos[i->opcode].access;
	in->sp -= 2;
	uint8_t *at = place(in, in->sp[0].u32[0], i->offset, size);
	union value vector = in->sp[1];
	if (at == nullptr)
		return WASM_TRAP_MEMORY_BOUNDS;
	if (i->opcode >= OP_V128_STORE8_LANE) {
		memcpy(at, vector.u8 + i->bits * size, size);
		return WASM_TRAP_NONE;
	}
	memcpy(vector.u8 + i->bits * size, at, size);
	*in->sp++ = vector;
	return WASM_TRAP_NONE;
}

// --- Atomics -----------------------------------------------------------------------------------

// The forms of each atomic instruction are numbered in one order (threads proposal).
enum { ATOMIC_LOAD, ATOMIC_STORE, ADD, SUB, AND, OR, XOR, EXCHANGE, COMPARE_EXCHANGE };
constexpr uint32_t FORMS = 7;

static uint64_t combine(uint32_t operation, uint64_t old, uint64_t operand)
{
	switch (operation) {
	case ADD:
		return old + operand;
	case SUB:
		return old - operand;
	case AND:
		return old & operand;
	case OR:
		return old | operand;
	case XOR:
		return old ^ operand;
	default:
		return operand;
	}
}

static enum wasm_trap execute_atomic(struct interpreter *in, const struct instruction *i)
{
	uint32_t size = 1u << opcode_infos[i->opcode].access;
	uint32_t operation = (i->opcode - OP_I32_ATOMIC_LOAD) / FORMS;
	uint32_t operands = operation == ATOMIC_LOAD ? 0 : operation == COMPARE_EXCHANGE ? 2 : 1;
	in->sp -= operands + 1;
	union value *v = in->sp;
	if ((v[0].u32[0] + i->offset) % size != 0)
		return WASM_TRAP_UNALIGNED_ATOMIC;
	uint8_t *at = place(in, v[0].u32[0], i->offset, size);
	if (at == nullptr)
		return WASM_TRAP_MEMORY_BOUNDS;
	uint64_t old = read_number(at, size);
	uint64_t operand = read_number(v[1].u8, operands == 0 ? 0 : size);
	bool is_equal = operands < 2 || operand == old; // both of the access's size
	uint64_t new = operands == 2 ? v[2].u64[0] : combine(operation, old, operand);
	if (operands > 0 && is_equal)
		memcpy(at, &new, size);
	if (operation != ATOMIC_STORE)
		*in->sp++ = (union value){.u64 = {old}};
	return WASM_TRAP_NONE;
}

// Nobody ever waits.
static enum wasm_trap notify(struct interpreter *in, const struct instruction *i)
{
	in->sp--;
	if ((in->sp[-1].u32[0] + i->offset) % 4 != 0)
		return WASM_TRAP_UNALIGNED_ATOMIC;
	if (place(in, in->sp[-1].u32[0], i->offset, 4) == nullptr)
		return WASM_TRAP_MEMORY_BOUNDS;
	in->sp[-1] = (union value){};
	return WASM_TRAP_NONE;
}

// --- Bulk instructions -------------------------------------------------------------------------

enum wasm_trap init_memory(
	struct interpreter *in, uint32_t segment, uint64_t to, uint64_t from, uint64_t size)
{
	struct bytes bytes = in->module.data[segment].bytes;
	uint64_t there = in->dropped_data[segment] ? 0 : bytes.size;
	if (from + size > there || to + size > memory_size(in))
		return WASM_TRAP_MEMORY_BOUNDS;
	if (size != 0)
		memcpy(in->memory + to, bytes.data + from, size);
	return WASM_TRAP_NONE;
}

enum wasm_trap init_table(struct interpreter *in, uint32_t table, uint32_t segment, uint64_t to,
	uint64_t from, uint64_t size)
{
	const struct module_element *e = &in->module.elements[segment];
	uint64_t there = in->dropped_elements[segment] ? 0 : e->item_count;
	if (from + size > there || to + size > in->tables[table].size)
		return WASM_TRAP_TABLE_BOUNDS;
	for (uint64_t k = 0; k < size; k++) {
		uint64_t item;
		if (e->functions != nullptr) {
			item = e->functions[from + k] + 1ull;
		} else {
			enum wasm_trap trap = evaluate(in, e->items[from + k]);
			if (trap != WASM_TRAP_NONE)
				return trap;
			item = (--in->sp)->u64[0];
		}
		in->tables[table].items[to + k] = item;
	}
	return WASM_TRAP_NONE;
}

static uint32_t grow(uint32_t *size, uint32_t by, uint32_t maximum)
{
	uint32_t old = *size;
	if (by > maximum || old > maximum - by)
		return UINT32_MAX;
	*size += by;
	return old;
}

static uint32_t grow_table(struct table *table, uint32_t by, uint64_t item)
{
	uint32_t old = grow(&table->size, by, table->maximum);
	if (old == UINT32_MAX)
		return old;
	uint64_t *items = realloc(table->items, (table->size + 1ull) * sizeof(uint64_t));
	if (items == nullptr)
		abort();
	table->items = items;
	for (uint32_t k = old; k < table->size; k++)
		items[k] = item;
	return old;
}

static enum wasm_trap copy_table(const struct table *to_table, const struct table *from_table,
	uint64_t to, uint64_t from, uint64_t size)
{
	if (to + size > to_table->size || from + size > from_table->size)
		return WASM_TRAP_TABLE_BOUNDS;
	memmove(to_table->items + to, from_table->items + from, size * sizeof(uint64_t));
	return WASM_TRAP_NONE;
}

static enum wasm_trap fill_table(
	const struct table *table, uint64_t to, uint64_t item, uint64_t size)
{
	if (to + size > table->size)
		return WASM_TRAP_TABLE_BOUNDS;
	for (uint64_t k = 0; k < size; k++)
		table->items[to + k] = item;
	return WASM_TRAP_NONE;
}

static enum wasm_trap execute_bulk(struct interpreter *in, const struct instruction *i)
{
	union value *v = in->sp -= 3;
	uint64_t to = v[0].u32[0], from = v[1].u32[0], size = v[2].u32[0];
	switch (i->opcode) {
	case OP_MEMORY_INIT:
		return init_memory(in, i->index, to, from, size);
	case OP_TABLE_INIT:
		return init_table(in, i->index2, i->index, to, from, size);
	case OP_MEMORY_COPY:
		if (to + size > memory_size(in) || from + size > memory_size(in))
			return WASM_TRAP_MEMORY_BOUNDS;
		memmove(in->memory + to, in->memory + from, size);
		return WASM_TRAP_NONE;
	case OP_MEMORY_FILL:
		if (to + size > memory_size(in))
			return WASM_TRAP_MEMORY_BOUNDS;
		memset(in->memory + to, v[1].u8[0], size);
		return WASM_TRAP_NONE;
	case OP_TABLE_COPY:
		return copy_table(&in->tables[i->index], &in->tables[i->index2], to, from, size);
	case OP_TABLE_FILL:
		return fill_table(&in->tables[i->index], to, v[1].u64[0], size);
	default:
		return beyond(in);
	}
}

static enum wasm_trap execute_table(struct interpreter *in, const struct instruction *i)
{
	union value *v = in->sp;
	if (i->opcode >= OP_MEMORY_INIT && i->opcode != OP_TABLE_GROW && i->opcode != OP_TABLE_SIZE)
		return execute_bulk(in, i);
	struct table *table = &in->tables[i->index];
	switch (i->opcode) {
	case OP_TABLE_GET:
		if (v[-1].u32[0] >= table->size)
			return WASM_TRAP_TABLE_BOUNDS;
		v[-1].u64[0] = table->items[v[-1].u32[0]];
		return WASM_TRAP_NONE;
	case OP_TABLE_SET:
		in->sp -= 2;
		if (v[-2].u32[0] >= table->size)
			return WASM_TRAP_TABLE_BOUNDS;
		table->items[v[-2].u32[0]] = v[-1].u64[0];
		return WASM_TRAP_NONE;
	case OP_TABLE_SIZE:
		*in->sp++ = (union value){.u32 = {table->size}};
		return WASM_TRAP_NONE;
	case OP_TABLE_GROW:
		in->sp--;
		v[-2].u32[0] = grow_table(table, v[-1].u32[0], v[-2].u64[0]);
		return WASM_TRAP_NONE;
	default:
		return beyond(in);
	}
}

enum wasm_trap execute_memory(struct interpreter *in, const struct instruction *i, bool *is_known)
{
	enum opcode o = i->opcode;
	*is_known = true;
	if (o >= OP_I32_LOAD && o <= OP_I64_LOAD32_U)
		return load(in, i);
	if ((o >= OP_I32_STORE && o <= OP_I64_STORE32) || o == OP_V128_STORE)
		return store(in, i);
	if ((o >= OP_V128_LOAD && o <= OP_V128_LOAD64_SPLAT) || o == OP_V128_LOAD32_ZERO ||
		o == OP_V128_LOAD64_ZERO)
		return load_vector(in, i);
	if (o >= OP_V128_LOAD8_LANE && o <= OP_V128_STORE64_LANE)
		return move_lane(in, i);
	if (o >= OP_I32_ATOMIC_LOAD)
		return execute_atomic(in, i);
	switch (o) {
	case OP_ATOMIC_FENCE:
		return WASM_TRAP_NONE;
	case OP_MEMORY_ATOMIC_NOTIFY:
		return notify(in, i);
	case OP_MEMORY_SIZE:
		*in->sp++ = (union value){.u32 = {in->pages}};
		return WASM_TRAP_NONE;
	case OP_MEMORY_GROW:
		in->sp[-1].u32[0] = grow(&in->pages, in->sp[-1].u32[0], in->maximum_pages);
		return WASM_TRAP_NONE;
	case OP_DATA_DROP:
		in->dropped_data[i->index] = true;
		return WASM_TRAP_NONE;
	case OP_ELEM_DROP:
		in->dropped_elements[i->index] = true;
		return WASM_TRAP_NONE;
	default:
		break;
	}
	*is_known = o == OP_TABLE_GET || o == OP_TABLE_SET ||
		    (o >= OP_MEMORY_INIT && o <= OP_TABLE_FILL);
	return *is_known ? execute_table(in, i) : WASM_TRAP_NONE;
}
