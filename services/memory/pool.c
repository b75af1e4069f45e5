// SPDX-License-Identifier: MIT OR Apache-2.0
/* Pages of chunks, and untyped memory for programs' kernel objects. */
#include "memory.h"

#include <abi/syscall.h>
#include <craton/estate.h>

static uintptr_t window = WINDOW;

/* --- untyped memory ----------------------------------------------------------------------------
 */

status_t take_untyped(unsigned order, uint64_t slot)
{
	if (slot_is_filled(slot)) {
		status_t status = cnode_revoke(slot_cnode(slot), slot_index(slot));

		return status == OK ? untyped_reset(slot_handle(slot)) : status;
	}
	for (uint64_t i = 0; i < POOL_SLOTS; i++) {
		handle_t source = slot_handle(SLOT_POOL + i);
		status_t status;

		if (source == 0)
			return ERR_NO_MEMORY;
		status = slot_retype(source, OBJECT_UNTYPED, order, slot);
		if (status == OK)
			return untyped_reset(slot_handle(slot));
		if (status != ERR_NO_MEMORY)
			return status;
	}
	return ERR_NO_MEMORY;
}

uint64_t untyped_left(void)
{
	uint64_t most = (uint64_t)1 << CHUNK_ORDER;
	uint64_t left = 0;

	for (uint64_t i = 0; i < POOL_SLOTS; i++) {
		uint64_t size, used, address;
		handle_t source = slot_handle(SLOT_POOL + i);

		if (source == 0)
			break;
		if (untyped_info(source, &size, &used, &address) != OK)
			continue;
		used = (used + most - 1) / most * most;
		left += used < size ? (size - used) / most * most : 0;
	}
	return left;
}

/* --- chunks
 * --------------------------------------------------------------------------------------- */

static uint64_t chunk_slot(uint32_t chunk)
{
	return SLOT_CHUNK + 2u * chunk;
}

/* Large pages: the window needs a table for each GiB only, and the instance's own suffice. */
static status_t chunk_map(uint32_t chunk)
{
	handle_t space = service_start()->handles[PROCESS_SLOT_SPACE];
	uint64_t address = window + ((uint64_t)chunk << CHUNK_ORDER);
	uint64_t missing;

	return address_space_map(space, slot_handle(chunk_slot(chunk) + 1), 0, address, CHUNK_PAGES,
		RIGHT_READ | RIGHT_WRITE, &missing);
}

/* A new chunk of free, clean pages. */
static status_t chunk_add(uint32_t *chunk)
{
	uint32_t number = memory->chunk_count;
	uint64_t slot = chunk_slot(number);
	status_t status = number < CHUNKS ? pages_need(number) : ERR_NO_MEMORY;

	if (status == OK)
		status = take_untyped(CHUNK_ORDER, slot);
	if (status == OK)
		status = slot_retype(slot_handle(slot), OBJECT_FRAME, CHUNK_ORDER, slot + 1);
	if (status == OK)
		status = chunk_map(number);
	if (status != OK)
		return status;
	/* Not reachable before the commit: no need to save. */
	memset(&memory->clean[number * CHUNK_PAGES / 64], 0xff, CHUNK_PAGES / 8);
	ESTATE_SET(memory->pages_free, memory->pages_free + CHUNK_PAGES);
	ESTATE_SET(memory->chunk_count, number + 1);
	*chunk = number;
	return OK;
}

static uint64_t *units_word(uint32_t chunk)
{
	return &memory->has_units[chunk / 64];
}

static bool has_units(uint32_t chunk)
{
	return (*units_word(chunk) >> chunk % 64 & 1) != 0;
}

static void set_units(uint32_t chunk, bool units)
{
	uint64_t bit = (uint64_t)1 << chunk % 64;

	ESTATE_SET(
		*units_word(chunk), units ? *units_word(chunk) | bit : *units_word(chunk) & ~bit);
	ESTATE_SET(memory->units_free[chunk], units ? UINT64_MAX : 0);
}

/* A chunk whose units are all free, a new one if there is none. */
static status_t find_whole(uint32_t *chunk)
{
	status_t status;

	for (uint32_t i = 0; i < memory->chunk_count; i++) {
		if (memory->units_free[i] == UINT64_MAX) {
			*chunk = i;
			return OK;
		}
	}
	status = chunk_add(chunk);
	if (status == OK)
		set_units(*chunk, true);
	return status;
}

