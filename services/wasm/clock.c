// SPDX-License-Identifier: MIT OR Apache-2.0
/* Clocks: the monotonic one from the time page, the calendar from the clock service, which is
 * asked once, the CPU time from the kernel. */
#include "host.h"

#include <abi/protocol/clock.h>
#include <abi/syscall.h>

static uint64_t calendar_offset(void)
{
	static uint64_t offset;
	static bool known;
	uint64_t words[6] = {0};

	if (!known && service_ask(SERVICE_NUMBER_CLOCK, CLOCK_OFFSET, words) == OK) {
		offset = words[0];
		known = true;
	}
	return offset;
}

static uint64_t cpu_time(void)
{
	uint64_t state, priority, time, faults, id;
	const struct process_start *start = service_start();

	return thread_info(start->handles[PROCESS_SLOT_THREAD], &state, &priority, &time, &faults,
		       &id) == OK
		       ? time
		       : 0;
}

errno_t clock_time(void *self, enum wasi_clock clock, uint64_t *time)
{
	(void)self;
	switch (clock) {
	case WASI_CLOCK_REALTIME:
		*time = time_now() + calendar_offset();
		return WASI_SUCCESS;
	case WASI_CLOCK_MONOTONIC:
		*time = time_now();
		return WASI_SUCCESS;
	case WASI_CLOCK_PROCESS_CPUTIME:
	case WASI_CLOCK_THREAD_CPUTIME:
		*time = cpu_time();
		return WASI_SUCCESS;
	}
	return WASI_INVAL;
}

errno_t clock_resolution(void *self, enum wasi_clock clock, uint64_t *resolution)
{
	(void)self;
	(void)clock;
	*resolution = 1;
	return WASI_SUCCESS;
}
