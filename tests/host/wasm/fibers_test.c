// SPDX-License-Identifier: MIT OR Apache-2.0
// Calls that host functions suspend.
#include "tests/host/wasm/support.h"
#include "wasm/fiber.h"

// The engine gives its threads signal stacks, and fibers are stacks of which the sanitizer knows
// nothing.
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "use_sigaltstack=0:detect_stack_use_after_return=0";
}

static const char text[] =
	"(import \"h\" \"wait\" (func $wait (param i32) (result i32)))"
	"(tag $t (param i32)) (memory 1)"
	"(global $sp (export \"sp\") (mut i32) (i32.const 1000))"
	// the sum of what is given for 0 to n - 1, with a stack of its own in the memory
	"(func $sum (export \"sum\") (param $n i32) (result i32) (local $i i32) (local $s i32)"
	"  (global.set $sp (i32.sub (global.get $sp) (i32.const 16)))"
	"  (loop"
	"    (i32.store (global.get $sp) (local.get $i))"
	"    (local.set $s (i32.add (local.get $s) (call $wait (local.get $i))))"
	"    (local.set $i (i32.add (i32.load (global.get $sp)) (i32.const 1)))"
	"    (br_if 0 (i32.lt_u (local.get $i) (local.get $n))))"
	"  (global.set $sp (i32.add (global.get $sp) (i32.const 16)))"
	"  (local.get $s))"
	"(func (export \"trap\") (param i32) (result i32)"
	"  (drop (call $wait (local.get 0))) (i32.load (i32.const -4)))"
	"(func $deep (export \"deep\") (param i32) (result i32)"
	"  (i32.add (call $deep (call $wait (local.get 0))) (i32.const 1)))"
	"(func (export \"direct\") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))"
	// keeps an exception while it waits
	"(func (export \"keep\") (param i32) (result i32) (local $e exnref)"
	"  (block $b (result i32 exnref) (try_table (catch_ref $t $b) (throw $t (local.get 0))) "
	"unreachable)"
	"  (local.set $e) (drop)"
	"  (drop (call $wait (i32.const 0)))"
	"  (block $c (result i32) (try_table (catch $t $c) (throw_ref (local.get $e))) "
	"unreachable))"
	"(func (export \"throw\") (param i32) (result i32) (local $i i32)"
	"  (loop (block $b (result i32) (try_table (catch $t $b) (throw $t (local.get $i))) "
	"unreachable) (drop)"
	"    (local.set $i (i32.add (local.get $i) (i32.const 1)))"
	"    (br_if 0 (i32.lt_u (local.get $i) (local.get 0))))"
	"  (local.get $i))";

static bool suspends; // or the host function answers at once
static uint32_t asked, answer;

static enum wasm_trap wait_here(struct wasm_instance *instance, void *, union wasm_value *values)
{
	asked = values[0].i32;
	if (suspends)
		assert_int_equal(wasm_fiber_suspend(wasm_instance_store(instance)), WASM_OK);
	values[0].i32 = answer;
	return WASM_TRAP_NONE;
}

static const struct wasm_host_function functions[] = {
	WASM_HOST_FUNCTION("h", "wait", "i:i", wait_here)};

static struct test_program start(void)
{
	static struct wasm_host_module hosts = {functions, 1, NULL};
	static struct wasm_host_modules modules = {&hosts, 1};
	struct wasm_resolver resolver = {&modules, wasm_host_modules_resolve};
	suspends = true;
	return test_instantiate(text, &resolver);
}

struct call {
	struct wasm_fiber *fiber;
	union wasm_value value;
	struct wasm_trap_info trap;
};

static struct wasm_global *stack_pointer(const struct test_program *p)
{
	struct wasm_extern found;
	assert_int_equal(wasm_instance_export(p->instance, "sp", &found), WASM_OK);
	return found.global;
}

static void make(struct call *call, const struct test_program *p, uint32_t stack_top)
{
	struct wasm_fiber_options options = {.stack_size = 262144,
		.reserve = 131072,
		.stack_pointer = stack_pointer(p),
		.stack_top = stack_top};
	assert_int_equal(wasm_fiber_create(p->store, &options, &call->fiber), WASM_OK);
}

