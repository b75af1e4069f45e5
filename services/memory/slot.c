// SPDX-License-Identifier: MIT OR Apache-2.0
/* Slots, and tables that grow with what is in them: see memory.h. */
#include "memory.h"

#include <abi/syscall.h>

#define BLOCK_ORDER    16u
#define BLOCK_RADIX    9u
#define MAPPINGS_ORDER 14u /* a block's mappings */
#define TAGS_ORDER     12u
#define GROUP_ORDER    16u /* a group's pages */

static_assert(1u << BLOCK_RADIX == SLOTS_PER_BLOCK);
static_assert(SLOTS_PER_BLOCK * sizeof(struct mapping) == 1u << MAPPINGS_ORDER);
static_assert(SLOTS_PER_BLOCK * sizeof(uint64_t) == 1u << TAGS_ORDER);
static_assert(GROUP_CHUNKS * CHUNK_PAGES * sizeof(struct page) == 1u << GROUP_ORDER);

static_assert(SLOT_BLOCK + BLOCKS * BLOCK_PARTS <= SLOT_GROUP);
static_assert(SLOT_GROUP + GROUPS * GROUP_PARTS <= SLOT_MAPPING);

/* At the same address in each instance. */
struct tables {
	struct mapping mappings[MAPPINGS];
	uint64_t tags[SLOTS]; /* as `root_tags` */
	struct page pages[CHUNKS * CHUNK_PAGES];
};

static uintptr_t tables_at = TABLES;
static uint64_t root_tags[ROOT_SLOTS]; /* of slots as this instance knows them; 0: ask */
static handle_t cnodes[BLOCKS];        /* of blocks that this instance has mapped */
static bool has_group[GROUPS];

static struct tables *tables(void)
{
	return (struct tables *)tables_at;
}

static uint64_t *tag_at(uint64_t slot)
{
	return slot < ROOT_SLOTS ? &root_tags[slot] : &tables()->tags[slot];
}

static uint64_t block_of(uint64_t slot)
{
	return (slot - SLOT_MAPPING) / SLOTS_PER_BLOCK;
}

static uint64_t block_slot(uint64_t block, enum block_part part)
{
	return SLOT_BLOCK + block * BLOCK_PARTS + part;
}

static uint64_t group_slot(uint64_t group, enum group_part part)
{
	return SLOT_GROUP + group * GROUP_PARTS + part;
}

static uint64_t path_of(uint64_t slot)
{
	return slot < ROOT_SLOTS ? slot
				 : block_slot(block_of(slot), BLOCK_CNODE) | slot % SLOTS_PER_BLOCK
										     << ROOT_RADIX;
}

handle_t slot_cnode(uint64_t slot)
{
	return slot < ROOT_SLOTS ? service_start()->handles[PROCESS_SLOT_CNODE]
				 : cnodes[block_of(slot)];
}

uint64_t slot_index(uint64_t slot)
{
	return slot < ROOT_SLOTS ? slot : slot % SLOTS_PER_BLOCK;
}

handle_t slot_handle(uint64_t slot)
{
	uint64_t type, rights, badge, tag, detail;
	uint64_t *known = tag_at(slot);

	if (*known == 0 && cnode_inspect(slot_cnode(slot), slot_index(slot), &type, &rights, &badge,
				   &tag, &detail) == OK)
		*known = tag;
	return *known == 0 ? 0 : handle_of(path_of(slot), *known);
}

bool slot_is_filled(uint64_t slot)
{
	uint64_t type, rights, badge, tag, detail;

	return cnode_inspect(slot_cnode(slot), slot_index(slot), &type, &rights, &badge, &tag,
		       &detail) == OK &&
	       type != OBJECT_NULL;
}

void slots_forget(uint64_t first, uint64_t count)
{
	memset(tag_at(first), 0, count * sizeof(uint64_t));
}

void slot_delete(uint64_t slot)
{
	status_t status = cnode_delete(slot_cnode(slot), slot_index(slot));

	ASSERT(status == OK || status == ERR_STALE);
	*tag_at(slot) = 0;
}

status_t slot_retype(handle_t untyped, uint64_t type, uint64_t size, uint64_t slot)
{
	handle_t cnode = slot_cnode(slot);
	uint64_t index = slot_index(slot);
	uint64_t *tag = tag_at(slot);
	status_t status = untyped_retype(untyped, type, size, 1, cnode, index, tag);

	if (status == ERR_OCCUPIED) {
		slot_delete(slot);
		status = untyped_retype(untyped, type, size, 1, cnode, index, tag);
	}
	return status;
}

status_t slot_copy(handle_t source, uint64_t slot, uint64_t rights, handle_t *handle)
{
	handle_t cnode = slot_cnode(slot);
	uint64_t index = slot_index(slot);
	uint64_t *tag = tag_at(slot);
	status_t status = cnode_copy(cnode, index, source, rights, tag);

	if (status == ERR_OCCUPIED) {
		slot_delete(slot);
		status = cnode_copy(cnode, index, source, rights, tag);
	}
	*handle = handle_of(path_of(slot), *tag);
	return status;
}

