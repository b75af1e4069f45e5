// SPDX-License-Identifier: MIT OR Apache-2.0
// Validation of function bodies (core spec 3.3 and appendix 7.3), one instruction at a time, so
// that a code generator can follow in the same pass.
#ifndef WASM_VALIDATE_VALIDATOR_H
#define WASM_VALIDATE_VALIDATOR_H

#include "base/array.h"
#include "decode/instruction.h"
#include "decode/module.h"

// An operand of unknown type, in unreachable code.
constexpr enum wasm_type TYPE_UNKNOWN = (enum wasm_type)0;
// The same, but surely a reference that is not null.
constexpr enum wasm_type TYPE_UNKNOWN_REFERENCE = WASM_TYPE_NOT_NULL;

struct type_list {
	const enum wasm_type *types;
	uint32_t count;
};

struct validator_frame {
	enum opcode opcode; // block, loop, if, else, try_table, try, catch, catch_all; OP_CALL for
			    // the function itself
	bool unreachable;
	struct type_list parameters;
	struct type_list results;
	uint32_t height; // operands below the block
	uint32_t set;    // entries of `set_locals` at its start
};

// Scratch memory is kept from function to function.
struct validator {
	const struct module *module;
	const struct wasm_allocator *allocator;
	struct array types;      // enum wasm_type, the operand stack
	struct array frames;     // struct validator_frame
	struct array locals;     // enum wasm_type
	struct array set_locals; // uint32_t: locals without default that have been set, in order
	struct array unset;      // uint8_t per local: without default and not set; or empty
	uint32_t parameter_count;
	uint64_t locals_left;        // of the module's budget
	uint64_t work_left;          // for long lists of types
	enum wasm_type address_type; // of the memory that the instruction uses
	// Facts about the last instruction, for the code generator:
	enum wasm_type operand_type; // select, local.*, global.*: type of the operand
};

void validator_init(struct validator *validator, const struct module *module,
	const struct wasm_allocator *allocator);
void validator_free(struct validator *validator);

// Starts function `index` (own, full index space): reads its local declarations from `reader`.
enum wasm_status validator_begin(
	struct validator *validator, uint32_t index, struct reader *reader);

// Checks one instruction. After the function's last `end`, validator->frames.count is 0.
enum wasm_status validator_check(
	struct validator *validator, const struct instruction *instruction);

static inline struct validator_frame *validator_frame(struct validator *validator, uint32_t label)
{
	struct validator_frame *frames = validator->frames.items;
	return &frames[validator->frames.count - 1 - label];
}

// The operands that a branch to the frame takes.
static inline struct type_list validator_label_types(const struct validator_frame *frame)
{
	return frame->opcode == OP_LOOP ? frame->parameters : frame->results;
}

#endif
