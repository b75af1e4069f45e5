// SPDX-License-Identifier: MIT OR Apache-2.0
/* Pages of files on their way between a volume and the cache. A page lies in several places
 * at worst (blocks are 512 bytes to 4 KiB); its parts are read or written at once, and what was
 * written counts when the engine knows of it. None of this is in the estate: a new instance is
 * given all pages that are under way again (cache_resume), and their parts have the same ids. */
#include "enginefs_internal.h"

#include "blocks.h"
#include "share.h"

#include <craton/estate.h>

#define PARTS_MOST 8u
#define ID_PAGE    ((uint64_t)1 << 63) /* an engine's own ids are smaller */
#define ID_PARTS   4u                  /* bits */
#define ID_BLOCK   24u
#define ID_COUNT   32u

struct transfer {
	struct mounted *owner; /* nullptr: free */
	struct page_transfer page;
	bool is_write;
	bool is_known;   /* what follows: */
	uint32_t valid;  /* bytes of the page that the file has */
	uint32_t wanted; /* bytes, in whole blocks, to be moved */
	uint32_t mapped; /* of them; their parts were begun */
	uint32_t next_part;
	uint32_t under_way; /* bit per part */
	status_t status;
};

static struct transfer transfers[CACHE_TRANSFERS];

/* The id of a page's part: what tells its transfer from others of the same block, the block, the
 * part. */
static uint64_t id_of(const struct transfer *t, uint32_t part)
{
	uint64_t block = t->page.block & ((1u << ID_BLOCK) - 1);
	uint64_t count = t->page.id >> 32;

	return ID_PAGE | count << (ID_PARTS + ID_BLOCK) | block << ID_PARTS | part;
}

static_assert(ID_PARTS + ID_BLOCK + ID_COUNT < 63);

void enginefs_pages_open(void)
{
	memset(transfers, 0, sizeof(transfers));
}

status_t enginefs_page_begin(struct mounted *m, const struct page_transfer *page, bool is_write)
{
	for (unsigned i = 0; i < CACHE_TRANSFERS; i++) {
		if (transfers[i].owner != nullptr)
			continue;
		transfers[i] = (struct transfer){.owner = m, .page = *page, .is_write = is_write};
		return OK;
	}
	return ERR_TOO_MANY; /* the cache has not so many */
}

/* --- beginning ----------------------------------------------------------------------------------
 */

static struct drive_bytes place_of(const struct transfer *t)
{
	uint32_t index = t->page.block - 1;

	return (struct drive_bytes){
		share_pool_object(index / SHARE_POOL_STEP),
		(uint64_t)(index % SHARE_POOL_STEP) * BLOCK_SIZE + t->mapped,
	};
}

static uint32_t whole_blocks(const struct transfer *t, uint32_t size)
{
	uint32_t block = t->owner->engine->block_size(t->owner->fs);

	return (size + block - 1) / block * block;
}

static status_t learn(struct transfer *t)
{
	const struct mounted *m = t->owner;
	struct file_attributes a;
	uint64_t left;
	status_t status = enginefs_attributes(m, t->page.node, &a);

	if (status != OK)
		return status;
	left = a.size > t->page.offset ? a.size - t->page.offset : 0;
	t->valid = left < BLOCK_SIZE ? (uint32_t)left : BLOCK_SIZE;
	t->wanted = whole_blocks(t, t->valid);
	t->is_known = true;
	return OK;
}

static status_t map(const struct transfer *t, struct engine_run *run)
{
	const struct mounted *m = t->owner;
	uint64_t offset = t->page.offset + t->mapped;
	uint32_t size = t->wanted - t->mapped;

	return t->is_write ? m->engine->map_write(m->fs, t->page.node, offset, size, run)
			   : m->engine->map(m->fs, t->page.node, offset, size, run);
}

