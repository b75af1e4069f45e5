// SPDX-License-Identifier: MIT OR Apache-2.0
// The baseline code generator: follows the validator instruction by instruction.
//
// Model: an abstract operand stack whose entries are constants, references to locals, registers,
// frame slots, or pending flags. Most wasm stack traffic so becomes nothing. Locals have one home
// for the whole function, a callee-saved register or a frame slot, chosen by a weighted count of
// uses, so that control flow needs no reconciliation of locals. At block boundaries operands live
// in their slots; a single result travels in rax or xmm0.
//
// Registers
//   r15  context                     r14  base of memory 0
//   rax rcx rdx rsi rdi              temporaries, lost in calls
//   rbx r8-r13                       homes of locals, preserved by calls
//   xmm0-xmm6                        temporaries; xmm7: scratch, never holds an operand
//   xmm8-xmm15                       homes, preserved by calls
// Calls: see calls.c. i32 values in registers are always zero-extended to 64 bits.
//
// Frame, from rbp down: saved r15, saved homes, locals, operand slots; outgoing area at rsp. rbp is
// a multiple of 16. Locals and slots take 8 bytes, or 16 (aligned) in functions that handle
// vectors.
#ifndef WASM_COMPILE_X86_64_GENERATOR_H
#define WASM_COMPILE_X86_64_GENERATOR_H

#include "compile/x86_64/assembler.h"
#include "layout/context.h"
#include "validate/validator.h"
#include "wasm/compiler.h"
#include "wasm/trap.h"

enum operand_kind : uint8_t {
	OPERAND_CONSTANT,
	OPERAND_LOCAL,    // the value of local `index` as it is now
	OPERAND_REGISTER, // owns temporary `reg`
	OPERAND_SLOT,     // frame slot `index`, always the operand's own stack position
	OPERAND_FLAGS,    // a condition in the flags; only on top, only until the next instruction
};

struct operand {
	enum operand_kind kind;
	uint8_t reg;
	uint8_t condition;
	enum wasm_type type;
	union {
		uint32_t index; // local, slot
		// Constant. A vector: the address of 16 bytes that outlive the compilation.
		uint64_t bits;
	};
};

struct local_home {
	enum wasm_type type;
	uint8_t reg;         // X64_NONE: in the frame
	int32_t offset;      // from rbp
	uint32_t references; // entries of the operand stack that name this local
	uint32_t weight;     // estimated uses
};

struct generator_frame {
	enum opcode opcode;
	bool dead_on_entry; // the block is not reachable at all
	bool reached;       // some branch goes to its label
	struct type_list parameters;
	struct type_list results;
	uint32_t height;     // operands below the parameters
	uint32_t label;      // branch target: end, or start of a loop
	uint32_t else_label; // if
	uint32_t stub;       // br_table: code that moves values first
	// Exceptions: the regions inside, outside, and (in a handler) of the try's body.
	uint32_t region, outer_region, handled;
};

// The body of a try: what is thrown in it goes to the first clause that matches, or to the parent.
struct exception_region {
	uint32_t parent; // or WASM_NO_INDEX, like all here
	uint32_t first;
	uint32_t last; // of its clauses
};
struct exception_clause {
	uint32_t tag; // WASM_NO_INDEX: all
	uint32_t code;
	uint32_t next; // of the region
};
struct call_site {
	uint32_t code; // return address
	uint32_t region;
};

// A clause of try_table, whose code is at the function's end.
struct landing {
	uint32_t clause;
	uint32_t tag;
	bool has_reference;
	bool in_register;
	uint32_t label;
	uint32_t slot; // of the first value
};

// A field of a jump table: label minus table.
struct table_fixup {
	uint32_t label;
	uint32_t position;
	uint32_t table;
};

struct call_fixup {
	uint32_t position; // of the 4-byte field
	uint32_t function;
};

struct pool_constant {
	uint64_t bits;
	uint32_t label;
};

