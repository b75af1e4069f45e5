// SPDX-License-Identifier: MIT OR Apache-2.0
/* See host.h. */
#include "host.h"

#include <craton/estate.h>
#include <craton/print.h>
#include <craton/service.h>
#include <wasm/runtime.h>

#define HEAP_SIZE    0x10000u /* for what the runtime keeps of the instance */
#define PIECE        16u
#define STACK_BOTTOM (PROCESS_STACK_TOP - PROCESS_STACK_SIZE)
#define HOST_STACK   0x4000u /* of the stack, for functions of this program that the module calls */

extern const uint8_t module_image[];
extern const uint8_t module_image_end[];

struct module_area *module_area;

static uint8_t *memory_base;
static const struct engine_environment *environment;
static struct wasm_store *store;
static struct wasm_instance *instance;
static struct wasm_function *call_function;

[[noreturn]] static void fail(const char *what)
{
	debug_print("filesystem: the module with file systems: %s\n", what);
	runtime_abort(what);
}

static void expect(enum wasm_status status, const struct wasm_trap_info *trap)
{
	char text[128];

	if (status == WASM_TRAPPED) {
		(void)wasm_trap_describe(trap, text, sizeof(text));
		fail(text);
	}
	if (status != WASM_OK)
		fail(wasm_status_text(status));
}

/* --- what the runtime stands on ------------------------------------------------------------------
 * There is one instance, which lives as long as the volume does: memory is cut off and never given
 * back. */

static _Alignas(PIECE) uint8_t heap[HEAP_SIZE];
static size_t heap_used;

static void *resize(void *self, void *old, size_t old_size, size_t new_size)
{
	size_t rounded = (new_size + PIECE - 1) & ~(size_t)(PIECE - 1);
	void *new = heap + heap_used;

	(void)self;
	if (new_size <= old_size)
		return new_size != 0 ? old : nullptr;
	if (rounded < new_size || rounded > sizeof(heap) - heap_used)
		return nullptr;
	heap_used += rounded;
	if (old_size != 0)
		memcpy(new, old, old_size);
	return new;
}

static enum wasm_status reserve(void *self, uint64_t size, void **base)
{
	(void)self;
	if (size != WASM_MEMORY_RESERVATION)
		return WASM_NO_MEMORY;
	*base = memory_base;
	return WASM_OK;
}

/* The volume's memory is there, and keeps what engines have in it. */
static enum wasm_status commit(void *self, void *address, uint64_t size)
{
	(void)self;
	if (address != memory_base || size < MODULE_OWN)
		return WASM_NO_MEMORY;
	memset(memory_base, 0, MODULE_OWN);
	return WASM_OK;
}

static void release(void *self, void *base, uint64_t size)
{
	(void)self;
	(void)base;
	(void)size;
}

static enum wasm_status map_code(void *self, const struct wasm_image *image, const void **code)
{
	(void)self;
	*code = image->code;
	return WASM_OK;
}

static void unmap_code(void *self, const struct wasm_image *image, const void *code)
{
	(void)self;
	(void)image;
	(void)code;
}

static uintptr_t stack_limit(void *self)
{
	(void)self;
	return STACK_BOTTOM + HOST_STACK;
}

static const struct wasm_platform platform = {
	.allocator = {.resize = resize},
	.reserve = reserve,
	.commit = commit,
	.release = release,
	.map_code = map_code,
	.unmap_code = unmap_code,
	.stack_limit = stack_limit,
};

/* --- what the module imports --------------------------------------------------------------------
 */

/* Bytes of its memory: what lies outside is a fault of the module, which ends it. */
static void *at(union wasm_value address, uint64_t size)
{
	void *bytes = wasm_memory_at(instance, address.i32, size);

	if (bytes == nullptr)
		fail("bytes outside its memory");
	return bytes;
}

#define IMPORTED(name)                                                            \
	static enum wasm_trap name([[maybe_unused]] struct wasm_instance *caller, \
		[[maybe_unused]] void *self, [[maybe_unused]] union wasm_value *values)

IMPORTED(import_start)
{
	struct engine_io io = {
		.id = values[0].i64,
		.offset = values[1].i64,
		.size = values[3].i32,
		.kind = (enum engine_io_kind)values[4].i32,
		.lasting = values[5].i32 != 0,
	};

	if (io.kind != ENGINE_FLUSH)
		io.bytes = at(values[2], io.size);
	values[0].i32 = environment->start(environment->self, &io);
	return WASM_TRAP_NONE;
}

IMPORTED(import_now)
{
	values[0].i64 = environment->now(environment->self);
	return WASM_TRAP_NONE;
}

