// SPDX-License-Identifier: MIT OR Apache-2.0
// Numbers (core 4.3).
#include "tests/host/wasm/interpreter/internal.h"

#include <math.h>

// NaN of both kinds is any NaN: what sees its bits is not compared.
double float_minimum(double a, double b)
{
	if (isnan(a) || isnan(b))
		return NAN;
	if (a == b)
		return signbit(a) ? a : b;
	return a < b ? a : b;
}

double float_maximum(double a, double b)
{
	if (isnan(a) || isnan(b))
		return NAN;
	if (a == b)
		return signbit(a) ? b : a;
	return a > b ? a : b;
}

int64_t saturate_signed(double x, int64_t low, int64_t high)
{
	if (isnan(x))
		return 0;
	if (x <= (double)low)
		return low;
	return x >= (double)high ? high : (int64_t)x;
}

uint64_t saturate_unsigned(double x, uint64_t high)
{
	if (isnan(x) || x <= 0)
		return 0;
	return x >= (double)high ? high : (uint64_t)x;
}

static uint64_t rotate_left(uint64_t x, uint64_t by, unsigned bits)
{
	uint64_t mask = bits == 64 ? UINT64_MAX : UINT32_MAX;
	by %= bits;
	return by == 0 ? x : (x << by | x >> (bits - by)) & mask;
}

static unsigned leading_zeros(uint64_t x, unsigned bits)
{
	unsigned count = 0;
	while (count < bits && (x >> (bits - 1 - count) & 1) == 0)
		count++;
	return count;
}

static unsigned trailing_zeros(uint64_t x, unsigned bits)
{
	unsigned count = 0;
	while (count < bits && (x >> count & 1) == 0)
		count++;
	return count;
}

unsigned ones(uint64_t x)
{
	unsigned count = 0;
	for (; x != 0; x >>= 1)
		count += x & 1;
	return count;
}

// --- Division and truncation, which trap -------------------------------------------------------

enum division : uint32_t { DIVIDE_S, DIVIDE_U, REMAINDER_S, REMAINDER_U }; // in the opcodes' order

// Operands are extended to 64 bits as the division is signed or not.
static enum wasm_trap divide(
	enum division kind, uint64_t a, uint64_t b, int64_t lowest, uint64_t *result)
{
	bool overflows = (int64_t)b == -1 && (int64_t)a == lowest;
	if (b == 0)
		return WASM_TRAP_INTEGER_DIVIDE_BY_ZERO;
	if (kind == DIVIDE_S && overflows)
		return WASM_TRAP_INTEGER_OVERFLOW;
	*result = kind == DIVIDE_U      ? a / b
		  : kind == REMAINDER_U ? a % b
		  : kind == DIVIDE_S    ? (uint64_t)((int64_t)a / (int64_t)b)
		  : overflows           ? 0
					: (uint64_t)((int64_t)a % (int64_t)b);
	return WASM_TRAP_NONE;
}

static enum wasm_trap divide_narrow(enum division kind, union value *v)
{
	bool is_signed = kind == DIVIDE_S || kind == REMAINDER_S;
	uint64_t a = is_signed ? (uint64_t)v[0].s32[0] : v[0].u32[0];
	uint64_t b = is_signed ? (uint64_t)v[1].s32[0] : v[1].u32[0];
	uint64_t result = 0;
	enum wasm_trap trap = divide(kind, a, b, INT32_MIN, &result);
	v[0].u32[0] = (uint32_t)result;
	return trap;
}

// `above` is the first double beyond the type, `below` the last one below it; where numbers of the
// type have more bits than a double, `below` is the type's own lowest and allowed.
static enum wasm_trap truncate(double x, enum opcode opcode, union value *to)
{
	double below = -1, above = 0x1p64;
	bool is_lowest_allowed = false, is_signed = false, is_wide = true;
	switch (opcode) {
	case OP_I32_TRUNC_F32_S:
	case OP_I32_TRUNC_F64_S:
		below = -0x1p31 - 1;
		above = 0x1p31;
		is_signed = true;
		is_wide = false;
		break;
	case OP_I32_TRUNC_F32_U:
	case OP_I32_TRUNC_F64_U:
		above = 0x1p32;
		is_wide = false;
		break;
	case OP_I64_TRUNC_F32_S:
	case OP_I64_TRUNC_F64_S:
		below = -0x1p63;
		above = 0x1p63;
		is_signed = is_lowest_allowed = true;
		break;
	default:
		break;
	}
	if (isnan(x))
		return WASM_TRAP_INVALID_CONVERSION;
	if (x >= above || x < below || (x == below && !is_lowest_allowed))
		return WASM_TRAP_INTEGER_OVERFLOW;
	uint64_t bits = is_signed ? (uint64_t)(int64_t)x : (uint64_t)x;
	if (is_wide)
		to->u64[0] = bits;
	else
		to->u32[0] = (uint32_t)bits;
	return WASM_TRAP_NONE;
}

