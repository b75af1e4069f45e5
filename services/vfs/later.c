// SPDX-License-Identifier: MIT OR Apache-2.0
/* Requests that wait: see later.h. */
#include "later.h"

#include "cache.h"

#include <craton/estate.h>

#define ATTEMPTS 256u /* of one request, before others have their turn */

static later_handler handle;
static later_work_function work_more;
static bool is_owed; /* those that wait are to be asked again */

/* What came meanwhile may be what others wait for. */
static bool file_systems_work(void)
{
	bool some = work_more != nullptr && work_more();

	is_owed = is_owed || some;
	return some;
}

uint64_t later_deadline(void)
{
	return is_owed && waiting_next(nullptr, 0) != nullptr ? 1 : ABI_DEADLINE_NEVER;
}

void later_init(later_handler handler, later_work_function work, struct waiting table[WAITING_MOST])
{
	handle = handler;
	work_more = work;
	waiting_open(table);
}

/* A request that fails, or waits, leaves no trace, but that a description was told of its failed
 * writes. */
static bool leaves_trace(const struct request *request, status_t status)
{
	return status == OK || (status != FILE_LATER && request->method == VFS_SYNC);
}

/* Until there is an answer, or nothing more to be done now. */
static status_t attempt(struct request *request)
{
	for (unsigned i = 0; i < ATTEMPTS; i++) {
		bool again = false;
		status_t status = handle(request);
		status_t work;

		if (!leaves_trace(request, status))
			estate_rollback();
		if (status != FILE_LATER)
			return status;
		work = cache_work(&again);
		again = file_systems_work() || again;
		if (work != OK)
			return work;
		if (!again)
			return FILE_LATER;
	}
	is_owed = true; /* others have their turn first */
	return FILE_LATER;
}

status_t later_run(struct request *request)
{
	status_t status;

	later_work();
	waiting_forget_client(request->badge); /* it was cancelled, or asks again */
	status = attempt(request);
	return status == FILE_LATER ? waiting_add(request, ABI_DEADLINE_NEVER) : status;
}

static void make_again(struct waiting *w)
{
	static uint8_t bytes[MESSAGE_BYTES];
	struct request request = {
		.badge = w->parked.badge,
		.method = w->parked.method,
		.sequence = w->parked.sequence,
		.bytes = bytes,
		.size = w->size,
		.reply = w->parked.reply,
	};
	status_t status;

	memcpy(request.words, w->words, sizeof(request.words));
	memcpy(bytes, w->bytes, w->size);
	status = attempt(&request);
	memcpy(w->words, request.words, sizeof(w->words));
	if (status != FILE_LATER)
		service_complete(&w->parked, status, request.words, bytes,
			status == OK ? request.reply_size : 0);
	estate_commit();
}

void later_resume(void)
{
	struct waiting *next;

	is_owed = false;
	for (struct waiting *w = waiting_next(nullptr, 0); w != nullptr; w = next) {
		struct waiting here = *w;

		make_again(w);
		next = waiting_next(&here, 0);
	}
	cache_drop_failed();
}

void later_end(uint64_t badge)
{
	waiting_forget_client(badge);
}

void later_work(void)
{
	bool again;

	if (cache_has_work()) {
		(void)!cache_work(&again);
		(void)file_systems_work();
	}
}
