// SPDX-License-Identifier: MIT OR Apache-2.0
/* Nanoseconds since 1970. Time since boot until the clock service has told the offset, which is
 * remembered in the estate. Tests have their own. */
#pragma once

#include <craton/runtime.h>

/* Carves what is remembered from the estate; false: no room. */
bool wall_time_open(void);

uint64_t wall_time(void);
