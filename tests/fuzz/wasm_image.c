// SPDX-License-Identifier: MIT OR Apache-2.0
// Any bytes as a compiled image: opening, loading and instantiating must not crash. Magic, version
// and engine hash are put in, and no code is run: the machine code of an image is trusted.
#include "wasm/compiler.h"
#include "wasm/host_platform.h"
#include "wasm/runtime.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

constexpr uint64_t TABLES_MOST = 1000; // keeps memory use small

static bool is_small(const struct wasm_image *image)
{
	for (uint32_t i = 0; i < image->table_count; i++)
		if (image->tables[i].minimum > TABLES_MOST)
			return false;
	for (uint32_t i = 0; i < image->memory_count; i++)
		if (image->memories[i].minimum > 16)
			return false;
	return true;
}

static void load(const void *bytes, size_t size)
{
	struct wasm_platform platform;
	struct wasm_store *store;
	struct wasm_module *module;
	struct wasm_instance *instance;
	struct wasm_trap_info trap;
	if (wasm_host_platform_init(&platform) != WASM_OK ||
		wasm_store_create(&platform, &store) != WASM_OK)
		abort();
	if (wasm_module_load(store, bytes, size, &module) == WASM_OK &&
		wasm_instantiate(module, nullptr, &instance, &trap) == WASM_OK)
		(void)wasm_instance_memory(instance);
	wasm_store_destroy(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wasm_image image;
	struct wasm_image_header header = {};
	uint8_t *copy = calloc(1, size + sizeof(header));
	if (copy == nullptr)
		return 0;
	memcpy(copy, data, size);
	size_t all = size < sizeof(header) ? sizeof(header) : size;
	memcpy(&header, copy, sizeof(header));
	header.magic = WASM_IMAGE_MAGIC;
	header.version = WASM_IMAGE_VERSION;
	header.engine_hash = wasm_engine_hash();
	header.start_function = WASM_NO_INDEX;
	header.cpu_features = 0;
	memcpy(copy, &header, sizeof(header));
	if (wasm_image_open(copy, all, &image) == WASM_OK && is_small(&image))
		load(copy, all);
	free(copy);
	return 0;
}
