// SPDX-License-Identifier: MIT OR Apache-2.0
// Instances that come and go in stores of their own, with shared code: many at once, on several
// threads, and each as if it were the first.
#include "tests/host/wasm/support.h"

#include <pthread.h>
#include <stdio.h>

// The engine gives its threads signal stacks: the sanitizer must not take them for its own.
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "use_sigaltstack=0";
}

// `step` gives what it finds in each kind of state, and changes all of it.
static const char counter_text[] =
	"(type $sum (func (param i32) (result i32)))"
	"(import \"h\" \"add\" (func $add (type $sum)))"
	"(memory (export \"m\") 2 5)"
	"(data (i32.const 16) \"\\05\\00\\00\\00\") (data (i32.const 70000) \"\\07\")"
	"(data (i32.const 17) \"\\01\") (data $p \"\\0b\")"
	"(table (export \"t\") 2 4 funcref) (elem (i32.const 0) $one)"
	"(global $g (mut i32) (i32.const 3)) (global $fresh (mut i32) (i32.const 1))"
	"(func $one (type $sum) (i32.const 1))"
	"(func $two (type $sum) (i32.const 2))"
	"(elem declare func $two)"
	"(func (export \"step\") (param i32) (result i32) (local $sum i32)"
	"  (local.set $sum (i32.add (i32.add (global.get $g) (i32.load (i32.const 16)))"
	"    (i32.add (i32.load (i32.const 70000)) (i32.load8_u (i32.const 100000)))))"
	"  (local.set $sum (i32.add (local.get $sum)"
	"    (i32.add (call_indirect (type $sum) (i32.const 0) (i32.const 0))"
	"      (i32.add (memory.size) (table.size)))))"
	"  (if (global.get $fresh) (then (global.set $fresh (i32.const 0))"
	"    (memory.init $p (i32.const 0) (i32.const 0) (i32.const 1)) (data.drop $p)))"
	"  (global.set $g (local.get 0)) (i32.store (i32.const 16) (local.get 0))"
	"  (i32.store (i32.const 70000) (i32.const 1)) (i32.store (i32.const 100000) (i32.const 1))"
	"  (table.set (i32.const 0) (ref.func $two))"
	"  (drop (table.grow (ref.null func) (i32.const 1)))"
	"  (if (i32.ge_s (memory.grow (i32.const 1)) (i32.const 0)) (then"
	"    (i32.store (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 4))"
	"      (local.get 0))))"
	"  (call $add (local.get $sum)))"
	"(func (export \"beyond\") (param i32) (result i32) (i32.load (i32.const 131072)))";
constexpr uint32_t FIRST_STEP = 3 + 0x105 + 7 + 1 + 2 + 2;

static struct wasm_platform platform;

static enum wasm_trap add(struct wasm_instance *, void *environment, union wasm_value *values)
{
	values[0].i32 += *(uint32_t *)environment;
	return WASM_TRAP_NONE;
}
static const struct wasm_host_function functions[] = {WASM_HOST_FUNCTION("h", "add", "i:i", add)};

static struct wasm_code *load(const char *text, struct test_bytes *image)
{
	struct wasm_code *code;
	*image = test_compile(text);
	assert_int_equal(wasm_host_platform_init(&platform), WASM_OK);
	assert_int_equal(wasm_code_load(&platform, image->bytes, image->size, &code), WASM_OK);
	return code;
}

struct living {
	struct wasm_store *store;
	struct wasm_instance *instance;
	uint32_t added;
};

static enum wasm_status start(struct living *living, struct wasm_code *code, uint32_t added)
{
	struct wasm_module *module;
	struct wasm_trap_info trap;
	struct wasm_host_module hosts = {functions, 1, &living->added};
	struct wasm_host_modules modules = {&hosts, 1};
	struct wasm_resolver resolver = {&modules, wasm_host_modules_resolve};
	living->added = added;
	enum wasm_status status = wasm_store_create(&platform, &living->store);
	if (status == WASM_OK)
		status = wasm_module_attach(living->store, code, &module);
	if (status == WASM_OK)
		status = wasm_instantiate(module, &resolver, &living->instance, &trap);
	return status;
}

