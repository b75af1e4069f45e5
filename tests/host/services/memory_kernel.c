// SPDX-License-Identifier: MIT OR Apache-2.0
/* See memory_kernel.h. */
#include "memory_kernel.h"

#include "estate_host.h"
#include "memory.h"
#include "memory_calls.h"

#include <string.h>
#include <sys/mman.h>

#define TABLES_MOST 4096u /* page tables in use, all spaces */
#define OWN_SLOT    (SLOTS - 1)
#define CHUNK_SIZE  ((uint64_t)CHUNK_PAGES * PAGE)

struct slot {
	uint32_t type;   /* 0: empty */
	uint64_t parent; /* tag of the untyped memory from which it was made */
	uint64_t tag;
	uint64_t size;
	uint64_t used;
	uint64_t rights;
	uint8_t *memory; /* of a frame, once it is mapped in the service */
	uint32_t source; /* slot of the frame that it is a copy of */
	/* What it maps: */
	uint32_t space; /* slot + 1 */
	uint64_t address;
	uint64_t pages;
	uint64_t offset;
	uint64_t flags;
	/* Of an address space: */
	uint64_t spare;
	bool given; /* a page table in use */
};

static struct slot slots[SLOTS];
static struct {
	uint32_t space;
	uint64_t key;
} tables[TABLES_MOST];
static unsigned table_count;
static uint64_t next_tag;
static uint8_t *window;
static unsigned signals;
static bool has_iommu;

