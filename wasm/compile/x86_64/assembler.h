// SPDX-License-Identifier: MIT OR Apache-2.0
// Encodes x86-64 instructions into a growing buffer (Intel SDM volume 2, chapter 2).
// Errors (no memory, more than the limit) stick in `status`; emission goes on harmlessly.
#ifndef WASM_COMPILE_X86_64_ASSEMBLER_H
#define WASM_COMPILE_X86_64_ASSEMBLER_H

#include "base/array.h"

enum x64_register : uint8_t {
	RAX,
	RCX,
	RDX,
	RBX,
	RSP,
	RBP,
	RSI,
	RDI,
	R8,
	R9,
	R10,
	R11,
	R12,
	R13,
	R14,
	R15,
	X64_NONE = 0xff,
};

enum x64_condition : uint8_t {
	CC_O = 0,
	CC_NO = 1,
	CC_B = 2,
	CC_AE = 3,
	CC_E = 4,
	CC_NE = 5,
	CC_BE = 6,
	CC_A = 7,
	CC_S = 8,
	CC_NS = 9,
	CC_P = 10,
	CC_NP = 11,
	CC_L = 12,
	CC_GE = 13,
	CC_LE = 14,
	CC_G = 15,
	// After ucomis: equal and ordered; and its negation. Two flags, so two jumps.
	CC_FLOAT_EQUAL = 16,
	CC_FLOAT_NOT_EQUAL = 17,
};

static inline enum x64_condition x64_negate(enum x64_condition condition)
{
	return (enum x64_condition)(condition ^ 1);
}

// An instruction: opcode byte, map and mandatory prefix; X64_W selects 64-bit operands.
enum x64_opcode : uint32_t {
	X64_MAP_0F = 1u << 8,
	X64_MAP_0F38 = 2u << 8,
	X64_MAP_0F3A = 3u << 8,
	X64_66 = 1u << 12,
	X64_F3 = 2u << 12,
	X64_F2 = 3u << 12,
	X64_W = 1u << 16,
	X64_BYTE_REG = 1u << 17, // `reg` is an 8-bit register
	X64_BYTE_RM = 1u << 18,  // `rm` is an 8-bit register, if it is one

	X64_ADD = 0x03, // the forms reg, r/m
	X64_OR = 0x0b,
	X64_AND = 0x23,
	X64_SUB = 0x2b,
	X64_XOR = 0x33,
	X64_CMP = 0x3b,
	X64_ADC = 0x13,
	X64_SBB = 0x1b,
	X64_CMP_STORE = 0x39, // r/m, reg
	X64_TEST = 0x85,
	X64_MOV = 0x8b,
	X64_MOV_STORE = 0x89,
	X64_MOV_STORE8 = 0x88 | X64_BYTE_REG,
	X64_MOV_STORE16 = 0x89 | X64_66,
	X64_LEA = 0x8d,
	X64_XCHG8 = 0x86 | X64_BYTE_REG,
	X64_XCHG = 0x87,
	X64_MOVSXD = 0x63 | X64_W,
	X64_MOVZX8 = 0xb6 | X64_MAP_0F | X64_BYTE_RM,
	X64_MOVZX16 = 0xb7 | X64_MAP_0F,
	X64_MOVSX8 = 0xbe | X64_MAP_0F | X64_BYTE_RM,
	X64_MOVSX16 = 0xbf | X64_MAP_0F,
	X64_IMUL = 0xaf | X64_MAP_0F,
	X64_IMUL_IMM32 = 0x69,
	X64_GROUP1_IMM32 = 0x81, // reg field: enum x64_group1
	X64_GROUP1_IMM8 = 0x83,
	X64_GROUP2_IMM8 = 0xc1, // reg field: enum x64_group2
	X64_GROUP2_CL = 0xd3,
	X64_GROUP3 = 0xf7, // reg field: 0 test, 2 not, 3 neg, 6 div, 7 idiv
	X64_GROUP5 = 0xff, // reg field: 2 call, 4 jmp
	X64_MOV_IMM32 = 0xc7,
	X64_MOV_IMM8 = 0xc6,
	X64_MOV_IMM16 = 0xc7 | X64_66,
	X64_BSF = 0xbc | X64_MAP_0F,
	X64_BSR = 0xbd | X64_MAP_0F,
	X64_TZCNT = 0xbc | X64_MAP_0F | X64_F3,
	X64_LZCNT = 0xbd | X64_MAP_0F | X64_F3,
	X64_POPCNT = 0xb8 | X64_MAP_0F | X64_F3,
	X64_GROUP8 = 0xba | X64_MAP_0F,                  // reg field: 7 btc
	X64_CMOV = 0x40 | X64_MAP_0F,                    // + condition
	X64_CMPXCHG8 = 0xb0 | X64_MAP_0F | X64_BYTE_REG, // r/m, reg; all of these with X64_LOCK
	X64_CMPXCHG = 0xb1 | X64_MAP_0F,
	X64_XADD8 = 0xc0 | X64_MAP_0F | X64_BYTE_REG,
	X64_XADD = 0xc1 | X64_MAP_0F,
	X64_GROUP15 = 0xae | X64_MAP_0F, // reg field: 6 mfence
	X64_SETCC = 0x90 | X64_MAP_0F | X64_BYTE_RM,