struct pool_vector {
	uint8_t bytes[16];
	uint32_t label;
};

struct trap_site {
	uint32_t position;
	enum wasm_trap trap;
};

// Code at a function's end that instructions jump to when they trap.
struct trap_exit {
	uint32_t label;
	enum wasm_trap trap;
	uint32_t module; // offset of the instruction
};

constexpr uint32_t REGISTER_COUNT = 16;
constexpr uint32_t NOT_OWNED = UINT32_MAX;        // register is free
constexpr uint32_t OWNED_POPPED = UINT32_MAX - 1; // by an operand that is being worked on

// One bank of registers (general or floating point).
struct register_bank {
	uint32_t owner[REGISTER_COUNT]; // stack position, or one of the above
};

struct generator {
	struct x64_buffer code;
	const struct module *module;
	const struct wasm_allocator *allocator;
	struct validator validator;
	struct reader reader; // of the current function, for look-ahead
	struct context_layout layout;
	uint32_t cpu_features;
	const struct wasm_code_listener *listener;
	enum wasm_status status;

	// Per module.
	struct array calls;   // struct call_fixup
	struct array traps;   // struct trap_site
	struct array regions; // struct exception_region
	struct array clauses; // struct exception_clause
	struct array sites;   // struct call_site
	struct array places;  // bytes: see wasm_image_find_place
	uint32_t builtin_stub;
	bool refers_to_functions;

	// Per function; memory is kept.
	struct array stack;    // struct operand
	struct array frames;   // struct generator_frame
	struct array homes;    // struct local_home
	struct array labels;   // struct x64_label
	struct array tables;   // struct table_fixup
	struct array pool;     // struct pool_constant
	struct array vectors;  // struct pool_vector
	struct array landings; // struct landing
	struct array exits;    // struct trap_exit
	uint32_t region;       // that the code being generated lies in, or WASM_NO_INDEX
	struct register_bank general;
	struct register_bank floating;
	uint32_t flushed; // entries below this are constants or slots
	uint32_t height_max;
	uint32_t outgoing_max; // 8-byte words
	uint32_t slot_size;    // of operands and of locals without register
	int32_t slots_offset;  // slot k is at rbp + slots_offset - slot_size * (k + 1)
	uint32_t frame_patch;
	uint32_t frame_size;
	uint32_t continuation;                  // label of tail_calls.c, or NO_LABEL
	uint32_t saved_general, saved_floating; // sets of homes in use
	uint32_t instruction;                   // offset in the module
	uint32_t place_code, place_module;      // the last place
	const struct wasm_function_type *type;
	uint32_t function;
	bool alive;      // the instruction before `end` or `else` can be left
	bool flags_live; // a pending condition must survive what is emitted now
};

constexpr uint32_t NO_LABEL = UINT32_MAX;

constexpr uint8_t XMM_SCRATCH = 7;
constexpr uint32_t GENERAL_TEMPORARIES = 1u << RAX | 1u << RCX | 1u << RDX | 1u << RSI | 1u << RDI;
constexpr uint32_t FLOATING_TEMPORARIES = 0x7f;

static inline bool has_feature(const struct generator *g, enum wasm_cpu_feature feature)
{
	return (g->cpu_features & feature) != 0;
}

static inline const uint8_t *vector_bytes(const struct operand *constant)
{
	return (const uint8_t *)(uintptr_t)constant->bits;
}

static inline bool type_in_xmm(enum wasm_type type)
{
	return type >= WASM_TYPE_V128 && type <= WASM_TYPE_F32;
}
static_assert(WASM_TYPE_F64 == WASM_TYPE_V128 + 1 && WASM_TYPE_F32 == WASM_TYPE_V128 + 2);

// In calls and values: 8-byte words.
static inline uint32_t type_words(enum wasm_type type)
{
	return type == WASM_TYPE_V128 ? 2 : 1;
}

