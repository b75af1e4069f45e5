// SPDX-License-Identifier: MIT OR Apache-2.0
/* See events.h. */
#include "events.h"

#include <abi/protocol/supervisor.h>
#include <craton/estate.h>
#include <craton/print.h>
#include <stdarg.h>

#define EVENTS 64u

struct events {
	uint64_t next; /* number of the next; the first has 0 */
	struct supervisor_event ring[EVENTS];
};

static struct events *events;

void events_init(void)
{
	events = estate_allocate(sizeof(*events), 64);
	ASSERT(events != nullptr);
}

void event(enum event_level level, const char *format, ...)
{
	struct supervisor_event *slot = &events->ring[events->next % EVENTS];
	va_list arguments;

	estate_save(slot, sizeof(*slot));
	va_start(arguments, format);
	(void)print_to_list((char *)slot->text, sizeof(slot->text), format, arguments);
	va_end(arguments);
	slot->bytes = (uint32_t)strlen((const char *)slot->text);
	slot->time_ns = time_now();
	slot->level = level;
	ESTATE_SET(events->next, events->next + 1);
	if (level == EVENT_ERROR)
		debug_print("supervisor: %s\n", (const char *)slot->text);
}

status_t event_handler(struct request *request)
{
	uint64_t sequence = request->words[0];

	if (events->next > EVENTS && sequence < events->next - EVENTS)
		sequence = events->next - EVENTS;
	if (sequence >= events->next)
		return ERR_NOT_FOUND;
	memcpy(request->bytes, &events->ring[sequence % EVENTS], sizeof(struct supervisor_event));
	request->words[0] = sequence + 1;
	request->words[1] = sizeof(struct supervisor_event);
	request->reply_size = sizeof(struct supervisor_event);
	return OK;
}
