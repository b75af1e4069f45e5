// SPDX-License-Identifier: MIT OR Apache-2.0
// Shared by the parts of the Linux platform.
#ifndef WASM_PLATFORM_HOST_HOST_H
#define WASM_PLATFORM_HOST_HOST_H

#include "wasm/host_platform.h"

// Signal handlers (once) and a signal stack for the calling thread.
enum wasm_status host_fault_install(void);

// Of struct wasm_platform.
uint64_t host_clock(void *self);
bool host_wait(void *self, const uint32_t *word, uint32_t value, uint64_t deadline);
void host_wake(void *self, const uint32_t *word, uint32_t count);

#endif
