// SPDX-License-Identifier: MIT OR Apache-2.0
/* Requests that cannot be answered at once, because a file system or its pages have to come first.
 * Such a request has changed nothing: it is undone, set aside, and made again from its start when
 * something has come. It is not in the estate; after a kill its client asks again.
 * Tests: tests/host/services/vfs_later_test.c */
#pragma once

#include <craton/waiting.h>

/* What does a request, or answers FILE_LATER with the request's words and bytes as they were, but
 * for words in which it notes how far it has come. */
typedef status_t (*later_handler)(struct request *request);

/* Goes on with what file systems have under way, in transactions of its own; true: it may help. */
typedef bool (*later_work_function)(void);

/* `work`: may be nullptr; `table`: where requests are set aside. */
void later_init(
	later_handler handler, later_work_function work, struct waiting table[WAITING_MOST]);

/* Does a request now, or sets it aside: SERVICE_PARKED. */
[[nodiscard]] status_t later_run(struct request *request);

/* After something has come: makes the requests again that were set aside. Commits. */
void later_resume(void);

/* When later_resume() is to be called, though nothing has signalled. */
uint64_t later_deadline(void);

/* A client has gone. */
void later_end(uint64_t badge);

/* Does what is left to do of earlier requests (read ahead, write back). Commits. */
void later_work(void);
