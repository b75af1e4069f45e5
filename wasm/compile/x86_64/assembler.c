// SPDX-License-Identifier: MIT OR Apache-2.0
#include "compile/x86_64/assembler.h"

constexpr uint32_t LONGEST_INSTRUCTION = 16;

void x64_free(struct x64_buffer *b)
{
	wasm_free(b->allocator, b->bytes, b->capacity, 1);
	b->bytes = nullptr;
	b->size = b->capacity = 0;
}

// After a failure emission starts over in the memory that is there, or is dropped.
static bool x64_room_slow(struct x64_buffer *b, uint32_t needed)
{
	uint32_t capacity = b->capacity < 4096 ? 4096 : b->capacity * 2;
	while (capacity < b->size + needed)
		capacity *= 2;
	if (capacity > b->limit)
		capacity = b->limit;
	if (b->status == WASM_OK && capacity < b->size + needed)
		b->status = WASM_LIMIT_CODE_SIZE;
	if (b->status != WASM_OK)
		return false;
	void *bytes = b->allocator->resize(b->allocator->self, b->bytes, b->capacity, capacity);
	if (bytes == nullptr) {
		b->status = WASM_NO_MEMORY;
		return false;
	}
	b->bytes = bytes;
	b->capacity = capacity;
	return true;
}

static inline bool x64_room(struct x64_buffer *b, uint32_t needed)
{
	return b->capacity - b->size >= needed || x64_room_slow(b, needed);
}

void x64_byte(struct x64_buffer *b, uint8_t byte)
{
	if (x64_room(b, 1))
		b->bytes[b->size++] = byte;
}

static inline void put_u32(struct x64_buffer *b, uint32_t value)
{
	memcpy(b->bytes + b->size, &value, 4);
	b->size += 4;
}

void x64_u32(struct x64_buffer *b, uint32_t value)
{
	if (x64_room(b, 4))
		put_u32(b, value);
}

void x64_bytes(struct x64_buffer *b, const uint8_t *bytes, uint32_t size)
{
	if (!x64_room(b, size))
		return;
	memcpy(b->bytes + b->size, bytes, size);
	b->size += size;
}

void x64_patch_u32(struct x64_buffer *b, uint32_t position, uint32_t value)
{
	if (b->status == WASM_OK)
		memcpy(b->bytes + position, &value, 4);
}

static uint32_t read_u32(const struct x64_buffer *b, uint32_t position)
{
	uint32_t value;
	memcpy(&value, b->bytes + position, 4);
	return value;
}

// Byte registers 4 to 7 (spl to dil) need a REX prefix, even an empty one.
static bool needs_empty_rex(uint32_t opcode, uint8_t reg, uint8_t rm, bool rm_is_register)
{
	return ((opcode & X64_BYTE_REG) != 0 && reg >= 4) ||
	       ((opcode & X64_BYTE_RM) != 0 && rm_is_register && rm >= 4);
}

// Prefixes, REX and opcode bytes; the caller has made room.
static inline void put_opcode(struct x64_buffer *b, uint32_t opcode, uint8_t reg, uint8_t index,
	uint8_t base, bool empty_rex)
{
	static const uint8_t prefixes[] = {0, 0x66, 0xf3, 0xf2};
	uint8_t *out = b->bytes + b->size;
	uint32_t prefix = opcode >> 12 & 3;
	if (prefix != 0)
		*out++ = prefixes[prefix];
	uint32_t rex = ((opcode & X64_W) != 0 ? 8u : 0u) | (reg >> 3 & 1u) << 2 |
		       (index >> 3 & 1u) << 1 | (base >> 3 & 1u);
	if (rex != 0 || empty_rex)
		*out++ = (uint8_t)(0x40 | rex);
	uint32_t map = opcode >> 8 & 3;
	if (map != 0)
		*out++ = 0x0f;
	if (map > 1)
		*out++ = map == 2 ? 0x38 : 0x3a;
	*out++ = (uint8_t)opcode;
	b->size = (uint32_t)(out - b->bytes);
}

static uint8_t modrm(uint32_t mod, uint32_t reg, uint32_t rm)
{
	return (uint8_t)(mod << 6 | (reg & 7) << 3 | (rm & 7));
}

