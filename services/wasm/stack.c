// SPDX-License-Identifier: MIT OR Apache-2.0
/* Two stacks: a large one for the program, so that deep recursion works, and a small one for
 * upcalls, which must work when the first has run out. What lies around them has no access. */
#include "program.h"

#define PROGRAM_STACK (8u << 20)
#define UPCALL_STACK  (64u << 10)
#define GUARD         (64u << 10)
#define HOST_RESERVE  (128u << 10) /* for functions of this program that compiled code calls */

[[noreturn]] void stack_switch(uintptr_t top, void (*function)(void));

static uint8_t *area;

bool stacks_init(void)
{
	area = memory_reserve(3 * GUARD + UPCALL_STACK + PROGRAM_STACK);
	return area != nullptr && memory_commit(area + GUARD, UPCALL_STACK) &&
	       memory_commit(area + 2 * GUARD + UPCALL_STACK, PROGRAM_STACK);
}

uintptr_t stack_of_upcalls(void)
{
	return (uintptr_t)area + GUARD + UPCALL_STACK;
}

static uintptr_t program_stack(void)
{
	return (uintptr_t)area + 2 * GUARD + UPCALL_STACK;
}

uintptr_t stack_limit(void)
{
	return program_stack() + HOST_RESERVE;
}

void stack_enter(void (*function)(void))
{
	stack_switch(program_stack() + PROGRAM_STACK, function);
}
