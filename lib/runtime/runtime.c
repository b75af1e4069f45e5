// SPDX-License-Identifier: MIT OR Apache-2.0
/* Start and end of a native program: see craton/runtime.h. */
#include <craton/runtime.h>

uintptr_t __stack_chk_guard = 0x0aff0dbadda0f000;

[[noreturn]] void runtime_start(const void *argument);
[[noreturn]] void __stack_chk_fail(void);

[[gnu::no_stack_protector]] void runtime_start(const void *argument)
{
	uint32_t low;
	uint32_t high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	__stack_chk_guard ^= ((uintptr_t)high << 32 | low) * 0x9e3779b97f4a7c15u << 8;
	program_main(argument);
}

[[noreturn]] void runtime_abort(const char *reason)
{
	/* The fault's handler finds the reason in rdi. */
	__asm__ volatile("ud2" : : "D"(reason));
	__builtin_unreachable();
}

void __stack_chk_fail(void)
{
	runtime_abort("stack overrun");
}
