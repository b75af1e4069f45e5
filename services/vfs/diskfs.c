// SPDX-License-Identifier: MIT OR Apache-2.0
/* Disks as files: see diskfs.h. Node DISKFS_ROOT + 1 + n is unit n. Pages lie on a unit as they lie
 * in its file (page_io.h). */
#include "diskfs.h"

#include "blocks.h"
#include "cache.h"
#include "drive.h"
#include "fixed_names.h"
#include "mounts.h"
#include "page_io.h"

#define ID_FLUSH   ((uint64_t)5 << 60) /* ext4's are smaller, those of pages have the highest bit */
#define ID_KINDS   ((uint64_t)15 << 60)
#define FIRST_NODE (DISKFS_ROOT + 1)

static uint32_t own_volume;
static bool written[DRIVE_UNITS_MOST]; /* since it was flushed; all, in a new instance */
/* The flush that is under way, for all units that were written. */
static uint64_t last_ticket;
static uint64_t done_ticket;
static bool flushing[DRIVE_UNITS_MOST];
static uint32_t flushing_count;
static status_t flush_status;

void diskfs_open(uint32_t volume)
{
	own_volume = volume;
	memset(written, true, sizeof(written));
	last_ticket = 0;
	done_ticket = 0;
	memset(flushing, false, sizeof(flushing));
	flushing_count = 0;
}

static const struct block_unit *unit_of(uint64_t node)
{
	return drive_unit(node - FIRST_NODE);
}

status_t diskfs_clean(uint64_t unit)
{
	struct place place = {.volume = own_volume, .node = FIRST_NODE + unit};

	return cache_clean(place) == FILE_LATER ? FILE_LATER : OK;
}

bool diskfs_forget(uint64_t unit)
{
	struct place place = {.volume = own_volume, .node = FIRST_NODE + unit};

	if (cache_is_busy(place) || flushing[unit])
		return false;
	cache_forget(volume_at(own_volume), place.node);
	return true;
}

/* --- names --------------------------------------------------------------------------------------
 */

static status_t lookup(struct volume *v, uint64_t directory, struct name name, uint64_t *node)
{
	uint64_t number;
	status_t status = drive_find(name.text, name.size, &number);

	(void)v;
	(void)directory;
	*node = FIRST_NODE + number;
	return status;
}

static status_t attributes(struct volume *v, uint64_t node, struct file_attributes *a)
{
	(void)v;
	*a = (struct file_attributes){.inode = node, .type = FILE_TYPE_DIRECTORY, .links = 1};
	if (node == DISKFS_ROOT)
		return OK;
	a->type = FILE_TYPE_REGULAR;
	a->size = unit_of(node)->size;
	return OK;
}

static status_t next(
	struct volume *v, uint64_t directory, uint64_t *cookie, struct directory_item *item)
{
	const struct block_unit *unit = drive_next(cookie);

	(void)v;
	(void)directory;
	if (unit == nullptr)
		return ERR_NOT_FOUND;
	item->node = FIRST_NODE + *cookie;
	item->inode = item->node;
	item->type = FILE_TYPE_REGULAR;
	item->name_size = strlen((const char *)unit->name);
	memcpy(item->name, unit->name, item->name_size + 1);
	++*cookie;
	return OK;
}

/* Before the first request. */
static status_t retain(struct volume *v, uint64_t node)
{
	(void)v;
	return node == DISKFS_ROOT ? OK : drive_connect(node - FIRST_NODE);
}

/* --- contents -----------------------------------------------------------------------------------
 */

static status_t learn(void *self, const struct page_run *run, uint32_t *valid)
{
	uint64_t left = unit_of(run->node)->size - run->offset;
	uint64_t most = (uint64_t)run->count * BLOCK_SIZE;

	(void)self;
	*valid = (uint32_t)(left < most ? left : most);
	return OK;
}

static uint32_t block_size(void *self)
{
	(void)self;
	return BLOCK_SECTOR;
}

static status_t map(void *self, const struct page_run *run, uint32_t at, uint32_t size,
	struct engine_run *place)
{
	(void)self;
	*place = (struct engine_run){.offset = run->offset + at, .size = size};
	return OK;
}