void x64_rr(struct x64_buffer *b, uint32_t opcode, uint8_t reg, uint8_t rm)
{
	if (!x64_room(b, LONGEST_INSTRUCTION))
		return;
	put_opcode(b, opcode, reg, 0, rm, needs_empty_rex(opcode, reg, rm, true));
	b->bytes[b->size++] = modrm(3, reg, rm);
}

// ModRM, SIB and displacement. Base 4 (rsp, r12) needs a SIB, base 5 (rbp, r13) a displacement.
static void put_memory(struct x64_buffer *b, uint8_t reg, struct x64_memory m)
{
	bool short_displacement = m.displacement == (int8_t)m.displacement;
	uint32_t mod = m.displacement == 0 && (m.base & 7) != 5 ? 0 : short_displacement ? 1 : 2;
	bool sib = m.index != X64_NONE || (m.base & 7) == 4;
	b->bytes[b->size++] = modrm(mod, reg, sib ? 4 : m.base);
	if (sib)
		b->bytes[b->size++] = modrm(m.scale, m.index == X64_NONE ? 4u : m.index, m.base);
	if (mod == 1)
		b->bytes[b->size++] = (uint8_t)m.displacement;
	else if (mod == 2)
		put_u32(b, (uint32_t)m.displacement);
}

void x64_rm(struct x64_buffer *b, uint32_t opcode, uint8_t reg, struct x64_memory m)
{
	if (!x64_room(b, LONGEST_INSTRUCTION))
		return;
	put_opcode(b, opcode, reg, m.index == X64_NONE ? 0 : m.index, m.base,
		needs_empty_rex(opcode, reg, 0, false));
	put_memory(b, reg, m);
}

// A 4-byte field relative to its own end that refers to `label`.
static void put_label(struct x64_buffer *b, struct x64_label *label)
{
	if (label->position != X64_UNBOUND) {
		put_u32(b, label->position - (b->size + 4));
		return;
	}
	put_u32(b, label->chain);
	label->chain = b->size - 4;
}

void x64_rl(struct x64_buffer *b, uint32_t opcode, uint8_t reg, struct x64_label *label)
{
	if (!x64_room(b, LONGEST_INSTRUCTION))
		return;
	put_opcode(b, opcode, reg, 0, 0, needs_empty_rex(opcode, reg, 0, false));
	b->bytes[b->size++] = modrm(0, reg, 5);
	put_label(b, label);
}

// Two bytes of prefix do for the most frequent forms.
static void put_vex(
	struct x64_buffer *b, uint32_t opcode, uint8_t reg, uint8_t v, uint8_t index, uint8_t base)
{
	uint8_t *out = b->bytes + b->size;
	uint32_t map = opcode >> 8 & 3;
	uint32_t last = (~(uint32_t)v & 15) << 3 | (opcode >> 12 & 3);
	uint32_t inverted_reg = (~(uint32_t)reg & 8) << 4;
	if (map == 1 && (opcode & X64_W) == 0 && index < 8 && base < 8) {
		*out++ = 0xc5;
		*out++ = (uint8_t)(inverted_reg | last);
	} else {
		*out++ = 0xc4;
		*out++ = (uint8_t)(inverted_reg | (~(uint32_t)index & 8) << 3 |
				   (~(uint32_t)base & 8) << 2 | map);
		*out++ = (uint8_t)(((opcode & X64_W) != 0 ? 0x80u : 0u) | last);
	}
	*out++ = (uint8_t)opcode;
	b->size = (uint32_t)(out - b->bytes);
}

void x64_vex_rr(struct x64_buffer *b, uint32_t opcode, uint8_t reg, uint8_t v, uint8_t rm)
{
	if (!x64_room(b, LONGEST_INSTRUCTION))
		return;
	put_vex(b, opcode, reg, v, 0, rm);
	b->bytes[b->size++] = modrm(3, reg, rm);
}

void x64_vex_rm(struct x64_buffer *b, uint32_t opcode, uint8_t reg, uint8_t v, struct x64_memory m)
{
	if (!x64_room(b, LONGEST_INSTRUCTION))
		return;
	put_vex(b, opcode, reg, v, m.index == X64_NONE ? 0 : m.index, m.base);
	put_memory(b, reg, m);
}

void x64_vex_rl(
	struct x64_buffer *b, uint32_t opcode, uint8_t reg, uint8_t v, struct x64_label *label)
{
	if (!x64_room(b, LONGEST_INSTRUCTION))
		return;
	put_vex(b, opcode, reg, v, 0, 0);
	b->bytes[b->size++] = modrm(0, reg, 5);
	put_label(b, label);
}

