// SPDX-License-Identifier: MIT OR Apache-2.0
// From a fault or a failing host function back to the caller of the export.
#include "runtime/exceptions.h"

// --- who was running -------------------------------------------------------------------------

// False: no function's code lies there.
static bool add_frame(struct wasm_trap_info *info, uint64_t pc)
{
	const struct wasm_code *code = registry_find(pc);
	if (code == nullptr || info->frame_count == WASM_FRAMES_MOST)
		return false;
	uint32_t offset = (uint32_t)(pc - (uintptr_t)code->text);
	uint32_t function = wasm_image_find_function(&code->image, offset);
	if (function == WASM_NO_INDEX) // the adapter by which C entered
		return false;
	info->frames[info->frame_count++] = (struct wasm_frame){&code->image, function, offset};
	return true;
}

static bool frame_is_in(const uint64_t *frame, uintptr_t begin, uintptr_t end)
{
	constexpr size_t SIZE = TAIL_CALL_AREA + 4 * sizeof(*frame); // at most what is read
	uintptr_t at = (uintptr_t)frame;
	return at % sizeof(*frame) == 0 && at >= begin && at < end &&
	       (end - at >= SIZE || frame[1] != (uintptr_t)wasm_tail_return);
}

// The callers of the function with this frame, whose stack lies below that of the activation.
static void add_callers(struct wasm_trap_info *info, const struct activation *activation,
	const uint64_t *frame, uintptr_t stack)
{
	uintptr_t end = (uintptr_t)activation->sp;
	while (frame_is_in(frame, stack, end) &&
		add_frame(info, frame_return_address(frame) - 1)) { // in the call instruction
		stack = (uintptr_t)frame + 1;
		frame = (const uint64_t *)frame[0];
	}
}

// The innermost function, as far as it is the instance's.
static void name_function(struct wasm_trap_info *info, const struct wasm_instance *instance)
{
	const struct wasm_frame *innermost = &info->frames[0];
	if (info->frame_count == 0 || innermost->image != instance->module->image)
		return;
	info->instance = instance;
	info->code = innermost->code;
	info->function = innermost->function;
}

static void info_begin(struct wasm_trap_info *info, enum wasm_trap trap)
{
	memset(info, 0, offsetof(struct wasm_trap_info, frames));
	info->trap = trap;
	info->function = WASM_NO_INDEX;
}

// --- raising ---------------------------------------------------------------------------------

void trap_raise(struct wasm_instance *instance, const uint64_t *frame, enum wasm_trap trap)
{
	struct activation *activation = instance->store->activation;
	info_begin(activation->info, trap);
	add_callers(activation->info, activation, frame, (uintptr_t)frame);
	name_function(activation->info, instance);
	wasm_unwind_to(activation->sp, trap);
}

void trap_host_dispatch(struct wasm_context *context, void *values)
{
	struct wasm_instance *instance = context->instance;
	const uint64_t *frame = context->frame; // nested calls will change it
	uint32_t trap = context->host_call(instance, context->host_environment, values);
	if (trap == WASM_TRAP_EXCEPTION) {
		const struct wasm_exception *exception =
			exception_find(instance->store, instance->store->thrown);
		if (exception != nullptr)
			exception_throw(instance, frame, exception);
	}
	if (trap != WASM_TRAP_NONE)
		trap_raise(instance, frame, (enum wasm_trap)trap);
}

// The instance's memory in whose reservation the fault's address lies, or null.
static const struct wasm_memory *faulting_memory(
	const struct wasm_fault *fault, const struct wasm_instance *instance)
{
	for (uint32_t i = 0; i < instance->module->image->memory_count; i++) {
		const struct context_memory *memory = instance_memory(instance, i);
		if (fault->address - (uintptr_t)memory->base < memory->memory->reservation)
			return memory->memory;
	}
	return nullptr;
}

// What a fault at `code` means for the instance that was running, or WASM_TRAP_NONE.
static enum wasm_trap fault_trap(const struct wasm_fault *fault, const struct wasm_code *code,
	const struct wasm_instance *instance, uint32_t offset)
{
	if (fault->kind == WASM_FAULT_ACCESS) {
		return faulting_memory(fault, instance) != nullptr ? WASM_TRAP_MEMORY_BOUNDS
								   : WASM_TRAP_NONE;
	}
	enum wasm_trap trap = wasm_image_find_trap(&code->image, offset);
	// Function entries compare the stack with the same word that interruption changes.
	return trap == WASM_TRAP_STACK_OVERFLOW && instance->interrupted ? WASM_TRAP_INTERRUPTED
									 : trap;
}

bool wasm_runtime_handle_fault(struct wasm_fault *fault)
{
	const struct wasm_code *code = registry_find(fault->pc);
	if (code == nullptr)
		return false;
	const struct wasm_context *context = (const struct wasm_context *)fault->context;
	const struct wasm_instance *instance = context->instance;
	struct activation *activation = instance->store->activation;
	uint32_t offset = (uint32_t)(fault->pc - (uintptr_t)code->text);
	enum wasm_trap trap = fault_trap(fault, code, instance, offset);
	if (trap == WASM_TRAP_NONE || activation == nullptr)
		return false;
	info_begin(activation->info, trap);
	(void)add_frame(activation->info, fault->pc);
	add_callers(activation->info, activation, (const uint64_t *)fault->frame, fault->sp);
	name_function(activation->info, instance);
	activation->info->has_address = fault->kind == WASM_FAULT_ACCESS;
	if (activation->info->has_address)
		activation->info->address =
			fault->address - (uintptr_t)faulting_memory(fault, instance)->base;
	fault->resume_pc = (uintptr_t)wasm_unwind;
	fault->resume_sp = (uintptr_t)activation->sp;
	fault->resume_argument = trap;
	return true;
}

