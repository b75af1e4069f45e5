// SPDX-License-Identifier: MIT OR Apache-2.0
/* Address spaces: see space.h. The tables themselves are in arch/paging. */
#include <arch/paging.h>
#include <arch/physmap.h>
#include <kernel/mapping.h>
#include <kernel/space.h>

#define MAP_RIGHTS (RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE)
#define MAP_FLAGS  (MAP_RIGHTS | MAP_FLAG_UNCACHED | MAP_FLAG_WRITE_COMBINING)

void space_init(struct address_space *space)
{
	arch_space_init(space);
}

/* --- the pool --------------------------------------------------------------------------------- */

/* An unused table's first word is the next one's address, its second the one's before with
 * POOL_MARK. Neither says a page is there, to CPUs (bit 0) or to IOMMUs (bits 0 and 1). In a table
 * of pages in use no word that is not zero lacks bit 0; in one of devices the second word has no
 * bit 3 (the levels are in bits 0 to 2, the domain from bit 8 on). */
#define POOL_MARK    8u
#define POOL_PRESENT 1u

static void pool_push(struct address_space *space, uint64_t table)
{
	uint64_t *words = virtual_of(table);

	words[0] = space->pool;
	words[1] = POOL_MARK;
	if (space->pool != 0)
		((uint64_t *)virtual_of(space->pool))[1] = table | POOL_MARK;
	space->pool = table;
	space->pool_count++;
}

/* True if the table was unused; it is zero and out of the pool then. */
static bool pool_remove(struct address_space *space, uint64_t table)
{
	uint64_t *words = virtual_of(table);
	uint64_t next = words[0];
	uint64_t before = words[1] & ~(uint64_t)(PAGE_SIZE - 1);

	if ((words[1] & (POOL_MARK | POOL_PRESENT)) != POOL_MARK)
		return false;
	if (before != 0)
		*(uint64_t *)virtual_of(before) = next;
	else
		space->pool = next;
	if (next != 0)
		((uint64_t *)virtual_of(next))[1] = words[1];
	words[0] = 0;
	words[1] = 0;
	space->pool_count--;
	return true;
}

uint64_t space_pool_take(struct address_space *space)
{
	uint64_t table = space->pool;

	(void)pool_remove(space, table);
	return table;
}

void space_pool_return(struct address_space *space, uint64_t table)
{
	pool_push(space, table);
}

status_t space_give_table(struct address_space *space, struct slot *table)
{
	if (mapping_space(table) != NULL)
		return ERR_BUSY;
	if (space->torn)
		return ERR_PEER_DEAD;
	if (table->detail != 0) /* it comes from a space that was destroyed */
		memset((void *)table->object, 0, PAGE_SIZE);
	table->detail = 0;
	mapping_link(&space->tables, table, space);
	pool_push(space, physical_of((void *)table->object));
	return OK;
}

void space_forget_table(struct slot *table)
{
	struct address_space *space = mapping_space(table);

	if (space == NULL)
		return;
	mapping_unlink(&space->tables, table);
	if (space->torn)
		return;
	if (!pool_remove(space, physical_of((void *)table->object)))
		arch_space_tear(space);
}

/* --- mappings --------------------------------------------------------------------------------- */

static uint64_t mapped_address(const struct slot *frame)
{
	return (uint64_t)frame->badge << PAGE_SHIFT;
}

static uint64_t mapped_pages(const struct slot *frame)
{
	return frame->detail & 0xffffffffu;
}

static uint64_t mapped_physical(const struct slot *frame)
{
	return physical_of((void *)slot_address(frame)) + (frame->detail >> 32 << PAGE_SHIFT);
}

static status_t flags_check(const struct slot *frame, uint64_t flags)
{
	if ((flags & ~(uint64_t)MAP_FLAGS) != 0 || (flags & RIGHT_READ) == 0)
		return ERR_INVALID_ARGUMENT;
	if ((flags & RIGHT_WRITE) != 0 && (flags & RIGHT_EXECUTE) != 0)
		return ERR_INVALID_ARGUMENT;
	if ((flags & MAP_RIGHTS & ~(uint64_t)frame->rights) != 0)
		return ERR_RIGHTS;
	return OK;
}

static status_t range_check(
	const struct slot *frame, uint64_t offset, uint64_t address, uint64_t pages)
{
	uint64_t frame_pages = slot_size(frame) >> PAGE_SHIFT;

	if (((offset | address) & (PAGE_SIZE - 1)) != 0)
		return ERR_ALIGNMENT;
	offset >>= PAGE_SHIFT;
	if (pages == 0 || offset >= frame_pages || pages > frame_pages - offset)
		return ERR_RANGE;
	if (offset > INT32_MAX) /* 8 TiB: what the slot has room for */
		return ERR_RANGE;
	if (address == 0 || address >= ABI_USER_ADDRESS_END ||
		pages > (ABI_USER_ADDRESS_END - address) >> PAGE_SHIFT)
		return ERR_RANGE;
	return OK;
}

