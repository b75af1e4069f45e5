// SPDX-License-Identifier: MIT OR Apache-2.0
// The engine as its users see it: hostile modules and images, lack of memory, traps, interruption.
#include "tests/host/wasm/support.h"
#include "wasm/compiler.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static const char sample_text[] =
	"(type $t (func (param i32 i64 f32 f64) (result i64)))"
	"(import \"h\" \"f\" (func $h (param i32) (result i32)))"
	"(memory (export \"m\") 1 2) (table 4 funcref) (global $g (mut i32) (i32.const 7))"
	"(elem (i32.const 0) $a $h) (data (i32.const 3) \"hello\") (data \"passive\")"
	"(func $a (export \"a\") (type $t) (local i32 f64)"
	"  (block (loop (br_if 1 (i32.eqz (local.get 0)))"
	"    (local.set 0 (i32.sub (local.get 0) (i32.const 1)))"
	"    (f64.store offset=8 (local.get 0) (f64.add (local.get 3) (f64.const 0.5)))"
	"    (br_table 0 1 0 (local.get 0))))"
	"  (drop (call_indirect (param i32) (result i32) (i32.const 5) (i32.const 1)))"
	"  (memory.init 1 (i32.const 0) (i32.const 0) (i32.const 3))"
	"  (if (result i64) (f32.lt (local.get 2) (f32.const 1))"
	"    (then (i64.div_s (local.get 1) (i64.const 3))) (else (i64.const -1))))"
	"(func (export \"b\") (result i32 f64) (i32.const 1) (f64.const 2))"
	"(rec (type $r (sub (func (param (ref null $s))))) (type $s (func (result (ref $r)))))"
	"(memory $m64 i64 1 2) (table $t64 i64 2 funcref)"
	"(func $tail (param i64) (result i64)"
	"  (i64.store $m64 offset=4294967296 (local.get 0) (i64.load $m64 (local.get 0)))"
	"  (memory.copy 0 $m64 (i32.const 0) (local.get 0) (i32.const 1))"
	"  (if (i64.eqz (local.get 0)) (then (return_call_indirect $t64 (param i64) (result i64)"
	"    (local.get 0) (i64.const 1))))"
	"  (return_call $tail (local.get 0)))"
	"(tag $e (param i32 externref)) (global (ref null $r) (ref.null $r))"
	"(func $c (param (ref null $r)) (local (ref $r))"
	"  (block $n (local.set 1 (br_on_null $n (local.get 0)))"
	"    (call_ref $r (ref.null $s) (local.get 1)))"
	"  (block (result) (block $h (result i32 externref exnref)"
	"    (try_table (catch_ref $e $h) (catch_all 2)"
	"      (try (do (throw $e (i32.const 1) (ref.null extern)))"
	"        (catch $e (drop) (drop) (rethrow 0)) (catch_all))"
	"      (try (do (throw_ref (ref.null exn))) (delegate 0)))"
	"    (unreachable)) (drop) (drop) (drop)))"
	"(memory $w 1 2 shared) (global $v (mut v128) (v128.const i32x4 1 2 3 4))"
	"(func $d (param i32 v128) (result v128 i32) (local v128 v128)"
	"  (local.set 2 (i8x16.shuffle 0 17 2 19 4 21 6 23 8 25 10 27 12 29 14 31"
	"    (local.get 1) (global.get $v)))"
	"  (local.set 3 (v128.load16_lane $w offset=6 3 (local.get 0) (local.get 2)))"
	"  (v128.store8_lane 9 (local.get 0) (f32x4.replace_lane 2 (local.get 3) (f32.const 1)))"
	"  (block $x (result v128) (br_if $x (v128.bitselect (local.get 1) (local.get 2)"
	"    (i64x2.mul (local.get 3) (v128.load32x2_u (local.get 0))))"
	"    (i8x16.all_true (i8x16.shl (local.get 3) (local.get 0)))))"
	"  (i32x4.extract_lane 1 (i32x4.trunc_sat_f64x2_u_zero (local.get 2)))"
	"  (drop (i64.atomic.rmw16.cmpxchg_u $w (local.get 0) (i64.const 1) (i64.const 2)))"
	"  (drop (i32.atomic.rmw.and offset=4 (local.get 0) (i32.const 3)))"
	"  (drop (memory.atomic.wait64 $w (local.get 0) (i64.const 0) (i64.const 0))))";

// --- hostile modules ----------------------------------------------------------------------------

// A text that is made piece by piece.
struct builder {
	char *text;
	size_t size, capacity;
};

