// SPDX-License-Identifier: MIT OR Apache-2.0
/* Page faults: demand paging, copy-on-write, limits. A fault that is none of a region's goes to
 * the program's own handler (a trap of a WASM program, say). */
#include "memory.h"

#include <abi/syscall.h>
#include <craton/estate.h>

#define ACCESS_WRITE   1u
#define ACCESS_EXECUTE 2u
#define RIGHTS         (RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE)
#define VARIABLES_MAX  16u /* pages of a private part of an object that are copied at once */
#define AHEAD          3u  /* pages that come with one that follows another */
#define AHEAD_ROOM     64u

enum { CAUSE_LIMIT = 1, CAUSE_MEMORY = 2, CAUSE_FAULT = 3 };

static bool permits(const struct region *region, uint64_t access)
{
	if ((region->flags & RIGHT_READ) == 0 || region->object == MEMORY_OBJECT_RESERVED)
		return false;
	if ((access & ACCESS_WRITE) != 0 && (region->flags & RIGHT_WRITE) == 0)
		return false;
	return (access & ACCESS_EXECUTE) == 0 || (region->flags & RIGHT_EXECUTE) != 0;
}

static status_t map_new_page(
	struct space *space, uint64_t address, const void *contents, uint64_t rights)
{
	uint64_t page;
	status_t status = page_allocate(&page);

	if (status != OK)
		return status;
	if (contents != nullptr)
		memcpy(page_contents(page), contents, PAGE);
	status = mapping_add(space, address, page, rights | MEMORY_PRIVATE);
	if (status != OK)
		page_release(page);
	return status;
}

static status_t add_private_page(
	struct space *space, uint64_t address, const void *contents, uint64_t rights)
{
	status_t status = space_charge(space, PAGE);

	if (status != OK)
		return status;
	status = map_new_page(space, address, contents, rights);
	if (status != OK)
		space_discharge(space, PAGE);
	return status;
}

/* A page of a memory object: shared, or private and copied when it is written. */
static status_t object_page_in(
	struct space *space, const struct region *region, uint64_t address, uint64_t access)
{
	struct object *object = object_find(region->object);
	bool private = (region->flags & MEMORY_PRIVATE) != 0;
	struct mapping *present = mapping_find(space, address);
	uint64_t page;
	status_t status;

	if (object == nullptr)
		return ERR_ACCESS;
	status = object_page(object, region->offset + (address - region->start), &page);
	if (status != OK)
		return status;
	if (present != nullptr) {
		if (!private || (access & ACCESS_WRITE) == 0 || present->writable != 0)
			return OK;
		mapping_remove(present);
	}
	if (private && (access & ACCESS_WRITE) != 0)
		return add_private_page(
			space, address, page_contents(page), region->flags & RIGHTS);
	page_share(page);
	return mapping_add(space, address, page,
		region->flags & (private ? RIGHT_READ | RIGHT_EXECUTE : RIGHTS));
}

/* --- the bundle
 * ------------------------------------------------------------------------------------ */

/* The bundle's frame that holds `offset`; `*start` is where it begins. */
static handle_t bundle_frame(uint64_t offset, uint64_t *start, uint64_t *size)
{
	*start = 0;
	for (uint64_t i = 0; i < service_start()->bundle_frames; i++) {
		*size = (uint64_t)1 << memory->bundle_orders[i];
		if (offset - *start < *size)
			return slot_handle(PROCESS_SLOT_BUNDLE + i);
		*start += *size;
	}
	return 0;
}

static status_t bundle_piece(struct space *space, uint64_t address, uint64_t size, uint64_t offset,
	uint64_t rights, uint64_t *done)
{
	uint64_t start;
	uint64_t frame_size;
	handle_t frame = bundle_frame(offset, &start, &frame_size);

	if (frame == 0)
		return ERR_RANGE;
	*done = start + frame_size - offset < size ? start + frame_size - offset : size;
	*done = *done < (uint64_t)CHUNK_PAGES * PAGE ? *done : (uint64_t)CHUNK_PAGES * PAGE;
	return mapping_add_frame(space, address, frame, offset - start, *done / PAGE, rights);
}

