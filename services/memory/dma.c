// SPDX-License-Identifier: MIT OR Apache-2.0
/* What devices of services reach, where the machine has an IOMMU: what the service has pinned, at
 * its physical address. A driver's DMA space is a `struct space` like a program's, with another
 * object of the kernel. It is made once, and lives on when the driver's instance does not, as what
 * is pinned does: so the tables that a device uses change only with what is pinned. */
#include "memory.h"

#include <abi/syscall.h>
#include <craton/estate.h>

static struct space *space_of(uint64_t badge)
{
	return space_find(DMA_SPACE | badge);
}

static struct mapping *find(const struct space *space, uint64_t address)
{
	for (link_t link = space->mappings; link != 0;
		link = memory->mappings[link - 1].space_next) {
		if (memory->mappings[link - 1].address == address)
			return &memory->mappings[link - 1];
	}
	return nullptr;
}

status_t dma_map(uint64_t badge, const struct shared *s, uint64_t physical)
{
	struct space *space = space_of(badge);
	uint32_t chunk = s->unit / CHUNK_UNITS;

	if (space == nullptr || find(space, physical) != nullptr)
		return OK;
	return mapping_add_frame(space, physical, slot_handle(SLOT_CHUNK + 2u * chunk + 1),
		(uint64_t)(s->unit % CHUNK_UNITS) * MEMORY_SHARED_UNIT, s->size / PAGE,
		RIGHT_READ | RIGHT_WRITE);
}

void dma_unmap(uint64_t badge, const struct shared *s)
{
	const struct space *space = space_of(badge);
	struct mapping *mapping = nullptr;
	uint64_t physical;

	if (space != nullptr && shared_physical(s, &physical) == OK)
		mapping = find(space, physical);
	if (mapping != nullptr)
		mapping_remove(mapping);
}

/* What was pinned before there was the space. */
static status_t map_pinned(uint64_t badge)
{
	status_t status = OK;

	for (uint64_t i = 0; status == OK && i < memory->shared_used; i++) {
		const struct shared *s = &memory->shared[i];
		uint64_t physical;

		if (!shared_is_pinned(s, badge))
			continue;
		status = shared_physical(s, &physical);
		if (status == OK)
			status = dma_map(badge, s, physical);
		estate_commit(); /* a transaction has no room for all */
	}
	return status;
}

status_t dma_open(uint64_t badge, handle_t *handle)
{
	struct space *space = space_of(badge);
	status_t status = OK;

	if (space == nullptr)
		status = space_make(DMA_SPACE | badge, 0, OBJECT_DMA_SPACE, &space);
	if (status == OK)
		status = map_pinned(badge);
	return status == OK ? kernel_space_copy(space, handle) : status;
}
