// SPDX-License-Identifier: MIT OR Apache-2.0
/* The parked requests of a service, in the order of their arrival, with what is needed to go on.
 * Not in the estate: after a restart the clients ask again. */
#pragma once

#include <craton/service.h>

#define WAITING_MOST 120u /* as many as there are programs, each of which has one thread */

struct waiting {
	struct parked parked;
	uint64_t ticket;   /* order of arrival */
	uint64_t deadline; /* ABI_DEADLINE_NEVER: none */
	uint64_t words[6]; /* of the request */
	size_t size;
	uint8_t bytes[MESSAGE_BYTES]; /* of the request */
};

/* At the start: where they are kept. */
void waiting_open(struct waiting table[WAITING_MOST]);

/* Parks a request. ERR_TOO_MANY. */
[[nodiscard]] status_t waiting_add(const struct request *request, uint64_t deadline);

/* The next that waits for a method (0: for any) behind another one (nullptr: the first). That one
 * may have been completed. nullptr: none. */
struct waiting *waiting_next(const struct waiting *behind, uint32_t method);

/* Completes all of a method, or of a client. */
void waiting_end_method(uint32_t method, status_t status);
void waiting_end_client(uint64_t badge, status_t status);

/* Forgets those of a client that has gone, or that asks again: without an answer that it could get
 * later. */
void waiting_forget_client(uint64_t badge);

/* The next deadline, and the first whose deadline has passed. */
uint64_t waiting_deadline(void);
struct waiting *waiting_expired(uint64_t now);