/* Puts a chunk's pages onto the list of free ones, which is empty. None of them is on it, so they
 * are not reachable before the commit. */
static status_t add_pages(void)
{
	uint32_t chunk;
	status_t status = find_whole(&chunk);

	if (status != OK)
		return status;
	set_units(chunk, false);
	for (uint32_t i = CHUNK_PAGES; i-- > 0;) {
		uint32_t page = chunk * CHUNK_PAGES + i;

		memory->pages[page].references = 0;
		memory->pages[page].next = i + 1 < CHUNK_PAGES ? page + 2 : 0;
	}
	ESTATE_SET(memory->free_page, chunk * CHUNK_PAGES + 1);
	return OK;
}

void pool_adopt(void)
{
	for (uint32_t i = 0; i < memory->chunk_count; i++) {
		status_t status = chunk_map(i);

		ASSERT(status == OK);
	}
	/* A transaction that was cut may have mapped pages that are free again now. */
	link_t link = memory->free_mapping;

	for (unsigned i = 0; i < 64 && link != 0; i++) {
		slot_delete(SLOT_MAPPING + link - 1);
		link = memory->mappings[link - 1].next;
	}
}

/* --- pages
 * ------------------------------------------------------------------------------------------ */

void *page_contents(uint64_t page)
{
	return (void *)(window + page * PAGE);
}

status_t page_allocate(uint64_t *page)
{
	uint64_t *clean;
	uint64_t bit;

	if (memory->free_page == 0) {
		status_t status = add_pages();

		if (status != OK)
			return ERR_NO_MEMORY;
	}
	*page = memory->free_page - 1;
	estate_save(&memory->pages[*page], sizeof(memory->pages[*page]));
	ESTATE_SET(memory->free_page, memory->pages[*page].next);
	ESTATE_SET(memory->pages_free, memory->pages_free - 1);
	memory->pages[*page].references = 1;
	clean = &memory->clean[*page / 64];
	bit = (uint64_t)1 << *page % 64;
	if ((*clean & bit) == 0)
		memset(page_contents(*page), 0, PAGE);
	ESTATE_SET(*clean, *clean & ~bit);
	return OK;
}

void page_share(uint64_t page)
{
	ESTATE_SET(memory->pages[page].references, memory->pages[page].references + 1);
}

void page_release(uint64_t page)
{
	estate_save(&memory->pages[page], sizeof(memory->pages[page]));
	if (--memory->pages[page].references > 0)
		return;
	memory->pages[page].next = memory->free_page;
	ESTATE_SET(memory->free_page, (link_t)page + 1);
	ESTATE_SET(memory->pages_free, memory->pages_free + 1);
}

void pages_release(const uint32_t *list, uint32_t count)
{
	estate_save(&memory->free_page, sizeof(memory->free_page));
	estate_save(&memory->pages_free, sizeof(memory->pages_free));
	for (uint32_t i = 0; i < count; i++) {
		uint32_t page = list[i] - 1;

		if (list[i] == 0)
			continue;
		estate_save(&memory->pages[page], sizeof(memory->pages[page]));
		if (--memory->pages[page].references > 0)
			continue;
		memory->pages[page].next = memory->free_page;
		memory->free_page = page + 1;
		memory->pages_free++;
	}
}

/* --- units
 * ------------------------------------------------------------------------------------------ */

/* Of a unit or a chunk: its pages have their own bytes of the map of clean ones. */
static void clear_pages(uint64_t first, uint64_t count)
{
	uint8_t *clean = (uint8_t *)memory->clean + first / 8;

	for (uint64_t i = 0; i < count; i++) {
		if ((clean[i / 8] >> i % 8 & 1) == 0)
			memset(page_contents(first + i), 0, PAGE);
	}
	estate_save(clean, count / 8);
	memset(clean, 0, count / 8);
}

/* A chunk with a free unit; one that is in use already is better. */
static status_t find_unit(uint32_t *chunk)
{
	for (uint32_t i = 0; i < memory->chunk_count; i++) {
		if (memory->units_free[i] != 0 && memory->units_free[i] != UINT64_MAX) {
			*chunk = i;
			return OK;
		}
	}
	return find_whole(chunk);
}