/* --- growth
 * ----------------------------------------------------------------------------------------- */

static status_t need_part(uint64_t untyped, uint64_t type, uint64_t size, uint64_t slot)
{
	return slot_is_filled(slot) ? OK : slot_retype(slot_handle(untyped), type, size, slot);
}

static status_t map_table(uint64_t slot, const void *address, unsigned order)
{
	uint64_t missing;

	return address_space_map(service_start()->handles[PROCESS_SLOT_SPACE], slot_handle(slot), 0,
		(uintptr_t)address, (1u << order) / PAGE, RIGHT_READ | RIGHT_WRITE, &missing);
}

static uint64_t first_slot(uint64_t block)
{
	return SLOT_MAPPING + block * SLOTS_PER_BLOCK;
}

/* The first blocks' slots are in the service's own CNode. */
static bool has_cnode(uint64_t block)
{
	return first_slot(block) >= ROOT_SLOTS;
}

static bool has_mappings(uint64_t block)
{
	return first_slot(block) < SLOT_META;
}

/* The part that is made last. */
static uint64_t last_part(uint64_t block)
{
	return block_slot(block, has_cnode(block) ? BLOCK_TAGS : BLOCK_MAPPINGS);
}

static status_t map_block(uint64_t block)
{
	uint64_t first = first_slot(block);
	status_t status = OK;

	if (has_mappings(block))
		status = map_table(block_slot(block, BLOCK_MAPPINGS),
			&tables()->mappings[first - SLOT_MAPPING], MAPPINGS_ORDER);
	if (status == OK && has_cnode(block)) {
		status = map_table(
			block_slot(block, BLOCK_TAGS), &tables()->tags[first], TAGS_ORDER);
		if (status == OK)
			memset(&tables()->tags[first], 0, 1u << TAGS_ORDER);
	}
	if (status == OK)
		cnodes[block] = has_cnode(block) ? slot_handle(block_slot(block, BLOCK_CNODE))
						 : slot_cnode(first);
	return status;
}

static status_t make_block(uint64_t block)
{
	uint64_t untyped = block_slot(block, BLOCK_UNTYPED);
	uint64_t cnode = block_slot(block, BLOCK_CNODE);
	uint64_t mappings = block_slot(block, BLOCK_MAPPINGS);
	status_t status = OK;

	if (!slot_is_filled(has_cnode(block) ? cnode : mappings))
		status = take_untyped(has_cnode(block) ? BLOCK_ORDER : MAPPINGS_ORDER, untyped);
	if (status == OK && has_cnode(block))
		status = need_part(untyped, OBJECT_CNODE, BLOCK_RADIX, cnode);
	if (status == OK && has_mappings(block))
		status = need_part(untyped, OBJECT_FRAME, MAPPINGS_ORDER, mappings);
	if (status == OK && has_cnode(block))
		status =
			need_part(untyped, OBJECT_FRAME, TAGS_ORDER, block_slot(block, BLOCK_TAGS));
	return status;
}

status_t slots_need(uint64_t slot)
{
	uint64_t block = block_of(slot);
	status_t status = OK;

	if (cnodes[block] != 0)
		return OK;
	/* What a killed instance made of it is there. */
	if (!slot_is_filled(last_part(block)))
		status = make_block(block);
	return status == OK ? map_block(block) : status;
}

static status_t map_group(uint64_t group)
{
	status_t status = map_table(group_slot(group, GROUP_PAGES),
		&tables()->pages[group * GROUP_CHUNKS * CHUNK_PAGES], GROUP_ORDER);

	has_group[group] = status == OK;
	return status;
}

status_t pages_need(uint32_t chunk)
{
	uint64_t group = chunk / GROUP_CHUNKS;
	uint64_t untyped = group_slot(group, GROUP_UNTYPED);
	uint64_t pages = group_slot(group, GROUP_PAGES);
	status_t status = OK;

	if (has_group[group])
		return OK;
	if (!slot_is_filled(pages)) {
		status = take_untyped(GROUP_ORDER, untyped);
		if (status == OK)
			status =
				slot_retype(slot_handle(untyped), OBJECT_FRAME, GROUP_ORDER, pages);
	}
	return status == OK ? map_group(group) : status;
}

void tables_open(void)
{
	status_t status = OK;

	for (uint64_t i = 0; status == OK && i < BLOCKS; i++) {
		if (slot_is_filled(last_part(i)))
			status = map_block(i);
	}
	for (uint64_t i = 0; status == OK && i < GROUPS; i++) {
		if (slot_is_filled(group_slot(i, GROUP_PAGES)))
			status = map_group(i);
	}
	ASSERT(status == OK);
}

void tables_find(struct memory_state *state)
{
	state->mappings = tables()->mappings;
	state->pages = tables()->pages;
}
