// SPDX-License-Identifier: MIT OR Apache-2.0
// What the engine's unit tests share: modules from text, instances.
#ifndef TESTS_HOST_WASM_SUPPORT_H
#define TESTS_HOST_WASM_SUPPORT_H

#include "wasm/host_platform.h"
#include "wasm/runtime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct test_bytes {
	uint8_t *bytes; // malloc
	size_t size;
};

// The fields of a module, assembled, or compiled. Fail the test on errors.
struct test_bytes test_assemble(const char *text);
struct test_bytes test_compile(const char *text);

struct test_program {
	struct wasm_platform platform;
	struct test_bytes image;
	struct wasm_store *store;
	struct wasm_instance *instance;
};

struct test_program test_instantiate(const char *text, const struct wasm_resolver *resolver);
void test_destroy(struct test_program *program);

#endif
