// SPDX-License-Identifier: MIT OR Apache-2.0
/* Volumes that come and go: see mounts.h. A mount goes through states, each of which is committed
 * before the next is tried, as it waits for the disk in between. */
#include "mounts.h"

#include "diskfs.h"
#include "enginefs.h"
#include "internal.h"
#include "page_io.h"
#include "share.h"
#include "walk.h"

#include <craton/estate.h>
#include <craton/print.h>
#include <craton/service.h>
#include <filesystem/engines.h>

#define FIRST_VOLUME (VOLUMES_MOST - ENGINEFS_MOST)
#define MOUNT_PATH   64u
#define DISKS_VOLUME (FIRST_VOLUME - 1)
#define LOOK_NS      1000000000u /* how often a volume with changes is looked after */
#define WORK_ROUNDS  16u         /* of work at once, before requests are served */

enum mount_state : uint32_t {
	MOUNT_FREE,
	MOUNT_BEGUN,  /* the file system looks at the volume */
	MOUNT_FAILED, /* it did not like it; something may still be under way */
	MOUNT_THERE,
	MOUNT_ENDING, /* nobody sees it any more */
};

struct mount_entry {
	enum mount_state state;
	uint32_t is_read_only;
	uint32_t kind;      /* of engine: which looks at it, or has it */
	uint32_t has_begun; /* that engine: else what it has in memory is another's */
	uint64_t unit;
	uint64_t size;    /* bytes */
	status_t failure; /* of mounting; what unmounting has lost */
	struct place parent;
	char device[16];
	char path[MOUNT_PATH]; /* for people */
	char name[NAME_MOST + 1];
};

struct mount_table {
	struct mount_entry entries[ENGINEFS_MOST];
};

static struct mount_table *table;
static uint64_t next_look;
static bool is_more;      /* work was left */
static bool is_gone_left; /* disks that are gone have numbers here */

static struct mount_entry *entry_of(uint64_t unit)
{
	for (unsigned i = 0; i < ENGINEFS_MOST; i++) {
		if (table->entries[i].state != MOUNT_FREE && table->entries[i].unit == unit)
			return &table->entries[i];
	}
	return nullptr;
}

/* --- start --------------------------------------------------------------------------------------
 */

static void show(unsigned i)
{
	const struct mount_entry *e = &table->entries[i];
	struct volume volume = {
		.ops = &enginefs_ops,
		.kind = engine_of_kind(e->kind)->name,
		.is_read_only = e->is_read_only != 0,
		.root = engine_of_kind(e->kind)->root,
		.parent_volume = e->parent.volume,
		.parent_node = e->parent.node,
		.name = e->name,
		.path = e->path,
		.device = e->device,
	};

	if (e->state != MOUNT_THERE)
		volume.ops = nullptr;
	volume_set(FIRST_VOLUME + i, &volume);
}

/* The memory and the number of the volume; its chunk is there if it is mounted. */
static status_t bind(unsigned i)
{
	uint64_t object;
	status_t status = share_chunk(i, &object);

	if (status == OK)
		status = enginefs_prepare(i);
	if (status == OK)
		enginefs_bind(i, FIRST_VOLUME + i, table->entries[i].unit, object);
	return status;
}

/* Commits. */
static void begin_engine(unsigned i)
{
	struct mount_entry *e = &table->entries[i];

	enginefs_begin(i, e->kind, e->size, e->is_read_only != 0);
	ESTATE_SET(e->has_begun, 1); /* behind its beginning: that can be done again */
	estate_commit();
}

/* What the instance before had. */
static status_t take_over(unsigned i)
{
	status_t status = bind(i);

	if (status != OK)
		return status;
	if (table->entries[i].has_begun)
		enginefs_choose(i, table->entries[i].kind);
	else
		begin_engine(i);
	return OK;
}

/* In the directory of devices. */
static void show_disks(void)
{
	uint32_t devices;
	struct volume volume = {
		.ops = &diskfs_ops,
		.kind = diskfs_ops.name,
		.root = DISKFS_ROOT,
		.name = "disk",
		.path = "/dev/disk",
	};

	if (!volume_mounted(place_root(), (struct name){"dev", 3}, &devices))
		return;
	volume.parent_volume = devices;
	volume.parent_node = volume_at(devices)->root;
	volume_set(DISKS_VOLUME, &volume);
	diskfs_open(DISKS_VOLUME);
}

bool mounts_open(void)
{
	uint8_t *memory[ENGINEFS_MOST];

	for (unsigned i = 0; i < ENGINEFS_MOST; i++)
		memory[i] = share_chunk_place(i);
	page_io_open();
	table = estate_allocate(sizeof(*table), 64);
	if (table == nullptr || !enginefs_open(memory) || !drive_open())
		return false;
	for (unsigned i = 0; i < ENGINEFS_MOST; i++) {
		if (table->entries[i].state != MOUNT_FREE && take_over(i) != OK)
			return false;
		show(i);
	}
	show_disks();
	return true;
}