status_t units_allocate(bool whole, uint32_t *unit)
{
	uint32_t chunk = 0;
	status_t status = whole ? find_whole(&chunk) : find_unit(&chunk);
	unsigned bit;

	if (status != OK)
		return ERR_NO_MEMORY;
	ASSERT(has_units(chunk));
	bit = (unsigned)__builtin_ctzll(memory->units_free[chunk]);
	ESTATE_SET(memory->units_free[chunk],
		whole ? 0 : memory->units_free[chunk] & ~((uint64_t)1 << bit));
	ESTATE_SET(memory->pages_free, memory->pages_free - (whole ? CHUNK_PAGES : UNIT_PAGES));
	*unit = chunk * CHUNK_UNITS + bit;
	clear_pages((uint64_t)*unit * UNIT_PAGES, whole ? CHUNK_PAGES : UNIT_PAGES);
	return OK;
}

void units_release(bool whole, uint32_t unit)
{
	uint64_t *free = &memory->units_free[unit / CHUNK_UNITS];

	ESTATE_SET(*free, whole ? UINT64_MAX : *free | (uint64_t)1 << unit % CHUNK_UNITS);
	ESTATE_SET(memory->pages_free, memory->pages_free + (whole ? CHUNK_PAGES : UNIT_PAGES));
}

/* --- kernel objects of programs
 * -------------------------------------------------------------------------- */

uint64_t meta_slot(link_t meta, unsigned slot)
{
	return SLOT_META + (uint64_t)(meta - 1) * META_SLOTS + slot;
}

status_t meta_add(struct space *space)
{
	link_t meta = memory->free_meta;
	status_t status = OK;

	if (space->meta_count >= SPACE_METAS)
		return ERR_QUOTA;
	if (meta != 0) {
		ESTATE_SET(memory->free_meta, memory->metas[meta - 1].next);
	} else if (memory->meta_count < METAS) {
		meta = memory->meta_count + 1;
		status = slots_need(meta_slot(meta, META_UNTYPED));
		if (status == OK)
			status = take_untyped(META_ORDER, meta_slot(meta, META_UNTYPED));
		if (status != OK)
			return status;
		ESTATE_SET(memory->meta_count, meta);
	} else {
		return ERR_NO_MEMORY;
	}
	estate_save(&memory->metas[meta - 1], sizeof(struct meta));
	memory->metas[meta - 1] = (struct meta){.next = space->metas};
	ESTATE_SET(space->meta_count, space->meta_count + 1);
	ESTATE_SET(space->metas, meta);
	return OK;
}

/* What the revoking of its memory leaves: capabilities of other memory. An instance that was killed
 * may have granted one more than it noted. */
static void meta_empty(const struct space *space, link_t meta)
{
	uint64_t granted = META_GRANTED + space->granted + 1;

	slot_delete(meta_slot(meta, META_SPACE));
	if (memory->metas[meta - 1].next == 0) { /* the oldest */
		for (uint64_t i = META_MESSAGE_MAP; i < META_TABLE && i < granted; i++)
			slot_delete(meta_slot(meta, (unsigned)i));
	}
	slots_forget(meta_slot(meta, META_UNTYPED + 1), META_SLOTS - META_UNTYPED - 1);
}

void meta_release_all(struct space *space)
{
	while (space->metas != 0) {
		link_t meta = space->metas;
		uint64_t first = meta_slot(meta, META_UNTYPED);
		status_t status = cnode_revoke(slot_cnode(first), slot_index(first));

		ASSERT(status == OK);
		status = untyped_reset(slot_handle(first));
		ASSERT(status == OK);
		meta_empty(space, meta);
		ESTATE_SET(space->metas, memory->metas[meta - 1].next);
		ESTATE_SET(memory->metas[meta - 1].next, memory->free_meta);
		ESTATE_SET(memory->free_meta, meta);
	}
}

/* The space's kernel memory with the AddressSpace is the oldest: the last on its list. */
link_t meta_oldest(const struct space *space)
{
	link_t meta = space->metas;

	while (memory->metas[meta - 1].next != 0)
		meta = memory->metas[meta - 1].next;
	return meta;
}

static handle_t kernel_space(const struct space *space)
{
	return slot_handle(meta_slot(meta_oldest(space), META_SPACE));
}

/* One that a killed instance left may be of another space, which is gone. */
status_t kernel_space_copy(const struct space *space, handle_t *handle)
{
	uint64_t slot = meta_slot(meta_oldest(space), META_GRANTED);

	return slot_copy(kernel_space(space), slot, 0, handle);
}

