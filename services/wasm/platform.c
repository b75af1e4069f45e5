// SPDX-License-Identifier: MIT OR Apache-2.0
/* struct wasm_platform on Craton: see wasm/platform.h. */
#include "program.h"

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

static uintptr_t platform_stack_limit(void *self)
{
	(void)self;
	return stack_limit();
}

const struct wasm_platform craton_platform = {
	.allocator = {nullptr, heap_resize},
	.reserve = platform_reserve,
	.commit = platform_commit,
	.release = platform_release,
	.map_code = platform_map_code,
	.unmap_code = platform_unmap_code,
	.stack_limit = platform_stack_limit,
};