void mounts_resume(void)
{
	drive_look();
	is_gone_left = true;
	for (unsigned i = 0; i < ENGINEFS_MOST; i++) {
		if (table->entries[i].state != MOUNT_FREE)
			enginefs_resume(i);
	}
	is_more = true;
}

/* --- work ---------------------------------------------------------------------------------------
 */

static void take_ends(void)
{
	uint64_t unit, id;
	status_t status;

	while (drive_end(&unit, &id, &status)) {
		if (page_io_done(unit, id, status) || diskfs_io_done(id, status))
			continue;
		for (unsigned i = 0; i < ENGINEFS_MOST; i++) {
			if (table->entries[i].state != MOUNT_FREE && table->entries[i].unit == unit)
				enginefs_io_done(i, id, status);
		}
	}
}

static bool work_once(void)
{
	bool again = false;

	take_ends();
	again = diskfs_work();
	for (unsigned i = 0; i < ENGINEFS_MOST; i++) {
		if (table->entries[i].state != MOUNT_FREE)
			again = enginefs_work(i) || again;
	}
	return again;
}

bool mounts_work(void)
{
	bool some = false;

	is_more = true;
	for (unsigned i = 0; is_more && i < WORK_ROUNDS; i++) {
		is_more = work_once();
		some = some || is_more;
	}
	drive_kick();
	return some;
}

uint64_t mounts_deadline(void)
{
	bool is_busy = false;

	if (is_more)
		return 1; /* long ago */
	for (unsigned i = 0; i < ENGINEFS_MOST; i++) {
		if (table->entries[i].state != MOUNT_FREE)
			is_busy = is_busy || enginefs_is_busy(i);
	}
	if (!is_busy)
		return ABI_DEADLINE_NEVER;
	if (next_look <= time_now())
		next_look = time_now() + LOOK_NS;
	return next_look;
}

/* --- disks that come and go ---------------------------------------------------------------------
 */

/* A number that is used by nobody here any more. */
static bool let_go(uint64_t unit)
{
	if (entry_of(unit) != nullptr || !diskfs_forget(unit))
		return false;
	estate_commit();
	drive_let_go(unit);
	return true;
}

void mounts_notified(uint64_t bits)
{
	if (drive_is_changed(bits)) {
		drive_look();
		is_gone_left = true;
	}
	if (!is_gone_left)
		return;
	is_gone_left = false;
	for (uint64_t unit = 0; drive_next_gone(&unit); unit++) {
		if (!let_go(unit))
			is_gone_left = true;
	}
}

/* --- mounting -----------------------------------------------------------------------------------
 */

static bool overlap(uint64_t a, uint64_t b)
{
	const struct block_unit *one = drive_unit(a);
	const struct block_unit *other = drive_unit(b);

	return drive_is_same_disk(a, b) && one->offset < other->offset + other->size &&
	       other->offset < one->offset + one->size;
}

bool mounts_use(uint64_t number)
{
	for (unsigned i = 0; i < ENGINEFS_MOST; i++) {
		const struct mount_entry *e = &table->entries[i];

		if (e->state != MOUNT_FREE && overlap(e->unit, number))
			return true;
	}
	return false;
}

/* What programs wrote to the disk as a file is there before its file system looks. */
static status_t write_contents(uint64_t unit)
{
	status_t status = OK;

	for (uint64_t i = 0; drive_next(&i) != nullptr; i++) {
		if (overlap(i, unit) && diskfs_clean(i) == FILE_LATER)
			status = FILE_LATER;
	}
	return status;
}

/* Nor do programs see there what was cached before the file system wrote. */
static void forget_contents(uint64_t unit)
{
	for (uint64_t i = 0; drive_next(&i) != nullptr; i++) {
		if (overlap(i, unit))
			(void)diskfs_forget(i);
	}
}

static struct mount_entry *free_entry(void)
{
	for (unsigned i = 0; i < ENGINEFS_MOST; i++) {
		if (table->entries[i].state == MOUNT_FREE)
			return &table->entries[i];
	}
	return nullptr;
}

static unsigned index_of(const struct mount_entry *entry)
{
	return (unsigned)(entry - table->entries);
}

static void set_state(struct mount_entry *entry, enum mount_state state)
{
	ESTATE_SET(entry->state, state);
	show(index_of(entry));
}