// --- calls -----------------------------------------------------------------------------------

void store_set_limit(struct wasm_store *store, uintptr_t limit)
{
	if (limit == store->stack_limit)
		return;
	store->stack_limit = limit;
	for (struct wasm_instance *i = store->instances; i != nullptr; i = i->next)
		if (!i->interrupted)
			wasm_instance_interrupt_clear(i);
}

static enum wasm_trap call_host(const struct wasm_function *function, union wasm_value *values)
{
	const struct wasm_context *context = function->context;
	return (enum wasm_trap)context->host_call(
		context->instance, context->host_environment, values);
}

// References that dead frames left where the frames of a call will be, in places that those do not
// fill, would keep exceptions alive.
__attribute__((noinline, no_sanitize("address"))) static void clear_dead_stack(void)
{
	constexpr size_t SIZE = 32 * 1024;
	volatile uint64_t *dead = __builtin_alloca(SIZE);
	for (size_t i = 0; i < SIZE / sizeof(*dead); i++)
		dead[i] = 0;
}

static enum wasm_trap call_code(
	struct wasm_function *function, union wasm_value *values, struct wasm_trap_info *info)
{
	const struct wasm_instance *instance = function->instance;
	const struct wasm_module *module = instance->module;
	struct wasm_store *store = instance->store;
	if (store->activation == nullptr && store->fiber == nullptr) // threads differ
		store_set_limit(store, store->platform->stack_limit(store->platform->self));
	const struct wasm_image_type *type =
		&module->image->types[module->image->functions[function->index].type];
	struct activation activation = {nullptr, store->activation, info};
	store->activation = &activation;
	if (exceptions_are_many(store))
		clear_dead_stack();
	uint32_t trap = wasm_enter(&activation, module->code->text + type->entry_code,
		function->context, function->code, values);
	store->activation = activation.previous;
	return (enum wasm_trap)trap;
}

enum wasm_status wasm_call(
	struct wasm_function *function, union wasm_value *values, struct wasm_trap_info *trap)
{
	const struct wasm_instance *instance = function->instance;
	info_begin(trap, WASM_TRAP_NONE);
	if (instance->suspended != 0 && !instance->allows_calls)
		return WASM_BUSY;
	if (function->context->host_call != nullptr)
		trap->trap = call_host(function, values);
	else
		call_code(function, values, trap);
	if (trap->trap == WASM_TRAP_EXCEPTION)
		trap->exception = function->instance->store->thrown;
	return trap->trap == WASM_TRAP_NONE ? WASM_OK : WASM_TRAPPED;
}

// --- interruption ----------------------------------------------------------------------------

static void context_set_limit(struct wasm_context *context, uintptr_t limit)
{
	__atomic_store_n(&context->stack_limit, limit, __ATOMIC_RELAXED);
}

void wasm_instance_interrupt(struct wasm_instance *instance)
{
	instance->interrupted = true;
	context_set_limit(instance->context, UINTPTR_MAX);
	sharing_interrupt(instance);
}

void wasm_instance_interrupt_clear(struct wasm_instance *instance)
{
	instance->interrupted = false;
	context_set_limit(instance->context, instance->store->stack_limit);
	if (instance->interrupted) // an interrupt came in between
		context_set_limit(instance->context, UINTPTR_MAX);
}

// --- messages --------------------------------------------------------------------------------

struct text {
	char *to;
	size_t size;
	size_t length;
};

static void text_add(struct text *text, const char *from, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (text->length + 1 < text->size)
			text->to[text->length++] = from[i];
}

static void text_string(struct text *text, const char *from)
{
	text_add(text, from, strlen(from));
}

static void text_number(struct text *text, uint64_t value, uint32_t base)
{
	char digits[24];
	size_t at = sizeof(digits);
	do {
		digits[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value != 0);
	text_add(text, digits + at, sizeof(digits) - at);
}

static void text_frame(struct text *text, const struct wasm_frame *frame)
{
	const struct wasm_image *image = frame->image;
	text_string(text, "function ");
	text_number(text, frame->function, 10);
	struct wasm_image_span name = image->functions[frame->function].name;
	if (name.size != 0) {
		text_string(text, " '");
		text_add(text, (const char *)image->bytes + name.offset, name.size);
		text_string(text, "'");
	}
	text_string(text, " at 0x");
	text_number(text, wasm_image_find_place(image, frame->function, frame->code), 16);
}

static size_t text_end(const struct text *text, size_t size)
{
	if (size != 0)
		text->to[text->length] = 0;
	return text->length;
}

size_t wasm_trap_describe_frame(
	const struct wasm_trap_info *info, uint32_t frame, char *to, size_t size)
{
	struct text text = {to, size, 0};
	text_string(&text, "called by ");
	text_frame(&text, &info->frames[frame]);
	return text_end(&text, size);
}

size_t wasm_trap_describe(const struct wasm_trap_info *info, char *to, size_t size)
{
	struct text text = {to, size, 0};
	text_string(&text, wasm_trap_text(info->trap));
	if (info->frame_count > 0) {
		text_string(&text, " in ");
		text_frame(&text, &info->frames[0]);
	}
	if (info->trap == WASM_TRAP_MEMORY_BOUNDS && info->has_address) {
		text_string(&text, ", address 0x");
		text_number(&text, info->address, 16);
	}
	return text_end(&text, size);
}
