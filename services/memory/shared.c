// SPDX-License-Identifier: MIT OR Apache-2.0
/* Memory that services share with programs. A service finds its objects by keys of its own, so that
 * one that was killed in the middle meets again what it had made. An object is contiguous and is
 * mapped at once; a program's quota pays for it. */
#include "memory.h"

#include <abi/syscall.h>
#include <craton/estate.h>

struct shared *shared_find(uint64_t number)
{
	uint64_t index = number - MEMORY_SHARED_FIRST;

	if (!is_shared(number) || index >= memory->shared_used || memory->shared[index].size == 0)
		return nullptr;
	return &memory->shared[index];
}

struct shared *shared_find_key(uint64_t owner, uint64_t key)
{
	for (uint64_t i = 0; i < memory->shared_used; i++) {
		struct shared *s = &memory->shared[i];

		if (s->size != 0 && s->dying == 0 && s->owner == owner && s->key == key)
			return s;
	}
	return nullptr;
}

uint64_t shared_number(const struct shared *s)
{
	return MEMORY_SHARED_FIRST + (uint64_t)(s - memory->shared);
}

static struct shared *free_entry(void)
{
	for (uint64_t i = 0; i < memory->shared_used; i++) {
		if (memory->shared[i].size == 0)
			return &memory->shared[i];
	}
	if (memory->shared_used == SHARED)
		return nullptr;
	ESTATE_SET(memory->shared_used, memory->shared_used + 1);
	return &memory->shared[memory->shared_used - 1];
}

static status_t charge(uint64_t account, uint64_t size)
{
	struct space *space = space_find(account);

	if (account == 0)
		return OK;
	if (space == nullptr)
		return ERR_NOT_FOUND;
	return space_charge(space, size);
}

static bool is_whole(uint64_t size)
{
	return size == (uint64_t)CHUNK_PAGES * PAGE;
}

status_t shared_create(
	uint64_t owner, uint64_t key, uint64_t size, uint64_t account, struct shared **out)
{
	struct shared *s = free_entry();
	uint32_t unit;
	status_t status;

	if (!is_whole(size) && size != MEMORY_SHARED_UNIT)
		return ERR_RANGE;
	if (s == nullptr)
		return ERR_TOO_MANY;
	status = units_allocate(is_whole(size), &unit);
	if (status != OK)
		return status;
	status = charge(account, size);
	if (status != OK) {
		units_release(is_whole(size), unit);
		return status;
	}
	estate_save(s, sizeof(*s));
	*s = (struct shared){
		.size = size, .owner = owner, .key = key, .account = account, .unit = unit};
	*out = s;
	return OK;
}

status_t shared_map(struct space *space, const struct shared *s, uint64_t address, uint64_t rights)
{
	uint32_t chunk = s->unit / CHUNK_UNITS;

	return mapping_add_frame(space, address, slot_handle(SLOT_CHUNK + 2u * chunk + 1),
		(uint64_t)(s->unit % CHUNK_UNITS) * MEMORY_SHARED_UNIT, s->size / PAGE, rights);
}

static uint32_t service_bit(uint64_t badge)
{
	return (uint32_t)1 << (badge & 31);
}

bool shared_is_pinned(const struct shared *s, uint64_t badge)
{
	return s->size != 0 && (s->pins & service_bit(badge)) != 0;
}

status_t shared_physical(const struct shared *s, uint64_t *physical)
{
	uint64_t size;
	status_t status = frame_physical(
		slot_handle(SLOT_CHUNK + 2u * (s->unit / CHUNK_UNITS) + 1), physical, &size);

	*physical += (uint64_t)(s->unit % CHUNK_UNITS) * MEMORY_SHARED_UNIT;
	return status;
}

bool shared_is_for(const struct shared *s, uint64_t badge)
{
	return s->owner == badge ||
	       (badge >= BADGE_SERVICE && (s->guests & service_bit(badge)) != 0);
}

status_t shared_pin(struct shared *s, uint64_t badge, uint64_t *physical)
{
	status_t status = shared_physical(s, physical);

	if (status == OK)
		status = dma_map(badge, s, *physical);
	if (status != OK)
		return status;
	if ((s->pins & service_bit(badge)) != 0)
		return OK;
	ESTATE_SET(s->pins, s->pins | service_bit(badge));
	ESTATE_SET(s->references, s->references + 1);
	return OK;
}

void shared_unpin(struct shared *s, uint64_t badge)
{
	if ((s->pins & service_bit(badge)) == 0)
		return;
	dma_unmap(badge, s);
	ESTATE_SET(s->pins, s->pins & ~service_bit(badge));
	shared_unreference(shared_number(s));
}

static void end(struct shared *s)
{
	struct space *space = space_find(s->account);

	if (space != nullptr)
		space_discharge(space, s->size);
	units_release(is_whole(s->size), s->unit);
	ESTATE_SET(s->size, 0);
}

void shared_destroy(struct shared *s)
{
	if (s->references == 0)
		end(s);
	else
		ESTATE_SET(s->dying, 1);
}

void shared_reference(uint64_t number)
{
	struct shared *s = shared_find(number);

	if (s != nullptr)
		ESTATE_SET(s->references, s->references + 1);
}

void shared_unreference(uint64_t number)
{
	struct shared *s = shared_find(number);

	if (s == nullptr)
		return;
	ESTATE_SET(s->references, s->references - 1);
	if (s->references == 0 && s->dying != 0)
		end(s);
}