/* The name without the directory that it may be given with. */
static void strip(struct vfs_bytes *device)
{
	static const char *const directories[] = {"/dev/disk/", "/dev/"};

	for (unsigned i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		size_t size = strlen(directories[i]);

		if (device->size <= size || memcmp(device->data, directories[i], size) != 0)
			continue;
		device->data += size;
		device->size -= size;
		return;
	}
}

struct wish {
	struct walk walk;
	struct vfs_bytes device;
	struct vfs_bytes path;
	uint64_t unit;
	struct block_unit disk;
	bool read_only;
};

/* As far as it fits. */
static void note_path(char path[MOUNT_PATH], struct vfs_bytes given)
{
	size_t at = given.size > 0 && given.data[0] == '/' ? 0 : 1;
	size_t size = given.size < MOUNT_PATH - 2 ? given.size : MOUNT_PATH - 2;

	memset(path, 0, MOUNT_PATH);
	path[0] = '/';
	memcpy(path + at, given.data, size);
}

/* The volume's part of the table, and the memory; all of it committed. */
static status_t begin(const struct wish *wish)
{
	struct mount_entry *entry = free_entry();
	bool read_only = wish->read_only || wish->disk.is_read_only != 0;

	if (entry == nullptr)
		return ERR_TOO_MANY;
	estate_save(table, sizeof(*table));
	*entry = (struct mount_entry){
		.state = MOUNT_BEGUN,
		.is_read_only = read_only,
		.unit = wish->unit,
		.size = wish->disk.size,
		.parent = wish->walk.parent,
	};
	memcpy(entry->device, wish->device.data, wish->device.size);
	memcpy(entry->name, wish->walk.name, wish->walk.name_size);
	note_path(entry->path, wish->path);
	if (bind(index_of(entry)) != OK) {
		estate_rollback();
		return ERR_NO_MEMORY;
	}
	estate_commit();
	begin_engine(index_of(entry));
	return OK;
}

/* The chunk goes when the driver has let it go. That all is done is committed with the answer, so a
 * request that is repeated after a kill does not find it done; an error is not kept. */
static status_t end(struct mount_entry *entry, status_t result)
{
	uint64_t object;
	status_t status = enginefs_settle(index_of(entry));

	if (status == OK)
		status = share_chunk(index_of(entry), &object);
	if (status == OK)
		status = drive_forget(entry->unit, object);
	if (status != OK)
		return status == ERR_BUSY ? FILE_LATER : status;
	if (entry->is_read_only != 0)
		status = drive_protect(entry->unit, false);
	if (status != OK)
		return status;
	ESTATE_SET(entry->has_begun, 0);
	estate_commit(); /* nothing is to be put back into the chunk, nor taken over from it */
	enginefs_end(index_of(entry));
	share_chunk_drop(index_of(entry));
	forget_contents(entry->unit);
	set_state(entry, MOUNT_FREE);
	if (result != OK)
		estate_commit();
	return result;
}

/* The volume is none of the engine's that looked at it. OK: another one is to look. */
static status_t try_next(struct mount_entry *entry)
{
	unsigned i = index_of(entry);
	status_t status = enginefs_settle(i);

	if (status != OK)
		return status;
	if (engine_of_kind(entry->kind + 1) == nullptr)
		return ERR_BAD_IMAGE;
	ESTATE_SET(entry->kind, entry->kind + 1);
	ESTATE_SET(entry->has_begun, 0);
	estate_commit();
	begin_engine(i);
	return OK;
}

static status_t look(struct mount_entry *entry)
{
	status_t status;

	for (;;) {
		status = enginefs_mount(index_of(entry));
		if (status != ERR_BAD_IMAGE)
			return status;
		status = try_next(entry);
		if (status != OK)
			return status;
	}
}

/* Not only this service's word: the driver refuses to write. It does not know an instance of this
 * one from the next, so it is asked for again each time that the mount goes on. */
static status_t guard(const struct mount_entry *entry)
{
	return entry->is_read_only != 0 ? drive_protect(entry->unit, true) : OK;
}

static status_t go_on(struct mount_entry *entry)
{
	unsigned i = index_of(entry);
	status_t status;

	if (entry->state == MOUNT_FAILED)
		return end(entry, entry->failure);
	status = guard(entry);
	if (status == OK)
		status = look(entry);
	if (status == FILE_LATER)
		return status;
	if (status == OK) {
		ESTATE_SET(entry->is_read_only, enginefs_is_read_only(i));
		status = guard(entry);
	}
	if (status == OK) {
		set_state(entry, MOUNT_THERE);
		if (entry->is_read_only && enginefs_trouble(i)[0] != 0)
			debug_print("vfs: %s can only be read: %s\n", entry->device,
				enginefs_trouble(i));
		return OK;
	}
	if (enginefs_trouble(i)[0] != 0)
		debug_print("vfs: %s cannot be mounted: %s\n", entry->device, enginefs_trouble(i));
	ESTATE_SET(entry->failure, status);
	set_state(entry, MOUNT_FAILED);
	estate_commit();
	return end(entry, status);
}