status_t space_map(struct address_space *space, struct slot *frame, uint64_t offset,
	uint64_t address, uint64_t pages, uint64_t flags, uint64_t *missing)
{
	uint64_t physical = physical_of((void *)slot_address(frame)) + offset;
	status_t status = flags_check(frame, flags);

	*missing = 0;
	if (status == OK)
		status = range_check(frame, offset, address, pages);
	if (status != OK)
		return status;
	if (space->torn)
		return ERR_PEER_DEAD;
	if (mapping_space(frame) != NULL)
		return ERR_ALREADY_MAPPED;
	status = arch_map_check(space, address, physical, pages, missing);
	if (status != OK)
		return status;
	arch_map(space, address, physical, pages, flags);
	frame->badge = address >> PAGE_SHIFT & 0xfffffffffu;
	frame->detail = offset >> PAGE_SHIFT << 32 | pages;
	mapping_link(&space->mappings, frame, space);
	return OK;
}

status_t space_protect(struct address_space *space, struct slot *frame, uint64_t flags)
{
	status_t status = flags_check(frame, flags);

	if (status != OK)
		return status;
	if (mapping_space(frame) != space || space->torn)
		return ERR_NOT_MAPPED;
	arch_protect(
		space, mapped_address(frame), mapped_physical(frame), mapped_pages(frame), flags);
	return OK;
}

static bool is_clone(
	const struct address_space *to, const struct slot *source, const struct slot *copy)
{
	return copy->type == OBJECT_FRAME && copy->object == source->object &&
	       copy->badge == source->badge && copy->detail == source->detail &&
	       mapping_space(copy) == to;
}

status_t space_clone(struct address_space *to, struct address_space *from, struct slot *source,
	struct slot *copy, struct slice *slice, uint64_t *missing)
{
	uint64_t address = mapped_address(source);
	uint64_t pages = mapped_pages(source);
	uint64_t entries = pages < SPACE_MAP_ENTRIES ? pages : SPACE_MAP_ENTRIES;
	uint64_t flags;
	status_t status;

	if (source->type == OBJECT_NULL || (to != from && is_clone(to, source, copy)))
		return OK;
	if (source->type != OBJECT_FRAME)
		return ERR_WRONG_TYPE;
	if (copy->type != OBJECT_NULL)
		return ERR_OCCUPIED;
	if (mapping_space(source) != from)
		return ERR_NOT_MAPPED;
	if (to->torn || from->torn)
		return ERR_PEER_DEAD;
	status = arch_map_check(to, address, mapped_physical(source), pages, missing);
	if (status != OK)
		return status;
	if (!slice_take(slice, (uint32_t)(2 + entries * (SLICE_STEPS - 2) / SPACE_MAP_ENTRIES)))
		return ERR_AGAIN;
	flags = arch_mapped_flags(from, address) & ~(uint64_t)RIGHT_WRITE;
	arch_protect(from, address, mapped_physical(source), pages, flags);
	arch_map(to, address, mapped_physical(source), pages, flags);
	slot_copy(copy, source, source->rights);
	copy->badge = source->badge;
	copy->detail = source->detail;
	mapping_link(&to->mappings, copy, to);
	return OK;
}

void space_unmap(struct slot *frame)
{
	struct address_space *space = mapping_space(frame);

	if (space == NULL)
		return;
	if (!space->torn)
		arch_unmap(
			space, mapped_address(frame), mapped_physical(frame), mapped_pages(frame));
	mapping_unlink(&space->mappings, frame);
	frame->badge = 0;
	frame->detail = 0;
}

bool space_has_mapping(const struct address_space *space, const struct slot *frame)
{
	return mapping_space(frame) == space;
}

void space_slot_moved(struct slot *slot)
{
	struct address_space *space = mapping_space(slot);

	if (space == NULL)
		return;
	mapping_moved(slot->type == OBJECT_FRAME ? &space->mappings : &space->tables, slot);
}

status_t space_destroy(struct address_space *space, struct slice *slice)
{
	if (!space->torn)
		arch_space_tear(space);
	while (space->mappings != NULL) {
		struct slot *frame = space->mappings;

		if (!slice_take(slice, 1))
			return ERR_AGAIN;
		mapping_unlink(&space->mappings, frame);
		frame->badge = 0;
		frame->detail = 0;
	}
	while (space->tables != NULL) {
		struct slot *table = space->tables;

		if (!slice_take(slice, 1))
			return ERR_AGAIN;
		mapping_unlink(&space->tables, table);
		table->detail = 1; /* its entries are still there */
	}
	arch_space_forget(space);
	return OK;
}
