// SPDX-License-Identifier: MIT OR Apache-2.0
/* Drivers: the services that the device manager may signal. One starts when there is the first
 * device that its manifest matches. */
#pragma once

#include <craton/runtime.h>

/* At the start of an instance, and when devices have come or leave: starts drivers that are needed,
 * and tells those that run. They ask, and know themselves what has changed for them. */
void drivers_start(void);
void drivers_tell(void);

/* A bit for the number of each that runs, also of one whose last device has gone. */
uint64_t drivers_that_run(void);
