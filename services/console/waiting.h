// SPDX-License-Identifier: MIT OR Apache-2.0
/* The requests that wait, in the order of their arrival. Not in the estate: after a restart the
 * clients ask again. */
#pragma once

#include <craton/service.h>

#define WAITING_MAX 64u

struct waiting {
	struct parked parked;
	uint64_t ticket; /* order of arrival */
	uint64_t deadline;
	size_t size;
	uint8_t bytes[MESSAGE_BYTES]; /* of a write */
};

/* Parks a request with what it needs to go on. ERR_TOO_MANY. */
[[nodiscard]] status_t waiting_add(const struct request *request, size_t size, uint64_t deadline);

/* The first that waits for a method; nullptr: none. */
struct waiting *waiting_first(uint32_t method);

/* Ends all waits of a method, or of a client. */
void waiting_end_method(uint32_t method, status_t status);
void waiting_end_client(uint64_t badge, status_t status);

/* The next deadline of one that waits, and the first whose deadline has passed. */
uint64_t waiting_deadline(void);
struct waiting *waiting_expired(uint64_t now);