static enum wasm_status call(
	struct living *living, const char *name, uint32_t argument, uint32_t *result)
{
	union wasm_value value = {.i32 = argument};
	struct wasm_trap_info trap;
	enum wasm_status status = wasm_instance_call(living->instance, name, "i:i", &value, &trap);
	*result = value.i32;
	return status;
}

static uint32_t step(struct living *living, uint32_t argument)
{
	uint32_t result;
	return call(living, "step", argument, &result) == WASM_OK ? result : UINT32_MAX;
}

// --- tests --------------------------------------------------------------------------------------

// Nothing that an instance changed is seen by a later one.
static void test_fresh(void **)
{
	struct test_bytes image;
	struct wasm_code *code = load(counter_text, &image);
	for (uint32_t i = 0; i < 20; i++) {
		struct living living;
		uint32_t ignored;
		assert_int_equal(start(&living, code, i), WASM_OK);
		assert_int_equal(call(&living, "beyond", 0, &ignored), WASM_TRAPPED);
		assert_int_equal(step(&living, 100), FIRST_STEP + i);
		assert_int_equal(call(&living, "beyond", 0, &ignored), WASM_OK);
		assert_int_equal(step(&living, 7), 100 + 100 + 1 + 1 + 2 + 3 + 3 + i);
		wasm_store_destroy(living.store);
	}
	wasm_code_release(code);
	free(image.bytes);
}

static unsigned long mapped_pages(void)
{
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%lu", &pages), 1);
	fclose(file);
	return pages;
}

// A thousand at once, in turns; then all of their address space is given back.
static void test_thousand(void **)
{
	constexpr uint32_t COUNT = 1000;
	constexpr unsigned long PAGES = WASM_MEMORY_RESERVATION / 4096;
	static struct living all[COUNT];
	struct test_bytes image;
	struct wasm_code *code = load(counter_text, &image);
	unsigned long before = mapped_pages();
	for (uint32_t i = 0; i < COUNT; i++)
		assert_int_equal(start(&all[i], code, i), WASM_OK);
	for (uint32_t i = 0; i < COUNT; i++)
		assert_int_equal(step(&all[i], i), FIRST_STEP + i);
	for (uint32_t i = COUNT; i-- > 0;)
		assert_int_equal(step(&all[i], 0), 2 * i + 1 + 1 + 2 + 3 + 3 + i);
	assert_true(mapped_pages() - before >= COUNT * PAGES);
	for (uint32_t i = 0; i < COUNT; i++)
		wasm_store_destroy(all[i].store);
	assert_true(mapped_pages() - before < 257 * PAGES);
	wasm_code_keep(code, 3);
	assert_true(mapped_pages() - before < 4 * PAGES);
	wasm_code_release(code);
	assert_true(mapped_pages() < before + PAGES);
	free(image.bytes);
}

struct worker {
	struct wasm_code *code;
	uint32_t added;
	uint32_t wrong;
};

static void *work(void *self)
{
	struct worker *worker = self;
	struct wasm_platform own; // signal stack of this thread
	worker->wrong = wasm_host_platform_init(&own) != WASM_OK;
	for (uint32_t i = 0; i < 1000; i++) {
		struct living living;
		if (start(&living, worker->code, worker->added + i) != WASM_OK ||
			step(&living, i) != FIRST_STEP + worker->added + i)
			worker->wrong++;
		wasm_store_destroy(living.store);
	}
	return nullptr;
}

static void test_threads(void **)
{
	struct test_bytes image;
	struct worker workers[4];
	pthread_t threads[4];
	struct wasm_code *code = load(counter_text, &image);
	for (uint32_t i = 0; i < 4; i++) {
		workers[i] = (struct worker){code, i * 10000, 0};
		assert_int_equal(pthread_create(&threads[i], nullptr, work, &workers[i]), 0);
	}
	for (uint32_t i = 0; i < 4; i++) {
		pthread_join(threads[i], nullptr);
		assert_int_equal(workers[i].wrong, 0);
	}
	wasm_code_release(code);
	free(image.bytes);
}