// X64_W for types of 64 bits in general registers.
static inline uint32_t type_w(enum wasm_type type)
{
	return type == WASM_TYPE_I32 || type == WASM_TYPE_F32 ? 0u : (uint32_t)X64_W;
}

// The mandatory prefix of scalar SSE arithmetic.
static inline uint32_t type_sse(enum wasm_type type)
{
	return type == WASM_TYPE_F32 ? (uint32_t)X64_F3 : (uint32_t)X64_F2;
}

// The instruction that loads a register of the type from memory; and the one that stores it.
static inline uint32_t load_opcode(enum wasm_type type)
{
	if (!type_in_xmm(type))
		return X64_MOV | type_w(type);
	return type == WASM_TYPE_V128 ? (uint32_t)X64_MOVUPS : X64_MOVSS ^ X64_F3 ^ type_sse(type);
}

static inline uint32_t store_opcode(enum wasm_type type)
{
	return load_opcode(type) ^
	       (type_in_xmm(type) ? X64_MOVSS ^ X64_MOVSS_STORE : X64_MOV ^ X64_MOV_STORE);
}

static inline void generator_fail(struct generator *g, enum wasm_status status)
{
	if (g->status == WASM_OK)
		g->status = status;
}

// --- operands.c: the operand stack and registers ---------------------------------------------

struct local_home *generator_home(struct generator *g, uint32_t local);
struct operand *generator_operand(struct generator *g, uint32_t depth); // 0: top

void push_operand(struct generator *g, const struct operand *operand);
void push_register(struct generator *g, enum wasm_type type, uint8_t reg);
void push_constant(struct generator *g, enum wasm_type type, uint64_t bits);
void push_slot(struct generator *g, enum wasm_type type);
// A popped operand owns its register until it is released or pushed.
struct operand pop_operand(struct generator *g);
void release_operand(struct generator *g, const struct operand *operand);
void drop_operands(struct generator *g, uint32_t height);

// A free temporary of the type's bank out of `allowed`, spilling an operand if need be.
uint8_t allocate_register(struct generator *g, bool floating, uint32_t allowed);
uint8_t allocate_for(struct generator *g, enum wasm_type type);
void free_register(struct generator *g, bool floating, uint8_t reg);
// Takes this very register: an operand in it moves elsewhere.
void claim_register(struct generator *g, uint8_t reg);

struct x64_memory slot_memory(const struct generator *g, uint32_t slot);
// Is the operand in a register (temporary or home)? Then `*reg`.
bool operand_register(struct generator *g, const struct operand *operand, uint8_t *reg);
// Is it in memory? Then where.
bool operand_memory(struct generator *g, const struct operand *operand, struct x64_memory *memory);
// Emits code that puts the operand's value in `reg`; does not change the operand.
void load_operand(struct generator *g, const struct operand *operand, uint8_t reg);
// Emits code that puts it in memory, as wide as its type.
void store_operand(struct generator *g, const struct operand *operand, struct x64_memory memory);
void load_memory(struct generator *g, enum wasm_type type, uint8_t reg, struct x64_memory memory);
void copy_memory(
	struct generator *g, enum wasm_type type, struct x64_memory to, struct x64_memory from);
void move_register(struct generator *g, enum wasm_type type, uint8_t to, uint8_t from);

// The operand in some register that may be read: its own, or a fresh temporary that it then owns.
uint8_t operand_to_register(struct generator *g, struct operand *operand);
// The operand in a temporary of its own, which may be changed.
uint8_t operand_to_temporary(struct generator *g, struct operand *operand);
// reg = reg OP operand for instructions of the form reg, r/m. Constants must be in registers.
void emit_with_operand(
	struct generator *g, uint32_t opcode, uint8_t reg, const struct operand *operand);

// Stack entries that name `local` get copies of its value, since it is about to change.
void preserve_local(struct generator *g, uint32_t local);
// All entries into slots, but constants below `keep_constants_below`.
void flush_stack(struct generator *g, uint32_t keep_constants_below);
// All temporaries into slots (before calls).
void flush_registers(struct generator *g);