static void add(struct builder *b, const char *piece, uint32_t times)
{
	size_t size = strlen(piece);
	if (b->size + size * times >= b->capacity) {
		b->capacity = 2 * (b->size + size * times + 1);
		b->text = realloc(b->text, b->capacity);
	}
	assert_non_null(b->text);
	for (uint32_t i = 0; i < times; i++, b->size += size)
		memcpy(b->text + b->size, piece, size + 1);
}

static enum wasm_status compile_built(struct builder *b)
{
	uint8_t *image = nullptr;
	size_t image_size = 0;
	struct test_bytes module = test_assemble(b->text);
	enum wasm_status status = wasm_compile(module.bytes, module.size, nullptr,
		&wasm_host_allocator, &image, &image_size, nullptr);
	free(image);
	free(module.bytes);
	free(b->text);
	return status;
}

// Two bytes that move a thousand values, many times: the checks and the code are bounded.
static void test_many_values(void **)
{
	struct builder b = {};
	add(&b, "(func (result", 1);
	add(&b, " i32", 1000);
	add(&b, ")", 1);
	add(&b, " i32.const 1", 1000);
	add(&b, " i32.const 0 br_if 0", 50000);
	add(&b, ")", 1);
	assert_int_equal(compile_built(&b), WASM_LIMIT_CODE_SIZE);
	b = (struct builder){};
	add(&b, "(func (result", 1);
	add(&b, " i32", 1000);
	add(&b, ") unreachable ", 1);
	add(&b, " i32.const 0 br_if 0", 50000);
	add(&b, ")", 1);
	assert_int_equal(compile_built(&b), WASM_LIMIT_WORK);
}

// Time to compile a function with many operands that are locals, far below many others, and then
// as many assignments to locals: to those, or to one that is no operand.
static clock_t compile_deep(bool operands)
{
	constexpr uint32_t LOCALS = 20000;
	struct builder b = {};
	char piece[64];
	add(&b, "(func (local", 1);
	add(&b, " i32", LOCALS + 1);
	add(&b, ")", 1);
	for (uint32_t i = 0; i < LOCALS; i++) {
		snprintf(piece, sizeof(piece), " local.get %u", i);
		add(&b, piece, 1);
	}
	add(&b, " i32.const 7", 70000);
	for (uint32_t i = 0; i < LOCALS; i++) {
		snprintf(piece, sizeof(piece), " i32.const 1 local.set %u", operands ? i : LOCALS);
		add(&b, piece, 1);
	}
	add(&b, " unreachable)", 1);
	clock_t start = clock();
	assert_int_equal(compile_built(&b), WASM_OK);
	return clock() - start;
}

static void test_deep_operands(void **)
{
	clock_t without = compile_deep(false);
	assert_true(compile_deep(true) < 10 * without + CLOCKS_PER_SEC / 4);
}

static void compile_any(const uint8_t *bytes, size_t size, enum wasm_status *status)
{
	uint8_t *image = nullptr;
	size_t image_size;
	uint8_t *copy = memcpy(malloc(size + (size == 0)), bytes, size); // exact, for ASan
	*status = wasm_compile(
		copy, size, nullptr, &wasm_host_allocator, &image, &image_size, nullptr);
	assert_int_equal(*status, wasm_validate(copy, size, &wasm_host_allocator, nullptr));
	free(copy);
	free(image);
}

static void test_cut_modules(void **)
{
	struct test_bytes module = test_assemble(sample_text);
	for (size_t size = 0; size < module.size; size++) {
		enum wasm_status status;
		compile_any(module.bytes, size, &status);
		if (size < 8) // later on, what is left of it may be a whole module
			assert_int_not_equal(status, WASM_OK);
	}
	free(module.bytes);
}

