// SPDX-License-Identifier: MIT OR Apache-2.0
// Waiting on words on Linux: futexes of the process.
#include "platform/host/host.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

constexpr uint64_t NS_PER_S = 1000000000;

uint64_t host_clock(void *self)
{
	struct timespec now;
	(void)self;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

// FUTEX_WAIT_BITSET takes the deadline itself, on the clock above.
bool host_wait(void *self, const uint32_t *word, uint32_t value, uint64_t deadline)
{
	struct timespec at = {(time_t)(deadline / NS_PER_S), (long)(deadline % NS_PER_S)};
	(void)self;
	long done = syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, value,
		deadline == UINT64_MAX ? nullptr : &at, nullptr, FUTEX_BITSET_MATCH_ANY);
	return done == 0 || errno != ETIMEDOUT;
}

void host_wake(void *self, const uint32_t *word, uint32_t count)
{
	int saved = errno; // in a signal handler
	(void)self;
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
	errno = saved;
}
