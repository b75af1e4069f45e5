// SPDX-License-Identifier: MIT OR Apache-2.0
/* Waiting for one of several things. Clocks alone: the kernel waits. One source besides: its
 * service waits, until the first clock. More than one: each is asked in turn, with short pauses. */
#include "host.h"

#include <abi/protocol/console.h>
#include <abi/protocol/vfs.h>
#include <abi/syscall.h>

#define PAUSE_FIRST_NS 500000u
#define PAUSE_LAST_NS  10000000u
#define EVENT_READ     1u
#define EVENT_WRITE    2u

/* --- clocks ----------------------------------------------------------------------------------- */

static uint64_t add_saturated(uint64_t a, uint64_t b)
{
	return b > UINT64_MAX - a ? UINT64_MAX : a + b;
}

/* When the item is due, in monotonic time. */
static uint64_t due_time(const struct wasi_poll_item *item, uint64_t now)
{
	uint64_t clock = 0;

	if (!item->absolute)
		return add_saturated(now, item->timeout);
	if (clock_time(nullptr, item->clock, &clock) != WASI_SUCCESS || clock >= item->timeout)
		return now;
	return add_saturated(now, item->timeout - clock);
}

static uint64_t first_due(const struct wasi_poll_item *items, size_t count, uint64_t now)
{
	uint64_t first = ABI_DEADLINE_NEVER;

	for (size_t i = 0; i < count; i++)
		if (items[i].type == WASI_EVENT_CLOCK && due_time(&items[i], now) < first)
			first = due_time(&items[i], now);
	return first;
}

/* `begin`: when the wait began, from which durations count. */
static bool mark_clocks(struct wasi_poll_item *items, size_t count, uint64_t begin)
{
	bool any = false;
	uint64_t now = time_now();

	for (size_t i = 0; i < count; i++) {
		struct wasi_poll_item *item = &items[i];

		if (item->type != WASI_EVENT_CLOCK)
			continue;
		item->ready = item->absolute ? due_time(item, now) <= now
					     : add_saturated(begin, item->timeout) <= now;
		any |= item->ready;
	}
	return any;
}

/* A wait in the kernel that an interrupt ends. */
static status_t pause_until(uint64_t deadline)
{
	static uint32_t word;
	status_t status;

	if (interrupt_noted())
		return ERR_CANCELLED;
	status = sys_futex_wait((uint64_t)(uintptr_t)&word, 0, deadline, 0);
	return status == ERR_DEADLINE ? OK : status;
}

/* --- sources ---------------------------------------------------------------------------------- */

static status_t poll_service(
	uint32_t service, uint32_t method, const uint64_t words[6], uint64_t *ready)
{
	struct call call = {0};
	status_t status;

	memcpy(call.words, words, sizeof(call.words));
	status = service_wait(service, method, &call);
	*ready = status == OK ? call.words[0] : 0;
	return status == ERR_DEADLINE ? OK : status;
}

static status_t poll_process(description_t *process, uint64_t *ready)
{
	status_t status = process->has_ended ? OK : process_take_end(process, true);

	*ready = status == OK;
	return status == ERR_WOULD_BLOCK ? OK : status;
}

static status_t poll_pipe(description_t *pipe, uint64_t deadline, uint64_t *ready)
{
	bool is_ready;
	status_t status = pipes_poll(pipe, deadline, &is_ready);

	*ready = is_ready;
	return status;
}

/* Waits for one source until the deadline (0: does not wait). */
static status_t poll_source(const struct wasi_poll_item *item, uint64_t deadline, uint64_t *ready)
{
	uint64_t events = item->type == WASI_EVENT_FD_WRITE ? EVENT_WRITE : EVENT_READ;
	uint64_t terminal[6] = {deadline};

	*ready = 1;
	switch (item->description->kind) {
	case DESCRIPTOR_KIND_TERMINAL:
		return events == EVENT_WRITE ? OK
					     : poll_service(SERVICE_NUMBER_CONSOLE, CONSOLE_POLL,
						       terminal, ready);
	case DESCRIPTOR_KIND_VFS:
		return is_pipe(item->description) ? poll_pipe(item->description, deadline, ready)
						  : OK;
	case DESCRIPTOR_KIND_PROCESS:
		return poll_process(item->description, ready);
	default:
		return OK;
	}
}

/* True if the wait is over: the source is ready, or waiting for it failed. */
static bool ask_source(struct wasi_poll_item *item, uint64_t deadline, status_t *status)
{
	uint64_t ready = 0;

	*status = poll_source(item, deadline, &ready);
	if (*status == ERR_CANCELLED)
		return true;
	item->ready = ready != 0 || *status != OK;
	item->error = errno_of(*status);
	item->available = 1;
	*status = OK;
	return item->ready;
}

static bool ask_sources(
	struct wasi_poll_item *items, size_t count, uint64_t deadline, status_t *status)
{
	bool any = false;

	for (size_t i = 0; i < count && *status == OK; i++)
		if (items[i].type != WASI_EVENT_CLOCK)
			any |= ask_source(&items[i], deadline, status);
	return any;
}

/* --- the wait --------------------------------------------------------------------------------- */

/* True if the only source can wait by itself. */
static bool waits_alone(const struct wasi_poll_item *items, size_t count)
{
	size_t sources = 0;
	bool process = false;

	for (size_t i = 0; i < count; i++) {
		if (items[i].type == WASI_EVENT_CLOCK)
			continue;
		sources++;
		process |= items[i].description->kind == DESCRIPTOR_KIND_PROCESS;
	}
	return sources == 1 && !process;
}

static bool has_sources(const struct wasi_poll_item *items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (items[i].type != WASI_EVENT_CLOCK)
			return true;
	return false;
}

static status_t ask_in_turns(
	struct wasi_poll_item *items, size_t count, uint64_t begin, uint64_t due)
{
	uint64_t pause = PAUSE_FIRST_NS;
	status_t status = OK;

	for (;;) {
		bool any = ask_sources(items, count, 0, &status);

		if (mark_clocks(items, count, begin) || any || status != OK)
			return status;
		status = pause_until(time_now() + pause < due ? time_now() + pause : due);
		if (status != OK)
			return status;
		pause = pause * 2 < PAUSE_LAST_NS ? pause * 2 : PAUSE_LAST_NS;
	}
}

errno_t poll_items(void *self, struct wasi_poll_item *items, size_t count)
{
	uint64_t begin = time_now();
	uint64_t due = first_due(items, count, begin);
	status_t status = OK;

	(void)self;
	if (!has_sources(items, count))
		status = pause_until(due);
	else if (waits_alone(items, count))
		(void)ask_sources(items, count, due <= begin ? 0 : due, &status);
	else
		return errno_of(ask_in_turns(items, count, begin, due));
	if (status == OK)
		(void)mark_clocks(items, count, begin);
	return errno_of(status);
}