// The code lives as long as a store that uses it.
static void test_release_early(void **)
{
	struct test_bytes image;
	struct living living;
	struct wasm_code *code = load(counter_text, &image);
	assert_int_equal(start(&living, code, 1), WASM_OK);
	wasm_code_release(code);
	assert_int_equal(step(&living, 0), FIRST_STEP + 1);
	wasm_store_destroy(living.store);
	free(image.bytes);
}

// Linked modules in one store: the second one's types come to those that are shared.
static const char user_text[] =
	"(type $new (func (param i64 f32) (result f64)))"
	"(type $sum (func (param i32) (result i32)))"
	"(import \"c\" \"step\" (func $step (type $sum)))"
	"(import \"c\" \"m\" (memory 1)) (import \"c\" \"t\" (table 1 funcref))"
	"(func $mine (type $sum) (i32.const 30))"
	"(func $other (type $new) (f64.const 0))"
	"(elem (i32.const 1) $mine)"
	"(func (export \"use\") (param i32) (result i32)"
	"  (i32.add (i32.add (call $step (local.get 0)) (i32.load (i32.const 16)))"
	"    (i32.add (call_indirect (type $sum) (i32.const 0) (i32.const 0))"
	"      (call_indirect (type $sum) (i32.const 0) (i32.const 1)))))"
	"(func (export \"wrong\") (param i32) (result i32)"
	"  (drop (call_indirect (type $new) (i64.const 0) (f32.const 0) (i32.const 1)))"
	"  (i32.const 0))";

static bool resolve_export(
	void *self, const struct wasm_import_name *import, struct wasm_extern *found)
{
	return wasm_instance_export_sized(self, import->name, import->name_size, found) == WASM_OK;
}

static void test_linked(void **)
{
	struct test_bytes image, user_image;
	struct living living, user;
	struct wasm_module *module;
	struct wasm_trap_info trap;
	uint32_t result;
	struct wasm_code *code = load(counter_text, &image);
	struct wasm_code *user_code = load(user_text, &user_image);
	assert_int_equal(start(&living, code, 0), WASM_OK);
	struct wasm_resolver resolver = {living.instance, resolve_export};
	assert_int_equal(wasm_module_attach(living.store, user_code, &module), WASM_OK);
	assert_int_equal(wasm_instantiate(module, &resolver, &user.instance, &trap), WASM_OK);
	assert_int_equal(call(&user, "use", 9, &result), WASM_OK);
	assert_int_equal(result, FIRST_STEP + 9 + 2 + 30);
	assert_int_equal(call(&user, "wrong", 0, &result), WASM_TRAPPED);
	assert_int_equal(wasm_module_attach(living.store, code, &module), WASM_OK);
	wasm_store_destroy(living.store);
	wasm_code_release(user_code);
	wasm_code_release(code);
	free(image.bytes);
	free(user_image.bytes);
}

// What no image can be made of works as it does without sharing.
static void test_no_image(void **)
{
	static const struct {
		const char *text;
		enum wasm_status status;
	} cases[] = {
		{"(memory 1) (data (i32.const 65535) \"ab\")", WASM_TRAPPED},
		{"(memory 1) (data (i32.const -1) \"\")", WASM_TRAPPED},
		{"(memory 0) (data (i32.const 0) \"\")", WASM_OK},
		{"(memory 65536) (data (i32.const -1) \"a\")", WASM_OK},
		{"(memory i64 1) (data (i64.const 5) \"a\")", WASM_OK},
		{"(memory 1 2 shared) (data (i32.const 5) \"a\")", WASM_OK},
		{"(global $g i32 (i32.const 8)) (memory 1) (memory 1)"
		 " (data (memory 1) (global.get $g) \"a\")",
			WASM_OK},
		{"(memory 1)", WASM_OK},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct test_bytes image;
		struct living living;
		struct wasm_code *code = load(cases[i].text, &image);
		for (int n = 0; n < 2; n++) {
			assert_int_equal(start(&living, code, 0), cases[i].status);
			wasm_store_destroy(living.store);
		}
		wasm_code_release(code);
		free(image.bytes);
	}
}