// If the next instruction stores into a register home of `type`: that local, else WASM_NO_INDEX.
uint32_t next_local(struct generator *g, enum wasm_type type);
uint8_t next_opcode(const struct generator *g);
// Where a result goes: the next instruction's local if that is a register that `other` (may be
// null) does not use, or a temporary. `operand` is the operand that the result starts from, or
// null; it is moved there. push_result ends what this began.
struct destination {
	uint8_t reg;
	uint32_t local;
	enum wasm_type type;
};
struct destination destination_for(
	struct generator *g, enum wasm_type type, struct operand *operand, struct operand *other);
// The same without moving `operand`, whose temporary may be reused if it is of the same bank.
struct destination destination_fresh(
	struct generator *g, enum wasm_type type, struct operand *operand);
void push_result(struct generator *g, const struct destination *destination);

// --- labels, traps, constants (labels.c) -----------------------------------------------------

uint32_t label_new(struct generator *g);
struct x64_label *label_at(struct generator *g, uint32_t label);
// Jumps to code at the function's end that traps.
void trap_if(struct generator *g, enum x64_condition condition, enum wasm_trap trap);
void trap_always(struct generator *g, enum wasm_trap trap);
// The code from here on belongs to the instruction at this offset of the module.
void place_add(struct generator *g, uint32_t module);
// An 8-byte constant in the code section, for x64_rl.
struct x64_label *pool_label(struct generator *g, uint64_t bits);
// The same for 16 bytes, aligned.
struct x64_label *pool_vector_label(struct generator *g, const uint8_t *bytes);
// Of a constant operand.
struct x64_label *constant_label(struct generator *g, const struct operand *operand);
void emit_function_tail(struct generator *g);

// --- locals.c --------------------------------------------------------------------------------

// Chooses homes for all locals of the function that the validator has begun.
void assign_homes(struct generator *g, struct reader body);
void gen_local_get(struct generator *g, const struct instruction *in);
void gen_local_set(struct generator *g, const struct instruction *in);
void gen_local_tee(struct generator *g, const struct instruction *in);

// --- calls.c ---------------------------------------------------------------------------------

// Where a function's parameters and results are.
struct value_place {
	uint8_t reg;   // X64_NONE: on the stack
	uint32_t word; // then: 8-byte word of the outgoing area
};
struct call_layout {
	uint32_t general, floating, words;
};
struct value_place next_parameter(struct call_layout *layout, enum wasm_type type);
uint32_t stack_words(const struct wasm_function_type *type); // for parameters, then results
// The words in which several results begin; one result is in a register.

void gen_prologue(struct generator *g);
void gen_epilogue(struct generator *g);
void gen_call(struct generator *g, const struct instruction *in);
void gen_call_indirect(struct generator *g, const struct instruction *in);
void gen_call_ref(struct generator *g, const struct instruction *in);
// Calls a builtin with the top `operands` entries; gives its result if `result` is not 0.
void call_builtin(struct generator *g, enum builtin builtin, uint32_t operands, uint64_t immediate,
	enum wasm_type result);

// --- control.c -------------------------------------------------------------------------------

void gen_block(struct generator *g, const struct instruction *in);
void gen_loop(struct generator *g, const struct instruction *in);
void gen_if(struct generator *g, const struct instruction *in);
void gen_else(struct generator *g, const struct instruction *in);
void gen_end(struct generator *g, const struct instruction *in);
void gen_br(struct generator *g, const struct instruction *in);
void gen_br_if(struct generator *g, const struct instruction *in);
void gen_br_table(struct generator *g, const struct instruction *in);
void gen_br_on_null(struct generator *g, const struct instruction *in);
void gen_br_on_non_null(struct generator *g, const struct instruction *in);
void gen_return(struct generator *g, const struct instruction *in);
void gen_unreachable(struct generator *g, const struct instruction *in);
void gen_select(struct generator *g, const struct instruction *in);
// Pushes a condition; turns it into 0 or 1 unless the next instruction consumes it.
void push_condition(struct generator *g, enum x64_condition condition);
// A block of the validator's that is not reachable: only nesting is followed.
void push_dead_frame(struct generator *g);
void push_function_frame(struct generator *g);

