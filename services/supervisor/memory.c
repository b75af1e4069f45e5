// SPDX-License-Identifier: MIT OR Apache-2.0
/* Untyped memory from the first task, for services. */
#include "supervisor.h"

#include <abi/syscall.h>

#define POOL_SLOTS    256u
#define DETAIL_DEVICE 256u /* of cnode.inspect */

handle_t pool_find(unsigned order)
{
	uint64_t size = (uint64_t)1 << order;
	handle_t cnode = service_start()->handles[PROCESS_SLOT_CNODE];
	handle_t best = 0;
	uint64_t best_free = UINT64_MAX;

	for (uint64_t slot = PROCESS_SLOT_FREE; slot < PROCESS_SLOT_FREE + POOL_SLOTS; slot++) {
		uint64_t type, rights, badge, tag, detail, total, used, address;

		if (cnode_inspect(cnode, slot, &type, &rights, &badge, &tag, &detail) != OK ||
			type != OBJECT_UNTYPED || (detail & DETAIL_DEVICE) != 0)
			continue;
		if (untyped_info(handle_of(slot, tag), &total, &used, &address) != OK)
			continue;
		used = (used + ((uint64_t)1 << order) - 1) >> order << order;
		if (used + size > total || total - used >= best_free)
			continue;
		best = handle_of(slot, tag);
		best_free = total - used;
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
			type == OBJECT_UNTYPED && (detail & DETAIL_DEVICE) != 0)
			status = cnode_move(s->cnode, to++, handle_of(slot, tag), &tag);
	}
	return status;
}

status_t give_untyped(struct built *s)
{
	handle_t cnode = service_start()->handles[PROCESS_SLOT_CNODE];
	unsigned order = s->manifest.untyped_order;
	uint64_t slot = PROCESS_SLOT_FREE;

	if (order == 0)
		return OK;
	if (order != UNTYPED_ALL)
		return untyped_retype(pool_find(order), OBJECT_UNTYPED, order, 1, s->cnode,
			PROCESS_SLOT_UNTYPED, &s->tags[PROCESS_SLOT_UNTYPED]);
	for (uint64_t i = PROCESS_SLOT_FREE; i < PROCESS_SLOT_FREE + POOL_SLOTS; i++) {
		uint64_t type, rights, badge, tag, detail, size, used, address;
		handle_t handle;

		if (cnode_inspect(cnode, i, &type, &rights, &badge, &tag, &detail) != OK ||
			type != OBJECT_UNTYPED || (detail & DETAIL_DEVICE) != 0)
			continue;
		handle = handle_of(i, tag);
		if (untyped_info(handle, &size, &used, &address) != OK)
			continue;
		/* Halves of what is left, as naturally aligned pieces. */
		for (unsigned bit = 63 - (unsigned)__builtin_clzll(size); bit >= 16; bit--) {
			status_t status = untyped_retype(
				handle, OBJECT_UNTYPED, bit, 1, s->cnode, slot, &tag);

			if (status == OK)
				slot++;
		}
	}
	return OK;
}