static void test_flipped_modules(void **)
{
	struct test_bytes module = test_assemble(sample_text);
	for (size_t bit = 0; bit < module.size * 8; bit++) {
		enum wasm_status status;
		module.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		compile_any(module.bytes, module.size, &status);
		module.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	free(module.bytes);
}

static void test_same_bytes(void **)
{
	struct test_bytes a = test_compile(sample_text), b = test_compile(sample_text);
	assert_int_equal(a.size, b.size);
	assert_memory_equal(a.bytes, b.bytes, a.size);
	free(a.bytes);
	free(b.bytes);
}

// --- lack of memory -----------------------------------------------------------------------------

struct poor_allocator {
	size_t left; // allocations until failure
	size_t live; // bytes
};

static void *poor_resize(void *self, void *old, size_t old_size, size_t new_size)
{
	struct poor_allocator *poor = self;
	if (new_size != 0 && poor->left-- == 0) {
		poor->left = 0;
		return nullptr;
	}
	void *result = wasm_host_allocator.resize(nullptr, old, old_size, new_size);
	poor->live += new_size - old_size;
	return result;
}

static void test_no_memory(void **)
{
	struct test_bytes module = test_assemble(sample_text);
	enum wasm_status status = WASM_NO_MEMORY;
	for (size_t n = 0; status != WASM_OK; n++) {
		struct poor_allocator poor = {n, 0};
		struct wasm_allocator allocator = {.self = &poor, .resize = poor_resize};
		uint8_t *image = nullptr;
		size_t size = 0;
		status = wasm_compile(
			module.bytes, module.size, nullptr, &allocator, &image, &size, nullptr);
		if (status == WASM_OK)
			allocator.resize(&poor, image, size, 0);
		else
			assert_int_equal(status, WASM_NO_MEMORY);
		assert_int_equal(poor.live, 0);
		assert_in_range(n, 0, 1000);
	}
	free(module.bytes);
}

// --- hostile images -----------------------------------------------------------------------------

static void test_cut_images(void **)
{
	struct test_bytes image = test_compile(sample_text);
	struct wasm_image view;
	for (size_t size = 0; size < image.size; size += size < 4096 ? 1 : 512) {
		uint8_t *copy = memcpy(aligned_alloc(16, (size + 16) & ~15ul), image.bytes, size);
		assert_int_not_equal(wasm_image_open(copy, size, &view), WASM_OK);
		free(copy);
	}
	free(image.bytes);
}

// Every flip outside the code is refused, or leaves an image that can be opened and walked.
static void test_flipped_images(void **)
{
	struct test_bytes image = test_compile(sample_text);
	struct wasm_image view;
	assert_int_equal(wasm_image_open(image.bytes, image.size, &view), WASM_OK);
	size_t end = view.header->sections[WASM_SECTION_CODE].offset;
	for (size_t bit = 0; bit < end * 8; bit++) {
		image.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (wasm_image_open(image.bytes, image.size, &view) == WASM_OK)
			for (uint32_t i = 0; i < view.type_count; i++)
				(void)wasm_image_function_type(&view, i);
		image.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	free(image.bytes);
}

static void test_other_engine(void **)
{
	struct test_bytes image = test_compile(sample_text);
	struct wasm_image_header *header = (struct wasm_image_header *)image.bytes;
	struct wasm_image view;
	header->engine_hash ^= 1;
	assert_int_equal(wasm_image_open(image.bytes, image.size, &view), WASM_BAD_IMAGE_ENGINE);
	header->version++;
	assert_int_equal(wasm_image_open(image.bytes, image.size, &view), WASM_BAD_IMAGE_VERSION);
	header->magic ^= 1;
	assert_int_equal(wasm_image_open(image.bytes, image.size, &view), WASM_BAD_IMAGE_MAGIC);
	free(image.bytes);
}

// --- traps --------------------------------------------------------------------------------------

static void expect_trap(const char *text, enum wasm_trap expected)
{
	struct test_program p = test_instantiate(text, nullptr);
	union wasm_value none = {};
	struct wasm_trap_info trap;
	char message[200];
	assert_int_equal(wasm_instance_call(p.instance, "f", ":", &none, &trap), WASM_TRAPPED);
	assert_int_equal(trap.trap, expected);
	assert_int_equal(wasm_trap_describe(&trap, message, sizeof(message)), strlen(message));
	assert_non_null(strstr(message, " in function 0"));
	assert_memory_equal(message, wasm_trap_text(expected), strlen(wasm_trap_text(expected)));
	test_destroy(&p);
}

// Offsets are of the instructions, also where another of the same kind is in the function, or the
// code behind the instruction belongs to it.
static const char backtrace_text[] =
	"(memory 1) (table 1 funcref)"
	"(func $divide (param i32 i32) (result i32)"
	"  (drop (i32.div_s (i32.const 7) (local.get 0))) (i32.div_s (local.get 0) (local.get 1)))"
	"(func $load (param i32) (result i32)"
	"  (drop (i32.load (i32.const 0))) (i32.load offset=4 (local.get 0)))"
	"(func $twice (param i32) (result i32)"
	"  (i32.add (call $load (i32.const 8)) (call $load (local.get 0))))"
	"(func $again (call $again) (nop))"
	"(func (export \"divide\") (drop (call $divide (i32.const 1) (i32.const 0))))"
	"(func (export \"load\") (drop (call $twice (i32.const -10))))"
	"(func (export \"again\") (call $again))"
	"(func (export \"null\") (call_indirect (i32.const 0)))"
	"(func (export \"fill\") (memory.fill (i32.const 65530) (i32.const 1) (i32.const 10)))";

struct expected_frame {
	uint32_t function;
	uint8_t opcode; // of the instruction
	uint32_t which; // of those with this opcode in the function
};

// The offset of the n-th such byte of a function's body; the bodies have no such operands.
static uint32_t offset_of(const struct test_bytes *module, const struct wasm_image *image,
	const struct expected_frame *frame)
{
	uint32_t at = image->functions[frame->function].module;
	for (uint32_t left = frame->which; module->bytes[at] != frame->opcode || left-- > 0; at++)
		;
	return at;
}

static void expect_frames(const char *name, const struct expected_frame *expected, uint32_t count)
{
	struct test_bytes module = test_assemble(backtrace_text);
	struct test_program p = test_instantiate(backtrace_text, nullptr);
	const struct wasm_image *image = wasm_module_image(wasm_instance_module(p.instance));
	union wasm_value none = {};
	struct wasm_trap_info trap;
	assert_int_equal(wasm_instance_call(p.instance, name, ":", &none, &trap), WASM_TRAPPED);
	assert_int_equal(trap.frame_count, count);
	for (uint32_t i = 0; i < count; i++) {
		const struct wasm_frame *frame = &trap.frames[i];
		const struct expected_frame *wanted = &expected[i];
		assert_int_equal(frame->function, wanted->function);
		assert_int_equal(wasm_image_find_place(image, frame->function, frame->code),
			offset_of(&module, image, wanted));
	}
	test_destroy(&p);
	free(module.bytes);
}

static void test_backtrace(void **)
{
	expect_frames("divide", (struct expected_frame[]){{0, 0x6d, 1}, {4, 0x10, 0}}, 2);
	expect_frames("null", (struct expected_frame[]){{7, 0x11, 0}}, 1);
	expect_frames("fill", (struct expected_frame[]){{8, 0xfc, 0}}, 1);
}

static void test_backtrace_deep(void **)
{
	struct test_program p = test_instantiate(backtrace_text, nullptr);
	union wasm_value none = {};
	struct wasm_trap_info trap;
	char line[100];
	assert_int_equal(wasm_instance_call(p.instance, "again", ":", &none, &trap), WASM_TRAPPED);
	assert_int_equal(trap.trap, WASM_TRAP_STACK_OVERFLOW);
	assert_int_equal(trap.frame_count, WASM_FRAMES_MOST);
	assert_true(wasm_trap_describe_frame(&trap, 1, line, sizeof(line)) < sizeof(line));
	assert_memory_equal(line, "called by function 3 at 0x", 26);
	assert_int_equal(wasm_instance_call(p.instance, "load", ":", &none, &trap), WASM_TRAPPED);
	assert_int_equal(trap.frame_count, 3);
	assert_int_equal(trap.frames[0].function, 1);
	assert_int_equal(trap.frames[1].function, 2);
	assert_int_equal(trap.frames[2].function, 5);
	test_destroy(&p);
}

static void test_traps(void **)
{
	expect_trap("(func (export \"f\") unreachable)", WASM_TRAP_UNREACHABLE);
	expect_trap("(memory 1) (func (export \"f\") (drop (i32.load offset=0xffffffff"
		    " (i32.const -1))))",
		WASM_TRAP_MEMORY_BOUNDS);
	expect_trap("(memory 1) (func (export \"f\") (memory.fill (i32.const 65535)"
		    " (i32.const 1) (i32.const 2)))",
		WASM_TRAP_MEMORY_BOUNDS);
	expect_trap("(memory 0) (func (export \"f\") (i32.store8 (i32.const 0) (i32.const 0)))",
		WASM_TRAP_MEMORY_BOUNDS);
	expect_trap("(func (export \"f\") (drop (i32.div_u (i32.const 1) (i32.const 0))))",
		WASM_TRAP_INTEGER_DIVIDE_BY_ZERO);
	expect_trap("(func $f (export \"f\") (call $f))", WASM_TRAP_STACK_OVERFLOW);
	expect_trap("(table 1 funcref) (func (export \"f\") (call_indirect (i32.const 0)))",
		WASM_TRAP_UNINITIALIZED_ELEMENT);
	expect_trap("(table 0 funcref) (func (export \"f\") (call_indirect (i32.const 0)))",
		WASM_TRAP_UNDEFINED_ELEMENT);
}

static void *interrupt_later(void *instance)
{
	usleep(20000);
	wasm_instance_interrupt(instance);
	return nullptr;
}

static void test_interrupt(void **)
{
	struct test_program p = test_instantiate("(func (export \"f\") (loop (br 0)))"
						 "(func (export \"g\"))",
		nullptr);
	union wasm_value none = {};
	struct wasm_trap_info trap;
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, nullptr, interrupt_later, p.instance), 0);
	assert_int_equal(wasm_instance_call(p.instance, "f", ":", &none, &trap), WASM_TRAPPED);
	assert_int_equal(trap.trap, WASM_TRAP_INTERRUPTED);
	pthread_join(thread, nullptr);
	assert_int_equal(wasm_instance_call(p.instance, "g", ":", &none, &trap), WASM_TRAPPED);
	assert_int_equal(trap.trap, WASM_TRAP_INTERRUPTED);
	wasm_instance_interrupt_clear(p.instance);
	assert_int_equal(wasm_instance_call(p.instance, "g", ":", &none, &trap), WASM_OK);
	test_destroy(&p);
}

