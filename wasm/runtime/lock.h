// SPDX-License-Identifier: MIT OR Apache-2.0
// A lock made of the platform's wait and wake, for what several threads share. Zero is free.
#ifndef WASM_RUNTIME_LOCK_H
#define WASM_RUNTIME_LOCK_H

#include "wasm/platform.h"

typedef uint32_t lock_word;

void lock_take(const struct wasm_platform *platform, lock_word *lock);
void lock_release(const struct wasm_platform *platform, lock_word *lock);

#endif