// A platform without images.
static void test_copying(void **)
{
	struct test_bytes image;
	struct living living;
	struct wasm_code *code;
	assert_int_equal(wasm_host_platform_init(&platform), WASM_OK);
	platform.image_create = nullptr;
	image = test_compile(counter_text);
	assert_int_equal(wasm_code_load(&platform, image.bytes, image.size, &code), WASM_OK);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(start(&living, code, i), WASM_OK);
		assert_int_equal(step(&living, 100), FIRST_STEP + i);
		wasm_store_destroy(living.store);
	}
	wasm_code_release(code);
	free(image.bytes);
}

static void expect_limit(
	struct wasm_code *code, const struct wasm_store_limits *limits, enum wasm_status expected)
{
	struct living living;
	struct wasm_module *module;
	struct wasm_trap_info trap;
	uint32_t zero = 0;
	struct wasm_host_module hosts = {functions, 1, &zero};
	struct wasm_host_modules modules = {&hosts, 1};
	struct wasm_resolver resolver = {&modules, wasm_host_modules_resolve};
	assert_int_equal(wasm_store_create(&platform, &living.store), WASM_OK);
	wasm_store_limit(living.store, limits);
	assert_int_equal(wasm_module_attach(living.store, code, &module), WASM_OK);
	enum wasm_status status = WASM_OK;
	for (int i = 0; i < 3 && status == WASM_OK; i++)
		status = wasm_instantiate(module, &resolver, &living.instance, &trap);
	assert_int_equal(status, expected);
	wasm_store_destroy(living.store);
}

// Three instances of two pages and two elements each.
static void test_limits(void **)
{
	static const struct {
		struct wasm_store_limits limits;
		enum wasm_status expected;
	} cases[] = {
		{{6, 6, 3}, WASM_OK},
		{{5, 6, 3}, WASM_LIMIT_STORE},
		{{6, 5, 3}, WASM_LIMIT_STORE},
		{{6, 6, 2}, WASM_LIMIT_STORE},
		{{0, WASM_UNLIMITED, WASM_UNLIMITED}, WASM_LIMIT_STORE},
	};
	struct test_bytes image;
	struct wasm_code *code = load(counter_text, &image);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_limit(code, &cases[i].limits, cases[i].expected);
	wasm_code_release(code);
	free(image.bytes);
}

// What grows is told so, and the rest goes on: `step` grows memory and table by one.
static void test_limits_of_growth(void **)
{
	struct wasm_store_limits limits = {2, 2, 1};
	struct test_bytes image;
	struct wasm_code *code = load(counter_text, &image);
	struct living living;
	assert_int_equal(start(&living, code, 0), WASM_OK);
	wasm_store_limit(living.store, &limits);
	assert_int_equal(step(&living, 100), FIRST_STEP);
	assert_int_equal(step(&living, 7), 100 + 100 + 1 + 1 + 2 + 2 + 2);
	limits = (struct wasm_store_limits){3, 3, 1};
	wasm_store_limit(living.store, &limits);
	assert_int_equal(step(&living, 0), 7 + 7 + 1 + 1 + 2 + 2 + 2);
	assert_int_equal(step(&living, 0), 0 + 0 + 1 + 1 + 2 + 3 + 3);
	wasm_store_destroy(living.store);
	wasm_code_release(code);
	free(image.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fresh),
		cmocka_unit_test(test_thousand),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_release_early),
		cmocka_unit_test(test_linked),
		cmocka_unit_test(test_no_image),
		cmocka_unit_test(test_copying),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_limits_of_growth),
	};
	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
