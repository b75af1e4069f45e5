// SPDX-License-Identifier: MIT OR Apache-2.0
// Vectors (core 4.3.4, 4.4.3): every instruction as a loop over lanes.
#include "tests/host/wasm/interpreter/internal.h"

#include <math.h>

// Instructions with two vectors: lanes a and b of `from` give a lane of `to`.
#define TWO(NAME, lanes, from, to, expression)                              \
	case OP_##NAME:                                                     \
		for (int k = 0; k < (lanes); k++) {                         \
			__typeof__(x.from[0]) a = x.from[k], b = y.from[k]; \
			r.to[k] = (__typeof__(r.to[0]))(expression);        \
		}                                                           \
		break;
#define ONE(NAME, lanes, from, to, expression)                       \
	case OP_##NAME:                                              \
		for (int k = 0; k < (lanes); k++) {                  \
			__typeof__(x.from[0]) a = x.from[k];         \
			r.to[k] = (__typeof__(r.to[0]))(expression); \
		}                                                    \
		break;
// The same from lanes that begin at `first`.
#define HALF_ONE(NAME, lanes, first, from, to)                              \
	case OP_##NAME:                                                     \
		for (int k = 0; k < (lanes); k++)                           \
			r.to[k] = (__typeof__(r.to[0]))x.from[k + (first)]; \
		break;
#define HALF_PRODUCT(NAME, lanes, first, from, to)                                      \
	case OP_##NAME:                                                                 \
		for (int k = 0; k < (lanes); k++)                                       \
			r.to[k] = (__typeof__(r.to[0]))((uint64_t)x.from[k + (first)] * \
							(uint64_t)y.from[k + (first)]); \
		break;

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
	return x < low ? low : x > high ? high : x;
}

