// SPDX-License-Identifier: MIT OR Apache-2.0
/* The time-stamp counter as a clock: Intel SDM volume 3, section 18.17. */
#ifndef ARCH_CLOCK_H
#define ARCH_CLOCK_H

#include <kernel/types.h>

struct clock {
	uint64_t base;           /* TSC at time 0 */
	uint64_t multiplier;     /* ns = (tsc - base) * multiplier >> CLOCK_SHIFT */
	uint64_t tsc_multiplier; /* tsc = base + (ns * tsc_multiplier >> CLOCK_SHIFT) */
	uint64_t hz;
};

#define CLOCK_SHIFT 32u

extern struct clock clock;

ALWAYS_INLINE uint64_t arch_timestamp(void)
{
	uint32_t low;
	uint32_t high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

ALWAYS_INLINE time_ns arch_time_now(void)
{
	return (time_ns)((unsigned __int128)(arch_timestamp() - clock.base) * clock.multiplier >>
			 CLOCK_SHIFT);
}

/* The TSC value at `when`. */
ALWAYS_INLINE uint64_t clock_to_tsc(time_ns when)
{
	return clock.base +
	       (uint64_t)((unsigned __int128)when * clock.tsc_multiplier >> CLOCK_SHIFT);
}

#endif
