// SPDX-License-Identifier: MIT OR Apache-2.0
/* Start of the clock; only the boot code needs it. */
#ifndef ARCH_CLOCK_INIT_H
#define ARCH_CLOCK_INIT_H

#include <kernel/types.h>

/* Measures the TSC. `hpet`: physical address, 0: there is none. */
void clock_init(uint64_t hpet);

#endif
