// SPDX-License-Identifier: MIT OR Apache-2.0
/* Disks as files: see diskfs.h. Node DISKFS_ROOT + 1 + n is unit n. There is no state but what
 * waits for room: the id of a request says which page it is about, so its end can be told by
 * whatever instance sees it. */
#include "diskfs.h"

#include "blocks.h"
#include "cache.h"
#include "drive.h"
#include "fixed_names.h"
#include "mounts.h"
#include "share.h"

#define ID_PAGE    ((uint64_t)4 << 60) /* ext4's are smaller, or have the highest bit */
#define ID_FLUSH   ((uint64_t)5 << 60)
#define ID_KINDS   ((uint64_t)15 << 60)
#define ID_BLOCK   24u /* bits; above: which transfer of the block */
#define PAGE_SHIFT 32u /* of the cache's ids */
#define FIRST_NODE (DISKFS_ROOT + 1)

struct transfer {
	struct page_transfer page;
	bool is_write;
};

static uint32_t own_volume;
static struct transfer waiting[CACHE_TRANSFERS];
static uint32_t waiting_count;
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
	waiting_count = 0;
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

static uint32_t length_of(const struct page_transfer *page)
{
	uint64_t left = unit_of(page->node)->size - page->offset;

	return left < BLOCK_SIZE ? (uint32_t)left : BLOCK_SIZE;
}

static bool begin(const struct transfer *t)
{
	uint32_t index = t->page.block - 1;
	uint64_t count = t->page.id >> PAGE_SHIFT;
	struct block_slot request = {
		.operation = t->is_write ? BLOCK_OPERATION_WRITE : BLOCK_OPERATION_READ,
		.id = ID_PAGE | count << ID_BLOCK | t->page.block,
		.unit = t->page.node - FIRST_NODE,
		.offset = t->page.offset,
		.size = length_of(&t->page),
	};

	return drive_begin(
		&request, (struct drive_bytes){share_pool_object(index / SHARE_POOL_STEP),
				  (uint64_t)(index % SHARE_POOL_STEP) * BLOCK_SIZE});
}

static status_t begin_or_wait(const struct page_transfer *page, bool is_write)
{
	struct transfer t = {*page, is_write};

	if (!begin(&t))
		waiting[waiting_count++] = t;
	return OK;
}

static status_t fill(struct volume *v, const struct page_transfer *page)
{
	(void)v;
	if (page->offset >= unit_of(page->node)->size)
		return ERR_RANGE;
	memset(block_data(page->block), 0, BLOCK_SIZE);
	return begin_or_wait(page, false);
}

static status_t write_back(struct volume *v, const struct page_transfer *page)
{
	(void)v;
	if (page->offset >= unit_of(page->node)->size)
		return ERR_RANGE;
	written[page->node - FIRST_NODE] = true;
	return begin_or_wait(page, true);
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

void diskfs_work(void)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < waiting_count; i++) {
		if (!begin(&waiting[i]))
			waiting[kept++] = waiting[i];
	}
	waiting_count = kept;
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
	uint64_t block = id & ((1u << ID_BLOCK) - 1);
	uint64_t count = (id & ~ID_KINDS) >> ID_BLOCK;

	if ((id & ID_KINDS) == ID_PAGE)
		cache_transfer_done(count << PAGE_SHIFT | block, status);
	else if ((id & ID_KINDS) == ID_FLUSH)
		flush_ended((uint32_t)block, status);
	else
		return false;
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
