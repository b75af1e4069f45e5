// SPDX-License-Identifier: MIT OR Apache-2.0
/* The derivation list: see slot.h. */
#include <kernel/slot.h>

#define TAG_MASK (((uint64_t)1 << ABI_HANDLE_TAG_BITS) - 1)

uint64_t slot_next_tag(void)
{
	static uint64_t counter; /* guarded by the kernel lock */

	counter++;
	if (UNLIKELY((counter & TAG_MASK) == 0))
		counter++; /* a tag is never 0: an empty slot has that */
	return counter & TAG_MASK;
}

void slot_fill(struct slot *slot, uint32_t type, uint64_t object, uint32_t rights)
{
	slot->object = object;
	slot->tag = slot_next_tag();
	slot->type = type & 0xffu;
	slot->rights = rights & 0xffffu;
	slot->badge = 0;
	slot->depth = 0;
	slot->next = NULL;
	slot->prev = NULL;
	slot->detail = 0;
	slot->link_a = 0;
	slot->link_b = 0;
}

void slot_link_after(struct slot *parent, struct slot *child)
{
	child->prev = parent;
	child->next = parent->next;
	if (parent->next != NULL)
		parent->next->prev = child;
	parent->next = child;
}

void slot_link_before(struct slot *source, struct slot *copy)
{
	copy->next = source;
	copy->prev = source->prev;
	if (source->prev != NULL)
		source->prev->next = copy;
	source->prev = copy;
}

void slot_copy(struct slot *to, struct slot *source, uint64_t rights)
{
	slot_fill(to, source->type, source->object, (uint32_t)(source->rights & rights));
	if (source->type != OBJECT_FRAME && source->type != OBJECT_PAGE_TABLE)
		to->badge = source->badge;
	to->depth = source->depth;
	slot_link_before(source, to);
}

void slot_move(struct slot *to, struct slot *from)
{
	*to = *from;
	to->tag = slot_next_tag();
	if (to->prev != NULL)
		to->prev->next = to;
	if (to->next != NULL)
		to->next->prev = to;
	memset(from, 0, sizeof(*from));
}

void slot_clear(struct slot *slot)
{
	if (slot->prev != NULL)
		slot->prev->next = slot->next;
	if (slot->next != NULL)
		slot->next->prev = slot->prev;
	memset(slot, 0, sizeof(*slot));
}

static bool same_object(const struct slot *a, const struct slot *b)
{
	return b != NULL && a->type == b->type && a->object == b->object;
}

bool slot_is_last(const struct slot *slot)
{
	return !same_object(slot, slot->prev) && !same_object(slot, slot->next);
}

bool slot_is_derived(const struct slot *parent, const struct slot *candidate)
{
	if (parent->type == OBJECT_UNTYPED)
		return candidate->object - slot_address(parent) < slot_size(parent);
	return candidate->depth > parent->depth;
}

struct slot *slot_first_derived(const struct slot *slot)
{
	struct slot *next = slot->next;

	return next != NULL && slot_is_derived(slot, next) ? next : NULL;
}