// --- vectors as values of C functions -----------------------------------------------------------

static enum wasm_trap exchange_halves(struct wasm_instance *, void *, union wasm_value *values)
{
	uint64_t low = values[1].v128[0] + values[0].i32;
	values[0].v128[0] = values[1].v128[1];
	values[0].v128[1] = low;
	values[1].f64_bits = 0x4008000000000000; // 3.0
	return WASM_TRAP_NONE;
}

static const struct wasm_host_function vector_functions[] = {
	WASM_HOST_FUNCTION("h", "f", "iV:VF", exchange_halves),
};

static void test_vectors_of_host(void **)
{
	struct wasm_host_module module = {vector_functions, 1, nullptr};
	struct wasm_host_modules modules = {&module, 1};
	struct wasm_resolver resolver = {&modules, wasm_host_modules_resolve};
	struct test_program p =
		test_instantiate("(import \"h\" \"f\" (func $f (param i32 v128) (result v128 f64)))"
				 "(global (export \"g\") v128 (v128.const i64x2 6 7))"
				 "(func (export \"e\") (param v128 f64 v128) (result v128 f64)"
				 "  (call $f (i32.const 5) (i64x2.sub (local.get 0) (local.get 2)))"
				 "  (f64.add (local.get 1)))",
			&resolver);
	union wasm_value values[3] = {
		{.v128 = {100, 200}}, {.f64_bits = 0x4000000000000000}, {.v128 = {1, 2}}};
	struct wasm_trap_info trap;
	struct wasm_extern found;
	assert_int_equal(wasm_instance_call(p.instance, "e", "VFV:VF", values, &trap), WASM_OK);
	assert_int_equal(values[0].v128[0], 198);
	assert_int_equal(values[0].v128[1], 104);
	assert_int_equal(values[1].f64_bits, 0x4014000000000000); // 5.0
	assert_int_equal(
		wasm_instance_call(p.instance, "e", "VFI:VF", values, &trap), WASM_LINK_SIGNATURE);
	assert_int_equal(wasm_instance_export(p.instance, "g", &found), WASM_OK);
	assert_int_equal(wasm_global_get(found.global).v128[1], 7);
	test_destroy(&p);
}

static void test_links(void **)
{
	struct test_program p = test_instantiate("(func (export \"f\") (param i32))", nullptr);
	union wasm_value none = {};
	struct wasm_trap_info trap;
	assert_int_equal(wasm_instance_call(p.instance, "x", ":", &none, &trap), WASM_LINK_EXPORT);
	assert_int_equal(
		wasm_instance_call(p.instance, "f", ":", &none, &trap), WASM_LINK_SIGNATURE);
	test_destroy(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_values),
		cmocka_unit_test(test_deep_operands),
		cmocka_unit_test(test_cut_modules),
		cmocka_unit_test(test_flipped_modules),
		cmocka_unit_test(test_same_bytes),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_cut_images),
		cmocka_unit_test(test_flipped_images),
		cmocka_unit_test(test_other_engine),
		cmocka_unit_test(test_traps),
		cmocka_unit_test(test_backtrace),
		cmocka_unit_test(test_backtrace_deep),
		cmocka_unit_test(test_interrupt),
		cmocka_unit_test(test_vectors_of_host),
		cmocka_unit_test(test_links),
	};
	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
