// SPDX-License-Identifier: MIT OR Apache-2.0
// From a throw to its handler. The frames of compiled code chain by rbp; each function's record in
// its image tells which homes the frame holds, each call in a try has a site (wasm/image.h). What
// the frames in between saved is put back on the way, so that the handler's function finds its
// locals. Traps never come here.
#include "runtime/exceptions.h"

// Registers by their numbers, and where to go on: as enter.S reads it.
struct landing_state {
	uint64_t general[16];
	uint64_t floating[16][2];
	uint64_t pc;
};
static_assert(offsetof(struct landing_state, floating) == 128);
static_assert(offsetof(struct landing_state, pc) == 384);

enum register_number : uint32_t { RAX, RCX, RDX, RBX, RSP, RBP, R14 = 14, R15 };

[[noreturn]] void wasm_land(const struct landing_state *state);

static void read_homes(struct landing_state *state, const uint64_t *frame)
{
	const struct saved_homes *homes = (const struct saved_homes *)frame - 1;
	static const uint8_t general[] = {RBX, 8, 9, 10, 11, 12, 13};
	for (uint32_t i = 0; i < sizeof(general); i++)
		state->general[general[i]] = homes->general[i];
	for (uint32_t i = 0; i < 8; i++)
		memcpy(state->floating[8 + i], homes->floating[i], sizeof(homes->floating[i]));
}

// Below the word for r15 lie the general homes, then the floating ones, by number.
static void restore_homes(struct landing_state *state, const uint64_t *frame, uint32_t saved)
{
	const uint64_t *word = frame - 1;
	for (uint32_t i = 0; i < 16; i++)
		if ((saved >> i & 1) != 0)
			state->general[i] = *--word;
	for (uint32_t i = 0; i < 16; i++)
		if ((saved >> (16 + i) & 1) != 0) {
			word -= 2;
			memcpy(state->floating[i], word, sizeof(state->floating[i]));
		}
}

static bool clause_matches(const struct wasm_image_clause *clause,
	const struct wasm_instance *instance, const struct wasm_exception *exception)
{
	return clause->tag == WASM_NO_INDEX || instance->tags[clause->tag] == exception->tag;
}

// The first clause for the exception in a region or around it, or null.
static const struct wasm_image_clause *find_clause(const struct wasm_image *image, uint32_t region,
	const struct wasm_instance *instance, const struct wasm_exception *exception)
{
	for (; region != WASM_NO_INDEX; region = image->regions[region].parent)
		for (uint32_t i = image->regions[region].first; i != WASM_NO_INDEX;
			i = image->clauses[i].next)
			if (clause_matches(&image->clauses[i], instance, exception))
				return &image->clauses[i];
	return nullptr;
}

[[noreturn]] static void land(struct landing_state *state, const uint64_t *frame,
	const struct wasm_code *code, const struct wasm_image_function *function,
	const struct wasm_image_clause *clause, const struct wasm_exception *exception)
{
	const struct wasm_context *context = (const struct wasm_context *)frame[-1];
	state->general[RAX] = (uintptr_t)exception->values;
	state->general[RCX] = exception->handle;
	state->general[RBP] = (uintptr_t)frame;
	state->general[RSP] = (uintptr_t)frame - function->frame;
	state->general[R14] = (uintptr_t)context->memory_base;
	state->general[R15] = (uintptr_t)context;
	state->pc = (uintptr_t)code->text + clause->code;
	wasm_land(state);
}

// Functions with a try keep their context in frame[-1]; others are passed.
static void try_frame(struct landing_state *state, const uint64_t *frame,
	const struct wasm_code *code, const struct wasm_image_function *function, uint32_t offset,
	const struct wasm_exception *exception)
{
	uint32_t region = wasm_image_find_region(&code->image, offset);
	if (region == WASM_NO_INDEX)
		return;
	const struct wasm_context *context = (const struct wasm_context *)frame[-1];
	const struct wasm_image_clause *clause =
		find_clause(&code->image, region, context->instance, exception);
	if (clause != nullptr)
		land(state, frame, code, function, clause, exception);
}

// Bridged tail calls return by way of the runtime.
uint64_t frame_return_address(const uint64_t *frame)
{
	static_assert(TAIL_CALL_AREA == 16000); // as in enter.S
	if (frame[1] != (uintptr_t)wasm_tail_return)
		return frame[1];
	return frame[2 + TAIL_CALL_AREA / sizeof(*frame)];
}

void exception_throw(struct wasm_instance *instance, const uint64_t *frame,
	const struct wasm_exception *exception)
{
	struct landing_state state = {};
	const uint64_t *origin = frame;
	read_homes(&state, frame);
	for (;;) {
		uint64_t pc = frame_return_address(frame);
		frame = (const uint64_t *)frame[0];
		const struct wasm_code *code = registry_find(pc);
		if (code == nullptr)
			break;
		uint32_t offset = (uint32_t)(pc - (uintptr_t)code->text);
		uint32_t index = wasm_image_find_function(&code->image, offset - 1);
		if (index == WASM_NO_INDEX)
			break; // the adapter by which C entered
		const struct wasm_image_function *function = &code->image.functions[index];
		try_frame(&state, frame, code, function, offset, exception);
		restore_homes(&state, frame, function->saved);
	}
	instance->store->thrown = exception->handle;
	trap_raise(instance, origin, WASM_TRAP_EXCEPTION);
}
