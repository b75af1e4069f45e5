// SPDX-License-Identifier: MIT OR Apache-2.0
/* Programs' address spaces: regions (what may be there) and mappings (what is). */
#include "memory.h"

#include <abi/syscall.h>
#include <craton/estate.h>

#define BATCH 64u

/* A request about many regions or mappings commits now and then, or its undo log would not hold
 * them. If it is killed it comes again and goes on with the rest. */
static void count_step(unsigned *batch)
{
	if (++*batch % BATCH == 0)
		estate_commit();
}

/* --- spaces ------------------------------------------------------------------------------------
 */

struct space *space_find(uint64_t pid)
{
	for (uint32_t i = 0; pid != 0 && i < SPACES; i++) {
		struct space *space = &memory->spaces[(pid + i) % SPACES];

		if (space->pid == pid)
			return space;
	}
	return nullptr;
}

static struct space *space_free(uint64_t pid)
{
	for (uint32_t i = 0; i < SPACES; i++) {
		struct space *space = &memory->spaces[(pid + i) % SPACES];

		if (space->pid == 0)
			return space;
	}
	return nullptr;
}

/* Gives a region back that is on no list any more and was saved. */
static void region_free(struct space *space, struct region *region)
{
	region->next = memory->free_region;
	ESTATE_SET(memory->free_region, (link_t)(region - memory->regions) + 1);
	ESTATE_SET(space->region_count, space->region_count - 1);
}

/* What a killed instance had put into new kernel memory. */
static void forget_kernel_space(const struct space *space)
{
	uint64_t slot = meta_slot(space->metas, META_SPACE);
	status_t status = cnode_delete(slot_cnode(slot), slot_index(slot));

	(void)status; /* most often there is nothing */
}

status_t space_create(uint64_t pid, uint64_t quota, struct space **space)
{
	return space_make(pid, quota, OBJECT_ADDRESS_SPACE, space);
}

/* Kernel memory that an instance which was killed had begun to use is whole again. */
static status_t clear_kernel_memory(const struct space *space)
{
	uint64_t slot = meta_slot(space->metas, META_UNTYPED);
	uint64_t size, used, address;
	status_t status = untyped_info(slot_handle(slot), &size, &used, &address);

	if (status != OK || used == 0)
		return status;
	status = cnode_revoke(slot_cnode(slot), slot_index(slot));
	return status == OK ? untyped_reset(slot_handle(slot)) : status;
}

status_t space_make(uint64_t pid, uint64_t quota, uint64_t type, struct space **space)
{
	status_t status;

	*space = space_free(pid);
	if (*space == nullptr)
		return ERR_TOO_MANY;
	estate_save(*space, sizeof(**space));
	**space = (struct space){.pid = pid, .quota = quota};
	status = meta_add(*space);
	if (status == OK)
		forget_kernel_space(*space);
	if (status == OK)
		status = clear_kernel_memory(*space);
	if (status == OK)
		status = slot_retype(slot_handle(meta_slot((*space)->metas, META_UNTYPED)), type, 0,
			meta_slot((*space)->metas, META_SPACE));
	if (status == OK)
		return OK;
	meta_release_all(*space);
	ESTATE_SET((*space)->pid, 0);
	return status;
}

status_t space_adopt(uint64_t badge, handle_t handle)
{
	struct space *space = space_find(badge);
	uint64_t tag;
	status_t status;

	if (space != nullptr)
		space_destroy(space);
	space = space_free(badge);
	if (space == nullptr)
		return ERR_TOO_MANY;
	estate_save(space, sizeof(*space));
	*space = (struct space){.pid = badge};
	status = meta_add(space);
	if (status == OK)
		forget_kernel_space(space);
	if (status == OK)
		status = cnode_move(slot_cnode(meta_slot(space->metas, META_SPACE)),
			slot_index(meta_slot(space->metas, META_SPACE)), handle, &tag);
	if (status != OK)
		ESTATE_SET(space->pid, 0);
	return status;
}

