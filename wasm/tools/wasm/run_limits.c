// SPDX-License-Identifier: MIT OR Apache-2.0
// Limits of time and stack.
#include "tools/wasm/run.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static struct wasm_instance *limited;

// wasm_instance_interrupt may be called from signal handlers.
static void time_is_over(int number)
{
	(void)number;
	wasm_instance_interrupt(limited);
}

void limit_time(struct wasm_instance *instance, uint32_t seconds)
{
	struct sigaction action = {.sa_handler = time_is_over};
	limited = instance;
	sigaction(SIGALRM, &action, nullptr);
	alarm(seconds);
}

static uintptr_t (*platform_limit)(void *self);
static uintptr_t nearer_limit;

static uintptr_t stack_limit(void *self)
{
	uintptr_t limit = platform_limit(self);
	return limit > nearer_limit ? limit : nearer_limit;
}

void limit_stack(struct wasm_platform *platform, uint32_t kib)
{
	nearer_limit = (uintptr_t)__builtin_frame_address(0) - (uintptr_t)kib * 1024;
	platform_limit = platform->stack_limit;
	platform->stack_limit = stack_limit;
}
