// SPDX-License-Identifier: MIT OR Apache-2.0
/* The memory of devices: see registers.h. Untyped memory is halved until a piece is the one that is
 * wanted; what was cut is seen from the CNode itself, so there is no other state. Taking back makes
 * pieces whole again. */
#include "registers.h"

#include <abi/syscall.h>
#include <craton/print.h>
#include <craton/service.h>

#define SLOTS_END     736u
#define WINDOW_SLOT   736u /* a copy that is mapped here for a moment */
#define MAPPED_SLOT   740u /* + number of a frame that is mapped here */
#define WINDOW        0x400000000u
#define PAGE          4096u
#define PAGE_ORDER    12u
#define DETAIL_DEVICE 256u /* of cnode.inspect */

struct piece {
	uint64_t slot;
	uint64_t type;
	handle_t handle;
	uint64_t address;
	unsigned order;
	bool is_used; /* halved, or a frame was made of it */
};

static handle_t cnode(void)
{
	return service_start()->handles[PROCESS_SLOT_CNODE];
}

static bool describe(struct piece *p, uint64_t detail)
{
	uint64_t size, used;

	p->order = (unsigned)(detail & (DETAIL_DEVICE - 1));
	p->is_used = false;
	if (p->type == OBJECT_FRAME)
		return frame_physical(p->handle, &p->address, &size) == OK;
	if (untyped_info(p->handle, &size, &used, &p->address) != OK)
		return false;
	p->is_used = used != 0;
	return true;
}

/* Behind the last slot with a piece; those in between can be empty. */
static uint64_t slots_end;

static bool is_piece(uint64_t slot, struct piece *p)
{
	uint64_t rights, badge, tag, detail;

	p->slot = slot;
	if (cnode_inspect(cnode(), slot, &p->type, &rights, &badge, &tag, &detail) != OK ||
		(p->type != OBJECT_FRAME && p->type != OBJECT_UNTYPED))
		return false;
	p->handle = handle_of(slot, tag);
	return describe(p, detail);
}

static void find_end(void)
{
	struct piece p;

	slots_end = SLOTS_END;
	while (slots_end > PROCESS_SLOT_FREE && !is_piece(slots_end - 1, &p))
		slots_end--;
}

/* The next piece at or behind `p->slot`; false: there are no more. */
static bool next_piece(struct piece *p)
{
	if (slots_end == 0)
		find_end();
	while (p->slot < slots_end) {
		if (is_piece(p->slot, p))
			return true;
		p->slot++;
	}
	return false;
}

/* The smallest piece with this address in it. */
static bool find_piece(uint64_t address, struct piece *found)
{
	struct piece p = {.slot = PROCESS_SLOT_FREE};

	for (; next_piece(&p); p.slot++) {
		if (!p.is_used && address - p.address < (uint64_t)1 << p.order) {
			*found = p;
			return true;
		}
	}
	return false;
}

/* The first of two. */
static uint64_t empty_slots(void)
{
	struct piece p = {.slot = PROCESS_SLOT_FREE};
	uint64_t first = PROCESS_SLOT_FREE;

	for (; next_piece(&p) && p.slot < first + 2; p.slot++)
		first = p.slot + 1;
	return first;
}

/* A piece is made into its two halves, or into the frame. */
static status_t cut(const struct piece *p, unsigned order)
{
	uint64_t slot = empty_slots();
	uint64_t tag;

	if (slot + 2 > SLOTS_END)
		return ERR_TOO_MANY;
	if (slots_end < slot + 2)
		slots_end = slot + 2;
	if (p->order == order)
		return untyped_retype(p->handle, OBJECT_FRAME, order, 1, cnode(), slot, &tag);
	return untyped_retype(p->handle, OBJECT_UNTYPED, p->order - 1, 2, cnode(), slot, &tag);
}

status_t registers_frame(uint64_t physical, unsigned order, handle_t *frame)
{
	struct piece p;
	status_t status = OK;

	while (status == OK) {
		if (!find_piece(physical, &p))
			return ERR_NOT_FOUND;
		if (p.type == OBJECT_FRAME) {
			*frame = p.handle;
			return p.address == physical && p.order == order ? OK : ERR_BUSY;
		}
		if (p.order < order)
			return ERR_NOT_FOUND;
		status = cut(&p, order);
	}
	return status;
}

struct mapping {
	uint64_t slot; /* of the copy: the frame's own capability is for the driver's copies */
	uint64_t offset;
	uint64_t address;
	uint64_t pages;
};

/* An instance that died may have left a copy. */
static status_t map_copy(handle_t frame, const struct mapping *m)
{
	uint64_t tag;
	uint64_t missing;
	status_t status;

	(void)!cnode_delete(cnode(), m->slot);
	status = cnode_copy(cnode(), m->slot, frame, RIGHT_READ | RIGHT_WRITE, &tag);
	if (status != OK)
		return status;
	return address_space_map(service_start()->handles[PROCESS_SLOT_SPACE],
		handle_of(m->slot, tag), m->offset, m->address, m->pages, RIGHT_READ | RIGHT_WRITE,
		&missing);
}

status_t registers_map(uint64_t physical, unsigned order, uint32_t number, uint64_t address)
{
	const struct mapping m = {MAPPED_SLOT + number, 0, address, ((uint64_t)1 << order) / PAGE};
	handle_t frame;
	status_t status =
		number < REGISTERS_MAPPED ? registers_frame(physical, order, &frame) : ERR_TOO_MANY;

	return status == OK ? map_copy(frame, &m) : status;
}

status_t registers_write(uint64_t physical, const uint32_t *words, unsigned count)
{
	volatile uint32_t *at = (volatile uint32_t *)(WINDOW + physical % PAGE);
	struct piece p;
	status_t status;

	if (!find_piece(physical, &p) || p.type != OBJECT_FRAME)
		return ERR_NOT_FOUND;
	status = map_copy(p.handle,
		&(struct mapping){WINDOW_SLOT, (physical - p.address) / PAGE * PAGE, WINDOW, 1});
	for (unsigned i = 0; status == OK && i < count; i++)
		at[i] = words[i];
	(void)!cnode_delete(cnode(), WINDOW_SLOT);
	return status;
}

/* --- taking back --------------------------------------------------------------------------------
 */

static void make_whole(const struct piece *p)
{
	status_t status = ERR_AGAIN;

	while (status == ERR_AGAIN)
		status = cnode_revoke(cnode(), p->slot);
	if (status == OK)
		status = untyped_reset(p->handle);
	if (status != OK)
		debug_print(
			"devices: memory at %lx cannot be taken back: %ld\n", p->address, status);
}

void registers_take_back(uint64_t physical, uint64_t size)
{
	struct piece p = {.slot = PROCESS_SLOT_FREE};

	for (; next_piece(&p); p.slot++) {
		uint64_t offset = p.address - physical;

		if (p.type == OBJECT_UNTYPED && p.is_used && offset < size &&
			(uint64_t)1 << p.order <= size - offset)
			make_whole(&p);
	}
}
