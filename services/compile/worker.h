// SPDX-License-Identifier: MIT OR Apache-2.0
/* The compile worker's parts. */
#pragma once

#include <craton/client.h>
#include <craton/service.h>
#include <wasm/allocator.h>

/* --- main.c ------------------------------------------------------------------------------------
 */

/* Calls the memory service. */
[[nodiscard]] status_t memory_call(uint32_t method, struct call *call);

/* --- heap.c: memory for the compiler ------------------------------------------------------------
 */

extern const struct wasm_allocator heap;

/* Address space of `size` bytes that nothing else will use. */
uint64_t heap_place(uint64_t size);
