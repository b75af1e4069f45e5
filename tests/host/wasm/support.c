// SPDX-License-Identifier: MIT OR Apache-2.0
#include "tests/host/wasm/support.h"

#include "tools/wat/assembler.h"
#include "wasm/compiler.h"

struct test_bytes test_assemble(const char *text)
{
	struct arena arena = {&wasm_host_allocator, nullptr};
	struct test_bytes module = {};
	uint32_t line;
	struct node *tree = tree_parse(&arena, text, strlen(text), &line);
	assert_non_null(tree);
	enum wasm_status status = wat_assemble(
		&arena, &wasm_host_allocator, tree->first, &module.bytes, &module.size, &line);
	assert_int_equal(status, WASM_OK);
	arena_free(&arena);
	return module;
}

struct test_bytes test_compile(const char *text)
{
	struct test_bytes module = test_assemble(text), image = {};
	enum wasm_status status = wasm_compile(module.bytes, module.size, nullptr,
		&wasm_host_allocator, &image.bytes, &image.size, nullptr);
	assert_int_equal(status, WASM_OK);
	free(module.bytes);
	return image;
}

struct test_program test_instantiate(const char *text, const struct wasm_resolver *resolver)
{
	struct test_program p = {.image = test_compile(text)};
	struct wasm_platform *platform = malloc(sizeof(*platform)); // the store keeps its address
	struct wasm_module *module;
	struct wasm_trap_info trap;
	assert_int_equal(wasm_host_platform_init(platform), WASM_OK);
	p.platform = *platform;
	p.platform.self = platform;
	assert_int_equal(wasm_store_create(platform, &p.store), WASM_OK);
	assert_int_equal(wasm_module_load(p.store, p.image.bytes, p.image.size, &module), WASM_OK);
	assert_int_equal(wasm_instantiate(module, resolver, &p.instance, &trap), WASM_OK);
	return p;
}

void test_destroy(struct test_program *p)
{
	wasm_store_destroy(p->store);
	free(p->platform.self);
	free(p->image.bytes);
	*p = (struct test_program){};
}
