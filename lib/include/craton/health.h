// SPDX-License-Identifier: MIT OR Apache-2.0
/* Heartbeats: whoever starts a service asks it now and then to signal back, which its loop does
 * between two requests. A service hangs if it does not answer although
 *  - it has used more CPU time since it was asked than any request needs, or
 *  - it is blocked, but not in a call to another service, while the machine was idle for long.
 * Neither depends on how fast the machine is or what else runs: a service that is starved, or that
 * waits for one that hangs, is never blamed. The limit of CPU time grows with the time that the
 * system took to start, so that slow machines have a longer one.
 * Tests: tests/restart/hang (in the system). */
#pragma once

#include <craton/builder.h>

#define HEALTH_PERIOD_NS 2000000000u

/* In the estate of who asks. */
struct health {
	uint64_t cpu_at;   /* CPU time of the service when it was asked */
	uint64_t idle_at;  /* idle time of the machine then */
	uint32_t asked;    /* and has not answered yet */
	uint32_t answered; /* this instance did at least once */
	uint32_t hangs;    /* so far */
	uint32_t reserved;
};

struct health_limits {
	uint64_t cpu_ns;
	uint64_t idle_ns;
	uint64_t cpu_count; /* of the machine */
};

/* The limits, for a system that started in `boot_ns`. */
struct health_limits health_limits_for(uint64_t boot_ns, uint64_t cpu_count);

/* Asks a running service, or if it was asked looks whether it hangs. `platform` tells how long the
 * machine was idle. */
[[nodiscard]] bool health_check(struct health *health, const struct built *service,
	handle_t platform, const struct health_limits *limits);

/* It signalled back. */
void health_answered(struct health *health);

/* A new instance. */
void health_reset(struct health *health);