status_t space_charge(struct space *space, uint64_t size)
{
	if (size > space->quota || space->used > space->quota - size)
		return ERR_QUOTA;
	ESTATE_SET(space->used, space->used + size);
	if (space->used > space->peak)
		ESTATE_SET(space->peak, space->used);
	return OK;
}

void space_discharge(struct space *space, uint64_t size)
{
	ESTATE_SET(space->used, space->used - size);
}

/* Restartable in the middle: the kernel's objects go first, then the records, in batches that fit
 * a transaction. */
void space_destroy(struct space *space)
{
	unsigned batch = 0;

	meta_release_all(space);
	while (space->mappings != 0) {
		mapping_drop(space);
		count_step(&batch);
	}
	while (space->regions != 0) {
		struct region *region = &memory->regions[space->regions - 1];

		estate_save(region, sizeof(*region));
		if (region->object >= MEMORY_OBJECT_FIRST)
			object_unreference(region->object);
		ESTATE_SET(space->regions, region->next);
		region_free(space, region);
		count_step(&batch);
	}
	code_owner_gone(space->pid);
	ESTATE_SET(space->pid, 0);
}

/* --- regions ------------------------------------------------------------------------------------
 */

struct region *region_find(struct space *space, uint64_t address)
{
	for (link_t link = space->regions; link != 0; link = memory->regions[link - 1].next) {
		struct region *region = &memory->regions[link - 1];

		if (address < region->start)
			return nullptr;
		if (address < region->end)
			return region;
	}
	return nullptr;
}

/* The link behind which a region that starts at `start` belongs. */
static link_t *region_place(struct space *space, uint64_t start)
{
	link_t *link = &space->regions;

	while (*link != 0 && memory->regions[*link - 1].end <= start)
		link = &memory->regions[*link - 1].next;
	return link;
}

status_t region_add(struct space *space, const struct region *region)
{
	link_t *place = region_place(space, region->start);
	link_t made = memory->free_region;

	if (*place != 0 && memory->regions[*place - 1].start < region->end)
		return ERR_ALREADY_MAPPED;
	if (made == 0 || space->region_count >= SPACE_REGIONS)
		return ERR_TOO_MANY;
	ESTATE_SET(space->region_count, space->region_count + 1);
	estate_save(&memory->regions[made - 1], sizeof(struct region));
	ESTATE_SET(memory->free_region, memory->regions[made - 1].next);
	memory->regions[made - 1] = *region;
	memory->regions[made - 1].next = *place;
	ESTATE_SET(*place, made);
	if (region->object >= MEMORY_OBJECT_FIRST)
		object_reference(region->object);
	return OK;
}

/* Splits the region that covers `address` so that one begins there. */
static status_t region_split(struct space *space, uint64_t address)
{
	struct region *region = region_find(space, address);
	struct region rest;

	if (region == nullptr || region->start == address)
		return OK;
	rest = *region;
	rest.start = address;
	rest.offset += address - region->start;
	if (memory->free_region == 0 || space->region_count >= SPACE_REGIONS)
		return ERR_TOO_MANY;
	ESTATE_SET(region->end, address);
	return region_add(space, &rest);
}

/* Pages with the contents of a unit. */
static status_t copy_unit(const struct mapping *unit, uint64_t pages[UNIT_PAGES])
{
	for (unsigned i = 0; i < UNIT_PAGES; i++) {
		status_t status = page_allocate(&pages[i]);

		if (status != OK) {
			while (i-- > 0)
				page_release(pages[i]);
			return status;
		}
		memcpy(page_contents(pages[i]), page_contents(unit->page + i), PAGE);
	}
	return OK;
}

/* Makes single pages of the unit around `address`, if there is one: what follows changes a part of
 * it. ERR_NO_MEMORY. */
