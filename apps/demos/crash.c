// SPDX-License-Identifier: MIT OR Apache-2.0
// Ends badly in the way that its argument names, to see that the system says why and goes on.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void crash_bounds(void)
{
	// Beyond any memory that a program may have: 32-bit address plus offset.
	*((volatile char *)(uintptr_t)0xfffffff0) = 1;
}

static void crash_divide(void)
{
	volatile int zero = 0;
	volatile int result = 12345 / zero;
	(void)result;
}

static void crash_overflow(void)
{
	volatile int least = INT32_MIN, minus = -1;
	volatile int result = least / minus;
	(void)result;
}

static void crash_unreachable(void)
{
	__builtin_trap();
}

static volatile int never;

static int deeper(int level)
{
	volatile char frame[64] = {};
	frame[level & 63] = (char)level;
	if (never)
		return level;
	return deeper(level + 1) + frame[0];
}

static void crash_stack(void)
{
	printf("%d\n", deeper(0));
}

static void crash_call(void)
{
	// An index of no function, through a type that matches none.
	int (*volatile call)(double, double, int) =
		(int (*)(double, double, int))(uintptr_t)0x7fffffff;
	printf("%d\n", call(1, 2, 3));
}

static void crash_abort(void)
{
	abort();
}

static void crash_exit(void)
{
	exit(42);
}

int main(int count, char **arguments)
{
	static const struct {
		const char *name;
		void (*crash)(void);
	} ways[] = {{"bounds", crash_bounds}, {"divide", crash_divide},
		{"overflow", crash_overflow}, {"unreachable", crash_unreachable},
		{"stack", crash_stack}, {"call", crash_call}, {"abort", crash_abort},
		{"exit", crash_exit}};
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		if (count > 1 && strcmp(arguments[1], ways[i].name) == 0) {
			ways[i].crash();
			printf("still here\n");
			return 0;
		}
	}
	printf("usage: crash bounds|divide|overflow|unreachable|stack|call|abort|exit\n");
	return 2;
}
