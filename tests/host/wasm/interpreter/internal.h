// SPDX-License-Identifier: MIT OR Apache-2.0
// The interpreter's parts among themselves.
#ifndef TESTS_HOST_WASM_INTERPRETER_INTERNAL_H
#define TESTS_HOST_WASM_INTERPRETER_INTERNAL_H

#include "decode/instruction.h"
#include "tests/host/wasm/interpreter/interpreter.h"

#include <string.h>

// A value in all its shapes. Functions are u64: index and 1, 0 is null.
union value {
	uint8_t u8[16];
	int8_t s8[16];
	uint16_t u16[8];
	int16_t s16[8];
	uint32_t u32[4];
	int32_t s32[4];
	uint64_t u64[2];
	int64_t s64[2];
	float f32[4];
	double f64[2];
};
static_assert(sizeof(union value) == sizeof(union wasm_value));

struct table {
	uint64_t *items;
	uint32_t size;
	uint32_t maximum;
};

// Where a structured instruction goes on, by the offset of the instruction in its body.
struct match {
	uint32_t end;       // behind the `end`
	uint32_t otherwise; // behind the `else`, 0: none
};

struct interpreter {
	struct module module;
	const struct wasm_host_modules *hosts;
	bool is_beyond;
	uint32_t depth;

	uint8_t *memory; // 4 GiB are reserved
	uint32_t pages;
	uint32_t maximum_pages;
	struct table *tables;
	union value *globals;
	bool *dropped_data;
	bool *dropped_elements;
	struct match **matches; // by body, made at its first call

	union value *stack; // STACK_VALUES
	union value *sp;    // the next free place
};

constexpr uint32_t PAGE = 65536;
constexpr size_t STACK_VALUES = 1u << 20;

static inline enum wasm_trap beyond(struct interpreter *in)
{
	in->is_beyond = true;
	return WASM_TRAP_HOST;
}

// Each executes one instruction with operands on the stack. `*is_known` false: none of its own.
enum wasm_trap execute_number(
	struct interpreter *in, const struct instruction *instruction, bool *is_known);
enum wasm_trap execute_vector(
	struct interpreter *in, const struct instruction *instruction, bool *is_known);
enum wasm_trap execute_memory(
	struct interpreter *in, const struct instruction *instruction, bool *is_known);

// memory.init and table.init, for segments, too.
enum wasm_trap init_memory(
	struct interpreter *in, uint32_t segment, uint64_t to, uint64_t from, uint64_t size);
enum wasm_trap init_table(struct interpreter *in, uint32_t table, uint32_t segment, uint64_t to,
	uint64_t from, uint64_t size);

// Evaluates a constant expression; the value is pushed.
enum wasm_trap evaluate(struct interpreter *in, struct bytes expression);

// Runs a function: arguments on the stack are replaced by results.
enum wasm_trap enter(struct interpreter *in, uint32_t function);

// Both float shapes of the rules that C does not have (core 4.3.3).
double float_minimum(double a, double b);
double float_maximum(double a, double b);

// Truncation without traps (core 4.3.2): x limited to [low, high], NaN 0.
int64_t saturate_signed(double x, int64_t low, int64_t high);
uint64_t saturate_unsigned(double x, uint64_t high);

// How many bits are set.
unsigned ones(uint64_t x);

#endif