static status_t unit_split(struct space *space, uint64_t address)
{
	struct mapping *unit = mapping_find(space, address);
	uint64_t pages[UNIT_PAGES];
	status_t status = OK;

	if (address % UNIT_SIZE == 0 || unit == nullptr || unit->pages != UNIT_PAGES)
		return OK;
	if (space->mapping_count + UNIT_PAGES > SPACE_MAPPINGS || !mappings_need(UNIT_PAGES) ||
		copy_unit(unit, pages) != OK)
		return ERR_NO_MEMORY;
	mapping_remove(unit);
	address -= address % UNIT_SIZE;
	ESTATE_SET(space->used, space->used + UNIT_SIZE);
	for (unsigned i = 0; status == OK && i < UNIT_PAGES; i++, address += PAGE) {
		const struct region *region = region_find(space, address);

		status = mapping_add(space, address, pages[i],
			(region == nullptr ? 0 : region->flags) | MEMORY_PRIVATE);
	}
	return status;
}

/* Nothing of [start, end) shares a region or a unit with what lies around it. */
static status_t split(struct space *space, uint64_t start, uint64_t end)
{
	status_t status = unit_split(space, start);

	if (status == OK)
		status = unit_split(space, end);
	if (status == OK)
		status = region_split(space, start);
	return status == OK ? region_split(space, end) : status;
}

static void unmap_range(struct space *space, uint64_t start, uint64_t end)
{
	link_t link = space->mappings;
	unsigned batch = 0;

	while (link != 0) {
		struct mapping *mapping = &memory->mappings[link - 1];

		link = mapping->space_next;
		if (mapping->address < start || mapping->address >= end)
			continue;
		mapping_remove(mapping);
		count_step(&batch);
	}
}

status_t region_remove(struct space *space, uint64_t start, uint64_t end)
{
	status_t status = split(space, start, end);
	unsigned batch = 0;
	link_t *link;

	if (status != OK)
		return status;
	unmap_range(space, start, end);
	link = region_place(space, start);
	while (*link != 0 && memory->regions[*link - 1].start < end) {
		struct region *region = &memory->regions[*link - 1];

		estate_save(region, sizeof(*region));
		if (region->object >= MEMORY_OBJECT_FIRST)
			object_unreference(region->object);
		ESTATE_SET(*link, region->next);
		region_free(space, region);
		count_step(&batch);
	}
	return OK;
}

/* The capability that a page was mapped through has the rights of that time: code that was written
 * as data needs another one. */
static status_t map_again(struct space *space, const struct mapping *mapping, uint64_t rights)
{
	uint64_t slot = SLOT_MAPPING + (uint64_t)(mapping - memory->mappings);
	status_t status;

	if (mapping->page == PAGE_NONE)
		return ERR_RIGHTS;
	status = cnode_delete(slot_cnode(slot), slot_index(slot));
	if (status != OK && status != ERR_STALE)
		return status;
	return kernel_map(space, slot_handle(SLOT_CHUNK + 2 * (mapping->page / CHUNK_PAGES) + 1),
		slot, mapping->page % CHUNK_PAGES * PAGE, mapping->address, mapping->pages, rights);
}

/* Pages that were mapped with other rights. */
static void remap_range(struct space *space, uint64_t start, uint64_t end, uint64_t flags)
{
	for (link_t link = space->mappings; link != 0;) {
		struct mapping *mapping = &memory->mappings[link - 1];
		uint64_t rights = flags & (RIGHT_READ | RIGHT_EXECUTE);
		status_t status;

		link = mapping->space_next;
		if (mapping->address < start || mapping->address >= end)
			continue;
		if (mapping->writable != 0 || mapping->charged != 0) /* not others' page */
			rights |= flags & RIGHT_WRITE;
		status = address_space_protect(slot_handle(meta_slot(space->metas, META_SPACE)),
			slot_handle(SLOT_MAPPING + (uint64_t)(mapping - memory->mappings)), rights);
		if (status == ERR_RIGHTS)
			status = map_again(space, mapping, rights);
		(void)status; /* a mapping that is not there comes back with the next fault */
	}
}

