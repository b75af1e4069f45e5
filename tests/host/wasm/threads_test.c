// SPDX-License-Identifier: MIT OR Apache-2.0
// Shared memories: several stores, each on its own thread. Threads note what they see; the main
// thread checks it, since assertions are for that one.
#include "tests/host/wasm/support.h"

#include <pthread.h>
#include <unistd.h>

// The engine gives its threads signal stacks: the sanitizer must not take them for its own.
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "use_sigaltstack=0";
}

static const char text[] =
	"(import \"h\" \"m\" (memory 1 40 shared))"
	// Counters: atomic at 0 (added to), 8 (a byte, exchanged by comparing), plain at 16.
	"(func (export \"add\") (param i32) (result i32) (loop $again"
	"  (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 3)))"
	"  (drop (i64.atomic.rmw32.sub_u offset=4 (i32.const 0) (i64.const 1)))"
	"  (call $increment_byte)"
	"  (drop (i32.atomic.rmw.xor (i32.const 24) (i32.const 0x55)))"
	"  (drop (i64.atomic.rmw16.or_u (i32.const 32) (i64.const 0x100)))"
	"  (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))"
	"  (i32.const 0))"
	"(func $increment_byte (local $old i32) (loop $again"
	"  (local.set $old (i32.atomic.load8_u (i32.const 8)))"
	"  (br_if $again (i32.ne (local.get $old) (i32.atomic.rmw8.cmpxchg_u (i32.const 8)"
	"    (local.get $old) (i32.add (local.get $old) (i32.const 1)))))))"
	// A lock at 64 as in musl: 0 free, 1 held, 2 contended.
	"(func $lock (local $state i32)"
	"  (if (i32.eqz (i32.atomic.rmw.cmpxchg (i32.const 64) (i32.const 0) (i32.const 1)))"
	"    (then (return)))"
	"  (loop $again"
	"    (if (i32.eqz (i32.atomic.rmw.xchg (i32.const 64) (i32.const 2))) (then (return)))"
	"    (drop (memory.atomic.wait32 (i32.const 64) (i32.const 2) (i64.const -1)))"
	"    (br $again)))"
	"(func $unlock"
	"  (if (i32.eq (i32.atomic.rmw.xchg (i32.const 64) (i32.const 0)) (i32.const 2))"
	"    (then (drop (memory.atomic.notify (i32.const 64) (i32.const 1))))))"
	"(func (export \"locked\") (param i32) (result i32) (loop $again"
	"  (call $lock)"
	"  (i64.store (i32.const 16) (i64.add (i64.load (i32.const 16)) (i64.const 1)))"
	"  (call $unlock)"
	"  (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))"
	"  (i32.const 0))"
	// Turns: the 64-bit word at 128 says whose it is.
	"(func $turns (param $mine i64) (param $rounds i32) (local $now i64)"
	"  (loop $again"
	"    (local.set $now (i64.atomic.load (i32.const 128)))"
	"    (if (i64.ne (i64.and (local.get $now) (i64.const 1)) (local.get $mine))"
	"      (then (drop (memory.atomic.wait64 offset=28 (i32.const 100) (local.get $now)"
	"        (i64.const -1))) (br $again)))"
	"    (i64.atomic.store (i32.const 128) (i64.add (local.get $now) (i64.const 1)))"
	"    (drop (memory.atomic.notify (i32.const 128) (i32.const 1)))"
	"    (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1))))))"
	"(func (export \"even\") (param i32) (result i32)"
	"  (call $turns (i64.const 0) (local.get 0)) (i32.const 0))"
	"(func (export \"odd\") (param i32) (result i32)"
	"  (call $turns (i64.const 1) (local.get 0)) (i32.const 0))"
	// Grows by one page as often as it can; writes to each new page; how many.
	"(func (export \"grow\") (param i32) (result i32) (local $old i32) (local $count i32)"
	"  (loop $again"
	"    (local.set $old (memory.grow (i32.const 1)))"
	"    (if (i32.ge_s (local.get $old) (i32.const 0)) (then"
	"      (if (i32.le_u (memory.size) (local.get $old)) (then (unreachable)))"
	"      (i32.store (i32.shl (local.get $old) (i32.const 16)) (i32.const -1))"
	"      (local.set $count (i32.add (local.get $count) (i32.const 1))) (br $again))))"
	"  (local.get $count))"
	"(func (export \"sleep\") (param i32) (result i32)"
	"  (memory.atomic.wait32 (i32.const 256) (i32.const 0)"
	"    (i64.mul (i64.extend_i32_s (local.get 0)) (i64.const 1000000))))"
	"(func (export \"differs\") (param i32) (result i32)"
	"  (memory.atomic.wait64 (i32.const 256) (i64.const 5) (i64.const -1)))"
	"(func (export \"wake\") (param i32) (result i32)"
	"  (memory.atomic.notify (i32.const 256) (local.get 0)))"
	"(func (export \"load\") (param i32) (result i32) (i32.atomic.load (local.get 0)))";

