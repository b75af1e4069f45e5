// SPDX-License-Identifier: MIT OR Apache-2.0
/* Runs of pages on their way: see page_io.h. */
#include "page_io.h"

#include "blocks.h"
#include "drive.h"

#include <craton/estate.h>

#define ID_PAGE      ((uint64_t)1 << 63) /* an engine's own ids are smaller */
#define ID_POSITIONS 9u                  /* bits: where in the run a part begins, in sectors */
#define ID_BLOCK     16u
#define ID_COUNT     32u
#define POSITIONS    (1u << ID_POSITIONS)

static_assert(PAGE_RUN_MOST * BLOCK_SIZE <= POSITIONS * BLOCK_SECTOR);
static_assert(ID_POSITIONS + ID_BLOCK + ID_COUNT < 63);

struct transfer {
	const struct page_owner *owner; /* nullptr: free */
	void *self;
	uint64_t unit;
	status_t status; /* the last failure */
	uint64_t failed; /* bit per page */
	uint64_t under_way[POSITIONS / 64];
	struct page_run run;
	uint32_t parts;  /* under way */
	uint32_t valid;  /* bytes of the run that the file has, if `is_known` */
	uint32_t wanted; /* bytes, in whole blocks, to be moved; the same */
	uint32_t mapped; /* of them; their parts were begun */
	uint32_t noted;  /* of those that are valid: the owner knows that they are written */
	uint32_t block;  /* bytes of the volume's, as its file system said first */
	bool is_known;
	bool is_old;     /* what is under way is of the instance before */
	bool is_careful; /* page by page */
	bool has_failed; /* a part has, or could not be begun */
};

static struct transfer transfers[CACHE_TRANSFERS];

static uint64_t id_of(const struct transfer *t)
{
	uint64_t block = t->run.blocks[0] & ((1u << ID_BLOCK) - 1);
	uint64_t count = t->run.id >> 32;

	return ID_PAGE | count << (ID_POSITIONS + ID_BLOCK) | block << ID_POSITIONS;
}

static uint32_t position_of(uint64_t id)
{
	return id & (POSITIONS - 1);
}

static bool is_begun(const struct transfer *t, uint32_t position)
{
	return (t->under_way[position / 64] >> position % 64 & 1) != 0;
}

static void note_begun(struct transfer *t, uint32_t position)
{
	t->under_way[position / 64] |= (uint64_t)1 << position % 64;
	t->parts++;
}

static void note_ended(struct transfer *t, uint32_t position)
{
	t->under_way[position / 64] &= ~((uint64_t)1 << position % 64);
	t->parts--;
}

void page_io_open(void)
{
	memset(transfers, 0, sizeof(transfers));
}

/* What the instance before had under way for it. */
static void find_old(struct transfer *t)
{
	uint64_t first = id_of(t);

	for (uint64_t id = first; drive_find_begun(t->unit, &id, first + POSITIONS - 1); id++)
		note_begun(t, position_of(id));
	t->is_old = t->parts > 0;
}

status_t page_io_begin(
	const struct page_owner *owner, void *self, uint64_t unit, const struct page_run *run)
{
	for (unsigned i = 0; i < CACHE_TRANSFERS; i++) {
		struct transfer *t = &transfers[i];

		if (t->owner != nullptr)
			continue;
		*t = (struct transfer){.owner = owner, .self = self, .unit = unit, .run = *run};
		if (run->is_again)
			find_old(t);
		return OK;
	}
	return ERR_TOO_MANY; /* the cache has not so many */
}

/* --- beginning ----------------------------------------------------------------------------------
 */

static uint32_t whole_blocks(const struct transfer *t, uint32_t size)
{
	return (size + t->block - 1) / t->block * t->block;
}

static status_t learn(struct transfer *t)
{
	status_t status = t->owner->learn(t->self, &t->run, &t->valid);

	if (status != OK)
		return status;
	t->block = t->owner->block_size(t->self);
	t->wanted = whole_blocks(t, t->valid);
	t->is_known = true;
	return OK;
}

