// SPDX-License-Identifier: MIT OR Apache-2.0
// poll_oneoff.
#include "wasi/internal.h"

// Layouts in linear memory.
struct subscription {
	uint64_t user_data;
	uint8_t tag; // enum wasi_eventtype
	uint8_t padding[7];
	uint32_t clock_or_descriptor;
	uint32_t more_padding;
	uint64_t timeout;
	uint64_t precision;
	uint16_t flags;
	uint8_t last_padding[6];
};
static_assert(sizeof(struct subscription) == 48);

struct event {
	uint64_t user_data;
	uint16_t error;
	uint8_t type;
	uint8_t padding[5];
	uint64_t available;
	uint16_t flags;
	uint8_t more_padding[6];
};
static_assert(sizeof(struct event) == 32);

constexpr uint32_t POLL_LIMIT = 4096;

static uint64_t needed_right(uint8_t type)
{
	uint64_t transfer = type == WASI_EVENT_FD_READ ? WASI_RIGHT_FD_READ : WASI_RIGHT_FD_WRITE;
	return transfer | WASI_RIGHT_POLL_FD_READWRITE;
}

// Sets the item up; one that cannot be waited for is ready at once, with its error.
static void prepare(struct wasi *w, const struct subscription *s, struct wasi_poll_item *item)
{
	*item = (struct wasi_poll_item){.type = s->tag};
	if (s->tag == WASI_EVENT_CLOCK) {
		item->clock = s->clock_or_descriptor;
		item->absolute = (s->flags & WASI_SUBCLOCK_ABSTIME) != 0;
		item->timeout = s->timeout;
		if (item->clock > WASI_CLOCK_THREAD_CPUTIME)
			item->error = WASI_INVAL;
	} else if (s->tag > WASI_EVENT_FD_WRITE) {
		item->error = WASI_INVAL;
	} else {
		struct wasi_descriptor entry = {};
		item->error = wasi_descriptor_get(
			w, s->clock_or_descriptor, needed_right(s->tag), &entry);
		item->description = entry.description;
	}
	item->ready = item->error != WASI_SUCCESS;
}

static uint32_t write_events(const uint8_t *subscriptions, const struct wasi_poll_item *items,
	uint32_t count, uint8_t *to)
{
	uint32_t ready = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (!items[i].ready)
			continue;
		struct event event = {.error = items[i].error,
			.type = items[i].type,
			.available = items[i].available,
			.flags = items[i].flags};
		memcpy(&event.user_data, subscriptions + (size_t)i * sizeof(struct subscription),
			8);
		memcpy(to + (size_t)ready++ * sizeof(event), &event, sizeof(event));
	}
	return ready;
}

static enum wasi_errno wait_items(struct wasi *w, struct wasi_poll_item *items, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (items[i].ready)
			return WASI_SUCCESS;
	return w->host->poll(w->self, items, count);
}

// The events may overwrite the subscriptions: both are read and written through copies of user
// data, event i never lies beyond subscription i.
enum wasi_errno wasi_poll_oneoff(struct wasi *w, const struct wasm_instance *m, values_t *v)
{
	uint32_t count = v[2].i32;
	if (count == 0 || count > POLL_LIMIT)
		return WASI_INVAL;
	const uint8_t *from = wasm_memory_array(m, v[0].i32, count, sizeof(struct subscription));
	uint8_t *to = wasm_memory_array(m, v[1].i32, count, sizeof(struct event));
	if (from == nullptr || to == nullptr)
		return WASI_FAULT;
	struct wasi_poll_item *items = wasm_allocate(w->allocator, count, sizeof(*items));
	if (items == nullptr)
		return WASI_NOMEM;
	for (uint32_t i = 0; i < count; i++) {
		struct subscription s;
		memcpy(&s, from + (size_t)i * sizeof(s), sizeof(s));
		prepare(w, &s, &items[i]);
	}
	enum wasi_errno error = wait_items(w, items, count);
	uint32_t ready = error == WASI_SUCCESS ? write_events(from, items, count, to) : 0;
	wasm_free(w->allocator, items, count, sizeof(*items));
	return error == WASI_SUCCESS ? store_result(m, v[3].i32, &ready, 4) : error;
}
