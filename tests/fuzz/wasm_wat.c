// SPDX-License-Identifier: MIT OR Apache-2.0
// Any bytes as text of a module: it is refused with a line, or becomes a module, the same each
// time.
#include "tools/wat/assembler.h"
#include "wasm/compiler.h"
#include "wasm/host_platform.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

// False: it is no module.
static bool assemble(const char *text, size_t size, uint8_t **bytes, size_t *count)
{
	struct arena arena = {&wasm_host_allocator, nullptr};
	uint32_t line = 0, lines = 1;
	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n';
	struct node *tree = tree_parse(&arena, text, size, &line);
	bool ok = tree != nullptr && wat_assemble(&arena, &wasm_host_allocator, tree->first, bytes,
					     count, &line) == WASM_OK;
	require(ok || (line >= 1 && line <= lines));
	arena_free(&arena);
	return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *first, *second;
	size_t first_size, second_size;
	struct wasm_diagnostic diagnostic;
	if (!assemble((const char *)data, size, &first, &first_size))
		return 0;
	require(assemble((const char *)data, size, &second, &second_size));
	require(first_size == second_size && memcmp(first, second, first_size) == 0);
	(void)wasm_validate(first, first_size, &wasm_host_allocator, &diagnostic);
	free(first);
	free(second);
	return 0;
}