// --- All of them -------------------------------------------------------------------------------

#define COMPARE(TYPE, NAME, member, operator)                            \
	case OP_##TYPE##_##NAME:                                         \
		v[-2].u32[0] = v[-2].member[0] operator v[-1].member[0]; \
		in->sp--;                                                \
		break;
#define BINARY(TYPE, NAME, member, expression)                                     \
	case OP_##TYPE##_##NAME: {                                                 \
		__typeof__(v->member[0]) a = v[-2].member[0], b = v[-1].member[0]; \
		v[-2].member[0] = (expression);                                    \
		in->sp--;                                                          \
		break;                                                             \
	}
#define UNARY(NAME, from, to, expression)                 \
	case OP_##NAME: {                                 \
		__typeof__(v->from[0]) a = v[-1].from[0]; \
		v[-1].to[0] = (expression);               \
		break;                                    \
	}
#define INTEGER(TYPE, u, s, bits)                                                       \
	COMPARE(TYPE, EQ, u, ==)                                                        \
	COMPARE(TYPE, NE, u, !=)                                                        \
	COMPARE(TYPE, LT_S, s, <)                                                       \
	COMPARE(TYPE, LT_U, u, <)                                                       \
	COMPARE(TYPE, GT_S, s, >)                                                       \
	COMPARE(TYPE, GT_U, u, >)                                                       \
	COMPARE(TYPE, LE_S, s, <=)                                                      \
	COMPARE(TYPE, LE_U, u, <=)                                                      \
	COMPARE(TYPE, GE_S, s, >=)                                                      \
	COMPARE(TYPE, GE_U, u, >=)                                                      \
	BINARY(TYPE, ADD, u, a + b)                                                     \
	BINARY(TYPE, SUB, u, a - b)                                                     \
	BINARY(TYPE, MUL, u, a *b)                                                      \
	BINARY(TYPE, AND, u, a &b)                                                      \
	BINARY(TYPE, OR, u, a | b)                                                      \
	BINARY(TYPE, XOR, u, a ^ b)                                                     \
	BINARY(TYPE, SHL, u, a << (b % (bits)))                                         \
	BINARY(TYPE, SHR_U, u, a >> (b % (bits)))                                       \
	BINARY(TYPE, SHR_S, s, a >> ((uint64_t)b % (bits)))                             \
	BINARY(TYPE, ROTL, u, (__typeof__(a))rotate_left(a, b, bits))                   \
	BINARY(TYPE, ROTR, u, (__typeof__(a))rotate_left(a, (bits) - b % (bits), bits)) \
	UNARY(TYPE##_EQZ, u, u32, a == 0)                                               \
	UNARY(TYPE##_CLZ, u, u, leading_zeros(a, bits))                                 \
	UNARY(TYPE##_CTZ, u, u, trailing_zeros(a, bits))                                \
	UNARY(TYPE##_POPCNT, u, u, ones(a))
#define FLOAT(TYPE, f, u, sign, suffix)                          \
	COMPARE(TYPE, EQ, f, ==)                                 \
	COMPARE(TYPE, NE, f, !=)                                 \
	COMPARE(TYPE, LT, f, <)                                  \
	COMPARE(TYPE, GT, f, >)                                  \
	COMPARE(TYPE, LE, f, <=)                                 \
	COMPARE(TYPE, GE, f, >=)                                 \
	BINARY(TYPE, ADD, f, a + b)                              \
	BINARY(TYPE, SUB, f, a - b)                              \
	BINARY(TYPE, MUL, f, a *b)                               \
	BINARY(TYPE, DIV, f, a / b)                              \
	BINARY(TYPE, MIN, f, (__typeof__(a))float_minimum(a, b)) \
	BINARY(TYPE, MAX, f, (__typeof__(a))float_maximum(a, b)) \
	BINARY(TYPE, COPYSIGN, u, (a & ~(sign)) | (b & (sign)))  \
	UNARY(TYPE##_ABS, u, u, a & ~(sign))                     \
	UNARY(TYPE##_NEG, u, u, a ^ (sign))                      \
	UNARY(TYPE##_CEIL, f, f, ceil##suffix(a))                \
	UNARY(TYPE##_FLOOR, f, f, floor##suffix(a))              \
	UNARY(TYPE##_TRUNC, f, f, trunc##suffix(a))              \
	UNARY(TYPE##_NEAREST, f, f, nearbyint##suffix(a))        \
	UNARY(TYPE##_SQRT, f, f, sqrt##suffix(a))

static bool is_conversion(struct interpreter *in, enum opcode opcode)
{
	union value *v = in->sp;
	switch (opcode) {
		UNARY(I32_WRAP_I64, u64, u32, (uint32_t)a)
		UNARY(I64_EXTEND_I32_S, s32, s64, a)
		UNARY(I64_EXTEND_I32_U, u32, u64, a)
		UNARY(F32_CONVERT_I32_S, s32, f32, (float)a)
		UNARY(F32_CONVERT_I32_U, u32, f32, (float)a)
		UNARY(F32_CONVERT_I64_S, s64, f32, (float)a)
		UNARY(F32_CONVERT_I64_U, u64, f32, (float)a)
		UNARY(F32_DEMOTE_F64, f64, f32, (float)a)
		UNARY(F64_CONVERT_I32_S, s32, f64, a)
		UNARY(F64_CONVERT_I32_U, u32, f64, a)
		UNARY(F64_CONVERT_I64_S, s64, f64, (double)a)
		UNARY(F64_CONVERT_I64_U, u64, f64, (double)a)
		UNARY(F64_PROMOTE_F32, f32, f64, (double)a)
		UNARY(I32_EXTEND8_S, s8, s32, a)
		UNARY(I32_EXTEND16_S, s16, s32, a)
		UNARY(I64_EXTEND8_S, s8, s64, a)
		UNARY(I64_EXTEND16_S, s16, s64, a)
		UNARY(I64_EXTEND32_S, s32, s64, a)
		UNARY(I32_TRUNC_SAT_F32_S, f32, s32,
			(int32_t)saturate_signed((double)a, INT32_MIN, INT32_MAX))
		UNARY(I32_TRUNC_SAT_F32_U, f32, u32,
			(uint32_t)saturate_unsigned((double)a, UINT32_MAX))
		UNARY(I32_TRUNC_SAT_F64_S, f64, s32,
			(int32_t)saturate_signed(a, INT32_MIN, INT32_MAX))
		UNARY(I32_TRUNC_SAT_F64_U, f64, u32, (uint32_t)saturate_unsigned(a, UINT32_MAX))
		UNARY(I64_TRUNC_SAT_F32_S, f32, s64,
			saturate_signed((double)a, INT64_MIN, INT64_MAX))
		UNARY(I64_TRUNC_SAT_F32_U, f32, u64, saturate_unsigned((double)a, UINT64_MAX))
		UNARY(I64_TRUNC_SAT_F64_S, f64, s64, saturate_signed(a, INT64_MIN, INT64_MAX))
		UNARY(I64_TRUNC_SAT_F64_U, f64, u64, saturate_unsigned(a, UINT64_MAX))
	case OP_I32_REINTERPRET_F32:
	case OP_I64_REINTERPRET_F64:
	case OP_F32_REINTERPRET_I32:
	case OP_F64_REINTERPRET_I64:
		break;
	default:
		return false;
	}
	return true;
}

enum wasm_trap execute_number(struct interpreter *in, const struct instruction *i, bool *is_known)
{
	union value *v = in->sp;
	*is_known = true;
	switch (i->opcode) {
		INTEGER(I32, u32, s32, 32u)
		INTEGER(I64, u64, s64, 64u)
		FLOAT(F32, f32, u32, 0x80000000u, f)
		FLOAT(F64, f64, u64, 1ull << 63, )
	case OP_I32_CONST:
	case OP_I64_CONST:
	case OP_F32_CONST:
	case OP_F64_CONST:
		*in->sp++ = (union value){.u64 = {i->bits}};
		break;
	case OP_I32_DIV_S:
	case OP_I32_DIV_U:
	case OP_I32_REM_S:
	case OP_I32_REM_U:
		in->sp--;
		return divide_narrow(i->opcode - OP_I32_DIV_S, v - 2);
	case OP_I64_DIV_S:
	case OP_I64_DIV_U:
	case OP_I64_REM_S:
	case OP_I64_REM_U:
		in->sp--;
		return divide(i->opcode - OP_I64_DIV_S, v[-2].u64[0], v[-1].u64[0], INT64_MIN,
			&v[-2].u64[0]);
	case OP_I32_TRUNC_F32_S:
	case OP_I32_TRUNC_F32_U:
	case OP_I64_TRUNC_F32_S:
	case OP_I64_TRUNC_F32_U:
		return truncate((double)v[-1].f32[0], i->opcode, &v[-1]);
	case OP_I32_TRUNC_F64_S:
	case OP_I32_TRUNC_F64_U:
	case OP_I64_TRUNC_F64_S:
	case OP_I64_TRUNC_F64_U:
		return truncate(v[-1].f64[0], i->opcode, &v[-1]);
	default:
		*is_known = is_conversion(in, i->opcode);
		break;
	}
	return WASM_TRAP_NONE;
}
