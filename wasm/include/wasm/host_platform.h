// SPDX-License-Identifier: MIT OR Apache-2.0
// The Linux backend of platform.h, for tools and tests.
#ifndef WASM_HOST_PLATFORM_H
#define WASM_HOST_PLATFORM_H

#include "wasm/platform.h"

// Fills in the platform (malloc, mmap, mprotect) and installs the SIGSEGV, SIGBUS and SIGILL
// handlers once per process; faults that are not the engine's then meet their default action. Call
// it on every thread that runs compiled code (it gives the thread a signal stack). PLATFORM on
// failure.
enum wasm_status wasm_host_platform_init(struct wasm_platform *platform);

// malloc and friends as an allocator, for the compiler.
extern const struct wasm_allocator wasm_host_allocator;

#endif
