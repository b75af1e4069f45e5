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

bool block_client_begin(struct block_client *c, const struct block_slot *request)
{
	struct block_slot *place = nullptr;

	for (uint32_t i = 0; c->slots != nullptr && i < BLOCK_SLOTS; i++) {
		struct block_slot *slot = &c->slots[i];

		if (state_of(slot) == BLOCK_STATE_FREE)
			place = place != nullptr ? place : slot;
		else if (slot->id == request->id && slot->unit == request->unit)
			return true;
	}
	if (place == nullptr)
		return false;
	*place = *request;
	place->status = 0;
	set_state(place, BLOCK_STATE_REQUESTED);
	c->is_begun = true;
	return true;
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
