// SPDX-License-Identifier: MIT OR Apache-2.0
// What clang's lowering of setjmp calls (LLVM, WebAssemblyLowerEmscriptenEHSjLj): each call of
// setjmp has a label in its function, each call of that function an id. A longjmp throws
// `__c_longjmp` with the address of {buffer, value}; functions that called setjmp catch it and ask
// whether the buffer is theirs, and if not throw on.
#include <setjmp.h>
#include <stdint.h>

#define TAG_LONGJMP 1 // the number by which the compiler knows the tag

struct thrown {
	void *buffer;
	int value;
};

// What a jmp_buf holds.
struct buffer {
	void *invocation;
	uint32_t label;
	struct thrown thrown;
};
static_assert(sizeof(struct buffer) <= sizeof(jmp_buf));

void __wasm_setjmp(void *memory, uint32_t label, void *invocation);
uint32_t __wasm_setjmp_test(void *memory, void *invocation);
[[noreturn]] void __wasm_longjmp(void *memory, int value);

void __wasm_setjmp(void *memory, uint32_t label, void *invocation)
{
	struct buffer *buffer = memory;
	buffer->invocation = invocation;
	buffer->label = label;
}

// The label of the setjmp that filled the buffer, if it was in this call of the function; else 0.
uint32_t __wasm_setjmp_test(void *memory, void *invocation)
{
	const struct buffer *buffer = memory;
	return buffer->invocation == invocation ? buffer->label : 0;
}

void __wasm_longjmp(void *memory, int value)
{
	struct buffer *buffer = memory;
	buffer->thrown = (struct thrown){memory, value == 0 ? 1 : value};
	__builtin_wasm_throw(TAG_LONGJMP, &buffer->thrown);
}
