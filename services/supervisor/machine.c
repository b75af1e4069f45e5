// SPDX-License-Identifier: MIT OR Apache-2.0
/* What the supervisor does with the machine and with capabilities of others. */
#include "supervisor.h"

#include <abi/protocol/supervisor.h>
#include <abi/syscall.h>
#include <craton/print.h>

static uint64_t start_time;

void machine_init(void)
{
	start_time = time_now();
}

#define OWN_MEMORY  0x180000u /* image and estate, as services/init gives them */
#define FIRST_TASK  UINT32_MAX
#define HEALTH_GOOD 1u /* it answers this request; the first task would not run otherwise */

status_t own_status(uint64_t which, struct service_status *record)
{
	static const char *const names[] = {"supervisor", "init"};
	static const uint32_t slots[] = {PROCESS_SLOT_THREAD, PROCESS_SLOT_FIRST_TASK};
	uint64_t thread_state, priority, faults;
	status_t status;

	if (which > 1)
		return ERR_NOT_FOUND;
	status = thread_info(service_start()->handles[slots[which]], &thread_state, &priority,
		&record->cpu_ns, &faults, &record->thread);
	if (status != OK)
		return status;
	print_to((char *)record->name, sizeof(record->name), "%s", names[which]);
	record->uptime_ns = time_now() - (which == 0 ? start_time : 0);
	record->state = STATE_RUNNING;
	record->health = HEALTH_GOOD;
	record->number = which == 0 ? SERVICE_NUMBER_SUPERVISOR : FIRST_TASK;
	record->restarts = which == 0 ? (uint32_t)service_start()->epoch : 0;
	record->priority = (uint32_t)priority;
	record->memory = which == 0 ? OWN_MEMORY : 0;
	return OK;
}

status_t inspect_cnode(handle_t cnode, struct request *request)
{
	struct capability_status record = {0};
	uint64_t slot = request->words[1];

	for (slot = slot < 2 ? 2 : slot;; slot++) {
		uint64_t type, rights, badge, tag, detail;
		status_t status = cnode_inspect(cnode, slot, &type, &rights, &badge, &tag, &detail);

		if (status != OK)
			return ERR_NOT_FOUND;
		if (type == OBJECT_NULL)
			continue;
		record.handle = handle_of(slot, tag);
		record.type = (uint32_t)type;
		record.rights = (uint32_t)rights;
		record.badge = badge;
		record.detail = detail;
		memcpy(request->bytes, &record, sizeof(record));
		request->words[0] = sizeof(record);
		request->reply_size = sizeof(record);
		return OK;
	}
}

/* The number after `name` on the system's command line; 0: none. */
static uint64_t option_number(const struct process_start *start, const char *name)
{
	const char *line = (const char *)start->command_line;
	size_t length = strlen(name);
	uint64_t value = 0;

	for (; *line != 0; line++) {
		if (strncmp(line, name, length) != 0)
			continue;
		line += length;
		if (line[0] == '0' && line[1] == 'x')
			for (line += 2; *line > ' '; line++)
				value = value * 16 + (uint64_t)(*line <= '9'
									? *line - '0'
									: (*line | 32) - 'a' + 10);
		else
			for (; *line >= '0' && *line <= '9'; line++)
				value = value * 10 + (uint64_t)(*line - '0');
		return value;
	}
	return 0;
}

status_t power_off(struct builder *b, handle_t platform, uint64_t status)
{
	uint64_t port = option_number(&b->start, "exit=");

	/* The exit port carries seven bits; the runner reads the whole status here. */
	debug_print("supervisor: end with status %lu\n", status);
	if (port == 0)
		return platform_power(platform, 0, 0, 0);
	return platform_power(platform, 2, port, status & 0x7f);
}
