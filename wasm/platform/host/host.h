// SPDX-License-Identifier: MIT OR Apache-2.0
// Shared by the parts of the Linux platform.
#ifndef WASM_PLATFORM_HOST_HOST_H
#define WASM_PLATFORM_HOST_HOST_H

#include "wasm/host_platform.h"

// Signal handlers (once) and a signal stack for the calling thread.
enum wasm_status host_fault_install(void);

// Of struct wasm_platform.
enum wasm_status host_image_create(void *self, const struct wasm_memory_piece *pieces, size_t count,
	uint64_t size, void **image);
void host_image_destroy(void *self, void *image);
enum wasm_status host_image_map(void *self, void *image, void *address, uint64_t size);
enum wasm_status host_image_reset(void *self, void *address, uint64_t size, uint64_t committed);
uint64_t host_clock(void *self);
bool host_wait(void *self, const uint32_t *word, uint32_t value, uint64_t deadline);
void host_wake(void *self, const uint32_t *word, uint32_t count);

#endif
