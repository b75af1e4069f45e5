// SPDX-License-Identifier: MIT OR Apache-2.0
// Shared by the handlers of vector instructions: emission that takes the VEX form, which keeps its
// operands, when the code may use AVX, and a copy and the two-operand form otherwise.
//
// A handler takes its destination before it writes the scratch register, since finding one may move
// other operands through that register.
#ifndef WASM_COMPILE_X86_64_VECTOR_H
#define WASM_COMPILE_X86_64_VECTOR_H

#include "compile/x86_64/generator.h"

enum vector_opcode : uint32_t {
	MAP_0F_66 = X64_MAP_0F | X64_66,
	MAP_38 = X64_MAP_0F38 | X64_66,
	MAP_3A = X64_MAP_0F3A | X64_66,

	X64_PSHUFB = 0x00 | MAP_38,
	X64_PMADDUBSW = 0x04 | MAP_38,
	X64_PMULHRSW = 0x0b | MAP_38,
	X64_PTEST = 0x17 | MAP_38,
	X64_PMOVSXBW = 0x20 | MAP_38,
	X64_PMULDQ = 0x28 | MAP_38,
	X64_PCMPEQQ = 0x29 | MAP_38,
	X64_PMOVZXBW = 0x30 | MAP_38,
	X64_PCMPGTQ = 0x37 | MAP_38,
	X64_PMAXSD = 0x3d | MAP_38,
	X64_ROUNDPS = 0x08 | MAP_3A,
	X64_ROUNDPD = 0x09 | MAP_3A,
	X64_PBLENDW = 0x0e | MAP_3A,
	X64_PALIGNR = 0x0f | MAP_3A,
	X64_PEXTRB = 0x14 | MAP_3A,
	X64_PEXTRW_STORE = 0x15 | MAP_3A,
	X64_PEXTRD = 0x16 | MAP_3A,
	X64_PEXTRQ = 0x16 | MAP_3A | X64_W,
	X64_PINSRB = 0x20 | MAP_3A,
	X64_INSERTPS = 0x21 | MAP_3A,
	X64_PINSRD = 0x22 | MAP_3A,
	X64_PINSRQ = 0x22 | MAP_3A | X64_W,
	X64_MOVDDUP = 0x12 | X64_MAP_0F | X64_F2,
	X64_UNPCKLPS = 0x14 | X64_MAP_0F,
	X64_MOVMSKPS = 0x50 | X64_MAP_0F,
	X64_CVTDQ2PS = 0x5b | X64_MAP_0F,
	X64_CVTTPS2DQ = 0x5b | X64_MAP_0F | X64_F3,
	X64_PUNPCKLBW = 0x60 | MAP_0F_66,
	X64_PUNPCKLWD = 0x61 | MAP_0F_66,
	X64_PACKSSWB = 0x63 | MAP_0F_66,
	X64_PACKUSWB = 0x67 | MAP_0F_66,
	X64_PUNPCKHBW = 0x68 | MAP_0F_66,
	X64_PUNPCKHWD = 0x69 | MAP_0F_66,
	X64_PUNPCKLQDQ = 0x6c | MAP_0F_66,
	X64_PSHUFD = 0x70 | MAP_0F_66,
	X64_PSHUFLW = 0x70 | X64_MAP_0F | X64_F2,
	X64_PSHIFTW_IMM = 0x71 | MAP_0F_66, // reg field: enum vector_shift
	X64_PSHIFTD_IMM = 0x72 | MAP_0F_66,
	X64_PSHIFTQ_IMM = 0x73 | MAP_0F_66,
	X64_PCMPEQB = 0x74 | MAP_0F_66,
	X64_PCMPEQW = 0x75 | MAP_0F_66,
	X64_CMPPS = 0xc2 | X64_MAP_0F,
	X64_PINSRW = 0xc4 | MAP_0F_66,
	X64_PEXTRW = 0xc5 | MAP_0F_66,
	X64_SHUFPS = 0xc6 | X64_MAP_0F,
	X64_PSRLW = 0xd1 | MAP_0F_66,
	X64_PSRLQ = 0xd3 | MAP_0F_66,
	X64_PADDQ = 0xd4 | MAP_0F_66,
	X64_PMULLW = 0xd5 | MAP_0F_66,
	X64_PMOVMSKB = 0xd7 | MAP_0F_66,
	X64_PAND = 0xdb | MAP_0F_66,
	X64_PADDUSB = 0xdc | MAP_0F_66,
	X64_PANDN = 0xdf | MAP_0F_66,
	X64_PSRAW = 0xe1 | MAP_0F_66,
	X64_PSRAD = 0xe2 | MAP_0F_66,
	X64_PMULHUW = 0xe4 | MAP_0F_66,
	X64_PMULHW = 0xe5 | MAP_0F_66,
	X64_CVTTPD2DQ = 0xe6 | MAP_0F_66,
	X64_POR = 0xeb | MAP_0F_66,
	X64_PXOR = 0xef | MAP_0F_66,
	X64_PSLLW = 0xf1 | MAP_0F_66,
	X64_PMULUDQ = 0xf4 | MAP_0F_66,
	X64_PMADDWD = 0xf5 | MAP_0F_66,
	X64_PSUBB = 0xf8 | MAP_0F_66,
	X64_PSUBD = 0xfa | MAP_0F_66,
	X64_PSUBQ = 0xfb | MAP_0F_66,
	X64_PADDB = 0xfc | MAP_0F_66,
	X64_PADDD = 0xfe | MAP_0F_66,
};

// The prefix that makes the form for doubles of one for singles.
constexpr uint32_t X64_DOUBLES = X64_66;

// The reg field of shifts by an immediate.
enum vector_shift : uint8_t {
	VECTOR_SHR = 2,
	VECTOR_SAR = 4,
	VECTOR_SHL = 6,
};

// Predicates of cmpps and cmppd.
enum vector_predicate : uint8_t {
	PREDICATE_EQ,
	PREDICATE_LT,
	PREDICATE_LE,
	PREDICATE_UNORDERED,
	PREDICATE_NE,
};

// 16 bytes that repeat a value of 8, 16, 32 or 64 bits.
struct vector_constant {
	uint8_t bytes[16];
};
struct vector_constant vector_repeat(uint64_t value, uint32_t bits);

// to = a OP b. `to` may be `a`. If `to` is `b`, `a` must be the scratch register and is lost.
void vector_op(struct generator *g, uint32_t opcode, uint8_t to, uint8_t a, uint8_t b);
// The same with a constant in place of b.
void vector_op_constant(struct generator *g, uint32_t opcode, uint8_t to, uint8_t a,
	struct vector_constant constant);
// to = a shifted by `count`.
void vector_shift(struct generator *g, uint32_t opcode, enum vector_shift kind, uint8_t to,
	uint8_t a, uint8_t count);
void vector_all_ones(struct generator *g, uint8_t reg);

// a OP b in a new destination, for push_result; the operands are used up. `immediate` follows the
// instruction unless it is NO_IMMEDIATE.
constexpr uint32_t NO_IMMEDIATE = UINT32_MAX;
struct destination vector_binary(struct generator *g, uint32_t opcode, struct operand *a,
	struct operand *b, uint32_t immediate);
// OP a, likewise.
struct destination vector_unary(
	struct generator *g, uint32_t opcode, struct operand *a, uint32_t immediate);
// The popped top in a register that will be the result.
struct destination vector_in_place(struct generator *g);

#endif