// --- threads ------------------------------------------------------------------------------------

static struct wasm_platform platform;

static bool resolve_memory(void *self, const struct wasm_import_name *, struct wasm_extern *found)
{
	*found = (struct wasm_extern){.kind = WASM_EXTERN_MEMORY, .memory = self};
	return true;
}

static struct test_program instantiate(struct wasm_memory *memory)
{
	struct wasm_resolver resolver = {memory, resolve_memory};
	return test_instantiate(text, &resolver);
}

static struct wasm_memory *create_memory(void)
{
	struct wasm_memory *memory;
	assert_int_equal(wasm_host_platform_init(&platform), WASM_OK);
	assert_int_equal(wasm_shared_memory_create(&platform, 1, 40, &memory), WASM_OK);
	return memory;
}

struct task {
	struct test_program program;
	const char *name;
	uint32_t argument;
	pthread_t thread;
	enum wasm_status status;
	enum wasm_trap trap;
	uint32_t result;
};

static void *run_task(void *self)
{
	struct task *task = self;
	struct wasm_platform own; // signal stack of this thread
	union wasm_value value = {.i32 = task->argument};
	struct wasm_trap_info trap = {};
	task->status = wasm_host_platform_init(&own);
	if (task->status == WASM_OK)
		task->status = wasm_instance_call(
			task->program.instance, task->name, "i:i", &value, &trap);
	task->trap = trap.trap;
	task->result = value.i32;
	return nullptr;
}

static void start(
	struct task *task, struct wasm_memory *memory, const char *name, uint32_t argument)
{
	*task = (struct task){.program = instantiate(memory), .name = name, .argument = argument};
	assert_int_equal(pthread_create(&task->thread, nullptr, run_task, task), 0);
}

static void join(struct task *task, enum wasm_status status)
{
	pthread_join(task->thread, nullptr);
	assert_int_equal(task->status, status);
	test_destroy(&task->program);
}

static uint32_t call(struct test_program *p, const char *name, uint32_t argument)
{
	union wasm_value value = {.i32 = argument};
	struct wasm_trap_info trap;
	assert_int_equal(wasm_instance_call(p->instance, name, "i:i", &value, &trap), WASM_OK);
	return value.i32;
}

static void run_two(struct wasm_memory *memory, const char *first, const char *second,
	uint32_t argument, uint32_t results[2])
{
	struct task tasks[2];
	start(&tasks[0], memory, first, argument);
	start(&tasks[1], memory, second, argument);
	for (int i = 0; i < 2; i++) {
		join(&tasks[i], WASM_OK);
		results[i] = tasks[i].result;
	}
}

// --- tests --------------------------------------------------------------------------------------

static void test_counters(void **)
{
	constexpr uint32_t ROUNDS = 50001;
	uint32_t results[2];
	struct wasm_memory *memory = create_memory();
	run_two(memory, "add", "add", ROUNDS, results);
	const uint8_t *base = wasm_memory_base(memory);
	uint32_t words[9];
	memcpy(words, base, sizeof(words));
	assert_int_equal(words[0], 6 * ROUNDS);
	assert_int_equal(words[1], 0u - 2 * ROUNDS);
	assert_int_equal(words[2], 2 * ROUNDS % 256); // of one byte
	assert_int_equal(words[6], 0);                // an even number of times
	assert_int_equal(words[8], 0x100);
	wasm_shared_memory_release(memory);
}

static void test_lock(void **)
{
	constexpr uint32_t ROUNDS = 20000;
	uint32_t results[2];
	uint64_t count;
	struct wasm_memory *memory = create_memory();
	run_two(memory, "locked", "locked", ROUNDS, results);
	memcpy(&count, wasm_memory_base(memory) + 16, sizeof(count));
	assert_int_equal(count, 2 * ROUNDS);
	wasm_shared_memory_release(memory);
}

static void test_turns(void **)
{
	constexpr uint32_t ROUNDS = 2000;
	uint32_t results[2];
	uint64_t count;
	struct wasm_memory *memory = create_memory();
	run_two(memory, "even", "odd", ROUNDS, results);
	memcpy(&count, wasm_memory_base(memory) + 128, sizeof(count));
	assert_int_equal(count, 2 * ROUNDS);
	wasm_shared_memory_release(memory);
}

