// SPDX-License-Identifier: MIT OR Apache-2.0
// Memory on Linux.
#include "platform/host/host.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static void *host_resize(void *self, void *old, size_t old_size, size_t new_size)
{
	(void)self;
	(void)old_size;
	if (new_size != 0)
		return realloc(old, new_size);
	free(old);
	return nullptr;
}

const struct wasm_allocator wasm_host_allocator = {.resize = host_resize};

static enum wasm_status host_reserve(void *self, uint64_t size, void **base)
{
	(void)self;
	void *p =
		mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return WASM_NO_MEMORY;
	*base = p;
	return WASM_OK;
}

static enum wasm_status host_commit(void *self, void *address, uint64_t size)
{
	(void)self;
	return mprotect(address, size, PROT_READ | PROT_WRITE) == 0 ? WASM_OK : WASM_NO_MEMORY;
}

static void host_release(void *self, void *base, uint64_t size)
{
	(void)self;
	munmap(base, size);
}

static enum wasm_status host_map_code(void *self, const struct wasm_image *image, const void **code)
{
	(void)self;
	size_t size = image->code_size;
	if (size == 0)
		return WASM_PLATFORM;
	void *p = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return WASM_NO_MEMORY;
	memcpy(p, image->code, size);
	if (mprotect(p, size, PROT_READ | PROT_EXEC) != 0) {
		munmap(p, size);
		return WASM_PLATFORM;
	}
	*code = p;
	return WASM_OK;
}

static void host_unmap_code(void *self, const struct wasm_image *image, const void *code)
{
	(void)self;
	munmap((void *)(uintptr_t)code, image->code_size);
}

constexpr size_t STACK_RESERVE = 256 * 1024; // for host functions

static uintptr_t find_stack_limit(void)
{
	pthread_attr_t attributes;
	void *lowest;
	size_t size;
	if (pthread_getattr_np(pthread_self(), &attributes) != 0)
		return 0;
	pthread_attr_getstack(&attributes, &lowest, &size);
	pthread_attr_destroy(&attributes);
	return (uintptr_t)lowest + STACK_RESERVE;
}

static uintptr_t host_stack_limit(void *self)
{
	static _Thread_local uintptr_t limit;
	(void)self;
	if (limit == 0)
		limit = find_stack_limit();
	return limit;
}

enum wasm_status wasm_host_platform_init(struct wasm_platform *platform)
{
	*platform = (struct wasm_platform){
		.allocator = wasm_host_allocator,
		.reserve = host_reserve,
		.commit = host_commit,
		.release = host_release,
		.image_create = host_image_create,
		.image_destroy = host_image_destroy,
		.image_map = host_image_map,
		.image_reset = host_image_reset,
		.map_code = host_map_code,
		.unmap_code = host_unmap_code,
		.clock = host_clock,
		.wait = host_wait,
		.wake = host_wake,
		.stack_limit = host_stack_limit,
	};
	return host_fault_install();
}
