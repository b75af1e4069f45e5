// SPDX-License-Identifier: MIT OR Apache-2.0
// What control.c, calls.c and exceptions.c share.
#ifndef WASM_COMPILE_X86_64_CONTROL_H
#define WASM_COMPILE_X86_64_CONTROL_H

#include "compile/x86_64/generator.h"

struct generator_frame *frame_at(struct generator *g, uint32_t label);
// Does the label take its only value in rax or xmm0?
bool label_uses_register(const struct generator_frame *frame);
// Pushes the frame of the block that the validator has just entered.
void enter_block(struct generator *g, enum opcode opcode, uint32_t label);
// Copies the top values to where the label wants them, and jumps.
void jump_to(struct generator *g, uint32_t label);
// What follows is unreachable: no operands of this block remain.
void leave_dead(struct generator *g);
// Values that lie in the slots from the stack's height on.
void push_parameters(struct generator *g, struct type_list types);

// Calls the builtin stub (adapters.c); operands are in rsi, rdx, rcx.
void emit_builtin_call(struct generator *g, enum builtin builtin, uint64_t immediate);
// r15 to its place in the frame, and from there with r14.
void save_context(struct generator *g);
void restore_context(struct generator *g);
// r14 for the context in r15.
void load_memory_base(struct generator *g);
// Saves or restores the homes that the function uses.
void transfer_saved(struct generator *g, bool save);

// Arguments, none of which is in a temporary, to `area` (the callee's words) and registers.
void pass_flushed_arguments(
	struct generator *g, const struct wasm_function_type *type, struct x64_memory area);
// rdi = code of an imported function, with r15 and r14 for it.
void load_imported_callee(struct generator *g, uint32_t function);
// A call (0xe8) of or jump (0xe9) to a function of this module.
void emit_own_callee(struct generator *g, uint8_t opcode, uint32_t function);
// rdi, which stays claimed, = the function that a table's element or a reference names, both
// popped.
void pop_table_callee(struct generator *g, uint32_t table, uint32_t type);
void pop_reference_callee(struct generator *g);
// After a call or a throw: where an exception that comes out of it is handled.
void note_call_site(struct generator *g);

#endif
