// SPDX-License-Identifier: MIT OR Apache-2.0
/* Requests that wait: see waiting.h. */
#include "waiting.h"

static struct waiting entries[WAITING_MAX];
static uint64_t next_ticket;

static bool is_used(const struct waiting *w)
{
	return w->parked.reply != 0;
}

status_t waiting_add(const struct request *request, size_t size, uint64_t deadline)
{
	for (size_t i = 0; i < WAITING_MAX; i++) {
		struct waiting *w = &entries[i];

		if (is_used(w))
			continue;
		w->ticket = next_ticket++;
		w->deadline = deadline;
		w->size = size;
		memcpy(w->bytes, request->bytes, size < request->size ? size : request->size);
		return service_park(request, &w->parked);
	}
	return ERR_TOO_MANY;
}

struct waiting *waiting_first(uint32_t method)
{
	struct waiting *first = nullptr;

	for (size_t i = 0; i < WAITING_MAX; i++) {
		struct waiting *w = &entries[i];

		if (is_used(w) && w->parked.method == method &&
			(first == nullptr || w->ticket < first->ticket))
			first = w;
	}
	return first;
}

static void end(struct waiting *w, status_t status)
{
	static const uint64_t none[6];

	service_complete(&w->parked, status, none, "", 0);
}

void waiting_end_method(uint32_t method, status_t status)
{
	for (size_t i = 0; i < WAITING_MAX; i++) {
		if (is_used(&entries[i]) && entries[i].parked.method == method)
			end(&entries[i], status);
	}
}

void waiting_end_client(uint64_t badge, status_t status)
{
	for (size_t i = 0; i < WAITING_MAX; i++) {
		if (is_used(&entries[i]) && entries[i].parked.badge == badge)
			end(&entries[i], status);
	}
}

uint64_t waiting_deadline(void)
{
	uint64_t next = ABI_DEADLINE_NEVER;

	for (size_t i = 0; i < WAITING_MAX; i++) {
		if (is_used(&entries[i]) && entries[i].deadline < next)
			next = entries[i].deadline;
	}
	return next;
}

struct waiting *waiting_expired(uint64_t now)
{
	for (size_t i = 0; i < WAITING_MAX; i++) {
		if (is_used(&entries[i]) && entries[i].deadline <= now)
			return &entries[i];
	}
	return nullptr;
}