static uint8_t *bytes_at(const struct transfer *t, uint32_t at)
{
	return block_data(t->run.blocks[at / BLOCK_SIZE]) + at % BLOCK_SIZE;
}

static uint32_t rest_of_page(uint32_t at)
{
	return BLOCK_SIZE - at % BLOCK_SIZE;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* A page in a hole is written when the file grew behind it: zeros, which need no room. */
static status_t pass_hole(struct transfer *t, uint32_t size)
{
	uint32_t end = t->mapped + size;

	while (t->mapped < end) {
		uint32_t part = smaller(rest_of_page(t->mapped), end - t->mapped);
		uint8_t *bytes = bytes_at(t, t->mapped);

		for (uint32_t i = 0; t->run.is_write && i < part; i++) {
			if (bytes[i] != 0)
				return ERR_CORRUPT;
		}
		memset(bytes, 0, part);
		t->mapped += part;
	}
	return OK;
}

/* A place that does not end with a block: all behind it reads as zeros. */
static uint32_t size_of(struct transfer *t, uint32_t size)
{
	uint32_t whole = whole_blocks(t, size);

	if (whole == size)
		return size;
	t->valid = t->mapped + size;
	t->wanted = t->mapped + whole;
	return whole;
}

/* Parts of several pages consist of whole ones, but for the run's end. */
static uint32_t part_of(const struct transfer *t, uint32_t size)
{
	if (t->mapped % BLOCK_SIZE != 0 || size <= BLOCK_SIZE)
		return smaller(size, rest_of_page(t->mapped));
	return t->mapped + size == t->wanted ? size : size - size % BLOCK_SIZE;
}

static status_t begin_request(struct transfer *t, uint64_t offset, uint32_t size)
{
	uint32_t position = t->mapped / BLOCK_SECTOR;
	struct block_slot request = {
		.operation = t->run.is_write ? BLOCK_OPERATION_WRITE : BLOCK_OPERATION_READ,
		.id = id_of(t) | position,
		.unit = t->unit,
		.offset = offset,
		.size = size,
	};
	uint32_t begun = drive_begin_pages(
		&request, &t->run.blocks[t->mapped / BLOCK_SIZE], t->mapped % BLOCK_SIZE);

	if (begun == 0)
		return FILE_LATER;
	note_begun(t, position);
	t->mapped += begun;
	return OK;
}

/* FILE_LATER: also if the disk takes no more now. */
static status_t begin_part(struct transfer *t)
{
	uint32_t most = t->is_careful ? rest_of_page(t->mapped) : UINT32_MAX;
	uint32_t size = smaller(t->wanted - t->mapped, most);
	struct engine_run place;
	status_t status = t->owner->map(t->self, &t->run, t->mapped, size, &place);

	if (status != OK)
		return status;
	if (place.is_hole)
		return pass_hole(t, place.size);
	size = size_of(t, place.size);
	return begin_request(t, place.offset, part_of(t, size));
}

static void note_failure(struct transfer *t, uint32_t at, status_t status)
{
	t->has_failed = true;
	t->status = status;
	t->failed |= (uint64_t)1 << at / BLOCK_SIZE;
}

/* What a step has changed counts, unless something has to come first. */
static status_t settled(status_t status)
{
	if (status == FILE_LATER)
		estate_rollback();
	else
		estate_commit();
	return status;
}

/* False: something has to come first. */
static bool begin_parts(struct transfer *t)
{
	while (t->mapped < t->wanted) {
		status_t status = settled(begin_part(t));

		if (status == FILE_LATER)
			return false;
		if (status == OK)
			continue;
		note_failure(t, t->mapped, status);
		t->mapped = t->is_careful ? t->mapped + rest_of_page(t->mapped) : t->wanted;
	}
	return true;
}

/* --- ending -------------------------------------------------------------------------------------
 */

/* True: the run begins again, page by page. Not if the disk is silent: each page would have to wait
 * for it. */
static bool try_carefully(struct transfer *t)
{
	if (!t->has_failed || t->is_careful || t->run.count == 1)
		return false;
	if (t->status == ERR_TIMED_OUT) {
		t->failed = UINT64_MAX;
		return false;
	}
	t->is_careful = true;
	t->is_known = false;
	t->has_failed = false;
	t->mapped = 0;
	t->status = OK;
	t->failed = 0;
	return true;
}

static status_t note_written(struct transfer *t)
{
	while (t->run.is_write && t->owner->written != nullptr && t->noted < t->valid) {
		bool is_failed = (t->failed >> t->noted / BLOCK_SIZE & 1) != 0;
		uint32_t size = t->valid - t->noted;
		status_t status = OK;

		if (t->has_failed)
			size = smaller(size, BLOCK_SIZE);
		if (!is_failed)
			status = settled(t->owner->written(t->self, &t->run, t->noted, size));
		if (status == FILE_LATER)
			return status;
		for (uint32_t at = t->noted; status != OK && at < t->noted + size; at += BLOCK_SIZE)
			note_failure(t, at, status);
		t->noted += size;
	}
	return OK;
}

static void finish(struct transfer *t)
{
	const uint64_t id = t->run.id;
	uint32_t end = t->run.count * BLOCK_SIZE;
	struct page_end result = {t->has_failed ? t->status : OK, t->failed};

	while (!t->run.is_write && t->valid < end) {
		uint32_t part = rest_of_page(t->valid);

		memset(bytes_at(t, t->valid), 0, part);
		t->valid += part;
	}
	t->owner = nullptr;
	cache_run_done(id, result);
}

/* Without its size nothing is known of a run: all of it has failed. */
static status_t prepare(struct transfer *t)
{
	status_t status = settled(learn(t));

	if (status == OK || status == FILE_LATER)
		return status;
	t->is_known = true;
	t->has_failed = true;
	t->status = status;
	t->failed = UINT64_MAX;
	t->valid = 0;
	t->wanted = 0;
	t->is_careful = true;
	return OK;
}

static bool go_on(struct transfer *t)
{
	if (!t->is_known && prepare(t) != OK)
		return false;
	if (!begin_parts(t))
		return false;
	return t->parts == 0 && !try_carefully(t) && note_written(t) == OK;
}

/* The next step; true: the run has ended, or begins again. */
static bool step(struct transfer *t)
{
	bool was_careful = t->is_careful;

	t->is_old = false;
	if (!go_on(t))
		return t->is_careful != was_careful;
	finish(t);
	return true;
}

static bool may_go_on(const struct transfer *t)
{
	if (t->is_old)
		return t->parts == 0;
	return t->parts == 0 || t->mapped < t->wanted;
}

bool page_io_work(const void *self)
{
	bool some = false;

	for (unsigned i = 0; i < CACHE_TRANSFERS; i++) {
		struct transfer *t = &transfers[i];

		if (t->owner != nullptr && t->self == self && may_go_on(t))
			some = step(t) || some;
	}
	return some;
}

bool page_io_is_under_way(const void *self, uint64_t node)
{
	for (unsigned i = 0; i < CACHE_TRANSFERS; i++) {
		const struct transfer *t = &transfers[i];

		if (t->owner != nullptr && t->self == self && t->run.node == node)
			return true;
	}
	return false;
}

/* What has moved half is moved again: nothing is known of any page of it. */
static void part_ended(struct transfer *t, uint32_t position, status_t status)
{
	note_ended(t, position);
	if (status != OK && !t->is_old)
		note_failure(t, position * BLOCK_SECTOR, status);
}

bool page_io_done(uint64_t unit, uint64_t id, status_t status)
{
	if ((id & ID_PAGE) == 0)
		return false;
	for (unsigned i = 0; i < CACHE_TRANSFERS; i++) {
		struct transfer *t = &transfers[i];

		if (t->owner == nullptr || t->unit != unit || id_of(t) != id - position_of(id) ||
			!is_begun(t, position_of(id)))
			continue;
		part_ended(t, position_of(id), status);
		return true;
	}
	return true;
}