void x64_load_constant(struct x64_buffer *b, uint8_t reg, uint64_t value)
{
	if (!x64_room(b, LONGEST_INSTRUCTION))
		return;
	if (value > UINT32_MAX && (int64_t)value == (int32_t)value) {
		x64_rr(b, X64_MOV_IMM32 | X64_W, 0, reg);
		put_u32(b, (uint32_t)value);
		return;
	}
	put_opcode(b, (0xb8u | (reg & 7u)) | (value > UINT32_MAX ? X64_W : 0), 0, 0, reg, false);
	put_u32(b, (uint32_t)value);
	if (value > UINT32_MAX)
		put_u32(b, (uint32_t)(value >> 32));
}

static void put_group1_immediate(struct x64_buffer *b, int32_t immediate)
{
	if (immediate == (int8_t)immediate)
		x64_byte(b, (uint8_t)immediate);
	else
		x64_u32(b, (uint32_t)immediate);
}

static uint32_t group1_opcode(int32_t immediate)
{
	return immediate == (int8_t)immediate ? X64_GROUP1_IMM8 : X64_GROUP1_IMM32;
}

void x64_group1_r(
	struct x64_buffer *b, uint32_t w, enum x64_group1 operation, uint8_t rm, int32_t immediate)
{
	x64_rr(b, group1_opcode(immediate) | w, operation, rm);
	put_group1_immediate(b, immediate);
}

void x64_group1_m(struct x64_buffer *b, uint32_t w, enum x64_group1 operation,
	struct x64_memory memory, int32_t immediate)
{
	x64_rm(b, group1_opcode(immediate) | w, operation, memory);
	put_group1_immediate(b, immediate);
}

void x64_group2_r(
	struct x64_buffer *b, uint32_t w, enum x64_group2 operation, uint8_t rm, uint8_t count)
{
	x64_rr(b, X64_GROUP2_IMM8 | w, operation, rm);
	x64_byte(b, count);
}

void x64_push(struct x64_buffer *b, uint8_t reg)
{
	if (reg >= 8)
		x64_byte(b, 0x41);
	x64_byte(b, (uint8_t)(0x50 | (reg & 7)));
}

void x64_ret(struct x64_buffer *b)
{
	x64_byte(b, 0xc3);
}

void x64_leave(struct x64_buffer *b)
{
	x64_byte(b, 0xc9);
}

void x64_ud2(struct x64_buffer *b)
{
	x64_byte(b, 0x0f);
	x64_byte(b, 0x0b);
}

void x64_jmp(struct x64_buffer *b, struct x64_label *label)
{
	if (!x64_room(b, LONGEST_INSTRUCTION))
		return;
	b->bytes[b->size++] = 0xe9;
	put_label(b, label);
}

void x64_jcc(struct x64_buffer *b, enum x64_condition condition, struct x64_label *label)
{
	if (!x64_room(b, LONGEST_INSTRUCTION))
		return;
	b->bytes[b->size++] = 0x0f;
	b->bytes[b->size++] = (uint8_t)(0x80 | condition);
	put_label(b, label);
}

void x64_bind(struct x64_buffer *b, struct x64_label *label)
{
	label->position = b->size;
	if (b->status != WASM_OK)
		return;
	while (label->chain != X64_UNBOUND) {
		uint32_t field = label->chain;
		label->chain = read_u32(b, field);
		x64_patch_u32(b, field, label->position - (field + 4));
	}
}

void x64_align(struct x64_buffer *b, uint32_t alignment)
{
	while (b->size % alignment != 0 && b->status == WASM_OK)
		x64_byte(b, 0xcc);
}

uint32_t x64_jcc_short(struct x64_buffer *b, enum x64_condition condition)
{
	x64_byte(b, (uint8_t)(0x70 | condition));
	x64_byte(b, 0);
	return b->size;
}

uint32_t x64_jmp_short(struct x64_buffer *b)
{
	x64_byte(b, 0xeb);
	x64_byte(b, 0);
	return b->size;
}

void x64_land(struct x64_buffer *b, uint32_t position)
{
	if (b->status == WASM_OK)
		b->bytes[position - 1] = (uint8_t)(b->size - position);
}