// Each page is given to one thread, and can be used at once.
static void test_grow(void **)
{
	uint32_t results[2];
	struct wasm_memory *memory = create_memory();
	run_two(memory, "grow", "grow", 0, results);
	assert_int_equal(results[0] + results[1], 39);
	assert_int_equal(wasm_memory_pages(memory), 40);
	for (uint32_t page = 1; page < 40; page++)
		assert_int_equal(wasm_memory_base(memory)[page * WASM_PAGE_SIZE], 0xff);
	wasm_shared_memory_release(memory);
}

static void test_wait_results(void **)
{
	struct wasm_memory *memory = create_memory();
	struct test_program p = instantiate(memory);
	assert_int_equal(call(&p, "sleep", 0), 2);
	assert_int_equal(call(&p, "sleep", 20), 2);
	assert_int_equal(call(&p, "differs", 0), 1);
	assert_int_equal(call(&p, "wake", UINT32_MAX), 0);
	test_destroy(&p);
	wasm_shared_memory_release(memory);
}

// As many as are asked for are woken, and counted.
static void test_notify(void **)
{
	struct wasm_memory *memory = create_memory();
	struct test_program p = instantiate(memory);
	struct task tasks[3];
	uint32_t woken = 0;
	for (int i = 0; i < 3; i++)
		start(&tasks[i], memory, "sleep", UINT32_MAX);
	assert_int_equal(call(&p, "wake", 0), 0);
	while (woken < 2)
		woken += call(&p, "wake", 1);
	assert_int_equal(woken, 2);
	while (woken < 3)
		woken += call(&p, "wake", UINT32_MAX);
	assert_int_equal(woken, 3);
	for (int i = 0; i < 3; i++) {
		join(&tasks[i], WASM_OK);
		assert_int_equal(tasks[i].result, 0);
	}
	test_destroy(&p);
	wasm_shared_memory_release(memory);
}

// Before the wait or in it: it ends; the queue has no trace of it.
static void test_interrupt(void **)
{
	struct wasm_memory *memory = create_memory();
	struct test_program p = instantiate(memory);
	for (useconds_t delay = 0; delay < 40000; delay += 10000) {
		struct task task;
		start(&task, memory, "sleep", UINT32_MAX);
		usleep(delay);
		wasm_instance_interrupt(task.program.instance);
		join(&task, WASM_TRAPPED);
		assert_int_equal(task.trap, WASM_TRAP_INTERRUPTED);
	}
	assert_int_equal(call(&p, "wake", UINT32_MAX), 0);
	test_destroy(&p);
	wasm_shared_memory_release(memory);
}

// The memory of an instance outlives its store as long as another one uses it.
static void test_life(void **)
{
	struct test_program owner = test_instantiate(
		"(memory (export \"m\") 1 40 shared) (data (i32.const 40) \"\\2a\")", nullptr);
	struct wasm_extern found;
	assert_int_equal(wasm_instance_export(owner.instance, "m", &found), WASM_OK);
	struct test_program user = instantiate(found.memory);
	wasm_store_destroy(owner.store);
	assert_int_equal(call(&user, "load", 40), 42);
	assert_int_equal(call(&user, "grow", 0), 39);
	test_destroy(&user);
	free(owner.platform.self);
	free(owner.image.bytes);
}

static enum wasm_status try_link(const char *module, struct wasm_memory *memory)
{
	struct test_program p = {.image = test_compile(module)};
	struct wasm_resolver resolver = {memory, resolve_memory};
	struct wasm_module *loaded;
	struct wasm_trap_info trap;
	assert_int_equal(wasm_store_create(&platform, &p.store), WASM_OK);
	assert_int_equal(wasm_module_load(p.store, p.image.bytes, p.image.size, &loaded), WASM_OK);
	enum wasm_status status = wasm_instantiate(loaded, &resolver, &p.instance, &trap);
	wasm_store_destroy(p.store);
	free(p.image.bytes);
	return status;
}

static void test_links(void **)
{
	struct wasm_memory *memory = create_memory();
	assert_int_equal(try_link("(import \"h\" \"m\" (memory 1 40 shared))", memory), WASM_OK);
	assert_int_equal(try_link("(import \"h\" \"m\" (memory 1 40))", memory), WASM_LINK_TYPE);
	assert_int_equal(
		try_link("(import \"h\" \"m\" (memory 1 39 shared))", memory), WASM_LINK_TYPE);
	assert_int_equal(
		try_link("(import \"h\" \"m\" (memory 2 40 shared))", memory), WASM_LINK_TYPE);
	wasm_shared_memory_release(memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_lock),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_grow),
		cmocka_unit_test(test_wait_results),
		cmocka_unit_test(test_notify),
		cmocka_unit_test(test_interrupt),
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_links),
	};
	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
