// SPDX-License-Identifier: MIT OR Apache-2.0
/* See craton/block_client.h. */
#include <craton/block_client.h>

static uint32_t state_of(const struct block_slot *slot)
{
	return __atomic_load_n(&slot->state, __ATOMIC_ACQUIRE);
}

static void set_state(struct block_slot *slot, uint32_t state)
{
	__atomic_store_n(&slot->state, state, __ATOMIC_RELEASE);
}

static struct block_piece *list_of(const struct block_client *c, const struct block_slot *slot)
{
	uint8_t *lists = (uint8_t *)c->slots + BLOCK_LISTS_OFFSET;

	return (struct block_piece *)lists + (slot - c->slots) * BLOCK_PIECES;
}

/* A slot for a request; nullptr: there is none. `*is_there`: it is in one already. */
static struct block_slot *find_place(
	const struct block_client *c, const struct block_slot *request, bool *is_there)
{
	struct block_slot *place = nullptr;
	uint32_t used = 0;

	*is_there = false;
	for (uint32_t i = 0; c->slots != nullptr && i < BLOCK_SLOTS; i++) {
		struct block_slot *slot = &c->slots[i];

		if (state_of(slot) == BLOCK_STATE_FREE) {
			place = place != nullptr ? place : slot;
		} else if (slot->unit == request->unit) {
			used++;
			*is_there = *is_there || slot->id == request->id;
		}
	}
	return c->share == 0 || used < c->share ? place : nullptr;
}

bool block_client_begin_list(struct block_client *c, const struct block_slot *request,
	const struct block_piece *pieces, uint32_t count)
{
	bool is_there;
	struct block_slot *place = find_place(c, request, &is_there);

	if (place == nullptr || is_there)
		return is_there;
	*place = *request;
	place->status = 0;
	if (count > 0)
		memcpy(list_of(c, place), pieces, count * sizeof(*pieces));
	set_state(place, BLOCK_STATE_REQUESTED);
	c->is_begun = true;
	return true;
}

bool block_client_begin(struct block_client *c, const struct block_slot *request)
{
	return block_client_begin_list(c, request, nullptr, 0);
}

bool block_client_find(const struct block_client *c, uint64_t unit, uint64_t *id, uint64_t last)
{
	uint64_t found = UINT64_MAX;

	for (uint32_t i = 0; c->slots != nullptr && i < BLOCK_SLOTS; i++) {
		const struct block_slot *slot = &c->slots[i];

		if (state_of(slot) != BLOCK_STATE_FREE && slot->unit == unit && slot->id >= *id &&
			slot->id <= last && slot->id < found)
			found = slot->id;
	}
	*id = found;
	return found != UINT64_MAX;
}

bool block_client_end(struct block_client *c, struct block_end *end)
{
	for (uint32_t i = 0; c->slots != nullptr && i < BLOCK_SLOTS; i++) {
		struct block_slot *slot = &c->slots[i];

		if (state_of(slot) != BLOCK_STATE_DONE)
			continue;
		*end = (struct block_end){slot->unit, slot->id, -(status_t)slot->status};
		set_state(slot, BLOCK_STATE_FREE);
		return true;
	}
	return false;
}
