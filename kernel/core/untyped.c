// SPDX-License-Identifier: MIT OR Apache-2.0
/* Untyped memory. `detail` is how many bytes are used, `link_a` the end of the part that may hold
 * old contents. Objects are cut off in order; memory comes back by revoke and reset. */
#include "invoke.h"

#include <arch/machine.h>
#include <arch/physmap.h>
#include <kernel/cspace.h>

#define RETYPE_MAX 32u
#define CLEAR_MAX  (4 * PAGE_SIZE) /* how much one call clears as it makes objects */

struct retype {
	uint64_t type;
	uint64_t size;
	uint64_t count;
	uint32_t order;
	uint64_t start; /* offset in the untyped */
	struct slot *slots;
};

static bool is_device(const struct slot *untyped)
{
	return (untyped->object & SLOT_DEVICE) != 0;
}

static uint32_t full_rights(uint64_t type)
{
	switch (type) {
	case OBJECT_FRAME:
		return RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE | RIGHT_PHYSICAL | RIGHT_CONTROL;
	case OBJECT_ENDPOINT:
	case OBJECT_NOTIFICATION:
		return RIGHT_READ | RIGHT_WRITE | RIGHT_GRANT;
	default:
		return RIGHT_ALL;
	}
}

static status_t retype_slots(struct invocation *in, struct retype *r)
{
	uint64_t index = ARGUMENT(in, 4);
	struct slot *table;
	struct slot *last;
	struct cnode *cnode;
	status_t status = cspace_lookup_object(
		in->self, ARGUMENT(in, 3), OBJECT_CNODE, RIGHT_CONTROL, &table);

	if (status != OK)
		return status;
	cnode = (struct cnode *)table->object;
	status = cnode_slot(cnode, index, &r->slots);
	if (status == OK && index + r->count - 1 < index)
		status = ERR_RANGE;
	if (status == OK)
		status = cnode_slot(cnode, index + r->count - 1, &last);
	if (status != OK)
		return status;
	for (uint64_t i = 0; i < r->count; i++) {
		if (r->slots[i].type != OBJECT_NULL)
			return ERR_OCCUPIED;
	}
	return OK;
}

static status_t retype_space(const struct slot *untyped, struct retype *r)
{
	uint64_t bytes = (uint64_t)1 << r->order;

	r->start = (untyped->detail + bytes - 1) & ~(bytes - 1);
	if (r->start > slot_size(untyped) || slot_size(untyped) - r->start < bytes * r->count)
		return ERR_NO_MEMORY;
	if (r->start < untyped->link_a && bytes * r->count > CLEAR_MAX &&
		r->type != OBJECT_UNTYPED && !is_device(untyped))
		return ERR_NOT_CLEARED;
	return OK;
}

static status_t retype_decode(struct invocation *in, struct retype *r)
{
	status_t status;

	r->type = ARGUMENT(in, 0);
	r->size = ARGUMENT(in, 1);
	r->count = ARGUMENT(in, 2);
	r->order = object_order(r->type, r->size);
	if (r->order == 0)
		return r->type == OBJECT_NULL || r->type >= OBJECT_TYPE_COUNT ? ERR_INVALID_ARGUMENT
									      : ERR_RANGE;
	if (r->count == 0 || r->count > RETYPE_MAX)
		return ERR_RANGE;
	if (r->type == OBJECT_DMA_SPACE && arch_iommu_levels() == 0)
		return ERR_NOT_SUPPORTED;
	if (is_device(in->target) && r->type != OBJECT_FRAME && r->type != OBJECT_UNTYPED)
		return ERR_NOT_SUPPORTED;
	status = retype_slots(in, r);
	return status == OK ? retype_space(in->target, r) : status;
}

static void make_object(struct slot *untyped, const struct retype *r, uint64_t i)
{
	uint64_t offset = r->start + (i << r->order);
	uint64_t address = slot_address(untyped) + offset;
	struct slot *slot = &r->slots[i];
	bool dirty = offset < untyped->link_a;
	uint64_t object = address;

	if (r->type == OBJECT_UNTYPED || r->type == OBJECT_FRAME)
		object |= r->order | (untyped->object & SLOT_DEVICE);
	if (r->type != OBJECT_UNTYPED && dirty && !is_device(untyped))
		memset((void *)address, 0, (size_t)1 << r->order);
	object_init(r->type, r->size, (void *)address);
	slot_fill(slot, (uint32_t)r->type, object, full_rights(r->type));
	if (r->type == OBJECT_UNTYPED && dirty)
		slot->link_a = slot_size(slot);
	slot_link_after(untyped, slot);
}

status_t untyped_retype_method(struct invocation *in)
{
	struct retype r;
	status_t status = retype_decode(in, &r);

	if (status != OK)
		return status;
	for (uint64_t i = 0; i < r.count; i++)
		make_object(in->target, &r, i);
	in->target->detail = r.start + (r.count << r.order);
	if (in->target->link_a < in->target->detail && !is_device(in->target))
		in->target->link_a = in->target->detail;
	set_result(in, 0, r.slots[0].tag);
	return OK;
}

status_t untyped_reset_method(struct invocation *in)
{
	struct slot *untyped = in->target;

	if (slot_first_derived(untyped) != NULL)
		return ERR_HAS_CHILDREN;
	while (untyped->link_a > 0 && !is_device(untyped)) {
		uint64_t page = (untyped->link_a - 1) & ~(PAGE_SIZE - 1);

		if (!slice_take(&in->slice, SLICE_STEPS / 2))
			return ERR_AGAIN;
		memset((void *)(slot_address(untyped) + page), 0, PAGE_SIZE);
		untyped->link_a = page;
	}
	untyped->detail = 0;
	return OK;
}

status_t untyped_info_method(struct invocation *in)
{
	set_result(in, 0, slot_size(in->target));
	set_result(in, 1, in->target->detail);
	set_result(in, 2,
		is_device(in->target) ? physical_of((const void *)slot_address(in->target)) : 0);
	return OK;
}
