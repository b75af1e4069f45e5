// SPDX-License-Identifier: MIT OR Apache-2.0
/* What happened to services, for the log: kept in the estate, because the supervisor calls nobody;
 * the log service fetches it. The newest EVENTS are kept. */
#pragma once

#include <craton/service.h>

enum event_level { EVENT_ERROR, EVENT_WARNING, EVENT_NOTICE };

/* Allocates the events in the estate: at the same place in each instance's start. */
void events_init(void);

/* Notes a line; errors go to the kernel's console too. The format is print_to's. */
[[gnu::format(printf, 2, 3)]] void event(enum event_level level, const char *format, ...);

/* SUPERVISOR_EVENT. */
[[nodiscard]] status_t event_handler(struct request *request);