static status_t find_unit(struct wish *wish)
{
	const char *name = (const char *)wish->device.data;
	status_t status = drive_find(name, wish->device.size, &wish->unit);

	if (status != OK) {
		drive_look();
		status = drive_find(name, wish->device.size, &wish->unit);
	}
	if (status == OK)
		wish->disk = *drive_unit(wish->unit);
	return status;
}

static status_t find_directory(struct client *c, struct vfs_name at, struct walk *walk)
{
	status_t status = vfs_walk(c, at.directory, at.path, true, walk);

	if (status == OK && !walk->exists)
		status = ERR_NOT_FOUND;
	if (status == OK && walk->attributes.type != FILE_TYPE_DIRECTORY)
		status = ERR_NOT_DIRECTORY;
	if (status == OK && walk->name_size == 0)
		status = ERR_BUSY; /* the root, or a directory by another name than its own */
	return status;
}

status_t mounts_add(struct client *c, struct vfs_name at, struct vfs_bytes device, uint64_t flags)
{
	struct wish wish = {
		.device = device, .path = at.path, .read_only = (flags & MOUNT_READ_ONLY) != 0};
	struct mount_entry *entry;
	status_t status = find_directory(c, at, &wish.walk);

	strip(&wish.device);
	if (wish.device.size >= sizeof(entry->device))
		return ERR_NOT_FOUND;
	if (status == OK)
		status = find_unit(&wish);
	if (status == OK)
		status = drive_connect(wish.unit);
	if (status != OK)
		return status;
	entry = entry_of(wish.unit);
	if (entry != nullptr && entry->state != MOUNT_BEGUN && entry->state != MOUNT_FAILED)
		return ERR_BUSY;
	if (entry == nullptr)
		status = mounts_use(wish.unit) ? ERR_BUSY : write_contents(wish.unit);
	if (entry == nullptr && status == OK)
		status = begin(&wish);
	return status == OK ? go_on(entry_of(wish.unit)) : status;
}

/* --- unmounting ---------------------------------------------------------------------------------
 */

static status_t go_down(struct mount_entry *entry, bool give_up)
{
	unsigned i = index_of(entry);
	status_t status = OK;

	if (entry->state == MOUNT_THERE) {
		if (cache_is_held(FIRST_VOLUME + i))
			return ERR_BUSY;
		status = cache_empty(FIRST_VOLUME + i);
		if (status == ERR_IO && (give_up || enginefs_is_read_only(i))) {
			/* The latter: it has become so, its disk failed. */
			ESTATE_SET(entry->failure, ERR_IO);
			cache_give_up(FIRST_VOLUME + i); /* commits */
			status = FILE_LATER;
		}
		if (status != OK)
			return status;
		set_state(entry, MOUNT_ENDING);
		estate_commit();
	}
	status = enginefs_unmount(i);
	if (status == FILE_LATER && give_up && enginefs_is_silent(i))
		status = ERR_IO; /* it goes as it is */
	if (status == FILE_LATER)
		return status;
	return end(entry, status != OK ? status : entry->failure);
}

/* One that is going down already has no place any more: it is known by its directory and name. */
static struct mount_entry *entry_at(const struct walk *walk)
{
	for (unsigned i = 0; i < ENGINEFS_MOST; i++) {
		struct mount_entry *e = &table->entries[i];

		if ((e->state == MOUNT_THERE || e->state == MOUNT_ENDING) &&
			place_is_same(e->parent, walk->parent) &&
			strlen(e->name) == walk->name_size &&
			memcmp(e->name, walk->name, walk->name_size) == 0)
			return e;
	}
	return nullptr;
}

status_t mounts_remove(struct client *c, struct vfs_name at, uint64_t flags)
{
	struct walk walk;
	struct mount_entry *entry;
	status_t status = find_directory(c, at, &walk);

	if (status != OK)
		return status;
	entry = entry_at(&walk);
	return entry != nullptr ? go_down(entry, (flags & UNMOUNT_GIVE_UP) != 0)
				: ERR_INVALID_ARGUMENT;
}

status_t mounts_remove_all(void)
{
	for (unsigned i = 0; i < ENGINEFS_MOST; i++) {
		struct mount_entry *e = &table->entries[i];

		if (e->state != MOUNT_THERE && e->state != MOUNT_ENDING)
			continue;
		if (go_down(e, false) == FILE_LATER)
			return FILE_LATER;
		estate_commit(); /* its memory has gone: that is not undone if the next one waits */
	}
	return OK;
}
