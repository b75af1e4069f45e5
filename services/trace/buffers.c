// SPDX-License-Identifier: MIT OR Apache-2.0
/* Frames for the kernel's trace: see buffers.h. */
#include "buffers.h"

#include <abi/syscall.h>

#define MEMORY_ORDER 21u /* of the manifest's `untyped` */
#define PAGE_ORDER   12u
#define WINDOW       0x300000000u
#define FRAMES       PROCESS_SLOT_FREE                    /* slots: lent to the kernel */
#define COPIES       (PROCESS_SLOT_FREE + TRACE_CPUS_MAX) /* mapped here */

static unsigned order; /* log2 of each frame's bytes; 0: there are none */

static handle_t cnode(void)
{
	return service_start()->handles[PROCESS_SLOT_CNODE];
}

static unsigned order_for(uint64_t cpus)
{
	unsigned result = MEMORY_ORDER;

	while (((uint64_t)1 << (MEMORY_ORDER - result)) < cpus)
		result--;
	return result;
}

static handle_t handle_at(uint64_t slot)
{
	uint64_t type, rights, badge, tag, detail;

	if (cnode_inspect(cnode(), slot, &type, &rights, &badge, &tag, &detail) != OK ||
		type == OBJECT_NULL)
		return 0;
	return handle_of(slot, tag);
}

handle_t buffer_frame(uint64_t cpu)
{
	return handle_at(FRAMES + cpu);
}

static status_t make_frame(uint64_t cpu, unsigned frame_order)
{
	uint64_t tag;

	if (buffer_frame(cpu) != 0)
		return OK;
	return untyped_retype(service_start()->handles[PROCESS_SLOT_UNTYPED], OBJECT_FRAME,
		frame_order, 1, cnode(), FRAMES + cpu, &tag);
}

/* The predecessor's copy went out of its address space with it. */
static status_t map_frame(uint64_t cpu, unsigned frame_order)
{
	uint64_t missing, tag;
	status_t status = cnode_delete(cnode(), COPIES + cpu);

	if (status == OK || status == ERR_STALE)
		status = cnode_copy(cnode(), COPIES + cpu, buffer_frame(cpu), RIGHT_READ, &tag);
	if (status != OK)
		return status;
	return address_space_map(service_start()->handles[PROCESS_SLOT_SPACE],
		handle_of(COPIES + cpu, tag), 0, WINDOW + (cpu << frame_order),
		(uint64_t)1 << (frame_order - PAGE_ORDER), RIGHT_READ, &missing);
}

status_t buffers_make(uint64_t cpus)
{
	unsigned frame_order = order_for(cpus);
	status_t status = OK;

	if (order != 0)
		return OK;
	if (cpus > TRACE_CPUS_MAX || frame_order < PAGE_ORDER)
		return ERR_NO_MEMORY;
	if (buffer_frame(0) == 0) /* the memory holds old contents */
		status = untyped_reset(service_start()->handles[PROCESS_SLOT_UNTYPED]);
	for (uint64_t cpu = 0; status == OK && cpu < cpus; cpu++) {
		status = make_frame(cpu, frame_order);
		if (status == OK)
			status = map_frame(cpu, frame_order);
	}
	if (status == OK)
		order = frame_order;
	return status;
}

uint64_t buffers_capacity(void)
{
	return order != 0 ? ((uint64_t)1 << order) / sizeof(struct trace_record) : 0;
}

const struct trace_record *buffer_record(uint64_t cpu, uint64_t sequence)
{
	const struct trace_record *ring = (const struct trace_record *)(WINDOW + (cpu << order));

	return &ring[sequence & (buffers_capacity() - 1)];
}
