// SPDX-License-Identifier: MIT OR Apache-2.0
/* See drivers.h. */
#include "drivers.h"

#include "table.h"

#include <abi/protocol/supervisor.h>
#include <abi/syscall.h>
#include <craton/client.h>
#include <craton/service.h>

static status_t need(uint64_t number, bool only_ask)
{
	struct client supervisor = client_of(SERVICE_NUMBER_SUPERVISOR);
	struct call call = {.words = {number, only_ask}};

	return client_call(&supervisor, SUPERVISOR_NEED, &call);
}

static bool is_driver(uint64_t number)
{
	return service_start()->signals[number] != 0;
}

/* One that cannot start, or is refused, is the supervisor's to tell. */
void drivers_start(void)
{
	for (uint64_t i = 0; i < PROCESS_SERVICES; i++) {
		if (is_driver(i) && (table_has_device_for(i) || table_is_asked_for(i)))
			(void)!need(i, false);
	}
}

void drivers_tell(void)
{
	drivers_start();
	for (uint64_t i = 0; i < PROCESS_SERVICES; i++) {
		if (is_driver(i))
			(void)!sys_signal(service_start()->signals[i]);
	}
}

uint64_t drivers_that_run(void)
{
	uint64_t bits = 0;

	for (uint64_t i = 0; i < PROCESS_SERVICES; i++) {
		if (is_driver(i) && need(i, true) == OK)
			bits |= (uint64_t)1 << i;
	}
	return bits;
}
