// SPDX-License-Identifier: MIT OR Apache-2.0
/* Methods of the platform capability: kernel console, checks, power. The trace: trace.c. */
#include "invoke.h"

#include <arch/machine.h>
#include <arch/paging.h>
#include <kernel/console.h>
#include <kernel/crash.h>
#include <kernel/cspace.h>
#include <kernel/slice.h>
#include <kernel/time.h>

#define DEBUG_WRITE_MAX 256u

enum power_action { POWER_HALT, POWER_RESET, POWER_PORT };

status_t platform_debug_write_method(struct invocation *in)
{
	char buffer[DEBUG_WRITE_MAX];
	uint64_t size = ARGUMENT(in, 1);

	if (size > sizeof(buffer))
		return ERR_TOO_LONG;
	if (!arch_copy_from_user(buffer, ARGUMENT(in, 0), size))
		return ERR_BAD_ADDRESS;
	for (uint64_t i = 0; i < size; i++)
		arch_console_put(buffer[i]);
	return OK;
}

status_t platform_check_wx_method(struct invocation *in)
{
	struct slot *cap;
	uint64_t pages;
	uint64_t violations;
	status_t status =
		cspace_lookup_object(in->self, ARGUMENT(in, 0), OBJECT_ADDRESS_SPACE, 0, &cap);

	if (status != OK)
		return status;
	arch_check_wx((struct address_space *)cap->object, &pages, &violations);
	set_result(in, 0, pages);
	set_result(in, 1, violations);
	return OK;
}

status_t platform_power_method(struct invocation *in)
{
	switch (ARGUMENT(in, 0)) {
	case POWER_HALT:
		arch_stop_others();
		arch_halt();
	case POWER_RESET:
		arch_stop_others();
		arch_reset();
	case POWER_PORT:
		if (ARGUMENT(in, 1) > 0xffff)
			return ERR_RANGE;
		arch_stop_others();
		arch_port_out((uint16_t)ARGUMENT(in, 1), 2, ARGUMENT(in, 2));
		arch_halt();
	default:
		return ERR_INVALID_ARGUMENT;
	}
}

status_t platform_statistics_method(struct invocation *in)
{
	const struct cpu *cpu;

	if (ARGUMENT(in, 0) >= cpu_count)
		return ERR_RANGE;
	cpu = cpus[ARGUMENT(in, 0)];
	set_result(in, 0, cpu->idle_time + (cpu->idle ? time_now() - cpu->idle_start : 0));
	set_result(in, 1, cpu->interrupts);
	set_result(in, 2, cpu->switches);
	set_result(in, 3, cpu->longest_irq_off);
	set_result(in, 4, cpu->spurious);
	return OK;
}

status_t platform_crash_record_method(struct invocation *in)
{
	const char *text;
	uint64_t size = crash_previous(&text);

	if (size > ARGUMENT(in, 1))
		size = ARGUMENT(in, 1);
	if (!arch_copy_to_user(ARGUMENT(in, 0), text, size))
		return ERR_BAD_ADDRESS;
	set_result(in, 0, size);
	return OK;
}
