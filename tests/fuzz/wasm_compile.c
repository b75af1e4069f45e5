// SPDX-License-Identifier: MIT OR Apache-2.0
// Any bytes as a module: decode, validate and compile must neither crash nor disagree, and
// compiling twice must give the same image, which must open.
#include "wasm/compiler.h"
#include "wasm/host_platform.h"
#include "wasm/image.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void free_image(uint8_t *image, size_t size)
{
	if (image != nullptr)
		wasm_host_allocator.resize(nullptr, image, size, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *first = nullptr, *second = nullptr;
	size_t first_size = 0, second_size = 0;
	struct wasm_diagnostic diagnostic;
	struct wasm_compile_options options = {.cpu_features = size % 2 == 0 ? 0 : UINT32_MAX};
	enum wasm_status valid = wasm_validate(data, size, &wasm_host_allocator, &diagnostic);
	enum wasm_status compiled = wasm_compile(
		data, size, &options, &wasm_host_allocator, &first, &first_size, &diagnostic);
	require(valid == compiled);
	require((compiled == WASM_OK) == (first != nullptr));
	if (compiled == WASM_OK) {
		struct wasm_image image;
		compiled = wasm_compile(
			data, size, &options, &wasm_host_allocator, &second, &second_size, nullptr);
		require(compiled == WASM_OK && first_size == second_size);
		require(memcmp(first, second, first_size) == 0);
		require(wasm_image_open(first, first_size, &image) == WASM_OK);
	}
	free_image(first, first_size);
	free_image(second, second_size);
	return 0;
}
