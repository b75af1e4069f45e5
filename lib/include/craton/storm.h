// SPDX-License-Identifier: MIT OR Apache-2.0
/* A device that does not stop to interrupt. A driver counts the interrupts that nothing came of;
 * too many in a row, and its device is not heard for a while, in which the driver looks at it from
 * time to time. A device that does it again and again is only looked at in the end. Nothing waits
 * and nothing is told here. Tests: tests/host/lib/storm_test.c */
#pragma once

#include <craton/runtime.h>

#define STORM_LOOK_NS  10000000u  /* between looks at a device that is not heard */
#define STORM_FIRST_NS 100000000u /* not heard at first; twice as long each time */
#define STORM_REPEATS  5u         /* in a row; then it is never heard again */

/* Of one device; zero when it is opened. */
struct storm {
	uint64_t since;   /* of the counting */
	uint32_t useless; /* in a row, since then */
	uint32_t all;
	uint32_t repeats;
	uint64_t quiet_until; /* 0: it is heard; UINT64_MAX: it never is */
	uint64_t heard_since;
	uint64_t next_look;
};

/* It has interrupted. True: that is a storm, it is not to be heard from now on. */
[[nodiscard]] bool storm_interrupt(struct storm *storm, uint64_t now, bool is_useful);

/* When to look at the device; ABI_DEADLINE_NEVER: it is heard. */
[[nodiscard]] uint64_t storm_deadline(const struct storm *storm);

/* The device is looked at. True: it may be heard again. */
[[nodiscard]] bool storm_looked(struct storm *storm, uint64_t now);
