// SPDX-License-Identifier: MIT OR Apache-2.0
// Windows: memory of others in a linear memory. A device that changes with every access shows that
// compiled code does each access once, with its width, in the program's order.
#include "tests/host/wasm/support.h"

#include "wasm/compiler.h"

#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define PAGE         4096u
#define WINDOW       65536u
#define ACCESSES_MAX 64u
#define TRAP_FLAG    0x100

// The sanitizer's handlers would come first.
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "use_sigaltstack=0:handle_segv=0:handle_sigtrap=0";
}

// --- a device: each access faults, is noted, is let through, and the page is closed again
// ---------

struct access {
	uint32_t offset;
	bool is_write;
};

static uint8_t *device;
static struct access accesses[ACCESSES_MAX];
static unsigned access_count;
static struct sigaction engine_action;

static void on_access(int number, siginfo_t *info, void *context)
{
	uint8_t *address = info->si_addr;
	greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
	if (device == NULL || address < device || address >= device + PAGE) {
		engine_action.sa_sigaction(number, info, context);
		return;
	}
	if (access_count < ACCESSES_MAX)
		accesses[access_count++] = (struct access){
			(uint32_t)(address - device), (registers[REG_ERR] & 2) != 0};
	mprotect(device, PAGE, PROT_READ | PROT_WRITE);
	registers[REG_EFL] |= TRAP_FLAG;
}

// After the access: reading it once more gives another value.
static void after_access(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
	device[8]++;
	mprotect(device, PAGE, PROT_NONE);
}

static enum wasm_status map_device(void *self, void *address, uint64_t size)
{
	(void)self;
	if (mprotect(address, size, PROT_NONE) != 0)
		return WASM_PLATFORM;
	device = address;
	return WASM_OK;
}

static void watch(void)
{
	struct sigaction on_fault = {
		.sa_sigaction = on_access, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	struct sigaction on_step = {
		.sa_sigaction = after_access, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	assert_int_equal(sigaction(SIGSEGV, &on_fault, &engine_action), 0);
	assert_int_equal(sigaction(SIGTRAP, &on_step, NULL), 0);
}

static void expect(const struct access *expected, unsigned count)
{
	assert_int_equal(access_count, count);
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(accesses[i].offset, expected[i].offset);
		assert_int_equal(accesses[i].is_write, expected[i].is_write);
	}
	access_count = 0;
}

// --- tests ---------------------------------------------------------------------------------------

static const char driver_text[] =
	"(memory (export \"m\") 2)"
	"(func (export \"f\") (local i32 i64)"
	// the same register twice, and once for nothing
	"  (drop (i32.load (i32.const 65536)))"
	"  (local.set 0 (i32.add (i32.load (i32.const 65536)) (i32.load (i32.const 65536))))"
	// the same value twice, and over it
	"  (i32.store (i32.const 65540) (i32.const 1)) (i32.store (i32.const 65540) (i32.const 1))"
	"  (i32.store16 (i32.const 65542) (i32.const 2))"
	// reading what was written, another width, and a status that changes
	"  (local.set 1 (i64.load (i32.const 65544)))"
	"  (i64.store (i32.const 65544) (local.get 1))"
	"  (loop (br_if 0 (i32.lt_u (i32.load8_u (i32.const 65544)) (i32.const 3)))))";

static void test_accesses(void **)
{
	static const struct access expected[] = {{0, false}, {0, false}, {0, false}, {4, true},
		{4, true}, {6, true}, {8, false}, {8, true}};
	struct test_program p = test_instantiate(driver_text, NULL);
	struct wasm_memory *memory = wasm_instance_memory(p.instance);
	union wasm_value none = {};
	struct wasm_trap_info trap;
	assert_int_equal(wasm_memory_window(memory, WINDOW, PAGE, map_device, NULL), WASM_OK);
	watch();
	assert_int_equal(wasm_instance_call(p.instance, "f", ":", &none, &trap), WASM_OK);
	// The loop reads until the value is 3: it was changed by each access so far.
	assert_true(access_count > 8);
	access_count = 8;
	expect(expected, 8);
	device = NULL;
	test_destroy(&p);
}

static void test_ranges(void **)
{
	static const uint64_t wrong[][2] = {{1, PAGE}, {0, 0}, {0, 100}, {2 * WINDOW, PAGE},
		{WINDOW, WINDOW + PAGE}, {UINT64_MAX - PAGE + 1, PAGE}, {0, UINT64_MAX - PAGE + 1}};
	struct test_program p = test_instantiate(driver_text, NULL);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(wasm_memory_window(wasm_instance_memory(p.instance), wrong[i][0],
					 wrong[i][1], map_device, NULL),
			WASM_LINK_TYPE);
	assert_null(device);
	test_destroy(&p);
}

// --- shared with somebody else, and gone with the instance
// ----------------------------------------

static int file;

static enum wasm_status map_file(void *self, void *address, uint64_t size)
{
	(void)self;
	void *at = mmap(address, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0);
	return at == address ? WASM_OK : WASM_PLATFORM;
}

static const char ring_text[] = "(memory (export \"m\") 2)"
				"(func (export \"f\") (param i32) (result i32)"
				"  (i32.store (i32.const 65536) (local.get 0))"
				"  (i32.load (i32.const 65540)))";

static uint32_t exchange(struct wasm_code *code, struct wasm_platform *platform, bool has_window)
{
	struct wasm_store *store;
	struct wasm_module *module;
	struct wasm_instance *instance;
	struct wasm_trap_info trap;
	union wasm_value value = {.i32 = 5};
	assert_int_equal(wasm_store_create(platform, &store), WASM_OK);
	assert_int_equal(wasm_module_attach(store, code, &module), WASM_OK);
	assert_int_equal(wasm_instantiate(module, NULL, &instance, &trap), WASM_OK);
	if (has_window)
		assert_int_equal(wasm_memory_window(wasm_instance_memory(instance), WINDOW, PAGE,
					 map_file, NULL),
			WASM_OK);
	assert_int_equal(wasm_instance_call(instance, "f", "i:i", &value, &trap), WASM_OK);
	wasm_store_destroy(store);
	return value.i32;
}

static void test_shared(void **)
{
	struct test_bytes image = test_compile(ring_text);
	struct wasm_platform platform;
	struct wasm_code *code;
	file = memfd_create("ring", MFD_CLOEXEC);
	assert_true(file >= 0 && ftruncate(file, PAGE) == 0);
	uint32_t *ring = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	assert_true(ring != MAP_FAILED);
	ring[1] = 77;
	assert_int_equal(wasm_host_platform_init(&platform), WASM_OK);
	assert_int_equal(wasm_code_load(&platform, image.bytes, image.size, &code), WASM_OK);
	assert_int_equal(exchange(code, &platform, true), 77);
	assert_int_equal(ring[0], 5);
	ring[0] = 0;
	assert_int_equal(exchange(code, &platform, false), 0); // nothing of the window is left
	assert_int_equal(ring[0], 0);
	wasm_code_release(code);
	munmap(ring, PAGE);
	close(file);
	free(image.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_accesses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
