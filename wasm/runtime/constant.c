// SPDX-License-Identifier: MIT OR Apache-2.0
// Evaluates constant expressions. The compiler has validated them, but an image is not trusted:
// every index and the stack are checked.
#include "decode/constant.h"

#include "decode/instruction.h"
#include "runtime/internal.h"

struct evaluation {
	struct wasm_instance *instance; // or null
	uint32_t globals;
	union wasm_value stack[CONSTANT_STACK_LIMIT];
	uint32_t height;
};

static bool evaluation_push(struct evaluation *e, union wasm_value value)
{
	if (e->height == CONSTANT_STACK_LIMIT)
		return false;
	e->stack[e->height++] = value;
	return true;
}

static bool evaluation_push_bits(struct evaluation *e, uint64_t bits)
{
	return evaluation_push(e, (union wasm_value){.i64 = bits});
}

static bool evaluation_push_vector(struct evaluation *e, const uint8_t *bytes)
{
	union wasm_value value;
	memcpy(&value, bytes, sizeof(value));
	return evaluation_push(e, value);
}

static uint64_t apply(enum opcode opcode, uint64_t a, uint64_t b)
{
	switch (opcode) {
	case OP_I32_ADD:
		return (uint32_t)(a + b);
	case OP_I32_SUB:
		return (uint32_t)(a - b);
	case OP_I32_MUL:
		return (uint32_t)(a * b);
	case OP_I64_ADD:
		return a + b;
	case OP_I64_SUB:
		return a - b;
	default:
		return a * b;
	}
}

static bool evaluate_binary(struct evaluation *e, enum opcode opcode)
{
	if (e->height < 2)
		return false;
	e->height--;
	union wasm_value *a = &e->stack[e->height - 1];
	a->i64 = apply(opcode, a->i64, a[1].i64);
	return true;
}

static bool evaluate_instruction(struct evaluation *e, const struct instruction *in)
{
	struct wasm_instance *instance = e->instance;
	switch (in->opcode) {
	case OP_I32_CONST:
	case OP_I64_CONST:
	case OP_F32_CONST:
	case OP_F64_CONST:
	case OP_REF_NULL:
		return evaluation_push_bits(e, in->bits);
	case OP_V128_CONST:
		return evaluation_push_vector(e, in->bytes);
	case OP_REF_FUNC:
		return instance != nullptr && in->index < instance->module->image->function_count &&
		       evaluation_push_bits(e, (uintptr_t)instance_function(instance, in->index));
	case OP_GLOBAL_GET:
		return in->index < e->globals &&
		       evaluation_push(e, *instance_global_value(instance, in->index));
	case OP_I32_ADD:
	case OP_I32_SUB:
	case OP_I32_MUL:
	case OP_I64_ADD:
	case OP_I64_SUB:
	case OP_I64_MUL:
		return evaluate_binary(e, in->opcode);
	default:
		return false;
	}
}

static bool evaluate(
	struct evaluation *e, const uint8_t *bytes, uint32_t size, union wasm_value *value)
{
	struct reader reader = {bytes, bytes + size, WASM_OK};
	struct instruction in;
	for (;;) {
		if (!instruction_read(&reader, &in))
			return false;
		if (in.opcode == OP_END)
			break;
		if (!evaluate_instruction(e, &in))
			return false;
	}
	*value = e->stack[0];
	return e->height == 1;
}

bool constant_evaluate(struct wasm_instance *instance, struct wasm_image_span expression,
	uint32_t globals, union wasm_value *value)
{
	struct evaluation e = {.instance = instance, .globals = globals};
	return evaluate(
		&e, instance->module->image->bytes + expression.offset, expression.size, value);
}

bool constant_evaluate_alone(
	const struct wasm_image *image, struct wasm_image_span expression, union wasm_value *value)
{
	struct evaluation e = {};
	return evaluate(&e, image->bytes + expression.offset, expression.size, value);
}
