// SPDX-License-Identifier: MIT OR Apache-2.0
// Fibers: see wasm/fiber.h. The chain of activations belongs to a stack, so each switch changes it,
// with the stack's limit and the stack pointer in the module's memory.
#include "runtime/fiber.h"

constexpr uint64_t GUARD = 65536;
constexpr uint64_t GRAIN = 65536;

// x86_64/fiber.S: saves the registers that calls preserve on the stack, its pointer in `*save`, and
// goes on at the other stack's.
void wasm_fiber_switch(void **save, void *sp);
// The first return address of a stack: calls wasm_fiber_main with the word above.
void wasm_fiber_entry(void);
[[noreturn]] void wasm_fiber_main(struct wasm_fiber *fiber);

// --- stacks -------------------------------------------------------------------------------------

static enum wasm_status make_stack(struct wasm_fiber *fiber, uint64_t size)
{
	const struct wasm_platform *platform = fiber->store->platform;
	void *base;
	enum wasm_status status = platform->reserve(platform->self, GUARD + size, &base);
	if (status != WASM_OK)
		return status;
	status = platform->commit(platform->self, (uint8_t *)base + GUARD, size);
	if (status != WASM_OK) {
		platform->release(platform->self, base, GUARD + size);
		return status;
	}
	fiber->base = base;
	fiber->size = GUARD + size;
	return WASM_OK;
}

enum wasm_status wasm_fiber_create(struct wasm_store *store,
	const struct wasm_fiber_options *options, struct wasm_fiber **fiber)
{
	struct wasm_fiber *f = wasm_allocate(store_allocator(store), 1, sizeof(*f));
	if (f == nullptr)
		return WASM_NO_MEMORY;
	f->store = store;
	enum wasm_status status =
		options->stack_size > UINT32_MAX
			? WASM_NO_MEMORY
			: make_stack(f, (options->stack_size + GRAIN) / GRAIN * GRAIN);
	if (status != WASM_OK) {
		wasm_free(store_allocator(store), f, 1, sizeof(*f));
		return status;
	}
	f->stack_limit = (uintptr_t)f->base + GUARD + options->reserve;
	f->stack_pointer = options->stack_pointer;
	f->stack_top = options->stack_top;
	f->next = store->fibers;
	store->fibers = f;
	*fiber = f;
	return WASM_OK;
}

void wasm_fiber_destroy(struct wasm_fiber *fiber)
{
	const struct wasm_platform *platform = fiber->store->platform;
	struct wasm_fiber **link = &fiber->store->fibers;
	while (*link != fiber)
		link = &(*link)->next;
	*link = fiber->next;
	if (fiber->state == FIBER_SUSPENDED)
		fiber->function->instance->suspended--;
	platform->release(platform->self, fiber->base, fiber->size);
	wasm_free(&platform->allocator, fiber, 1, sizeof(*fiber));
}

// As wasm_fiber_switch will pop it: six registers, of which r12 is the fiber, and the address. The
// rest is there so that calls find the stack aligned.
static void prepare_stack(struct wasm_fiber *fiber)
{
	uint64_t *top = (uint64_t *)(fiber->base + fiber->size);
	top -= 9;
	memset(top, 0, 9 * sizeof(*top));
	top[3] = (uintptr_t)fiber; // r15, r14, r13, r12, rbx, rbp
	top[6] = (uintptr_t)wasm_fiber_entry;
	fiber->sp = top;
}

// --- switching ----------------------------------------------------------------------------------

static void swap_pointers(struct wasm_fiber *fiber)
{
	if (fiber->stack_pointer == nullptr)
		return;
	uint32_t value = fiber->stack_pointer->value->i32;
	fiber->stack_pointer->value->i32 = fiber->other_pointer;
	fiber->other_pointer = value;
}

// Until the fiber has ended its call or suspends it.
static enum wasm_status run(struct wasm_fiber *fiber)
{
	struct wasm_store *store = fiber->store;
	fiber->outer = store->fiber;
	fiber->outer_activation = store->activation;
	uintptr_t outer_limit = store->stack_limit;
	store->fiber = fiber;
	store->activation = fiber->activation;
	fiber->state = FIBER_RUNNING;
	swap_pointers(fiber);
	store_set_limit(store, fiber->stack_limit);
	wasm_fiber_switch(&fiber->outer_sp, fiber->sp);
	store_set_limit(store, outer_limit);
	swap_pointers(fiber);
	fiber->activation = store->activation;
	store->activation = fiber->outer_activation;
	store->fiber = fiber->outer;
	return fiber->state == FIBER_SUSPENDED ? WASM_SUSPENDED : fiber->status;
}

[[noreturn]] void wasm_fiber_main(struct wasm_fiber *fiber)
{
	void *ignored;
	fiber->status = wasm_call(fiber->function, fiber->values, fiber->trap);
	fiber->state = FIBER_IDLE;
	wasm_fiber_switch(&ignored, fiber->outer_sp);
	__builtin_unreachable();
}

enum wasm_status wasm_fiber_call(struct wasm_fiber *fiber, struct wasm_function *function,
	union wasm_value *values, struct wasm_trap_info *trap)
{
	if (fiber->state != FIBER_IDLE)
		return WASM_BUSY;
	fiber->function = function;
	fiber->values = values;
	fiber->trap = trap;
	fiber->activation = nullptr;
	fiber->other_pointer = fiber->stack_top;
	prepare_stack(fiber);
	return run(fiber);
}

enum wasm_status wasm_fiber_resume(struct wasm_fiber *fiber)
{
	if (fiber->state != FIBER_SUSPENDED)
		return WASM_BUSY;
	fiber->function->instance->suspended--;
	return run(fiber);
}

enum wasm_status wasm_fiber_suspend(struct wasm_store *store)
{
	struct wasm_fiber *fiber = store->fiber;
	if (fiber == nullptr)
		return WASM_BUSY;
	fiber->state = FIBER_SUSPENDED;
	fiber->function->instance->suspended++;
	wasm_fiber_switch(&fiber->sp, fiber->outer_sp);
	return WASM_OK;
}

void wasm_instance_allow_calls(struct wasm_instance *instance)
{
	instance->allows_calls = true;
}

// --- what lies on stacks
// --------------------------------------------------------------------------

const uint64_t *activation_top(const struct activation *activation)
{
	while (activation != nullptr && activation->previous != nullptr)
		activation = activation->previous;
	return activation == nullptr ? nullptr : activation->sp;
}

void fibers_visit_stacks(const struct wasm_store *store,
	void (*visit)(void *self, const uint64_t *from, const uint64_t *to), void *self)
{
	for (const struct wasm_fiber *f = store->fibers; f != nullptr; f = f->next) {
		const uint64_t *outer_top = activation_top(f->outer_activation);
		if (f->state == FIBER_SUSPENDED)
			visit(self, f->sp, (const uint64_t *)(f->base + f->size));
		else if (f->state == FIBER_RUNNING && outer_top != nullptr)
			visit(self, f->outer_sp, outer_top);
	}
}
