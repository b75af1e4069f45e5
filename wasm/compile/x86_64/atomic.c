// SPDX-License-Identifier: MIT OR Apache-2.0
// Atomic memory instructions. All are sequentially consistent: on x86-64 loads are plain, and what
// writes is an exchange or has the lock prefix. An address that is not a multiple of the access's
// size traps.
#include "compile/x86_64/generator.h"

// What the instruction accesses: the seven variants of each operation are in the same order.
struct atomic {
	enum wasm_type type;
	uint8_t log; // of the bytes
};

static struct atomic access_of(const struct instruction *in)
{
	static const bool is_i64[] = {false, true, false, false, true, true, true};
	uint32_t variant = (uint32_t)(in->opcode - OP_I32_ATOMIC_LOAD) % 7;
	return (struct atomic){
		is_i64[variant] ? WASM_TYPE_I64 : WASM_TYPE_I32, opcode_infos[in->opcode].access};
}

// The prefixes and the form of a two-operand instruction for the access; `byte_form` is that for
// bytes.
static uint32_t sized(struct atomic access, uint32_t byte_form, uint32_t opcode)
{
	return access.log == 0   ? byte_form
	       : access.log == 1 ? opcode | X64_66
	       : access.log == 2 ? opcode
				 : opcode | X64_W;
}

static uint32_t load_of(struct atomic access)
{
	return access.log == 0   ? (uint32_t)X64_MOVZX8
	       : access.log == 1 ? (uint32_t)X64_MOVZX16
	       : access.log == 2 ? (uint32_t)X64_MOV
				 : X64_MOV | (uint32_t)X64_W;
}

static void emit_lock(struct generator *g)
{
	x64_byte(&g->code, 0xf0);
}

// The upper part of a result is 0.
static void extend(struct generator *g, struct atomic access, uint8_t reg)
{
	if (access.log < 2)
		x64_rr(&g->code, load_of(access), reg, reg);
}

// --- addresses -------------------------------------------------------------------------------

// The popped address as [register + 0]: one temporary out of `allowed`, which the caller frees.
// Memories start on pages: alignment is that of the whole address.
static uint8_t aligned_address(struct generator *g, struct operand *address,
	const struct instruction *in, uint32_t allowed)
{
	uint32_t log = opcode_infos[in->opcode].access;
	struct x64_memory memory = access_address(g, address, in);
	uint8_t reg = allocate_register(g, false, allowed);
	x64_rm(&g->code, X64_LEA | X64_W, reg, memory);
	release_operand(g, address);
	if (log != 0) {
		x64_rr(&g->code, X64_GROUP3, 0, reg);
		x64_u32(&g->code, (1u << log) - 1);
		trap_if(g, CC_NE, WASM_TRAP_UNALIGNED_ATOMIC);
	}
	return reg;
}

// --- load, store, fence ----------------------------------------------------------------------

void gen_atomic_load(struct generator *g, const struct instruction *in)
{
	struct atomic access = access_of(in);
	struct operand address = pop_operand(g);
	uint8_t at = aligned_address(g, &address, in, GENERAL_TEMPORARIES);
	struct destination d = destination_fresh(g, access.type, nullptr);
	x64_rm(&g->code, load_of(access), d.reg, x64_at(at, 0));
	free_register(g, false, at);
	push_result(g, &d);
}

void gen_atomic_store(struct generator *g, const struct instruction *in)
{
	struct atomic access = access_of(in);
	struct operand value = pop_operand(g);
	struct operand address = pop_operand(g);
	uint8_t reg = operand_to_temporary(g, &value);
	uint8_t at = aligned_address(g, &address, in, GENERAL_TEMPORARIES);
	x64_rm(&g->code, sized(access, X64_XCHG8, X64_XCHG), reg, x64_at(at, 0));
	free_register(g, false, at);
	release_operand(g, &value);
}

void gen_atomic_fence(struct generator *g, const struct instruction *)
{
	x64_rr(&g->code, X64_GROUP15, 6, 0);
}

// --- read, modify, write ---------------------------------------------------------------------

void gen_atomic_exchange(struct generator *g, const struct instruction *in)
{
	struct atomic access = access_of(in);
	struct operand value = pop_operand(g);
	struct operand address = pop_operand(g);
	uint8_t reg = operand_to_temporary(g, &value);
	uint8_t at = aligned_address(g, &address, in, GENERAL_TEMPORARIES);
	x64_rm(&g->code, sized(access, X64_XCHG8, X64_XCHG), reg, x64_at(at, 0));
	extend(g, access, reg);
	free_register(g, false, at);
	push_register(g, access.type, reg);
}

void gen_atomic_add(struct generator *g, const struct instruction *in)
{
	struct atomic access = access_of(in);
	bool subtract = in->opcode >= OP_I32_ATOMIC_RMW_SUB;
	struct operand value = pop_operand(g);
	struct operand address = pop_operand(g);
	uint8_t reg = operand_to_temporary(g, &value);
	uint8_t at = aligned_address(g, &address, in, GENERAL_TEMPORARIES);
	if (subtract)
		x64_rr(&g->code, X64_GROUP3 | type_w(access.type), 3, reg);
	emit_lock(g);
	x64_rm(&g->code, sized(access, X64_XADD8, X64_XADD), reg, x64_at(at, 0));
	extend(g, access, reg);
	free_register(g, false, at);
	push_register(g, access.type, reg);
}

