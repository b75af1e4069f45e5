// SPDX-License-Identifier: MIT OR Apache-2.0
// A small, slow interpreter of WebAssembly, as an oracle for the compiler: it follows the text of
// the specification (core 4), and shares only the decoder with the engine. Modules must be valid.
// It has the numbers, vectors, one 32-bit memory, tables of functions, bulk memory, atomics of one
// thread and tail calls; no exceptions, no typed references, no imports but functions.
#ifndef TESTS_HOST_WASM_INTERPRETER_H
#define TESTS_HOST_WASM_INTERPRETER_H

#include "decode/module.h"
#include "wasm/runtime.h"

struct interpreter;

// Instantiates a valid module; null, with `*trap`, if that trapped, or if it is beyond this
// interpreter or a function is missing (WASM_TRAP_HOST). Borrows the bytes and the hosts, whose
// functions are called without an instance.
struct interpreter *interpreter_create(const uint8_t *bytes, size_t size,
	const struct wasm_host_modules *hosts, enum wasm_trap *trap);
void interpreter_destroy(struct interpreter *interpreter);

const struct module *interpreter_module(const struct interpreter *interpreter);

// Calls a function: arguments in `values`, results there (room for the larger of both).
// WASM_TRAP_HOST also when it met an instruction that is not there.
enum wasm_trap interpreter_call(
	struct interpreter *interpreter, uint32_t function, union wasm_value *values);

// True once something was met that is not there.
bool interpreter_is_beyond(const struct interpreter *interpreter);

#endif