/* A page in a hole is written when the file grew behind it: zeros, which need no room. */
static status_t pass_hole(const struct transfer *t, uint32_t size)
{
	uint8_t *bytes = block_data(t->page.block) + t->mapped;

	for (uint32_t i = 0; t->is_write && i < size; i++) {
		if (bytes[i] != 0)
			return ERR_CORRUPT;
	}
	memset(bytes, 0, size);
	return OK;
}

/* A run that does not end with a block: all behind it reads as zeros. */
static uint32_t size_of(struct transfer *t, const struct engine_run *run)
{
	uint32_t size = whole_blocks(t, run->size);

	if (size == run->size)
		return size;
	t->valid = t->mapped + run->size;
	t->wanted = t->mapped + size;
	return size;
}

/* FILE_LATER: also if the disk takes no more now. */
static status_t begin_part(struct transfer *t)
{
	struct engine_run run;
	status_t status = map(t, &run);
	struct block_slot request;

	if (status != OK)
		return status;
	if (run.is_hole) {
		status = pass_hole(t, run.size);
		t->mapped += run.size;
		return status;
	}
	request = (struct block_slot){
		.operation = t->is_write ? BLOCK_OPERATION_WRITE : BLOCK_OPERATION_READ,
		.id = id_of(t, t->next_part),
		.unit = t->owner->unit,
		.offset = run.offset,
		.size = size_of(t, &run),
	};
	if (t->next_part == PARTS_MOST)
		return ERR_CORRUPT;
	if (!drive_begin(&request, place_of(t)))
		return FILE_LATER;
	t->under_way |= 1u << t->next_part++;
	t->mapped += request.size;
	return OK;
}

/* --- ending -------------------------------------------------------------------------------------
 */

static void finish(struct transfer *t)
{
	uint64_t id = t->page.id;
	status_t status = t->status;

	if (status == OK && !t->is_write)
		memset(block_data(t->page.block) + t->valid, 0, BLOCK_SIZE - t->valid);
	t->owner = nullptr;
	cache_transfer_done(id, status);
}

static status_t note_written(const struct transfer *t)
{
	const struct mounted *m = t->owner;

	if (!t->is_write || t->status != OK || t->wanted == 0)
		return OK;
	enginefs_changed(m, t->page.node);
	return m->engine->written(m->fs, t->page.node, t->page.offset, t->valid);
}

/* The next step; true: the transfer has ended. */
static bool step(struct transfer *t)
{
	status_t status = OK;

	if (t->status == OK && !t->is_known)
		status = learn(t);
	while (status == OK && t->status == OK && t->mapped < t->wanted)
		status = begin_part(t);
	if (status == OK && t->under_way == 0)
		status = note_written(t);
	if (status == FILE_LATER) {
		estate_rollback();
		return false;
	}
	estate_commit();
	if (status != OK)
		t->status = status;
	if (t->under_way != 0)
		return false;
	finish(t);
	return true;
}

bool enginefs_pages_work(struct mounted *m)
{
	bool ended = false;

	for (unsigned i = 0; i < CACHE_TRANSFERS; i++) {
		struct transfer *t = &transfers[i];

		if (t->owner == m && (t->under_way == 0 || t->mapped < t->wanted))
			ended = step(t) || ended;
	}
	return ended;
}

bool enginefs_page_is_under_way(const struct mounted *m, uint64_t node)
{
	for (unsigned i = 0; i < CACHE_TRANSFERS; i++) {
		if (transfers[i].owner == m && transfers[i].page.node == node)
			return true;
	}
	return false;
}

bool enginefs_page_io_done(struct mounted *m, uint64_t id, status_t status)
{
	uint32_t part = id & ((1u << ID_PARTS) - 1);

	if ((id & ID_PAGE) == 0)
		return false;
	for (unsigned i = 0; i < CACHE_TRANSFERS; i++) {
		struct transfer *t = &transfers[i];

		if (t->owner != m || id_of(t, part) != id || part >= t->next_part)
			continue;
		t->under_way &= ~(1u << part);
		if (status != OK)
			t->status = status;
	}
	return true;
}
