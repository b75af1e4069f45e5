// SPDX-License-Identifier: MIT OR Apache-2.0
/* What the supervisor does with the machine and with capabilities of others. */
#include "supervisor.h"

#include <abi/protocol/supervisor.h>
#include <abi/syscall.h>
#include <craton/print.h>

status_t connect_self(struct builder *b, struct built *s)
{
	uint64_t slot = (uint64_t)PROCESS_SLOT_SERVICE + SERVICE_NUMBER_SUPERVISOR;

	/* As in builder_connect: a manager mints its programs' capabilities from it. */
	if ((s->manifest.grants & SERVICE_GRANT_MANAGER) != 0)
		return cnode_copy(s->cnode, slot, b->fault_endpoint, RIGHT_WRITE | RIGHT_GRANT,
			&s->tags[slot]);
	return cnode_mint(s->cnode, slot, b->fault_endpoint, RIGHT_WRITE | RIGHT_GRANT,
		BADGE_SERVICE + s->manifest.number, &s->tags[slot]);
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
