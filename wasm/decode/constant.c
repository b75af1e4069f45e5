// SPDX-License-Identifier: MIT OR Apache-2.0
#include "decode/constant.h"

#include "decode/instruction.h"

struct constant_stack {
	enum wasm_type types[CONSTANT_STACK_LIMIT];
	uint32_t height;
};

static enum wasm_status constant_push(struct constant_stack *stack, enum wasm_type type)
{
	if (stack->height == CONSTANT_STACK_LIMIT)
		return WASM_LIMIT_STACK;
	stack->types[stack->height++] = type;
	return WASM_OK;
}

static enum wasm_status constant_global(
	const struct module *module, uint32_t index, struct constant_stack *stack)
{
	if (index >= module->global_count)
		return WASM_INVALID_GLOBAL_INDEX;
	if (module->globals[index].is_mutable)
		return WASM_INVALID_CONSTANT;
	return constant_push(stack, module->globals[index].type);
}

static enum wasm_status constant_function(
	struct module *module, uint32_t index, struct constant_stack *stack)
{
	if (index >= module->function_count)
		return WASM_INVALID_FUNCTION_INDEX;
	module->declared[index] = 1;
	return constant_push(stack,
		(enum wasm_type)(wasm_type_defined(module->functions[index]) | WASM_TYPE_NOT_NULL));
}

static enum wasm_status constant_null(
	const struct module *module, enum wasm_type type, struct constant_stack *stack)
{
	if (!module_number_type(module, &type))
		return WASM_INVALID_TYPE_INDEX;
	return constant_push(stack, type);
}

static enum wasm_status constant_binary(struct constant_stack *stack, enum wasm_type type)
{
	if (stack->height < 2)
		return WASM_INVALID_STACK_UNDERFLOW;
	if (stack->types[stack->height - 1] != type || stack->types[stack->height - 2] != type)
		return WASM_INVALID_TYPE_MISMATCH;
	stack->height--;
	return WASM_OK;
}

static enum wasm_status constant_instruction(
	struct module *module, const struct instruction *instruction, struct constant_stack *stack)
{
	switch (instruction->opcode) {
	case OP_I32_CONST:
		return constant_push(stack, WASM_TYPE_I32);
	case OP_I64_CONST:
		return constant_push(stack, WASM_TYPE_I64);
	case OP_F32_CONST:
		return constant_push(stack, WASM_TYPE_F32);
	case OP_F64_CONST:
		return constant_push(stack, WASM_TYPE_F64);
	case OP_V128_CONST:
		return constant_push(stack, WASM_TYPE_V128);
	case OP_REF_NULL:
		return constant_null(module, instruction->type, stack);
	case OP_REF_FUNC:
		return constant_function(module, instruction->index, stack);
	case OP_GLOBAL_GET:
		return constant_global(module, instruction->index, stack);
	case OP_I32_ADD:
	case OP_I32_SUB:
	case OP_I32_MUL:
		return constant_binary(stack, WASM_TYPE_I32);
	case OP_I64_ADD:
	case OP_I64_SUB:
	case OP_I64_MUL:
		return constant_binary(stack, WASM_TYPE_I64);
	default:
		return WASM_INVALID_CONSTANT;
	}
}

struct bytes constant_read(struct module *module, struct reader *reader, enum wasm_type type)
{
	struct constant_stack stack = {};
	struct instruction instruction;
	const uint8_t *begin = reader->position;
	while (instruction_read(reader, &instruction) && instruction.opcode != OP_END) {
		enum wasm_status status = constant_instruction(module, &instruction, &stack);
		if (status != WASM_OK)
			reader_fail(reader, status);
	}
	if (reader->status == WASM_OK &&
		(stack.height != 1 || !type_matches(&module->types, stack.types[0], type)))
		reader_fail(reader, WASM_INVALID_TYPE_MISMATCH);
	return (struct bytes){begin, (uint32_t)(reader->position - begin)};
}
