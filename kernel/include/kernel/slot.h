// SPDX-License-Identifier: MIT OR Apache-2.0
/* Capability slots and the derivation list.
 *
 * A slot is one cache line. All capabilities form lists in the pre-order of their derivation:
 *  - what an untyped was retyped into follows it, and lies inside its memory;
 *  - what was minted from a capability follows it with a greater `depth`;
 *  - copies of a capability stand directly before it with the same depth.
 * Hence all capabilities of one object stand together, and the last one is found by looking at
 * both neighbours. Guarded by the kernel lock.
 * Tests: tests/host/kernel/capability_test.c (checked against a model) */
#ifndef KERNEL_SLOT_H
#define KERNEL_SLOT_H

#include <kernel/types.h>

/* Kernel-internal type: the capability that a container under destruction holds of itself. */
#define OBJECT_ZOMBIE 0xffu

struct slot {
	/* Kernel address of the object. Frames and untyped memory: the address in the map of
	 * physical memory, with log2 of the size in the low bits and SLOT_DEVICE. Ports: the
	 * first port and the count << 16. */
	uint64_t object;
	uint64_t tag : 40;
	uint64_t type : 8;
	uint64_t rights : 16;
	uint64_t badge : 48; /* mapped frames: the page number of the address */
	uint64_t depth : 16; /* mints since the object was made */
	struct slot *next;
	struct slot *prev;
	/* Frame: first mapped page and number of pages. Untyped: bytes used. */
	uint64_t detail;
	/* Frames that are mapped and tables that were given: links in their address space's
	 * list; the space itself is in two parts (mapping.h). Untyped: `link_a` holds the end of
	 * the part that is not known to be clear. */
	uint64_t link_a;
	uint64_t link_b;
};

_Static_assert(sizeof(struct slot) == 64, "a slot is one cache line");

#define SLOT_ORDER_MASK 0x3full
#define SLOT_DEVICE     0x40ull /* not RAM: never cleared, never kernel objects */
#define SLOT_FLAGS_MASK 0xfffull

ALWAYS_INLINE uint64_t slot_address(const struct slot *slot)
{
	return slot->object & ~SLOT_FLAGS_MASK;
}

ALWAYS_INLINE uint32_t slot_order(const struct slot *slot)
{
	return (uint32_t)(slot->object & SLOT_ORDER_MASK);
}

ALWAYS_INLINE uint64_t slot_size(const struct slot *slot)
{
	return (uint64_t)1 << slot_order(slot);
}

/* In `detail` of a thread's own slot (not untyped): set, with its number in the low bits, so that
 * the thread forgets what it had there when the capability goes. */
#define SLOT_IN_THREAD ((uint64_t)1 << 63)

/* `detail` of the slot with the frame that a CPU's trace goes to. */
#define SLOT_IN_TRACE (SLOT_IN_THREAD | 0xff)

/* Untyped memory and page tables have one capability each. */
ALWAYS_INLINE bool slot_is_single(const struct slot *slot)
{
	return slot->type == OBJECT_UNTYPED || slot->type == OBJECT_PAGE_TABLE;
}

/* A fresh tag. Never repeats within 2^40 draws. */
uint64_t slot_next_tag(void);

/* Fills an empty slot with a capability that starts a list of its own. */
void slot_fill(struct slot *slot, uint32_t type, uint64_t object, uint32_t rights);

/* Links the filled `child` directly after `parent`. */
void slot_link_after(struct slot *parent, struct slot *child);

/* Links the filled `copy` directly before `source`. */
void slot_link_before(struct slot *source, struct slot *copy);

/* Fills the empty slot `to` with an equal capability with at most `rights`. */
void slot_copy(struct slot *to, struct slot *source, uint64_t rights);

/* Moves the capability, with its place in the list, to an empty slot under a new tag. */
void slot_move(struct slot *to, struct slot *from);

/* Takes the slot out of its list and empties it. */
void slot_clear(struct slot *slot);

/* True if `slot` holds the only capability of its object. */
bool slot_is_last(const struct slot *slot);

/* True if `candidate`, which stands after `parent`, was derived from it. */
bool slot_is_derived(const struct slot *parent, const struct slot *candidate);

/* The first capability derived from `slot`, or NULL. */
struct slot *slot_first_derived(const struct slot *slot);

#endif