static struct wasm_function *function(const struct test_program *p, const char *name)
{
	struct wasm_extern found;
	assert_int_equal(wasm_instance_export(p->instance, name, &found), WASM_OK);
	return found.function;
}

static enum wasm_status begin(
	struct call *call, const struct test_program *p, const char *name, uint32_t argument)
{
	call->value = (union wasm_value){.i32 = argument};
	return wasm_fiber_call(call->fiber, function(p, name), &call->value, &call->trap);
}

static enum wasm_status direct(struct test_program *p, uint32_t *value)
{
	union wasm_value v = {.i32 = *value};
	struct wasm_trap_info trap;
	enum wasm_status status = wasm_call(function(p, "direct"), &v, &trap);
	*value = v.i32;
	return status;
}

// --- tests --------------------------------------------------------------------------------------

// Two calls take turns; each finds its locals and its stack in the memory as they were.
static void test_turns(void **)
{
	struct test_program p = start();
	struct call a, b;
	make(&a, &p, 20000);
	make(&b, &p, 30000);
	wasm_instance_allow_calls(p.instance);
	assert_int_equal(begin(&a, &p, "sum", 10), WASM_SUSPENDED);
	assert_int_equal(begin(&b, &p, "sum", 10), WASM_SUSPENDED);
	for (uint32_t i = 0; i < 9; i++) {
		assert_int_equal(asked, i);
		answer = i;
		assert_int_equal(wasm_fiber_resume(a.fiber), WASM_SUSPENDED);
		assert_int_equal(asked, i + 1);
		answer = 100 * i;
		assert_int_equal(wasm_fiber_resume(b.fiber), WASM_SUSPENDED);
		assert_int_equal(wasm_global_get(stack_pointer(&p)).i32, 1000);
	}
	answer = 9;
	assert_int_equal(wasm_fiber_resume(a.fiber), WASM_OK);
	assert_int_equal(a.value.i32, 45);
	answer = 900;
	assert_int_equal(wasm_fiber_resume(b.fiber), WASM_OK);
	assert_int_equal(b.value.i32, 4500);
	assert_int_equal(wasm_fiber_resume(b.fiber), WASM_BUSY);
	// Fibers are used again.
	suspends = false;
	answer = 3;
	assert_int_equal(begin(&a, &p, "sum", 4), WASM_OK);
	assert_int_equal(a.value.i32, 12);
	test_destroy(&p);
}

static void test_busy(void **)
{
	struct test_program p = start();
	struct call a, b;
	uint32_t value = 4;
	make(&a, &p, 20000);
	make(&b, &p, 30000);
	assert_int_equal(wasm_fiber_suspend(p.store), WASM_BUSY);
	assert_int_equal(wasm_fiber_resume(a.fiber), WASM_BUSY);
	assert_int_equal(begin(&a, &p, "sum", 1), WASM_SUSPENDED);
	assert_int_equal(begin(&a, &p, "sum", 1), WASM_BUSY);
	assert_int_equal(direct(&p, &value), WASM_BUSY);
	assert_int_equal(begin(&b, &p, "sum", 1), WASM_BUSY);
	wasm_instance_allow_calls(p.instance);
	assert_int_equal(direct(&p, &value), WASM_OK);
	assert_int_equal(value, 5);
	answer = 7;
	assert_int_equal(wasm_fiber_resume(a.fiber), WASM_OK);
	assert_int_equal(a.value.i32, 7);
	test_destroy(&p);
}