	X64_MOVSS = 0x10 | X64_MAP_0F | X64_F3,
	X64_MOVSD = 0x10 | X64_MAP_0F | X64_F2,
	X64_MOVSS_STORE = 0x11 | X64_MAP_0F | X64_F3,
	X64_MOVSD_STORE = 0x11 | X64_MAP_0F | X64_F2,
	X64_MOVUPS = 0x10 | X64_MAP_0F,
	X64_MOVUPS_STORE = 0x11 | X64_MAP_0F,
	X64_MOVAPS = 0x28 | X64_MAP_0F,
	X64_MOVD_TO_XMM = 0x6e | X64_MAP_0F | X64_66,
	X64_MOVD_FROM_XMM = 0x7e | X64_MAP_0F | X64_66,
	X64_PCMPEQD = 0x76 | X64_MAP_0F | X64_66,
	X64_ANDPS = 0x54 | X64_MAP_0F,
	X64_ANDNPS = 0x55 | X64_MAP_0F,
	X64_ORPS = 0x56 | X64_MAP_0F,
	X64_XORPS = 0x57 | X64_MAP_0F,
	X64_UCOMISS = 0x2e | X64_MAP_0F,
	X64_UCOMISD = 0x2e | X64_MAP_0F | X64_66,
	// With X64_F3 for single, X64_F2 for double precision:
	X64_SQRT = 0x51 | X64_MAP_0F,
	X64_FADD = 0x58 | X64_MAP_0F,
	X64_FMUL = 0x59 | X64_MAP_0F,
	X64_CVT_FLOAT = 0x5a | X64_MAP_0F, // to the other precision
	X64_FSUB = 0x5c | X64_MAP_0F,
	X64_FMIN = 0x5d | X64_MAP_0F,
	X64_FDIV = 0x5e | X64_MAP_0F,
	X64_FMAX = 0x5f | X64_MAP_0F,
	X64_CVTSI = 0x2a | X64_MAP_0F,
	X64_CVTT = 0x2c | X64_MAP_0F,
	X64_ROUNDSS = 0x0a | X64_MAP_0F3A | X64_66,
	X64_ROUNDSD = 0x0b | X64_MAP_0F3A | X64_66,
	// VEX encoded only.
	X64_SHLX = 0xf7 | X64_MAP_0F38 | X64_66,
	X64_SARX = 0xf7 | X64_MAP_0F38 | X64_F3,
	X64_SHRX = 0xf7 | X64_MAP_0F38 | X64_F2,
};

static inline uint32_t x64_cmov(enum x64_condition condition)
{
	return (uint32_t)X64_CMOV + condition;
}

static inline uint32_t x64_setcc(enum x64_condition condition)
{
	return (uint32_t)X64_SETCC + condition;
}

enum x64_group1 : uint8_t {
	GROUP1_ADD = 0,
	GROUP1_OR = 1,
	GROUP1_AND = 4,
	GROUP1_SUB = 5,
	GROUP1_XOR = 6,
	GROUP1_CMP = 7,
};

