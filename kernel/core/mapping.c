// SPDX-License-Identifier: MIT OR Apache-2.0
/* Packed lists of mapped slots: see mapping.h.
 * link_a: next slot (40 bits, 64-byte units), low 24 bits of the space's page number.
 * link_b: previous slot, high bits of the space's page number. */
#include <arch/physmap.h>
#include <kernel/mapping.h>
#include <kernel/space.h>

#define UNIT_SHIFT 6u
#define UNIT_BITS  40u
#define UNIT_MASK  (((uint64_t)1 << UNIT_BITS) - 1)
#define SPACE_BITS 24u
#define SPACE_MASK (((uint64_t)1 << SPACE_BITS) - 1)

static uint64_t pack(const struct slot *slot)
{
	return slot == NULL ? 0 : physical_of(slot) >> UNIT_SHIFT;
}

static struct slot *unpack(uint64_t link)
{
	uint64_t unit = link & UNIT_MASK;

	return unit == 0 ? NULL : virtual_of(unit << UNIT_SHIFT);
}

static void set_next(struct slot *slot, const struct slot *next)
{
	slot->link_a = (slot->link_a & ~UNIT_MASK) | pack(next);
}

static void set_previous(struct slot *slot, const struct slot *previous)
{
	slot->link_b = (slot->link_b & ~UNIT_MASK) | pack(previous);
}

void mapping_link(struct slot **list, struct slot *slot, struct address_space *space)
{
	uint64_t page = physical_of(space) >> PAGE_SHIFT;

	slot->link_a = (page & SPACE_MASK) << UNIT_BITS;
	slot->link_b = page >> SPACE_BITS << UNIT_BITS;
	set_next(slot, *list);
	if (*list != NULL)
		set_previous(*list, slot);
	*list = slot;
}

void mapping_unlink(struct slot **list, struct slot *slot)
{
	struct slot *next = unpack(slot->link_a);
	struct slot *previous = unpack(slot->link_b);

	if (previous != NULL)
		set_next(previous, next);
	else
		*list = next;
	if (next != NULL)
		set_previous(next, previous);
	slot->link_a = 0;
	slot->link_b = 0;
}

void mapping_moved(struct slot **list, struct slot *slot)
{
	struct slot *next = unpack(slot->link_a);
	struct slot *previous = unpack(slot->link_b);

	if (previous != NULL)
		set_next(previous, slot);
	else
		*list = slot;
	if (next != NULL)
		set_previous(next, slot);
}

struct address_space *mapping_space(const struct slot *slot)
{
	uint64_t page = slot->link_a >> UNIT_BITS | slot->link_b >> UNIT_BITS << SPACE_BITS;

	return page == 0 ? NULL : virtual_of(page << PAGE_SHIFT);
}