/* Makes `count` page tables in slots that follow each other and gives them to the space. What a
 * killed instance left in these slots may have been given already, so it may be in use: then they
 * are taken one by one, and a table that the space does not take counts as given. */
static status_t make_tables(struct space *space, struct meta *meta, uint64_t count)
{
	uint64_t slot = meta_slot(space->metas, META_TABLE + meta->tables_made);
	handle_t cnode = slot_cnode(slot);
	status_t made = untyped_retype(slot_handle(meta_slot(space->metas, META_UNTYPED)),
		OBJECT_PAGE_TABLE, 0, count, cnode, slot_index(slot), nullptr);
	status_t status;

	if (made == ERR_OCCUPIED && count > 1)
		return made;
	if (made != OK && made != ERR_OCCUPIED)
		return made;
	status = is_dma(space) ? dma_space_give_tables(
					 kernel_space(space), cnode, slot_index(slot), count)
			       : address_space_give_tables(
					 kernel_space(space), cnode, slot_index(slot), count);
	if (status != OK && made != ERR_OCCUPIED)
		return status;
	ESTATE_SET(meta->tables_made, meta->tables_made + (uint32_t)count);
	return OK;
}

/* Gives the space at least one and at most `count` page tables. */
static status_t give_tables(struct space *space, uint64_t count, uint64_t *given)
{
	struct meta *meta = &memory->metas[space->metas - 1];
	status_t status;

	if (meta->tables_made == META_TABLES) {
		status = meta_add(space);
		if (status != OK)
			return status;
		meta = &memory->metas[space->metas - 1];
	}
	*given = META_TABLES - meta->tables_made;
	*given = count < *given ? count : *given;
	status = make_tables(space, meta, *given);
	if (status != ERR_OCCUPIED)
		return status;
	*given = 1;
	return make_tables(space, meta, 1);
}

static status_t map_in(const struct space *space, handle_t frame, uint64_t offset, uint64_t address,
	uint64_t pages, uint64_t rights, uint64_t *missing)
{
	return is_dma(space) ? dma_space_map(kernel_space(space), frame, offset, address, pages,
				       rights, missing)
			     : address_space_map(kernel_space(space), frame, offset, address, pages,
				       rights, missing);
}

status_t kernel_map(struct space *space, handle_t frame, uint64_t slot, uint64_t offset,
	uint64_t address, uint64_t pages, uint64_t rights)
{
	handle_t part;
	status_t status = slot_copy(frame, slot, rights, &part);

	while (status == OK) {
		uint64_t missing = 0;

		status = map_in(space, part, offset, address, pages, rights, &missing);
		if (status != ERR_NEED_TABLES)
			return status;
		status = OK;
		for (uint64_t given = 0; status == OK && missing > 0; missing -= given)
			status = give_tables(space, missing, &given);
	}
	return status;
}

void pool_init(void)
{
	for (uint32_t i = 0; i < REGIONS; i++)
		memory->regions[i].next = i + 1 < REGIONS ? i + 2 : 0;
	memory->free_region = 1;
}

/* A block of mappings, not reachable before the commit; the slots with the numbers of its first
 * ones are their CNode's own. */
static status_t add_mappings(void)
{
	uint32_t first = memory->mapping_blocks * SLOTS_PER_BLOCK;
	status_t status = first < MAPPINGS ? slots_need(SLOT_MAPPING + first) : ERR_NO_MEMORY;

	if (status != OK)
		return status;
	for (uint32_t i = BLOCK_OWN; i < SLOTS_PER_BLOCK; i++)
		memory->mappings[first + i].next =
			i + 1 < SLOTS_PER_BLOCK ? first + i + 2 : memory->free_mapping;
	ESTATE_SET(memory->free_mapping, first + BLOCK_OWN + 1);
	ESTATE_SET(memory->mapping_blocks, memory->mapping_blocks + 1);
	return OK;
}

bool mappings_need(unsigned count)
{
	link_t link = memory->free_mapping;

	for (unsigned i = 1; link != 0 && i < count; i++)
		link = memory->mappings[link - 1].next;
	return link != 0 || add_mappings() == OK;
}

link_t mapping_next(void)
{
	return memory->free_mapping != 0 || add_mappings() == OK ? memory->free_mapping : 0;
}
