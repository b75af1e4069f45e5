// SPDX-License-Identifier: MIT OR Apache-2.0
/* Requests that killed the service. What is being handled stands in the estate, outside of its
 * transactions; an instance whose predecessor failed (a fault, a hang, not a restart on demand)
 * finds there which request it was. After the second death the request is answered with
 * ERR_CRASHED instead of being tried again.
 * Tests: tests/restart/hang (in the system), tests/host/lib/suspect_test.c. */
#pragma once

#include <craton/service.h>

#define SUSPECTS 8u

struct suspect {
	uint64_t key; /* of the client; 0: none */
	uint32_t method;
	uint32_t sequence;
	uint32_t deaths;
	uint32_t reserved;
};

struct suspects {
	struct suspect running; /* `deaths` is unused */
	struct suspect list[SUSPECTS];
	uint32_t next; /* place for the next one */
	uint32_t any;  /* there were some */
};

/* At the start of an instance. */
void suspects_open(struct suspects *suspects, bool after_failure);

/* True: the request has killed two instances. It is forgotten by that. */
bool suspects_condemn(struct suspects *suspects, uint64_t key, uint32_t method, uint32_t sequence);

/* Around the handling of a request. */
static inline void suspects_begin(
	struct suspects *suspects, uint64_t key, uint32_t method, uint32_t sequence)
{
	suspects->running.method = method;
	suspects->running.sequence = sequence;
	__atomic_store_n(&suspects->running.key, key, __ATOMIC_RELEASE);
}

static inline void suspects_end(struct suspects *suspects)
{
	__atomic_store_n(&suspects->running.key, 0, __ATOMIC_RELEASE);
}