IMPORTED(import_random)
{
	values[0].i32 = environment->random(environment->self);
	return WASM_TRAP_NONE;
}

IMPORTED(import_forget)
{
	environment->forget(environment->self, values[0].i64);
	return WASM_TRAP_NONE;
}

IMPORTED(import_clean)
{
	values[0].i64 = (uint64_t)environment->clean(environment->self, values[0].i64);
	return WASM_TRAP_NONE;
}

IMPORTED(import_save)
{
	estate_save(at(values[0], values[1].i32), values[1].i32);
	return WASM_TRAP_NONE;
}

IMPORTED(import_commit)
{
	estate_commit();
	return WASM_TRAP_NONE;
}

IMPORTED(import_rollback)
{
	estate_rollback();
	return WASM_TRAP_NONE;
}

IMPORTED(import_abort)
{
	char reason[96];
	uint32_t size = values[1].i32 < sizeof(reason) ? values[1].i32 : sizeof(reason) - 1;

	memcpy(reason, at(values[0], size), size);
	reason[size] = 0;
	fail(reason);
}

#define ENTRY(name, signature) WASM_HOST_FUNCTION("engine", #name, signature, import_##name)

static const struct wasm_host_function imports[] = {
	ENTRY(start, "IIiiii:i"),
	ENTRY(now, ":I"),
	ENTRY(random, ":i"),
	ENTRY(forget, "I:"),
	ENTRY(clean, "I:I"),
	ENTRY(save, "ii:"),
	ENTRY(commit, ":"),
	ENTRY(rollback, ":"),
	ENTRY(abort, "ii:"),
};

/* --- the module ---------------------------------------------------------------------------------
 */

static uint64_t call(const char *name, const char *signature, union wasm_value *values)
{
	struct wasm_trap_info trap = {0};

	expect(wasm_instance_call(instance, name, signature, values, &trap), &trap);
	return values[0].i32;
}

static void find_exports(size_t size)
{
	struct wasm_memory *memory = wasm_instance_memory(instance);
	union wasm_value values[1] = {0};
	struct wasm_extern found;

	if (memory == nullptr || (uint64_t)wasm_memory_pages(memory) * 65536 != size)
		fail("it has another memory than the volume");
	expect(wasm_instance_export(instance, "call", &found), nullptr);
	if (found.kind != WASM_EXTERN_FUNCTION)
		fail("it has no `call'");
	call_function = found.function;
	expect(wasm_instance_export(instance, "__heap_base", &found), nullptr);
	if (found.kind != WASM_EXTERN_GLOBAL || wasm_global_get(found.global).i32 > MODULE_OWN)
		fail("its data are larger than they may be");
	(void)call("area", ":i", values);
	module_area = at(values[0], sizeof(*module_area));
}

void module_begin(uint8_t *memory, size_t size)
{
	static const struct wasm_host_module module = {
		imports, sizeof(imports) / sizeof(imports[0]), nullptr};
	static struct wasm_host_modules modules = {&module, 1};
	const struct wasm_resolver resolver = {&modules, wasm_host_modules_resolve};
	struct wasm_trap_info trap = {0};
	struct wasm_module *loaded;

	if (store != nullptr)
		wasm_store_destroy(store);
	heap_used = 0;
	memory_base = memory;
	expect(wasm_store_create(&platform, &store), nullptr);
	expect(wasm_module_load(
		       store, module_image, (size_t)(module_image_end - module_image), &loaded),
		nullptr);
	expect(wasm_instantiate(loaded, &resolver, &instance, &trap), &trap);
	find_exports(size);
}

bool module_describe(uint32_t kind)
{
	union wasm_value values[1] = {{.i32 = kind}};

	return call("describe", "i:i", values) != 0;
}

bool module_open(uint32_t kind, const struct engine_environment *own, uint8_t *memory, size_t size)
{
	union wasm_value values[3] = {
		{.i32 = kind}, {.i32 = (uint32_t)(memory - memory_base)}, {.i32 = (uint32_t)size}};

	environment = own;
	return call("open", "iii:i", values) != 0;
}

int64_t module_call(enum module_method method, uint64_t a, uint64_t b, uint64_t c)
{
	union wasm_value values[4] = {{.i32 = method}, {.i64 = a}, {.i64 = b}, {.i64 = c}};
	struct wasm_trap_info trap;
	enum wasm_status status = wasm_call(call_function, values, &trap);

	if (status != WASM_OK)
		expect(status, &trap);
	return (int64_t)values[0].i64;
}