static uint32_t bits_opcode(enum opcode opcode)
{
	return opcode < OP_I32_ATOMIC_RMW_OR    ? (uint32_t)X64_AND
	       : opcode < OP_I32_ATOMIC_RMW_XOR ? (uint32_t)X64_OR
						: (uint32_t)X64_XOR;
}

constexpr uint32_t NOT_RAX = GENERAL_TEMPORARIES & ~(1u << RAX);

// Moves a popped operand out of rax and takes that register.
static void take_rax(struct generator *g, struct operand *operand)
{
	if (operand->kind == OPERAND_REGISTER && operand->reg == RAX) {
		uint8_t other = allocate_register(g, false, NOT_RAX);
		move_register(g, operand->type, other, RAX);
		operand->reg = other;
		g->general.owner[RAX] = OWNED_POPPED;
	} else if (g->general.owner[RAX] != OWNED_POPPED) {
		claim_register(g, RAX);
	}
}

// cmpxchg compares with rax and leaves what it found there: once more until nobody came between.
void gen_atomic_bits(struct generator *g, const struct instruction *in)
{
	struct atomic access = access_of(in);
	struct operand value = pop_operand(g);
	struct operand address = pop_operand(g);
	uint8_t at = aligned_address(g, &address, in, NOT_RAX);
	take_rax(g, &value);
	uint8_t with = operand_to_register(g, &value);
	uint8_t changed = allocate_register(g, false, NOT_RAX);
	uint32_t w = type_w(access.type);
	x64_rm(&g->code, load_of(access), RAX, x64_at(at, 0));
	uint32_t again = label_new(g);
	x64_bind(&g->code, label_at(g, again));
	x64_rr(&g->code, X64_MOV | w, changed, RAX);
	x64_rr(&g->code, bits_opcode(in->opcode) | w, changed, with);
	emit_lock(g);
	x64_rm(&g->code, sized(access, X64_CMPXCHG8, X64_CMPXCHG), changed, x64_at(at, 0));
	x64_jcc(&g->code, CC_NE, label_at(g, again));
	free_register(g, false, changed);
	free_register(g, false, at);
	release_operand(g, &value);
	push_register(g, access.type, RAX);
}

// Of what is expected, as many bits count as the access has.
void gen_atomic_compare_exchange(struct generator *g, const struct instruction *in)
{
	struct atomic access = access_of(in);
	struct operand replacement = pop_operand(g);
	struct operand expected = pop_operand(g);
	struct operand address = pop_operand(g);
	uint8_t at = aligned_address(g, &address, in, NOT_RAX);
	take_rax(g, &replacement);
	load_operand(g, &expected, RAX);
	if (expected.kind != OPERAND_REGISTER || expected.reg != RAX)
		release_operand(g, &expected);
	uint8_t reg = operand_to_register(g, &replacement);
	emit_lock(g);
	x64_rm(&g->code, sized(access, X64_CMPXCHG8, X64_CMPXCHG), reg, x64_at(at, 0));
	extend(g, access, RAX);
	free_register(g, false, at);
	release_operand(g, &replacement);
	push_register(g, access.type, RAX);
}

// --- wait, notify ----------------------------------------------------------------------------

// The sum of address and offset, of 64 bits if there is an offset.
static void push_address(struct generator *g, struct operand *address, const struct instruction *in)
{
	if (in->offset == 0) {
		push_operand(g, address);
		return;
	}
	uint8_t sum = operand_to_temporary(g, address);
	uint8_t offset = allocate_for(g, WASM_TYPE_I64);
	x64_load_constant(&g->code, offset, in->offset);
	x64_rr(&g->code, X64_ADD | X64_W, sum, offset);
	trap_if(g, CC_B, WASM_TRAP_MEMORY_BOUNDS);
	free_register(g, false, offset);
	push_register(g, WASM_TYPE_I64, sum);
}

void gen_atomic_wait(struct generator *g, const struct instruction *in)
{
	bool notify = in->opcode == OP_MEMORY_ATOMIC_NOTIFY;
	uint32_t others = notify ? 1 : 2;
	struct operand rest[2];
	for (uint32_t i = others; i-- > 0;)
		rest[i] = pop_operand(g);
	struct operand address = pop_operand(g);
	push_address(g, &address, in);
	for (uint32_t i = 0; i < others; i++)
		push_operand(g, &rest[i]);
	enum builtin builtin =
		(enum builtin)(BUILTIN_ATOMIC_NOTIFY + (in->opcode - OP_MEMORY_ATOMIC_NOTIFY));
	call_builtin(g, builtin, 1 + others, in->index2, WASM_TYPE_I32);
}
