// SPDX-License-Identifier: MIT OR Apache-2.0
/* Methods of CNodes. */
#include "invoke.h"

#include <kernel/cspace.h>
#include <kernel/delete.h>
#include <kernel/endpoint.h>
#include <kernel/space.h>

#define DETAIL_DEVICE ((uint64_t)1 << 8)
#define BADGE_LIMIT   ((uint64_t)1 << 48)

static struct cnode *target_cnode(const struct invocation *in)
{
	return (struct cnode *)in->target->object;
}

/* Decodes a destination index and a source handle. */
static status_t copy_decode(struct invocation *in, struct slot **to, struct slot **from)
{
	status_t status = cnode_empty_slot(target_cnode(in), ARGUMENT(in, 0), to);

	if (status != OK)
		return status;
	return cspace_lookup(in->self, ARGUMENT(in, 1), from);
}

/* Untyped memory and page tables have one capability each; control capabilities can be copied. */
static status_t copyable(const struct slot *slot)
{
	return slot_is_single(slot) ? ERR_WRONG_TYPE : OK;
}

status_t cnode_copy_method(struct invocation *in)
{
	struct slot *to;
	struct slot *from;
	status_t status = copy_decode(in, &to, &from);

	if (status == OK)
		status = copyable(from);
	if (status != OK)
		return status;
	slot_copy(to, from, ARGUMENT(in, 2));
	set_result(in, 0, to->tag);
	return OK;
}

static status_t badge_check(const struct slot *from, uint64_t badge)
{
	if (badge == 0)
		return OK;
	if (from->type != OBJECT_ENDPOINT && from->type != OBJECT_NOTIFICATION)
		return ERR_INVALID_ARGUMENT;
	if (badge >= BADGE_LIMIT)
		return ERR_RANGE;
	return from->badge == 0 ? OK : ERR_RIGHTS;
}

status_t cnode_mint_method(struct invocation *in)
{
	uint64_t badge = ARGUMENT(in, 3);
	struct slot *to;
	struct slot *from;
	status_t status = copy_decode(in, &to, &from);

	if (status == OK)
		status = copyable(from);
	if (status == OK)
		status = badge_check(from, badge);
	if (status == OK && from->depth >= ABI_DERIVATION_DEPTH)
		status = ERR_DEPTH;
	if (status != OK)
		return status;
	slot_fill(to, from->type, from->object, (uint32_t)(from->rights & ARGUMENT(in, 2)));
	to->depth = (uint64_t)(from->depth + 1) & 0xffffu;
	if (from->type != OBJECT_FRAME)
		to->badge = (badge != 0 ? badge : from->badge) & (BADGE_LIMIT - 1);
	slot_link_after(from, to);
	set_result(in, 0, to->tag);
	return OK;
}

status_t cnode_move_method(struct invocation *in)
{
	struct slot *to;
	struct slot *from;
	status_t status = copy_decode(in, &to, &from);

	if (status != OK)
		return status;
	slot_move(to, from);
	if (to->type == OBJECT_FRAME || to->type == OBJECT_PAGE_TABLE)
		space_slot_moved(to);
	set_result(in, 0, to->tag);
	return OK;
}

status_t cnode_delete_method(struct invocation *in)
{
	struct slot *slot;
	status_t status = cnode_slot(target_cnode(in), ARGUMENT(in, 0), &slot);

	if (status != OK)
		return status;
	if (slot->type == OBJECT_NULL && in->self->dying == NULL)
		return ERR_STALE;
	return slot_delete(in->self, slot, &in->slice);
}

status_t cnode_revoke_method(struct invocation *in)
{
	struct slot *slot;
	status_t status = cnode_slot(target_cnode(in), ARGUMENT(in, 0), &slot);

	if (status != OK)
		return status;
	if (slot->type == OBJECT_NULL &&
		in->self->dying == NULL) /* it can go while it is revoked */
		return ERR_STALE;
	return slot_revoke(in->self, slot, &in->slice);
}

status_t cnode_cancel_badge_method(struct invocation *in)
{
	struct slot *cap;
	status_t status =
		cspace_lookup_object(in->self, ARGUMENT(in, 0), OBJECT_ENDPOINT, RIGHT_READ, &cap);

	if (status != OK)
		return status;
	return endpoint_cancel_badge(
		(struct endpoint *)cap->object, in->self, ARGUMENT(in, 1), &in->slice);
}

static uint64_t slot_detail(const struct slot *slot)
{
	switch (slot->type) {
	case OBJECT_UNTYPED:
	case OBJECT_FRAME:
		return slot_order(slot) | ((slot->object & SLOT_DEVICE) != 0 ? DETAIL_DEVICE : 0);
	case OBJECT_CNODE:
		return ((const struct cnode *)slot->object)->radix;
	default:
		return 0;
	}
}

status_t cnode_inspect_method(struct invocation *in)
{
	struct slot *slot;
	status_t status = cnode_slot(target_cnode(in), ARGUMENT(in, 0), &slot);

	if (status != OK)
		return status;
	set_result(in, 0, slot->type);
	set_result(in, 1, slot->rights);
	set_result(in, 2, slot->badge);
	set_result(in, 3, slot->tag);
	set_result(in, 4, slot_detail(slot));
	return OK;
}