enum x64_group2 : uint8_t {
	GROUP2_ROL = 0,
	GROUP2_ROR = 1,
	GROUP2_SHL = 4,
	GROUP2_SHR = 5,
	GROUP2_SAR = 7,
};

// [base + index * 2^scale + displacement], or [rip + label] when base is X64_NONE.
struct x64_memory {
	enum x64_register base;
	enum x64_register index;
	uint8_t scale;
	int32_t displacement;
};

static inline struct x64_memory x64_at(enum x64_register base, int32_t displacement)
{
	return (struct x64_memory){base, X64_NONE, 0, displacement};
}

struct x64_label {
	uint32_t position; // X64_UNBOUND until bound
	uint32_t chain;    // last 4-byte field that refers to it, each holding the one before
};
constexpr uint32_t X64_UNBOUND = UINT32_MAX;

struct x64_buffer {
	const struct wasm_allocator *allocator;
	uint8_t *bytes;
	uint32_t size;
	uint32_t capacity;
	uint32_t limit; // of the capacity, at most 1 GiB
	enum wasm_status status;
};

void x64_free(struct x64_buffer *buffer);

// reg, rm both registers; or rm in memory.
void x64_rr(struct x64_buffer *buffer, uint32_t opcode, uint8_t reg, uint8_t rm);
void x64_rm(struct x64_buffer *buffer, uint32_t opcode, uint8_t reg, struct x64_memory memory);
// rm is rip-relative to a label; no immediate may follow.
void x64_rl(struct x64_buffer *buffer, uint32_t opcode, uint8_t reg, struct x64_label *label);
// The VEX encoded forms of the same (128-bit vectors), with one more register: v, or 0 if the
// instruction has none. Vector instructions: reg = v op rm; shifts of BMI2: reg = rm op v.
void x64_vex_rr(struct x64_buffer *buffer, uint32_t opcode, uint8_t reg, uint8_t v, uint8_t rm);
void x64_vex_rm(struct x64_buffer *buffer, uint32_t opcode, uint8_t reg, uint8_t v,
	struct x64_memory memory);
void x64_vex_rl(struct x64_buffer *buffer, uint32_t opcode, uint8_t reg, uint8_t v,
	struct x64_label *label);

void x64_byte(struct x64_buffer *buffer, uint8_t byte);
void x64_u32(struct x64_buffer *buffer, uint32_t value);
void x64_bytes(struct x64_buffer *buffer, const uint8_t *bytes, uint32_t size);
void x64_patch_u32(struct x64_buffer *buffer, uint32_t position, uint32_t value);

// The shortest of the forms that load a constant; never touches flags.
void x64_load_constant(struct x64_buffer *buffer, uint8_t reg, uint64_t value);
// Group 1 with an immediate of 8 or 32 bits.
void x64_group1_r(struct x64_buffer *buffer, uint32_t w, enum x64_group1 operation, uint8_t rm,
	int32_t immediate);
void x64_group1_m(struct x64_buffer *buffer, uint32_t w, enum x64_group1 operation,
	struct x64_memory memory, int32_t immediate);
void x64_group2_r(struct x64_buffer *buffer, uint32_t w, enum x64_group2 operation, uint8_t rm,
	uint8_t count);

void x64_push(struct x64_buffer *buffer, uint8_t reg);
void x64_ret(struct x64_buffer *buffer);
void x64_leave(struct x64_buffer *buffer);
void x64_ud2(struct x64_buffer *buffer);
void x64_jmp(struct x64_buffer *buffer, struct x64_label *label);
void x64_jcc(struct x64_buffer *buffer, enum x64_condition condition, struct x64_label *label);
void x64_bind(struct x64_buffer *buffer, struct x64_label *label);
// Filled with int3.
void x64_align(struct x64_buffer *buffer, uint32_t alignment);

// Short forward jumps within one instruction's code: the returned position goes to x64_land.
uint32_t x64_jcc_short(struct x64_buffer *buffer, enum x64_condition condition);
uint32_t x64_jmp_short(struct x64_buffer *buffer);
void x64_land(struct x64_buffer *buffer, uint32_t position);

#endif
