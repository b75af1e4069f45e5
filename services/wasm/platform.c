// SPDX-License-Identifier: MIT OR Apache-2.0
/* struct wasm_platform on Craton: see wasm/platform.h. */
#include "program.h"

#include <abi/syscall.h>

static enum wasm_status platform_reserve(void *self, uint64_t size, void **base)
{
	(void)self;
	*base = memory_reserve(size);
	return *base != nullptr ? WASM_OK : WASM_NO_MEMORY;
}

static enum wasm_status platform_commit(void *self, void *address, uint64_t size)
{
	(void)self;
	return memory_commit(address, size) ? WASM_OK : WASM_NO_MEMORY;
}

static void platform_release(void *self, void *base, uint64_t size)
{
	(void)self;
	memory_release(base, size);
}

/* The process service mapped the image with its code executable. */
static enum wasm_status platform_map_code(
	void *self, const struct wasm_image *image, const void **code)
{
	(void)self;
	*code = image->code;
	return WASM_OK;
}

static void platform_unmap_code(void *self, const struct wasm_image *image, const void *code)
{
	(void)self;
	(void)image;
	(void)code;
}

static uint64_t platform_clock(void *self)
{
	(void)self;
	return time_now();
}

/* An interrupt that the program did not choose to take ends it from outside; another one is for its
 * next wait for a service. */
static bool platform_wait(void *self, const uint32_t *word, uint32_t value, uint64_t deadline)
{
	status_t status = sys_futex_wait((uint64_t)(uintptr_t)word, value, deadline, 0);

	(void)self;
	if (status == ERR_CANCELLED)
		interrupt_note();
	return status != ERR_DEADLINE;
}

static void platform_wake(void *self, const uint32_t *word, uint32_t count)
{
	uint64_t woken;

	(void)self;
	(void)!sys_futex_wake((uint64_t)(uintptr_t)word, count, &woken);
}

static uintptr_t platform_stack_limit(void *self)
{
	(void)self;
	return stack_limit();
}

const struct wasm_platform craton_platform = {
	.allocator = {.resize = heap_resize, .zeroed = heap_zeroed},
	.trusts_images = true, /* the process service does not map others */
	.reserve = platform_reserve,
	.commit = platform_commit,
	.release = platform_release,
	.map_code = platform_map_code,
	.unmap_code = platform_unmap_code,
	.clock = platform_clock,
	.wait = platform_wait,
	.wake = platform_wake,
	.stack_limit = platform_stack_limit,
};