// --- tail_calls.c ----------------------------------------------------------------------------

void gen_return_call(struct generator *g, const struct instruction *in);
void gen_return_call_indirect(struct generator *g, const struct instruction *in);
void gen_return_call_ref(struct generator *g, const struct instruction *in);
void emit_continuation(struct generator *g);

// --- exceptions.c ----------------------------------------------------------------------------

void gen_try_table(struct generator *g, const struct instruction *in);
void gen_try(struct generator *g, const struct instruction *in);
void gen_catch(struct generator *g, const struct instruction *in);
void gen_delegate(struct generator *g, const struct instruction *in);
void gen_throw(struct generator *g, const struct instruction *in);
void gen_throw_ref(struct generator *g, const struct instruction *in);
void gen_rethrow(struct generator *g, const struct instruction *in);
// The code of try_table's clauses.
void emit_landings(struct generator *g);

// --- adapters.c ------------------------------------------------------------------------------

// Code between C and compiled code; offsets are in the code section.
void emit_builtin_stub(struct generator *g);
uint32_t emit_entry(struct generator *g, const struct wasm_function_type *type);
uint32_t emit_import(struct generator *g, const struct wasm_function_type *type);

// --- integer.c, float.c, convert.c, memory.c, reference.c: handlers --------------------------

typedef void (*instruction_handler)(struct generator *g, const struct instruction *in);
extern const instruction_handler instruction_handlers[OPCODE_LIMIT];

void gen_constant(struct generator *g, const struct instruction *in);
void gen_integer_binary(struct generator *g, const struct instruction *in);
void gen_shift(struct generator *g, const struct instruction *in);
void gen_divide(struct generator *g, const struct instruction *in);
void gen_add_128(struct generator *g, const struct instruction *in);
void gen_multiply_wide(struct generator *g, const struct instruction *in);
void gen_eqz(struct generator *g, const struct instruction *in);
void gen_integer_compare(struct generator *g, const struct instruction *in);
void gen_count_bits(struct generator *g, const struct instruction *in);
void gen_extend(struct generator *g, const struct instruction *in);
void gen_float_binary(struct generator *g, const struct instruction *in);
void gen_float_compare(struct generator *g, const struct instruction *in);
void gen_float_min_max(struct generator *g, const struct instruction *in);
void gen_float_sign(struct generator *g, const struct instruction *in);
void gen_float_round(struct generator *g, const struct instruction *in);
void gen_sqrt(struct generator *g, const struct instruction *in);
void gen_copysign(struct generator *g, const struct instruction *in);
void gen_reinterpret(struct generator *g, const struct instruction *in);
void gen_convert(struct generator *g, const struct instruction *in);
void gen_convert_u64(struct generator *g, const struct instruction *in);
void gen_float_to_float(struct generator *g, const struct instruction *in);
void gen_truncate(struct generator *g, const struct instruction *in);
// The address [r14 + address + offset]. May put the operand, or the sum, in a temporary.
struct x64_memory access_address(
	struct generator *g, struct operand *address, const struct instruction *in);