static void test_traps(void **)
{
	struct test_program p = start();
	struct call call;
	uint32_t value = 1;
	make(&call, &p, 20000);
	assert_int_equal(begin(&call, &p, "trap", 1), WASM_SUSPENDED);
	assert_int_equal(wasm_fiber_resume(call.fiber), WASM_TRAPPED);
	assert_int_equal(call.trap.trap, WASM_TRAP_MEMORY_BOUNDS);
	suspends = false;
	assert_int_equal(begin(&call, &p, "deep", 1), WASM_TRAPPED);
	assert_int_equal(call.trap.trap, WASM_TRAP_STACK_OVERFLOW);
	assert_int_equal(call.trap.frame_count, WASM_FRAMES_MOST);
	assert_int_equal(direct(&p, &value), WASM_OK);
	// Interruption of what is suspended comes when it goes on.
	suspends = true;
	assert_int_equal(begin(&call, &p, "sum", 100), WASM_SUSPENDED);
	wasm_instance_interrupt(p.instance);
	assert_int_equal(wasm_fiber_resume(call.fiber), WASM_TRAPPED);
	assert_int_equal(call.trap.trap, WASM_TRAP_INTERRUPTED);
	test_destroy(&p);
}

// So many exceptions are thrown meanwhile that those that nobody has are freed.
static void test_exceptions(void **)
{
	struct test_program p = start();
	struct call call;
	union wasm_value count = {.i32 = 100000};
	struct wasm_trap_info trap;
	make(&call, &p, 20000);
	wasm_instance_allow_calls(p.instance);
	assert_int_equal(begin(&call, &p, "keep", 4711), WASM_SUSPENDED);
	assert_int_equal(wasm_call(function(&p, "throw"), &count, &trap), WASM_OK);
	assert_int_equal(wasm_fiber_resume(call.fiber), WASM_OK);
	assert_int_equal(call.value.i32, 4711);
	test_destroy(&p);
}

static void test_many(void **)
{
	constexpr uint32_t COUNT = 1000;
	static struct call calls[COUNT];
	struct test_program p = start();
	wasm_instance_allow_calls(p.instance);
	for (uint32_t i = 0; i < COUNT; i++) {
		make(&calls[i], &p, 20000 + 16 * i);
		assert_int_equal(begin(&calls[i], &p, "sum", 2), WASM_SUSPENDED);
	}
	for (uint32_t i = COUNT; i-- > 0;) {
		answer = i;
		assert_int_equal(wasm_fiber_resume(calls[i].fiber), WASM_SUSPENDED);
		if (i % 3 == 0)
			wasm_fiber_destroy(calls[i].fiber);
	}
	for (uint32_t i = 0; i < COUNT; i++) {
		if (i % 3 == 0)
			continue;
		answer = 5;
		assert_int_equal(wasm_fiber_resume(calls[i].fiber), WASM_OK);
		assert_int_equal(calls[i].value.i32, i + 5);
	}
	test_destroy(&p); // with its fibers
}

// --- a fiber within a fiber
// -------------------------------------------------------------------------

static struct test_program inner_program;
static struct call inner;

static enum wasm_trap run_inner(struct wasm_instance *, void *, union wasm_value *values)
{
	suspends = true;
	enum wasm_status status = begin(&inner, &inner_program, "sum", 2);
	while (status == WASM_SUSPENDED) {
		answer = values[0].i32;
		status = wasm_fiber_resume(inner.fiber);
	}
	values[0].i32 = status == WASM_OK ? inner.value.i32 : 0;
	return WASM_TRAP_NONE;
}

static void test_nested(void **)
{
	static const struct wasm_host_function own[] = {
		WASM_HOST_FUNCTION("h", "wait", "i:i", run_inner)};
	struct wasm_host_module hosts = {own, 1, NULL};
	struct wasm_host_modules modules = {&hosts, 1};
	struct wasm_resolver resolver = {&modules, wasm_host_modules_resolve};
	struct test_program outer_program = test_instantiate(text, &resolver);
	struct call outer;
	inner_program = start();
	make(&inner, &inner_program, 20000);
	make(&outer, &outer_program, 20000);
	assert_int_equal(begin(&outer, &outer_program, "sum", 5), WASM_OK);
	assert_int_equal(outer.value.i32, 2 * (0 + 1 + 2 + 3 + 4));
	test_destroy(&outer_program);
	test_destroy(&inner_program);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_traps),
		cmocka_unit_test(test_exceptions),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_nested),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