uint8_t *kernel_window(void)
{
	if (window == nullptr)
		window = mmap(nullptr, CHUNKS * CHUNK_SIZE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_true(window != MAP_FAILED);
	return window;
}

uint8_t *kernel_tables(size_t size)
{
	static uint8_t *tables_memory;

	if (tables_memory != nullptr)
		assert_int_equal(munmap(tables_memory, size), 0);
	tables_memory = mmap(nullptr, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_true(tables_memory != MAP_FAILED);
	return tables_memory;
}

static void fill(uint64_t index, uint32_t type, uint64_t size, uint64_t parent)
{
	slots[index] = (struct slot){.type = type,
		.tag = ++next_tag,
		.size = size,
		.parent = parent,
		.source = (uint32_t)index,
		.rights = RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE};
}

void kernel_new(uint64_t bytes)
{
	memset(slots, 0, sizeof(slots));
	table_count = 0;
	signals = 0;
	has_iommu = false;
	next_tag = 1000;
	assert_int_equal(madvise(kernel_window(), CHUNKS * CHUNK_SIZE, MADV_DONTNEED), 0);
	fill(SLOT_POOL, OBJECT_UNTYPED, bytes / 2, 0);
	fill(SLOT_POOL + 1, OBJECT_UNTYPED, bytes / 2, 0);
	fill(OWN_SLOT, OBJECT_ADDRESS_SPACE, 0, 0);
}

void kernel_put_space(uint64_t slot)
{
	fill(slot, OBJECT_ADDRESS_SPACE, 0, 0);
}

bool kernel_has(uint64_t slot)
{
	return slots[slot].type != 0;
}

unsigned kernel_signals(void)
{
	return signals;
}

unsigned kernel_mappings(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < SLOTS; i++)
		count += slots[i].space != 0 && slots[i].space != OWN_SLOT + 1;
	return count;
}

static uint32_t number(const struct slot *s)
{
	return (uint32_t)(s - slots);
}

/* The number of a place in the CNode that lies in slot `cnode` of the service's own. */
static uint64_t below(uint64_t cnode, uint64_t index)
{
	uint64_t block = (cnode - SLOT_BLOCK) / BLOCK_PARTS;

	assert_int_equal(slots[cnode].type, OBJECT_CNODE);
	assert_true(block < BLOCKS && index < SLOTS_PER_BLOCK);
	return SLOT_MAPPING + block * SLOTS_PER_BLOCK + index;
}

/* nullptr: a stale handle, or of another type. */
static struct slot *slot_of(handle_t handle, uint32_t type)
{
	uint64_t path = handle & ((UINT64_C(1) << ABI_HANDLE_PATH_BITS) - 1);
	uint64_t index = path < ROOT_SLOTS ? path : below(path % ROOT_SLOTS, path >> ROOT_RADIX);
	struct slot *s = handle == KERNEL_OWN ? &slots[OWN_SLOT] : &slots[index];

	if (handle != KERNEL_OWN && s->tag != handle >> ABI_HANDLE_PATH_BITS)
		return nullptr;
	return s->type == type ? s : nullptr;
}

/* The number of a place in a CNode, which must not be one that it has for itself. */
static uint64_t flat(handle_t cnode, uint64_t index)
{
	struct slot *s = cnode != KERNEL_CNODE ? slot_of(cnode, OBJECT_CNODE) : nullptr;

	assert_true(cnode == KERNEL_CNODE ? index < ROOT_SLOTS
					  : s != nullptr && index < SLOTS_PER_BLOCK);
	assert_true(index >= BLOCK_OWN);
	return s != nullptr ? below(number(s), index) : index;
}

void kernel_add_iommu(void)
{
	has_iommu = true;
}

/* --- untyped memory -------------------------------------------------------------------------- */

static uint64_t bytes_of(uint64_t type, uint64_t order)
{
	if (type == OBJECT_CNODE)
		return UINT64_C(64) << order;
	return type == OBJECT_UNTYPED || type == OBJECT_FRAME ? UINT64_C(1) << order : PAGE;
}

status_t fake_untyped_retype(handle_t untyped, uint64_t type, uint64_t size, uint64_t count,
	handle_t cnode, uint64_t index, uint64_t *tag)
{
	struct slot *u = slot_of(untyped, OBJECT_UNTYPED);
	uint64_t each = bytes_of(type, size);
	uint64_t start;

	estate_host_may_die();
	index = flat(cnode, index);
	assert_true(count >= 1 && count <= 32);
	if (u == nullptr)
		return ERR_STALE;
	if (type == OBJECT_DMA_SPACE && !has_iommu)
		return ERR_NOT_SUPPORTED;
	for (uint64_t i = 0; i < count; i++) {
		if (slots[index + i].type != 0)
			return ERR_OCCUPIED;
	}
	start = (u->used + each - 1) & ~(each - 1);
	if (start + each * count > u->size)
		return ERR_NO_MEMORY;
	u->used = start + each * count;
	for (uint64_t i = 0; i < count; i++)
		fill(index + i, (uint32_t)type, each, u->tag);
	if (tag != nullptr)
		*tag = slots[index].tag;
	return OK;
}

static bool has_children(uint64_t parent)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		if (slots[i].type != 0 && slots[i].parent == parent)
			return true;
	}
	return false;
}

status_t fake_untyped_info(handle_t untyped, uint64_t *size, uint64_t *used, uint64_t *address)
{
	const struct slot *u = slot_of(untyped, OBJECT_UNTYPED);

	if (u == nullptr)
		return ERR_STALE;
	*size = u->size;
	*used = u->used;
	*address = 0;
	return OK;
}

status_t fake_untyped_reset(handle_t untyped)
{
	struct slot *u = slot_of(untyped, OBJECT_UNTYPED);

	estate_host_may_die();
	if (u == nullptr)
		return ERR_STALE;
	if (has_children(u->tag))
		return ERR_HAS_CHILDREN;
	u->used = 0;
	return OK;
}

/* --- slots ----------------------------------------------------------------------------------- */

static void forget_space(uint32_t space)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		if (slots[i].space == space + 1)
			slots[i].space = 0;
	}
	for (unsigned i = 0; i < table_count;) {
		if (tables[i].space == space)
			tables[i] = tables[--table_count];
		else
			i++;
	}
}

static void empty(struct slot *s)
{
	if (s->type == OBJECT_ADDRESS_SPACE || s->type == OBJECT_DMA_SPACE)
		forget_space(number(s));
	*s = (struct slot){0};
}

