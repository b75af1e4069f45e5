// SPDX-License-Identifier: MIT OR Apache-2.0
/* Untyped memory from the first task, for services. */
#include "supervisor.h"

#include <abi/syscall.h>

#define POOL_SLOTS    256u
#define PIECE_BYTES   0x10000u /* less is of no use to who manages memory */
#define DETAIL_DEVICE 256u     /* of cnode.inspect */

handle_t pool_find(unsigned order)
{
	uint64_t size = (uint64_t)1 << order;
	handle_t cnode = service_start()->handles[PROCESS_SLOT_CNODE];
	handle_t best = 0;
	uint64_t best_lost = UINT64_MAX;
	uint64_t best_free = UINT64_MAX;

	for (uint64_t slot = PROCESS_SLOT_FREE; slot < PROCESS_SLOT_FREE + POOL_SLOTS; slot++) {
		uint64_t type, rights, badge, tag, detail, total, used, address, start;

		if (cnode_inspect(cnode, slot, &type, &rights, &badge, &tag, &detail) != OK ||
			type != OBJECT_UNTYPED || (detail & DETAIL_DEVICE) != 0)
			continue;
		if (untyped_info(handle_of(slot, tag), &total, &used, &address) != OK)
			continue;
		start = (used + size - 1) >> order << order;
		if (start + size > total || start - used > best_lost ||
			(start - used == best_lost && total - start >= best_free))
			continue;
		best = handle_of(slot, tag);
		best_lost = start - used;
		best_free = total - start;
	}
	return best;
}

status_t give_devices(struct built *s)
{
	handle_t cnode = service_start()->handles[PROCESS_SLOT_CNODE];
	uint64_t to = PROCESS_SLOT_FREE;
	status_t status = OK;

	if ((s->manifest.grants & SERVICE_GRANT_DEVICES) == 0)
		return OK;
	for (uint64_t slot = PROCESS_SLOT_FREE; slot < PROCESS_SLOT_FREE + POOL_SLOTS; slot++) {
		uint64_t type, rights, badge, tag, detail;

		if (status == OK &&
			cnode_inspect(cnode, slot, &type, &rights, &badge, &tag, &detail) == OK &&
			(type == OBJECT_IOMMU ||
				(type == OBJECT_UNTYPED && (detail & DETAIL_DEVICE) != 0)))
			status = cnode_move(s->cnode, to++, handle_of(slot, tag), &tag);
	}
	return status;
}

/* The largest piece that begins at `used` and is aligned to its size. */
static unsigned next_piece(uint64_t used, uint64_t size)
{
	unsigned most = 63 - (unsigned)__builtin_clzll(size - used);
	unsigned aligned = used == 0 ? most : (unsigned)__builtin_ctzll(used);

	return aligned < most ? aligned : most;
}

/* What is left of a piece of memory, from its used end on: each piece begins where the one before
 * ends, so nothing is lost between them. */
static status_t give_rest(handle_t memory, handle_t cnode, uint64_t *slot)
{
	uint64_t size, used, address;
	status_t status = untyped_info(memory, &size, &used, &address);

	used = (used + PIECE_BYTES - 1) / PIECE_BYTES * PIECE_BYTES;
	while (status == OK && used + PIECE_BYTES <= size) {
		unsigned order = next_piece(used, size);
		uint64_t tag;

		status = untyped_retype(memory, OBJECT_UNTYPED, order, 1, cnode, *slot, &tag);
		used += (uint64_t)1 << order;
		++*slot;
	}
	return status;
}

status_t give_untyped(struct built *s)
{
	handle_t cnode = service_start()->handles[PROCESS_SLOT_CNODE];
	unsigned order = s->manifest.untyped_order;
	uint64_t slot = PROCESS_SLOT_FREE;
	status_t status = OK;

	if (order == 0)
		return OK;
	if (order != UNTYPED_ALL)
		return untyped_retype(pool_find(order), OBJECT_UNTYPED, order, 1, s->cnode,
			PROCESS_SLOT_UNTYPED, &s->tags[PROCESS_SLOT_UNTYPED]);
	for (uint64_t i = PROCESS_SLOT_FREE; status == OK && i < PROCESS_SLOT_FREE + POOL_SLOTS;
		i++) {
		uint64_t type, rights, badge, tag, detail;

		if (cnode_inspect(cnode, i, &type, &rights, &badge, &tag, &detail) == OK &&
			type == OBJECT_UNTYPED && (detail & DETAIL_DEVICE) == 0)
			status = give_rest(handle_of(i, tag), s->cnode, &slot);
	}
	return status;
}
