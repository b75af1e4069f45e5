// SPDX-License-Identifier: MIT OR Apache-2.0
// Random valid modules: what any bytes decide. They use all instructions of the list with operands
// and results on the stack (numbers, vectors, loads and stores, atomics) but those whose results
// are free, control flow, direct and indirect calls, globals and bulk memory. They end soon, by a
// global that counts down, and no NaN's bits are ever seen.
#ifndef TESTS_HOST_WASM_GENERATE_H
#define TESTS_HOST_WASM_GENERATE_H

#include <stddef.h>
#include <stdint.h>

// Imports are those of binaryen's fuzzing support; exports are functions, called in their order:
// one that starts the countdown before each function, and last a hash of memory and globals.
// Returns the module's size, 0 if there is no room.
size_t generate_module(const uint8_t *seed, size_t size, uint8_t *module, size_t room);

#endif