static const struct page_owner owner = {learn, block_size, map, nullptr};

static status_t begin(const struct page_run *run)
{
	if (run->offset >= unit_of(run->node)->size)
		return ERR_RANGE;
	return page_io_begin(&owner, &own_volume, run->node - FIRST_NODE, run);
}

static status_t fill(struct volume *v, const struct page_run *run)
{
	(void)v;
	return begin(run);
}

static status_t write_back(struct volume *v, const struct page_run *run)
{
	(void)v;
	if (mounts_use(run->node - FIRST_NODE))
		return ERR_BUSY; /* what could not be written before is not written over a volume */
	written[run->node - FIRST_NODE] = true;
	return begin(run);
}

bool diskfs_work(void)
{
	return page_io_work(&own_volume);
}

static status_t reserve(struct volume *v, uint64_t node, uint64_t offset, uint64_t size)
{
	const struct block_unit *unit = unit_of(node);

	(void)v;
	if (unit->is_read_only != 0)
		return ERR_READ_ONLY;
	if (offset > unit->size || size > unit->size - offset)
		return ERR_NO_SPACE;
	return mounts_use(node - FIRST_NODE) ? ERR_BUSY : OK;
}

/* --- making it last -----------------------------------------------------------------------------
 */

static bool is_changed(uint64_t unit)
{
	return written[unit] && drive_is_used(unit);
}

/* Of all units; those for which there is no room now are begun with the next try. */
static void begin_flush(void)
{
	for (uint64_t i = 0; drive_next(&i) != nullptr; i++) {
		struct block_slot request = {
			.operation = BLOCK_OPERATION_FLUSH, .id = ID_FLUSH | i, .unit = i};

		if (!is_changed(i) || flushing[i] ||
			!drive_begin(&request, (struct drive_bytes){0}))
			continue;
		flushing[i] = true;
		flushing_count++;
		written[i] = false;
	}
}

static bool is_any_written(void)
{
	for (uint64_t i = 0; drive_next(&i) != nullptr; i++) {
		if (is_changed(i))
			return true;
	}
	return false;
}

/* One flush after the other: what comes while one is under way waits for the next. */
static status_t sync_all(struct volume *v, uint64_t node, uint64_t *ticket)
{
	(void)v;
	(void)node;
	if (*ticket == 0 && flushing_count == 0 && !is_any_written())
		return OK;
	if (*ticket != 0 && *ticket <= done_ticket)
		return flush_status;
	if (flushing_count == 0) {
		flush_status = OK;
		last_ticket++;
		begin_flush();
		*ticket = last_ticket;
	}
	return FILE_LATER;
}

static void flush_ended(uint32_t unit, status_t status)
{
	if (unit >= DRIVE_UNITS_MOST || !flushing[unit])
		return; /* of the instance before */
	flushing[unit] = false;
	flushing_count--;
	if (status != OK)
		flush_status = status;
	if (flushing_count == 0)
		done_ticket = last_ticket;
}

bool diskfs_io_done(uint64_t id, status_t status)
{
	if ((id & ID_KINDS) != ID_FLUSH)
		return false;
	flush_ended((uint32_t)id, status);
	return true;
}

/* --- what disks do not do -----------------------------------------------------------------------
 */

/* A disk stays as long as it is, also for those who open it to write it anew. */
static status_t set_size(struct volume *v, uint64_t node, uint64_t size)
{
	(void)v;
	return size == 0 || size == unit_of(node)->size ? OK : ERR_ACCESS;
}

const struct file_system_ops diskfs_ops = {
	.name = "diskfs",
	.lookup = lookup,
	.parent = fixed_parent,
	.attributes = attributes,
	.next = next,
	.space = fixed_space,
	.retain = retain,
	.create = fixed_create,
	.set_size = set_size,
	.set_times = fixed_set_times,
	.remove = fixed_remove,
	.rename = fixed_rename,
	.fill = fill,
	.write_back = write_back,
	.reserve = reserve,
	.sync = sync_all,
};