#define TRUTH(condition) ((condition) ? -1 : 0)
#define COMPARISONS(T, n, s, u)               \
	TWO(T##_EQ, n, u, s, TRUTH(a == b))   \
	TWO(T##_NE, n, u, s, TRUTH(a != b))   \
	TWO(T##_LT_S, n, s, s, TRUTH(a < b))  \
	TWO(T##_GT_S, n, s, s, TRUTH(a > b))  \
	TWO(T##_LE_S, n, s, s, TRUTH(a <= b)) \
	TWO(T##_GE_S, n, s, s, TRUTH(a >= b))
#define COMPARISONS_UNSIGNED(T, n, s, u)      \
	TWO(T##_LT_U, n, u, s, TRUTH(a < b))  \
	TWO(T##_GT_U, n, u, s, TRUTH(a > b))  \
	TWO(T##_LE_U, n, u, s, TRUTH(a <= b)) \
	TWO(T##_GE_U, n, u, s, TRUTH(a >= b))
#define EXTREMES(T, n, s, u)                   \
	TWO(T##_MIN_S, n, s, s, a < b ? a : b) \
	TWO(T##_MIN_U, n, u, u, a < b ? a : b) \
	TWO(T##_MAX_S, n, s, s, a > b ? a : b) \
	TWO(T##_MAX_U, n, u, u, a > b ? a : b)
#define SATURATED(T, n, s, u, low, high)                             \
	TWO(T##_ADD_SAT_S, n, s, s, clamp(a + b, low, high))         \
	TWO(T##_SUB_SAT_S, n, s, s, clamp(a - b, low, high))         \
	TWO(T##_ADD_SAT_U, n, u, u, clamp(a + b, 0, (high) * 2 + 1)) \
	TWO(T##_SUB_SAT_U, n, u, u, clamp(a - b, 0, (high) * 2 + 1)) \
	TWO(T##_AVGR_U, n, u, u, (a + b + 1) / 2)
#define SUMS(T, n, u)                          \
	TWO(T##_ADD, n, u, u, (uint64_t)a + b) \
	TWO(T##_SUB, n, u, u, (uint64_t)a - b)
#define SIGNS(T, n, s, u)                                                 \
	ONE(T##_ABS, n, u, u, (a >> (128 / (n) - 1)) != 0 ? 0ull - a : a) \
	ONE(T##_NEG, n, u, u, 0ull - a)
#define EXTENDED(T, U, n, s, u, to_s, to_u)              \
	HALF_ONE(T##_EXTEND_LOW_##U##_S, n, 0, s, to_s)  \
	HALF_ONE(T##_EXTEND_HIGH_##U##_S, n, n, s, to_s) \
	HALF_ONE(T##_EXTEND_LOW_##U##_U, n, 0, u, to_u)  \
	HALF_ONE(T##_EXTEND_HIGH_##U##_U, n, n, u, to_u)
#define PRODUCTS(T, U, n, s, u, to_s, to_u)                  \
	HALF_PRODUCT(T##_EXTMUL_LOW_##U##_S, n, 0, s, to_s)  \
	HALF_PRODUCT(T##_EXTMUL_HIGH_##U##_S, n, n, s, to_s) \
	HALF_PRODUCT(T##_EXTMUL_LOW_##U##_U, n, 0, u, to_u)  \
	HALF_PRODUCT(T##_EXTMUL_HIGH_##U##_U, n, n, u, to_u)
#define NARROWED(NAME, n, from, to, low, high)                                            \
	case OP_##NAME:                                                                   \
		for (int k = 0; k < (n); k++) {                                           \
			r.to[k] = (__typeof__(r.to[0]))clamp(x.from[k], low, high);       \
			r.to[k + (n)] = (__typeof__(r.to[0]))clamp(y.from[k], low, high); \
		}                                                                         \
		break;
#define PAIRS(NAME, n, from, to)                                                            \
	case OP_##NAME:                                                                     \
		for (int k = 0; k < (n); k++)                                               \
			r.to[k] = (__typeof__(r.to[0]))(x.from[2 * k] + x.from[2 * k + 1]); \
		break;
#define FLOATS_OF_TWO(T, n, f, s)                                  \
	TWO(T##_EQ, n, f, s, TRUTH(a == b))                        \
	TWO(T##_NE, n, f, s, TRUTH(a != b))                        \
	TWO(T##_LT, n, f, s, TRUTH(a < b))                         \
	TWO(T##_GT, n, f, s, TRUTH(a > b))                         \
	TWO(T##_LE, n, f, s, TRUTH(a <= b))                        \
	TWO(T##_GE, n, f, s, TRUTH(a >= b))                        \
	TWO(T##_ADD, n, f, f, a + b)                               \
	TWO(T##_SUB, n, f, f, a - b)                               \
	TWO(T##_MUL, n, f, f, a *b)                                \
	TWO(T##_DIV, n, f, f, a / b)                               \
	TWO(T##_MIN, n, f, f, float_minimum((double)a, (double)b)) \
	TWO(T##_MAX, n, f, f, float_maximum((double)a, (double)b)) \
	TWO(T##_PMIN, n, f, f, b < a ? b : a)                      \
	TWO(T##_PMAX, n, f, f, a < b ? b : a)
#define FLOATS_OF_ONE(T, n, f, u, sign, suffix)   \
	ONE(T##_ABS, n, u, u, a & ~(sign))        \
	ONE(T##_NEG, n, u, u, a ^ (sign))         \
	ONE(T##_SQRT, n, f, f, sqrt##suffix(a))   \
	ONE(T##_CEIL, n, f, f, ceil##suffix(a))   \
	ONE(T##_FLOOR, n, f, f, floor##suffix(a)) \
	ONE(T##_TRUNC, n, f, f, trunc##suffix(a)) \
	ONE(T##_NEAREST, n, f, f, nearbyint##suffix(a))

static void swizzle(const union value *x, const union value *y, union value *r)
{
	for (int k = 0; k < 16; k++)
		r->u8[k] = y->u8[k] < 16 ? x->u8[y->u8[k]] : 0;
}

static void dot(const union value *x, const union value *y, union value *r)
{
	for (int k = 0; k < 4; k++)
		r->u32[k] = (uint32_t)(x->s16[2 * k] * y->s16[2 * k]) +
			    (uint32_t)(x->s16[2 * k + 1] * y->s16[2 * k + 1]);
}

// Two vectors give one.
static bool two_vectors(
	enum opcode opcode, const union value *left, const union value *right, union value *result)
{
	union value x = *left, y = *right, r = {};
	switch (opcode) {
		COMPARISONS(I8X16, 16, s8, u8)
		COMPARISONS_UNSIGNED(I8X16, 16, s8, u8)
		COMPARISONS(I16X8, 8, s16, u16)
		COMPARISONS_UNSIGNED(I16X8, 8, s16, u16)
		COMPARISONS(I32X4, 4, s32, u32)
		COMPARISONS_UNSIGNED(I32X4, 4, s32, u32)
		COMPARISONS(I64X2, 2, s64, u64)
		EXTREMES(I8X16, 16, s8, u8)
		EXTREMES(I16X8, 8, s16, u16)
		EXTREMES(I32X4, 4, s32, u32)
		SATURATED(I8X16, 16, s8, u8, -128, 127)
		SATURATED(I16X8, 8, s16, u16, -32768, 32767)
		SUMS(I8X16, 16, u8)
		SUMS(I16X8, 8, u16)
		SUMS(I32X4, 4, u32)
		SUMS(I64X2, 2, u64)
		TWO(I16X8_MUL, 8, u16, u16, (uint32_t)a * b)
		TWO(I32X4_MUL, 4, u32, u32, a * b)
		TWO(I64X2_MUL, 2, u64, u64, a * b)
		TWO(I16X8_Q15MULR_SAT_S, 8, s16, s16,
			clamp(((int64_t)a * b + 0x4000) >> 15, -32768, 32767))
		PRODUCTS(I16X8, I8X16, 8, s8, u8, s16, u16)
		PRODUCTS(I32X4, I16X8, 4, s16, u16, s32, u32)
		PRODUCTS(I64X2, I32X4, 2, s32, u32, s64, u64)
		NARROWED(I8X16_NARROW_I16X8_S, 8, s16, s8, -128, 127)
		NARROWED(I8X16_NARROW_I16X8_U, 8, s16, u8, 0, 255)
		NARROWED(I16X8_NARROW_I32X4_S, 4, s32, s16, -32768, 32767)
		NARROWED(I16X8_NARROW_I32X4_U, 4, s32, u16, 0, 65535)
		FLOATS_OF_TWO(F32X4, 4, f32, s32)
		FLOATS_OF_TWO(F64X2, 2, f64, s64)
		TWO(V128_AND, 2, u64, u64, a & b)
		TWO(V128_ANDNOT, 2, u64, u64, a & ~b)
		TWO(V128_OR, 2, u64, u64, a | b)
		TWO(V128_XOR, 2, u64, u64, a ^ b)
	case OP_I8X16_SWIZZLE:
		swizzle(&x, &y, &r);
		break;
	case OP_I32X4_DOT_I16X8_S:
		dot(&x, &y, &r);
		break;
	default:
		return false;
	}
	*result = r;
	return true;
}

// One vector gives one.
static bool one_vector(enum opcode opcode, union value *value)
{
	union value x = *value, r = {};
	switch (opcode) {
		SIGNS(I8X16, 16, s8, u8)
		SIGNS(I16X8, 8, s16, u16)
		SIGNS(I32X4, 4, s32, u32)
		SIGNS(I64X2, 2, s64, u64)
		ONE(I8X16_POPCNT, 16, u8, u8, ones(a))
		ONE(V128_NOT, 2, u64, u64, ~a)
		FLOATS_OF_ONE(F32X4, 4, f32, u32, 0x80000000u, f)
		FLOATS_OF_ONE(F64X2, 2, f64, u64, 1ull << 63, )
		EXTENDED(I16X8, I8X16, 8, s8, u8, s16, u16)
		EXTENDED(I32X4, I16X8, 4, s16, u16, s32, u32)
		EXTENDED(I64X2, I32X4, 2, s32, u32, s64, u64)
		PAIRS(I16X8_EXTADD_PAIRWISE_I8X16_S, 8, s8, s16)
		PAIRS(I16X8_EXTADD_PAIRWISE_I8X16_U, 8, u8, u16)
		PAIRS(I32X4_EXTADD_PAIRWISE_I16X8_S, 4, s16, s32)
		PAIRS(I32X4_EXTADD_PAIRWISE_I16X8_U, 4, u16, u32)
		ONE(I32X4_TRUNC_SAT_F32X4_S, 4, f32, s32,
			saturate_signed((double)a, INT32_MIN, INT32_MAX))
		ONE(I32X4_TRUNC_SAT_F32X4_U, 4, f32, u32, saturate_unsigned((double)a, UINT32_MAX))
		ONE(I32X4_TRUNC_SAT_F64X2_S_ZERO, 2, f64, s32,
			saturate_signed(a, INT32_MIN, INT32_MAX))
		ONE(I32X4_TRUNC_SAT_F64X2_U_ZERO, 2, f64, u32, saturate_unsigned(a, UINT32_MAX))
		ONE(F32X4_CONVERT_I32X4_S, 4, s32, f32, a)
		ONE(F32X4_CONVERT_I32X4_U, 4, u32, f32, a)
		ONE(F64X2_CONVERT_LOW_I32X4_S, 2, s32, f64, a)
		ONE(F64X2_CONVERT_LOW_I32X4_U, 2, u32, f64, a)
		ONE(F32X4_DEMOTE_F64X2_ZERO, 2, f64, f32, a)
		ONE(F64X2_PROMOTE_LOW_F32X4, 2, f32, f64, a)
	default:
		return false;
	}
	*value = r;
	return true;
}

#define SHIFTS(T, n, s, u)                                     \
	ONE(T##_SHL, n, u, u, (uint64_t)a << by % (128 / (n))) \
	ONE(T##_SHR_S, n, s, s, a >> by % (128 / (n)))         \
	ONE(T##_SHR_U, n, u, u, a >> by % (128 / (n)))

static bool shift(enum opcode opcode, union value *value, uint32_t by)
{
	union value x = *value, r = {};
	switch (opcode) {
		SHIFTS(I8X16, 16, s8, u8)
		SHIFTS(I16X8, 8, s16, u16)
		SHIFTS(I32X4, 4, s32, u32)
		SHIFTS(I64X2, 2, s64, u64)
	default:
		return false;
	}
	*value = r;
	return true;
}

#define ALL(T, n, u)                                                          \
	case OP_##T##_ALL_TRUE:                                               \
		number = 1;                                                   \
		for (int k = 0; k < (n); k++)                                 \
			number &= x.u[k] != 0;                                \
		break;                                                        \
	case OP_##T##_BITMASK:                                                \
		for (int k = 0; k < (n); k++)                                 \
			number |= (uint32_t)(x.u[k] >> (128 / (n) - 1)) << k; \
		break;

// A vector gives a number.
static bool test(enum opcode opcode, union value *value)
{
	union value x = *value;
	uint32_t number = 0;
	switch (opcode) {
		ALL(I8X16, 16, u8)
		ALL(I16X8, 8, u16)
		ALL(I32X4, 4, u32)
		ALL(I64X2, 2, u64)
	case OP_V128_ANY_TRUE:
		number = (x.u64[0] | x.u64[1]) != 0;
		break;
	default:
		return false;
	}
	*value = (union value){.u32 = {number}};
	return true;
}

static bool splat(enum opcode opcode, union value *value)
{
	uint32_t size = opcode == OP_I8X16_SPLAT                               ? 1
			: opcode == OP_I16X8_SPLAT                             ? 2
			: opcode == OP_I32X4_SPLAT || opcode == OP_F32X4_SPLAT ? 4
			: opcode == OP_I64X2_SPLAT || opcode == OP_F64X2_SPLAT ? 8
									       : 0;
	if (size == 0)
		return false;
	for (uint32_t k = size; k < 16; k += size)
		memcpy(value->u8 + k, value->u8, size);
	return true;
}

// Lanes in and out; lane instructions have the lane's size as their access.
static bool lane(struct interpreter *in, const struct instruction *i)
{
	uint32_t size = 1u << opcode_infos[i->opcode].access;
	union value *v = in->sp;
	if (i->opcode < OP_I8X16_EXTRACT_LANE_S || i->opcode > OP_F64X2_REPLACE_LANE)
		return false;
	if (opcode_infos[i->opcode].signature[1] != ':') {
		memcpy(v[-2].u8 + i->bits * size, &v[-1], size);
		in->sp--;
		return true;
	}
	union value number = {};
	memcpy(&number, v[-1].u8 + i->bits * size, size);
	if (i->opcode == OP_I8X16_EXTRACT_LANE_S)
		number.s32[0] = number.s8[0];
	if (i->opcode == OP_I16X8_EXTRACT_LANE_S)
		number.s32[0] = number.s16[0];
	v[-1] = number;
	return true;
}

static void shuffle(union value *v, const uint8_t *lanes)
{
	union value r;
	for (int k = 0; k < 16; k++)
		r.u8[k] = lanes[k] < 16 ? v[0].u8[lanes[k]] : v[1].u8[lanes[k] - 16];
	v[0] = r;
}

static void select_bits(union value *v)
{
	for (int k = 0; k < 2; k++)
		v[0].u64[k] = (v[0].u64[k] & v[2].u64[k]) | (v[1].u64[k] & ~v[2].u64[k]);
}

enum wasm_trap execute_vector(struct interpreter *in, const struct instruction *i, bool *is_known)
{
	union value *v = in->sp;
	*is_known = i->opcode >= OPCODE_FD && i->opcode < OPCODE_FE;
	if (!*is_known)
		return WASM_TRAP_NONE;
	if (i->opcode == OP_V128_CONST) {
		memcpy(in->sp++, i->bytes, 16);
	} else if (i->opcode == OP_V128_BITSELECT) {
		select_bits(v - 3);
		in->sp -= 2;
	} else if (i->opcode == OP_I8X16_SHUFFLE) {
		shuffle(v - 2, i->bytes);
		in->sp--;
	} else if (lane(in, i) || splat(i->opcode, &v[-1]) || test(i->opcode, &v[-1]) ||
		   one_vector(i->opcode, &v[-1])) {
		return WASM_TRAP_NONE;
	} else if (strncmp(opcode_infos[i->opcode].signature, "Vi:", 3) == 0 &&
		   shift(i->opcode, &v[-2], v[-1].u32[0])) {
		in->sp--;
	} else if (strncmp(opcode_infos[i->opcode].signature, "VV:", 3) == 0 &&
		   two_vectors(i->opcode, &v[-2], &v[-1], &v[-2])) {
		in->sp--;
	} else {
		*is_known = false;
	}
	return WASM_TRAP_NONE;
}