void gen_load(struct generator *g, const struct instruction *in);
void gen_store(struct generator *g, const struct instruction *in);
void gen_memory_size(struct generator *g, const struct instruction *in);
void gen_memory_grow(struct generator *g, const struct instruction *in);
void gen_memory_init(struct generator *g, const struct instruction *in);
void gen_memory_copy(struct generator *g, const struct instruction *in);
void gen_memory_fill(struct generator *g, const struct instruction *in);
void gen_data_drop(struct generator *g, const struct instruction *in);
void gen_global_get(struct generator *g, const struct instruction *in);
void gen_global_set(struct generator *g, const struct instruction *in);
void gen_ref_null(struct generator *g, const struct instruction *in);
void gen_ref_is_null(struct generator *g, const struct instruction *in);
void gen_ref_func(struct generator *g, const struct instruction *in);
void gen_ref_as_non_null(struct generator *g, const struct instruction *in);
void gen_table(struct generator *g, const struct instruction *in);
void gen_table_two(struct generator *g, const struct instruction *in);
void gen_elem_drop(struct generator *g, const struct instruction *in);
// atomic.c
void gen_atomic_load(struct generator *g, const struct instruction *in);
void gen_atomic_store(struct generator *g, const struct instruction *in);
void gen_atomic_add(struct generator *g, const struct instruction *in);
void gen_atomic_bits(struct generator *g, const struct instruction *in);
void gen_atomic_exchange(struct generator *g, const struct instruction *in);
void gen_atomic_compare_exchange(struct generator *g, const struct instruction *in);
void gen_atomic_fence(struct generator *g, const struct instruction *in);
void gen_atomic_wait(struct generator *g, const struct instruction *in);
// vector*.c
void gen_vector_constant(struct generator *g, const struct instruction *in);
void gen_vector_binary(struct generator *g, const struct instruction *in);
void gen_vector_compare(struct generator *g, const struct instruction *in);
void gen_vector_unary(struct generator *g, const struct instruction *in);
void gen_vector_extend_high(struct generator *g, const struct instruction *in);
void gen_vector_not(struct generator *g, const struct instruction *in);
void gen_vector_select(struct generator *g, const struct instruction *in);
void gen_vector_shift(struct generator *g, const struct instruction *in);
void gen_vector_shift_bytes(struct generator *g, const struct instruction *in);
void gen_vector_shift_i64_s(struct generator *g, const struct instruction *in);
void gen_vector_any_true(struct generator *g, const struct instruction *in);
void gen_vector_all_true(struct generator *g, const struct instruction *in);
void gen_vector_bitmask(struct generator *g, const struct instruction *in);
void gen_vector_negate(struct generator *g, const struct instruction *in);
void gen_vector_abs_i64(struct generator *g, const struct instruction *in);
void gen_vector_popcnt(struct generator *g, const struct instruction *in);
void gen_vector_add_pairs(struct generator *g, const struct instruction *in);
void gen_vector_multiply_wide(struct generator *g, const struct instruction *in);
void gen_vector_multiply_i64(struct generator *g, const struct instruction *in);
void gen_vector_q15(struct generator *g, const struct instruction *in);
void gen_vector_dot_add(struct generator *g, const struct instruction *in);
void gen_vector_float_sign(struct generator *g, const struct instruction *in);
void gen_vector_float_min_max(struct generator *g, const struct instruction *in);
void gen_vector_multiply_add(struct generator *g, const struct instruction *in);
void gen_vector_convert_u32(struct generator *g, const struct instruction *in);
void gen_vector_truncate(struct generator *g, const struct instruction *in);
void gen_vector_splat(struct generator *g, const struct instruction *in);
void gen_vector_extract(struct generator *g, const struct instruction *in);
void gen_vector_replace(struct generator *g, const struct instruction *in);
void gen_vector_swizzle(struct generator *g, const struct instruction *in);
void gen_vector_shuffle(struct generator *g, const struct instruction *in);
void gen_vector_load(struct generator *g, const struct instruction *in);
void gen_vector_load_splat(struct generator *g, const struct instruction *in);
void gen_vector_store(struct generator *g, const struct instruction *in);
void gen_vector_load_lane(struct generator *g, const struct instruction *in);
void gen_vector_store_lane(struct generator *g, const struct instruction *in);
void gen_drop(struct generator *g, const struct instruction *in);
void gen_nop(struct generator *g, const struct instruction *in);

#endif
