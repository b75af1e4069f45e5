// SPDX-License-Identifier: MIT OR Apache-2.0
// The first task of the loaders' tests. It is loaded and looked at, and never runs.
#include <stdint.h>

void _start(void);
void __stack_chk_fail(void);
uintptr_t __stack_chk_guard;

static volatile char mark[] = "ProbeMrk";
static volatile char zeros[10000];

void _start(void)
{
	zeros[0] = mark[0];
	for (;;)
		;
}

void __stack_chk_fail(void)
{
}
