// SPDX-License-Identifier: MIT OR Apache-2.0
/* Requests that wait: see craton/waiting.h. */
#include <craton/waiting.h>

static struct waiting *entries;
static size_t top; /* entries from here on are free */
static uint64_t last_ticket;

void waiting_open(struct waiting table[WAITING_MOST])
{
	entries = table;
	top = 0;
	memset(entries, 0, WAITING_MOST * sizeof(entries[0]));
}

static bool is_used(const struct waiting *w)
{
	return w->parked.reply != 0;
}

/* Most often nobody waits: then nothing needs a look. */
static size_t used_end(void)
{
	while (top > 0 && !is_used(&entries[top - 1]))
		top--;
	return top;
}

status_t waiting_add(const struct request *request, uint64_t deadline)
{
	for (size_t i = 0; i < WAITING_MOST; i++) {
		struct waiting *w = &entries[i];

		if (is_used(w))
			continue;
		if (i >= top)
			top = i + 1;
		w->ticket = ++last_ticket;
		w->deadline = deadline;
		memcpy(w->words, request->words, sizeof(w->words));
		w->size = request->size;
		memcpy(w->bytes, request->bytes, request->size);
		return service_park(request, &w->parked);
	}
	return ERR_TOO_MANY;
}

struct waiting *waiting_next(const struct waiting *behind, uint32_t method)
{
	uint64_t after = behind != nullptr ? behind->ticket : 0;
	struct waiting *next = nullptr;

	for (size_t i = 0, count = used_end(); i < count; i++) {
		struct waiting *w = &entries[i];

		if (is_used(w) && w->ticket > after &&
			(method == 0 || w->parked.method == method) &&
			(next == nullptr || w->ticket < next->ticket))
			next = w;
	}
	return next;
}

static void end(struct waiting *w, status_t status)
{
	static const uint64_t none[6];

	service_complete(&w->parked, status, none, "", 0);
}

void waiting_end_method(uint32_t method, status_t status)
{
	for (size_t i = 0, count = used_end(); i < count; i++) {
		if (is_used(&entries[i]) && entries[i].parked.method == method)
			end(&entries[i], status);
	}
}

void waiting_end_client(uint64_t badge, status_t status)
{
	for (size_t i = 0, count = used_end(); i < count; i++) {
		if (is_used(&entries[i]) && entries[i].parked.badge == badge)
			end(&entries[i], status);
	}
}

void waiting_forget_client(uint64_t badge)
{
	for (size_t i = 0, count = used_end(); i < count; i++) {
		if (is_used(&entries[i]) && entries[i].parked.badge == badge)
			service_forget(&entries[i].parked);
	}
}

uint64_t waiting_deadline(void)
{
	uint64_t next = ABI_DEADLINE_NEVER;

	for (size_t i = 0, count = used_end(); i < count; i++) {
		if (is_used(&entries[i]) && entries[i].deadline < next)
			next = entries[i].deadline;
	}
	return next;
}

struct waiting *waiting_expired(uint64_t now)
{
	for (size_t i = 0, count = used_end(); i < count; i++) {
		if (is_used(&entries[i]) && entries[i].deadline <= now)
			return &entries[i];
	}
	return nullptr;
}