/* Makes one of neighbours that do not differ: memory that grows in steps stays one region. */
static void merge_range(struct space *space, uint64_t start, uint64_t end)
{
	link_t link = space->regions;
	unsigned batch = 0;

	while (link != 0 && memory->regions[link - 1].start <= end) {
		struct region *region = &memory->regions[link - 1];
		link_t next = region->next;
		struct region *other = next != 0 ? &memory->regions[next - 1] : nullptr;

		if (other == nullptr || region->end < start || region->end != other->start ||
			region->flags != other->flags || region->object != other->object ||
			region->object != MEMORY_OBJECT_ANONYMOUS) {
			link = next;
			continue;
		}
		estate_save(region, sizeof(*region));
		estate_save(other, sizeof(*other));
		region->end = other->end;
		region->next = other->next;
		region_free(space, other);
		count_step(&batch);
	}
}

status_t region_protect(struct space *space, uint64_t start, uint64_t end, uint64_t flags)
{
	status_t status = split(space, start, end);
	unsigned batch = 0;
	link_t *link;

	if (status != OK)
		return status;
	for (link = region_place(space, start);
		*link != 0 && memory->regions[*link - 1].start < end;
		link = &memory->regions[*link - 1].next) {
		struct region *region = &memory->regions[*link - 1];

		estate_save(region, sizeof(*region));
		if (region->object >= MEMORY_OBJECT_FIRST &&
			(region->flags & MEMORY_PRIVATE) == 0 && (flags & ~region->flags) != 0)
			return ERR_ACCESS; /* others see this memory, too */
		region->flags = (region->flags & MEMORY_PRIVATE) | flags;
		if (region->object == MEMORY_OBJECT_RESERVED && flags != 0)
			region->object = MEMORY_OBJECT_ANONYMOUS;
		count_step(&batch);
	}
	remap_range(space, start, end, flags);
	merge_range(space, start, end);
	return OK;
}

/* --- mappings
 * ------------------------------------------------------------------------------------- */

static link_t *hash_head(const struct space *space, uint64_t address, uint32_t pages)
{
	uint64_t key = (address / PAGE * 2 + (pages > 1) +
			       (uint64_t)(space - memory->spaces) * 0x9e3779b1u) *
		       0x9e3779b97f4a7c15u;

	return &memory->hash[key >> 51];
}

static struct mapping *find_pages(struct space *space, uint64_t address, uint32_t pages)
{
	for (link_t link = *hash_head(space, address, pages); link != 0;
		link = memory->mappings[link - 1].next) {
		struct mapping *mapping = &memory->mappings[link - 1];

		if (mapping->address == address && mapping->pages == pages &&
			&memory->spaces[mapping->space] == space)
			return mapping;
	}
	return nullptr;
}

struct mapping *mapping_find(struct space *space, uint64_t address)
{
	struct mapping *page = find_pages(space, address - address % PAGE, 1);

	return page != nullptr ? page
			       : find_pages(space, address - address % UNIT_SIZE, UNIT_PAGES);
}

bool mapping_has_room(struct space *space, uint64_t address)
{
	for (uint64_t at = address; at < address + UNIT_SIZE; at += PAGE) {
		if (find_pages(space, at, 1) != nullptr)
			return false;
	}
	return find_pages(space, address, UNIT_PAGES) == nullptr;
}

/* Maps part of a frame and keeps the record, of which address, page, pages, and charged are set. */
static status_t add(struct space *space, const struct mapping *wanted, handle_t frame,
	uint64_t offset, uint64_t rights)
{
	link_t link = mapping_next();
	struct mapping *mapping;
	status_t status;

	if (link == 0)
		return ERR_NO_MEMORY;
	if (space->mapping_count >= SPACE_MAPPINGS)
		return ERR_QUOTA;
	status = kernel_map(space, frame, SLOT_MAPPING + link - 1, offset, wanted->address,
		wanted->pages, rights & (RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE));
	if (status != OK)
		return status;
	mapping = &memory->mappings[link - 1];
	estate_save(mapping, sizeof(*mapping));
	ESTATE_SET(memory->free_mapping, mapping->next);
	*mapping = *wanted;
	mapping->space = (uint16_t)(space - memory->spaces);
	mapping->space_next = space->mappings;
	mapping->writable = (rights & RIGHT_WRITE) != 0;
	if (space->mappings != 0)
		ESTATE_SET(memory->mappings[space->mappings - 1].space_previous, link);
	ESTATE_SET(space->mappings, link);
	ESTATE_SET(space->mapping_count, space->mapping_count + 1);
	return OK;
}

