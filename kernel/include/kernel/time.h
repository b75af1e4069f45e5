// SPDX-License-Identifier: MIT OR Apache-2.0
/* The monotonic clock. */
#ifndef KERNEL_TIME_H
#define KERNEL_TIME_H

#include <arch/clock.h>

/* Nanoseconds since boot; the same on every CPU. */
ALWAYS_INLINE time_ns time_now(void)
{
	return arch_time_now();
}

#endif
