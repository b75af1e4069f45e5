// SPDX-License-Identifier: MIT OR Apache-2.0
// Labels, trap exits and the constant pool of one function.
#include "compile/x86_64/generator.h"

uint32_t label_new(struct generator *g)
{
	struct x64_label label = {X64_UNBOUND, X64_UNBOUND};
	enum wasm_status status = array_push(&g->labels, g->allocator, sizeof(label), &label);
	if (status != WASM_OK) {
		generator_fail(g, status);
		return 0; // label 0, the function's end, always exists
	}
	return g->labels.count - 1;
}

struct x64_label *label_at(struct generator *g, uint32_t label)
{
	return &((struct x64_label *)g->labels.items)[label];
}

static bool is_shared_exit(
	const struct generator *g, const struct trap_exit *exit, enum wasm_trap trap)
{
	return exit->trap == trap &&
	       (exit->module == g->instruction || trap == WASM_TRAP_INTERRUPTED);
}

// Each instruction has its own exits, so that a trap tells where it was.
static struct x64_label *trap_label(struct generator *g, enum wasm_trap trap)
{
	const struct trap_exit *exits = g->exits.items;
	uint32_t oldest = g->exits.count > 4 ? g->exits.count - 4 : 0;
	for (uint32_t i = g->exits.count; i-- > oldest;)
		if (is_shared_exit(g, &exits[i], trap))
			return label_at(g, exits[i].label);
	struct trap_exit exit = {label_new(g), trap, g->instruction};
	enum wasm_status status = array_push(&g->exits, g->allocator, sizeof(exit), &exit);
	if (status != WASM_OK)
		generator_fail(g, status);
	return label_at(g, exit.label);
}

void trap_if(struct generator *g, enum x64_condition condition, enum wasm_trap trap)
{
	x64_jcc(&g->code, condition, trap_label(g, trap));
}

void trap_always(struct generator *g, enum wasm_trap trap)
{
	x64_jmp(&g->code, trap_label(g, trap));
}

// Only the last few constants are searched: enough for loops, and no quadratic time.
struct x64_label *pool_label(struct generator *g, uint64_t bits)
{
	struct pool_constant *pool = g->pool.items;
	uint32_t oldest = g->pool.count > 16 ? g->pool.count - 16 : 0;
	for (uint32_t i = g->pool.count; i-- > oldest;)
		if (pool[i].bits == bits)
			return label_at(g, pool[i].label);
	struct pool_constant constant = {bits, label_new(g)};
	enum wasm_status status = array_push(&g->pool, g->allocator, sizeof(constant), &constant);
	if (status != WASM_OK)
		generator_fail(g, status);
	return label_at(g, constant.label);
}

// The constants of a vector kernel are few too.
struct x64_label *pool_vector_label(struct generator *g, const uint8_t *bytes)
{
	struct pool_vector *pool = g->vectors.items;
	uint32_t oldest = g->vectors.count > 16 ? g->vectors.count - 16 : 0;
	for (uint32_t i = g->vectors.count; i-- > oldest;)
		if (memcmp(pool[i].bytes, bytes, sizeof(pool[i].bytes)) == 0)
			return label_at(g, pool[i].label);
	struct pool_vector constant = {.label = label_new(g)};
	memcpy(constant.bytes, bytes, sizeof(constant.bytes));
	enum wasm_status status =
		array_push(&g->vectors, g->allocator, sizeof(constant), &constant);
	if (status != WASM_OK)
		generator_fail(g, status);
	return label_at(g, constant.label);
}

struct x64_label *constant_label(struct generator *g, const struct operand *operand)
{
	return operand->type == WASM_TYPE_V128 ? pool_vector_label(g, vector_bytes(operand))
					       : pool_label(g, operand->bits);
}

static void emit_trap_exit(struct generator *g, struct trap_exit exit)
{
	x64_bind(&g->code, label_at(g, exit.label));
	place_add(g, exit.module);
	struct trap_site site = {g->code.size, exit.trap};
	x64_ud2(&g->code);
	enum wasm_status status = array_push(&g->traps, g->allocator, sizeof(site), &site);
	if (status != WASM_OK)
		generator_fail(g, status);
}

static void put_byte(struct generator *g, uint8_t byte)
{
	enum wasm_status status = array_push(&g->places, g->allocator, 1, &byte);
	if (status != WASM_OK)
		generator_fail(g, status);
}

// Two LEB128 numbers: bytes of code since the last place, unsigned, and of the module, signed. With
// no code in between the later place counts.
void place_add(struct generator *g, uint32_t module)
{
	uint32_t code = g->code.size - g->place_code;
	int32_t change = (int32_t)(module - g->place_module);
	for (; code > 0x7f; code >>= 7)
		put_byte(g, (uint8_t)(code | 0x80));
	put_byte(g, (uint8_t)code);
	for (; change < -0x40 || change > 0x3f; change >>= 7)
		put_byte(g, (uint8_t)(change | 0x80));
	put_byte(g, (uint8_t)(change & 0x7f));
	g->place_code = g->code.size;
	g->place_module = module;
}

static void emit_pool(struct generator *g)
{
	const struct pool_constant *pool = g->pool.items;
	if (g->pool.count != 0)
		x64_align(&g->code, 8);
	for (uint32_t i = 0; i < g->pool.count; i++) {
		x64_bind(&g->code, label_at(g, pool[i].label));
		x64_u32(&g->code, (uint32_t)pool[i].bits);
		x64_u32(&g->code, (uint32_t)(pool[i].bits >> 32));
	}
}

static void emit_vectors(struct generator *g)
{
	const struct pool_vector *pool = g->vectors.items;
	if (g->vectors.count != 0)
		x64_align(&g->code, 16);
	for (uint32_t i = 0; i < g->vectors.count; i++) {
		x64_bind(&g->code, label_at(g, pool[i].label));
		x64_bytes(&g->code, pool[i].bytes, sizeof(pool[i].bytes));
	}
}

static void resolve_tables(struct generator *g)
{
	const struct table_fixup *fixups = g->tables.items;
	for (uint32_t i = 0; i < g->tables.count; i++)
		x64_patch_u32(&g->code, fixups[i].position,
			label_at(g, fixups[i].label)->position - fixups[i].table);
}

void emit_function_tail(struct generator *g)
{
	emit_landings(g);
	emit_continuation(g);
	for (uint32_t i = 0; i < g->exits.count; i++)
		emit_trap_exit(g, ((const struct trap_exit *)g->exits.items)[i]);
	emit_vectors(g);
	emit_pool(g);
	resolve_tables(g);
}