status_t bundle_map(
	struct space *space, uint64_t address, uint64_t size, uint64_t offset, uint64_t rights)
{
	status_t status = OK;

	for (uint64_t at = 0; status == OK && at < size;) {
		uint64_t done = 0;

		status = bundle_piece(space, address + at, size - at, offset + at, rights, &done);
		at += done;
	}
	return status;
}

/* --- objects
 * ------------------------------------------------------------------------------------ */

/* How many pages from `first` on lie behind one another in one chunk. */
static uint64_t run_of(const struct object *object, uint64_t first, uint64_t end)
{
	uint64_t page = object->pages[first] - 1u;
	uint64_t count = 1;

	while (first + count < end && object->pages[first + count] == page + count + 1 &&
		(page + count) % CHUNK_PAGES != 0)
		count++;
	return count;
}

/* Nobody writes these pages. The region keeps the object, and so the pages. */
static status_t map_constant(
	struct space *space, const struct region *region, const struct object *object)
{
	uint64_t first = region->offset / PAGE;
	uint64_t end = first + (region->end - region->start) / PAGE;
	status_t status = OK;

	end = end < OBJECT_PAGES ? end : OBJECT_PAGES;
	for (uint64_t i = first, count; status == OK && i < end; i += count) {
		uint64_t page = object->pages[i] - 1u;

		count = 1;
		if (object->pages[i] == 0)
			continue;
		count = run_of(object, i, end);
		status = mapping_add_frame(space, region->start + (i - first) * PAGE,
			slot_handle(SLOT_CHUNK + 2 * (page / CHUNK_PAGES) + 1),
			page % CHUNK_PAGES * PAGE, count, region->flags & RIGHTS);
	}
	return status;
}

/* A program's variables: it will write them all. What its limit has no room for is left to the
 * faults, which end it with the right cause. */
static void copy_variables(
	struct space *space, const struct region *region, const struct object *object)
{
	uint64_t first = region->offset / PAGE;
	uint64_t count = (region->end - region->start) / PAGE;

	for (uint64_t i = 0; i < count && i < VARIABLES_MAX && first + i < OBJECT_PAGES; i++) {
		if (object->pages[first + i] != 0 &&
			page_in(space, region->start + i * PAGE, ACCESS_WRITE) != OK)
			return;
	}
}

status_t object_map(struct space *space, const struct region *region)
{
	const struct object *object = object_find(region->object);

	if (object == nullptr)
		return ERR_NOT_FOUND;
	if ((region->flags & (RIGHT_WRITE | MEMORY_PRIVATE)) == 0)
		return map_constant(space, region, object);
	if ((region->flags & RIGHT_WRITE) != 0 && (region->flags & MEMORY_PRIVATE) != 0)
		copy_variables(space, region, object);
	return OK;
}

/* --- paging in
 * ---------------------------------------------------------------------------------------- */

static status_t add_unit(struct space *space, uint64_t address, uint64_t rights)
{
	uint32_t unit;
	status_t status = space_charge(space, UNIT_SIZE);

	if (status != OK)
		return status;
	status = units_allocate(false, &unit);
	if (status == OK) {
		status = mapping_add_unit(space, address, unit, rights | MEMORY_PRIVATE);
		if (status != OK)
			units_release(false, unit);
	}
	if (status != OK)
		space_discharge(space, UNIT_SIZE);
	return status;
}

/* Most memory comes in units: a fault, a mapping and its end cost more than a page. Only as long as
 * the limit has room for many more. False: there is none now. */