status_t fake_cnode_copy(
	handle_t cnode, uint64_t index, handle_t source, uint64_t rights, uint64_t *tag)
{
	bool is_dma = slot_of(source, OBJECT_DMA_SPACE) != nullptr;
	struct slot *from = slot_of(source, is_dma ? OBJECT_DMA_SPACE : OBJECT_FRAME);

	index = flat(cnode, index);
	if (from == nullptr)
		return ERR_STALE;
	if (slots[index].type != 0)
		return ERR_OCCUPIED;
	fill(index, from->type, from->size, from->parent);
	slots[index].rights = rights & from->rights;
	slots[index].source = from->source;
	*tag = slots[index].tag;
	return OK;
}

status_t fake_cnode_move(handle_t cnode, uint64_t index, handle_t source, uint64_t *tag)
{
	struct slot *from = slot_of(source, OBJECT_ADDRESS_SPACE);

	index = flat(cnode, index);
	if (from == nullptr)
		return ERR_STALE;
	if (slots[index].type != 0)
		return ERR_OCCUPIED;
	slots[index] = *from;
	slots[index].tag = ++next_tag;
	*from = (struct slot){0};
	*tag = slots[index].tag;
	return OK;
}

status_t fake_cnode_delete(handle_t cnode, uint64_t index)
{
	index = flat(cnode, index);
	if (slots[index].type == 0)
		return ERR_STALE;
	empty(&slots[index]);
	return OK;
}

status_t fake_cnode_revoke(handle_t cnode, uint64_t index)
{
	index = flat(cnode, index);
	for (unsigned i = 0; i < SLOTS; i++) {
		if (slots[i].type != 0 && slots[i].parent == slots[index].tag)
			empty(&slots[i]);
	}
	return OK;
}

status_t fake_cnode_inspect(handle_t cnode, uint64_t index, uint64_t *type, uint64_t *rights,
	uint64_t *badge, uint64_t *tag, uint64_t *detail)
{
	index = flat(cnode, index);
	if (slots[index].type == 0)
		return ERR_STALE;
	*type = slots[index].type;
	*rights = slots[index].rights;
	*badge = 0;
	*tag = slots[index].tag;
	*detail = 0;
	return OK;
}

/* --- address spaces -------------------------------------------------------------------------- */

static bool has_table(uint32_t space, uint64_t key)
{
	for (unsigned i = 0; i < table_count; i++) {
		if (tables[i].space == space && tables[i].key == key)
			return true;
	}
	return false;
}

/* The tables of all levels that pages from `address` on need and the space has not. */
static uint64_t missing_tables(uint32_t space, uint64_t address, uint64_t pages, bool add)
{
	uint64_t missing = 0;

	for (unsigned level = 1; level <= 3; level++) {
		unsigned shift = 12 + 9 * level;

		for (uint64_t i = address >> shift; i <= (address + pages * PAGE - 1) >> shift;
			i++) {
			uint64_t key = i << 2 | level;

			if (has_table(space, key))
				continue;
			missing++;
			if (add) {
				assert_true(table_count < TABLES_MOST);
				tables[table_count].space = space;
				tables[table_count++].key = key;
			}
		}
	}
	return missing;
}

static bool overlaps(const struct slot *s, uint32_t space, uint64_t address, uint64_t pages)
{
	return s->space == space + 1 && address < s->address + s->pages * PAGE &&
	       s->address < address + pages * PAGE;
}

static status_t map_own(struct slot *frame, uint64_t address)
{
	estate_host_may_die();
	frame->memory = (uint8_t *)(uintptr_t)address;
	frame->space = OWN_SLOT + 1;
	return OK;
}

