// SPDX-License-Identifier: MIT OR Apache-2.0
// Exceptions between the embedder and modules: host functions that throw or pass on, exceptions
// that leave the outermost call, references that went stale.
#include "tests/host/wasm/support.h"

static const char program_text[] =
	"(import \"h\" \"e\" (tag $e (param i32 f64)))"
	"(import \"h\" \"throw\" (func $throw (param i32)))"
	"(import \"h\" \"nest\" (func $nest))"
	"(func (export \"catch\") (param i32) (result i32)"
	"  (block $h (result i32 f64)"
	"    (try_table (catch $e $h) (call $throw (local.get 0))) (return (i32.const -1)))"
	"  (drop))"
	"(func (export \"out\") (param i32) (throw $e (local.get 0) (f64.const 0.5)))"
	"(func (export \"through\") (result i32)"
	"  (block $h (result i32 f64)"
	"    (try_table (catch $e $h) (call $nest)) (return (i32.const -1)))"
	"  (drop))"
	"(func (export \"trap\") (block $h (try_table (catch_all $h) (call $throw (i32.const 0)))))"
	"(func (export \"churn\") (param $n i32) (loop $l"
	"  (block $h (try_table (catch_all $h) (throw $e (i32.const 1) (f64.const 2))))"
	"  (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))";

struct host {
	struct wasm_tag *tag;
};

// 0 fails with a trap, other numbers are thrown.
static enum wasm_trap host_throw(
	struct wasm_instance *caller, void *environment, union wasm_value *values)
{
	const struct host *host = environment;
	if (values[0].i32 == 0)
		return WASM_TRAP_HOST;
	const union wasm_value thrown[] = {values[0], {.f64_bits = 0}};
	return wasm_exception_throw(wasm_instance_store(caller), host->tag, thrown);
}

// Calls back into the module, which throws; passes on what came out.
static enum wasm_trap host_nest(struct wasm_instance *caller, void *, union wasm_value *)
{
	struct wasm_trap_info trap;
	union wasm_value value = {.i32 = 77};
	if (wasm_instance_call(caller, "out", "i:", &value, &trap) != WASM_TRAPPED)
		return WASM_TRAP_HOST;
	return trap.trap;
}

static const struct wasm_host_function functions[] = {
	WASM_HOST_FUNCTION("h", "throw", "i:", host_throw),
	WASM_HOST_FUNCTION("h", "nest", ":", host_nest),
};

static bool resolve(void *self, const struct wasm_import_name *import, struct wasm_extern *found)
{
	struct host *host = self;
	struct wasm_host_module module = {functions, 2, host};
	struct wasm_host_modules modules = {&module, 1};
	if (import->kind != WASM_EXTERN_TAG)
		return wasm_host_modules_resolve(&modules, import, found);
	*found = (struct wasm_extern){.kind = WASM_EXTERN_TAG, .tag = host->tag};
	return true;
}

struct fixture {
	struct test_program program;
	struct host host;
};

static struct fixture *setup(void)
{
	static const enum wasm_type types[] = {WASM_TYPE_I32, WASM_TYPE_F64};
	struct fixture *f = calloc(1, sizeof(*f));
	struct test_program *p = &f->program;
	struct wasm_module *module;
	struct wasm_trap_info trap;
	struct wasm_resolver resolver = {&f->host, resolve};
	p->image = test_compile(program_text);
	assert_int_equal(wasm_host_platform_init(&p->platform), WASM_OK);
	assert_int_equal(wasm_store_create(&p->platform, &p->store), WASM_OK);
	assert_int_equal(wasm_tag_create(p->store, types, 2, &f->host.tag), WASM_OK);
	assert_int_equal(
		wasm_module_load(p->store, p->image.bytes, p->image.size, &module), WASM_OK);
	assert_int_equal(wasm_instantiate(module, &resolver, &p->instance, &trap), WASM_OK);
	return f;
}

static void teardown(struct fixture *f)
{
	test_destroy(&f->program);
	free(f);
}

static void test_host_throws(void **)
{
	struct fixture *f = setup();
	struct wasm_trap_info trap;
	union wasm_value value = {.i32 = 42};
	assert_int_equal(
		wasm_instance_call(f->program.instance, "catch", "i:i", &value, &trap), WASM_OK);
	assert_int_equal(value.i32, 42);
	assert_int_equal(
		wasm_instance_call(f->program.instance, "trap", ":", &value, &trap), WASM_TRAPPED);
	assert_int_equal(trap.trap, WASM_TRAP_HOST);
	teardown(f);
}

static void test_host_passes_on(void **)
{
	struct fixture *f = setup();
	struct wasm_trap_info trap;
	union wasm_value value = {};
	assert_int_equal(
		wasm_instance_call(f->program.instance, "through", ":i", &value, &trap), WASM_OK);
	assert_int_equal(value.i32, 77);
	teardown(f);
}

static void test_uncaught(void **)
{
	struct fixture *f = setup();
	struct wasm_trap_info trap;
	char text[100];
	union wasm_value value = {.i32 = 9}, got;
	const struct wasm_store *store = f->program.store;
	assert_int_equal(
		wasm_instance_call(f->program.instance, "out", "i:", &value, &trap), WASM_TRAPPED);
	assert_int_equal(trap.trap, WASM_TRAP_EXCEPTION);
	assert_int_equal(trap.function, 3);
	wasm_trap_describe(&trap, text, sizeof(text));
	assert_non_null(strstr(text, "uncaught exception in function 3"));
	assert_ptr_equal(wasm_exception_tag(store, trap.exception), f->host.tag);
	assert_true(wasm_exception_value(store, trap.exception, 0, &got));
	assert_int_equal(got.i32, 9);
	assert_true(wasm_exception_value(store, trap.exception, 1, &got));
	assert_int_equal(got.f64_bits, 0x3fe0000000000000);
	assert_false(wasm_exception_value(store, trap.exception, 2, &got));
	assert_null(wasm_exception_tag(store, 0));
	assert_null(wasm_exception_tag(store, trap.exception + 1));
	teardown(f);
}

// Another uncaught exception takes the place of the one that the store keeps for the host.
static void test_stale(void **)
{
	struct fixture *f = setup();
	struct wasm_trap_info first, second;
	union wasm_value value = {.i32 = 1}, count = {.i32 = 10000};
	struct wasm_instance *instance = f->program.instance;
	assert_int_equal(wasm_instance_call(instance, "out", "i:", &value, &first), WASM_TRAPPED);
	value.i32 = 2;
	assert_int_equal(wasm_instance_call(instance, "out", "i:", &value, &second), WASM_TRAPPED);
	assert_int_equal(wasm_instance_call(instance, "churn", "i:", &count, &first), WASM_OK);
	assert_null(wasm_exception_tag(f->program.store, first.exception));
	assert_non_null(wasm_exception_tag(f->program.store, second.exception));
	teardown(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_host_throws),
		cmocka_unit_test(test_host_passes_on),
		cmocka_unit_test(test_uncaught),
		cmocka_unit_test(test_stale),
	};
	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