static bool unit_in(struct space *space, const struct region *region, uint64_t address)
{
	uint64_t start = address - address % UNIT_SIZE;

	return start >= region->start && start + UNIT_SIZE <= region->end &&
	       space->used + (uint64_t)AHEAD_ROOM * PAGE <= space->quota &&
	       mapping_has_room(space, start) &&
	       add_unit(space, start, region->flags & RIGHTS) == OK;
}

/* At the ends of a region pages come one by one, or in groups where they follow each other. */
static status_t anonymous_page_in(
	struct space *space, const struct region *region, uint64_t address)
{
	uint64_t rights = region->flags & RIGHTS;
	status_t status;

	if (unit_in(space, region, address))
		return OK;
	status = add_private_page(space, address, nullptr, rights);

	if (status != OK || address == region->start ||
		mapping_find(space, address - PAGE) == nullptr ||
		space->used + (uint64_t)AHEAD_ROOM * PAGE > space->quota)
		return status;
	for (unsigned i = 1; i <= AHEAD && address + i * PAGE < region->end; i++) {
		if (mapping_find(space, address + i * PAGE) != nullptr ||
			add_private_page(space, address + i * PAGE, nullptr, rights) != OK)
			break;
	}
	return OK;
}

status_t page_in(struct space *space, uint64_t address, uint64_t access)
{
	struct region *region = region_find(space, address);

	address -= address % PAGE;
	if (region == nullptr || !permits(region, access))
		return ERR_ACCESS;
	if (is_shared(region->object) || is_code(region->object))
		return ERR_ACCESS; /* its pages are all mapped */
	if (region->object >= MEMORY_OBJECT_FIRST)
		return object_page_in(space, region, address, access);
	if (region->object != MEMORY_OBJECT_ANONYMOUS)
		return OK; /* the bundle's pages are all mapped */
	if (mapping_find(space, address) != nullptr)
		return OK;
	return anonymous_page_in(space, region, address);
}

static void report(struct space *space, uint64_t cause, uint64_t address)
{
	handle_t peer = service_start()->signals[SERVICE_NUMBER_PROCESS];
	status_t status;

	ESTATE_SET(space->report, cause);
	ESTATE_SET(space->report_address, address);
	if (peer == 0)
		return;
	status = sys_signal(peer);
	(void)status; /* the process service asks again when it restarts */
}

static uint64_t cause_of(status_t status)
{
	switch (status) {
	case ERR_QUOTA:
		return CAUSE_LIMIT;
	case ERR_ACCESS:
		return CAUSE_FAULT;
	default:
		return CAUSE_MEMORY;
	}
}

status_t fault_handler(struct request *request)
{
	struct space *space = space_find(request->badge);
	uint64_t address = request->words[1];
	status_t status;

	if (space == nullptr)
		return FAULT_REPLY_STOP;
	ESTATE_SET(space->faults, space->faults + 1);
	ESTATE_SET(memory->faults, memory->faults + 1);
	status = request->words[0] == FAULT_PAGE ? page_in(space, address, request->words[2])
						 : ERR_ACCESS;
	if (status == OK)
		return FAULT_REPLY_RESUME;
	if (status == ERR_ACCESS && space->reports_faults == 0)
		return FAULT_REPLY_UPCALL;
	report(space, cause_of(status), address);
	return FAULT_REPLY_STOP;
}

status_t space_write(struct space *space, uint64_t address, const uint8_t *bytes, size_t size)
{
	while (size > 0) {
		size_t room = PAGE - address % PAGE;
		size_t part = size < room ? size : room;
		struct mapping *mapping;
		status_t status = page_in(space, address, 0);

		if (status != OK)
			return status;
		mapping = mapping_find(space, address);
		if (mapping == nullptr || mapping->page == PAGE_NONE)
			return ERR_READ_ONLY;
		memcpy((uint8_t *)page_contents(mapping->page) + (address - mapping->address),
			bytes, part);
		address += part;
		bytes += part;
		size -= part;
	}
	return OK;
}