static status_t map(uint32_t type, handle_t space, handle_t frame, uint64_t offset,
	uint64_t address, uint64_t pages, uint64_t flags, uint64_t *missing)
{
	struct slot *s = slot_of(space, type);
	struct slot *f = slot_of(frame, OBJECT_FRAME);
	uint64_t wanted;

	*missing = 0;
	if (s == nullptr || f == nullptr)
		return ERR_STALE;
	if (space == KERNEL_OWN)
		return map_own(f, address);
	assert_true((flags & RIGHT_WRITE) == 0 || (flags & RIGHT_EXECUTE) == 0);
	if ((flags & ~f->rights) != 0)
		return ERR_RIGHTS;
	if (offset + pages * PAGE > f->size)
		return ERR_RANGE;
	for (unsigned i = 0; i < SLOTS; i++) {
		if (overlaps(&slots[i], number(s), address, pages))
			return ERR_ALREADY_MAPPED;
	}
	wanted = missing_tables(number(s), address, pages, false);
	if (wanted > s->spare) {
		*missing = wanted - s->spare;
		return ERR_NEED_TABLES;
	}
	s->spare -= missing_tables(number(s), address, pages, true);
	f->space = number(s) + 1;
	f->address = address;
	f->pages = pages;
	f->offset = offset;
	f->flags = flags;
	return OK;
}

status_t fake_address_space_map(handle_t space, handle_t frame, uint64_t offset, uint64_t address,
	uint64_t pages, uint64_t flags, uint64_t *missing)
{
	return map(OBJECT_ADDRESS_SPACE, space, frame, offset, address, pages, flags, missing);
}

status_t fake_dma_space_map(handle_t space, handle_t frame, uint64_t offset, uint64_t address,
	uint64_t pages, uint64_t flags, uint64_t *missing)
{
	return map(OBJECT_DMA_SPACE, space, frame, offset, address, pages, flags, missing);
}

static status_t give_tables(
	uint32_t type, handle_t space, handle_t cnode, uint64_t index, uint64_t count)
{
	struct slot *s = slot_of(space, type);

	index = flat(cnode, index);
	if (s == nullptr)
		return ERR_STALE;
	for (uint64_t i = 0; i < count; i++) {
		if (slots[index + i].type != OBJECT_PAGE_TABLE)
			return ERR_WRONG_TYPE;
		if (slots[index + i].given)
			return ERR_BUSY;
	}
	for (uint64_t i = 0; i < count; i++)
		slots[index + i].given = true;
	s->spare += count;
	return OK;
}

status_t fake_address_space_give_tables(
	handle_t space, handle_t cnode, uint64_t index, uint64_t count)
{
	return give_tables(OBJECT_ADDRESS_SPACE, space, cnode, index, count);
}

status_t fake_dma_space_give_tables(handle_t space, handle_t cnode, uint64_t index, uint64_t count)
{
	return give_tables(OBJECT_DMA_SPACE, space, cnode, index, count);
}

status_t fake_address_space_protect(handle_t space, handle_t frame, uint64_t flags)
{
	struct slot *s = slot_of(space, OBJECT_ADDRESS_SPACE);
	struct slot *f = slot_of(frame, OBJECT_FRAME);

	if (s == nullptr || f == nullptr)
		return ERR_STALE;
	if (f->space != number(s) + 1)
		return ERR_NOT_MAPPED;
	if ((flags & ~f->rights) != 0)
		return ERR_RIGHTS;
	f->flags = flags;
	return OK;
}

uint8_t *kernel_byte(uint64_t space, uint64_t address, uint64_t rights)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		const struct slot *f = &slots[i];
		uint64_t offset = address - f->address + f->offset;

		if (!overlaps(f, (uint32_t)space, address - address % PAGE, 1))
			continue;
		if ((rights & ~f->flags) != 0)
			return nullptr;
		return slots[f->source].memory != nullptr ? slots[f->source].memory + offset
							  : nullptr;
	}
	return nullptr;
}

/* Each slot's memory lies where its number says. */
status_t fake_frame_physical(handle_t frame, uint64_t *address, uint64_t *size)
{
	const struct slot *f = slot_of(frame, OBJECT_FRAME);

	if (f == nullptr)
		return ERR_STALE;
	*address = (uint64_t)number(f) * CHUNK_SIZE;
	*size = f->size;
	return OK;
}

status_t fake_sys_signal(handle_t notification)
{
	assert_int_equal(notification, KERNEL_SIGNAL);
	signals++;
	return OK;
}