static status_t add_pages(
	struct space *space, uint64_t address, uint64_t page, uint32_t pages, uint64_t rights)
{
	struct mapping wanted = {.address = address,
		.page = (uint32_t)page,
		.pages = pages,
		.charged = (rights & MEMORY_PRIVATE) != 0};
	link_t *head = hash_head(space, address, pages);
	status_t status =
		add(space, &wanted, slot_handle(SLOT_CHUNK + 2 * (page / CHUNK_PAGES) + 1),
			page % CHUNK_PAGES * PAGE, rights);

	if (status != OK)
		return status;
	memory->mappings[space->mappings - 1].next = *head; /* saved by `add` */
	ESTATE_SET(*head, space->mappings);
	return OK;
}

status_t mapping_add(struct space *space, uint64_t address, uint64_t page, uint64_t rights)
{
	return add_pages(space, address, page, 1, rights);
}

status_t mapping_add_unit(struct space *space, uint64_t address, uint32_t unit, uint64_t rights)
{
	return add_pages(space, address, (uint64_t)unit * UNIT_PAGES, UNIT_PAGES, rights);
}

status_t mapping_add_frame(struct space *space, uint64_t address, handle_t frame, uint64_t offset,
	uint64_t pages, uint64_t rights)
{
	struct mapping wanted = {.address = address, .page = PAGE_NONE, .pages = (uint32_t)pages};

	return add(space, &wanted, frame, offset, rights);
}

static void unhash(struct space *space, struct mapping *mapping)
{
	link_t *link = hash_head(space, mapping->address, mapping->pages);
	link_t own = (link_t)(mapping - memory->mappings) + 1;

	while (*link != 0 && *link != own)
		link = &memory->mappings[*link - 1].next;
	if (*link == own)
		ESTATE_SET(*link, mapping->next);
}

/* Gives the record back, which is on no list any more and was saved. */
static void mapping_free(struct space *space, struct mapping *mapping)
{
	if (mapping->page != PAGE_NONE && mapping->pages == 1)
		page_release(mapping->page);
	else if (mapping->page != PAGE_NONE)
		units_release(false, (uint32_t)(mapping->page / UNIT_PAGES));
	mapping->space_next = 0;
	mapping->space_previous = 0;
	mapping->next = memory->free_mapping;
	ESTATE_SET(memory->free_mapping, (link_t)(mapping - memory->mappings) + 1);
	if (mapping->charged != 0)
		ESTATE_SET(space->used, space->used - (uint64_t)mapping->pages * PAGE);
}

static void take_capability_back(const struct mapping *mapping)
{
	uint64_t slot = SLOT_MAPPING + (uint64_t)(mapping - memory->mappings);
	status_t status = cnode_delete(slot_cnode(slot), slot_index(slot));

	ASSERT(status == OK || status == ERR_STALE);
}

void mapping_remove(struct mapping *mapping)
{
	struct space *space = &memory->spaces[mapping->space];

	take_capability_back(mapping);
	unhash(space, mapping);
	estate_save(mapping, sizeof(*mapping));
	if (mapping->space_previous != 0)
		ESTATE_SET(memory->mappings[mapping->space_previous - 1].space_next,
			mapping->space_next);
	else
		ESTATE_SET(space->mappings, mapping->space_next);
	if (mapping->space_next != 0)
		ESTATE_SET(memory->mappings[mapping->space_next - 1].space_previous,
			mapping->space_previous);
	ESTATE_SET(space->mapping_count, space->mapping_count - 1);
	mapping_free(space, mapping);
}

void mapping_drop(struct space *space)
{
	struct mapping *mapping = &memory->mappings[space->mappings - 1];

	take_capability_back(mapping);
	if (mapping->page != PAGE_NONE)
		unhash(space, mapping);
	estate_save(mapping, sizeof(*mapping));
	ESTATE_SET(space->mappings, mapping->space_next);
	mapping->charged = 0;
	mapping_free(space, mapping);
}
