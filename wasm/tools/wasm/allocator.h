// SPDX-License-Identifier: MIT OR Apache-2.0
#ifndef WASM_TOOLS_WASM_ALLOCATOR_H
#define WASM_TOOLS_WASM_ALLOCATOR_H

#include "wasm/allocator.h"

// malloc and free.
extern const struct wasm_allocator tool_allocator;

#endif
