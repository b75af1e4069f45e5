// SPDX-License-Identifier: MIT OR Apache-2.0
/* Host tests: time stands still until the test moves it. One tick of the counter is 1 ns. */
#ifndef ARCH_CLOCK_H
#define ARCH_CLOCK_H

#include <kernel/types.h>

#define clock fake_clock /* the C library has a function of that name */

struct clock {
	uint64_t base;
	uint64_t multiplier;
	uint64_t tsc_multiplier;
	uint64_t hz;
};

#define CLOCK_SHIFT 32u

extern struct clock clock;
extern time_ns fake_now;

ALWAYS_INLINE uint64_t arch_timestamp(void)
{
	return fake_now;
}

ALWAYS_INLINE time_ns arch_time_now(void)
{
	return fake_now;
}

#endif
