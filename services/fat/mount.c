// SPDX-License-Identifier: MIT OR Apache-2.0
/* Mounting: see mount.h. */
#include "mount.h"

#include "buffer.h"
#include "mend.h"
#include "node.h"
#include "variant.h"

/* --- one request at a time ---------------------------------------------------------------------
 */

static void start_io(struct fat *fs)
{
	/* What cannot be begun now is begun by the next question. */
	fs->mount.io_is_started = fs->environment->start(fs->environment->self, &fs->mount.io);
}

/* OK when it has ended; what it is about must be the same until then. */
static status_t volume_io(struct fat *fs, struct engine_io io)
{
	struct mount *m = &fs->mount;

	if (m->io_is_done) {
		ESTATE_SET(m->io_is_done, false);
		return m->io_status;
	}
	if (m->io_is_under_way) {
		if (!m->io_is_started)
			start_io(fs);
		return FILE_LATER;
	}
	estate_save(m, sizeof(*m));
	io.id = (uint64_t)IO_MOUNT << IO_OWNER_SHIFT | ++m->io_count;
	m->io = io;
	m->io_is_under_way = true;
	estate_commit();
	start_io(fs);
	return FILE_LATER;
}

void fat_mount_resume(struct fat *fs)
{
	if (fs->mount.phase == MOUNT_TREE || fs->mount.phase == MOUNT_LOST) {
		ESTATE_SET(fs->mount.phase, MOUNT_TREE); /* from its start */
		estate_commit();
		(void)mend_begin(fs);
	}
	if (fs->mount.io_is_under_way)
		start_io(fs);
}

void fat_mount_io_done(struct fat *fs, uint64_t id, status_t status)
{
	struct mount *m = &fs->mount;

	if (!m->io_is_under_way || m->io.id != id)
		return;
	estate_save(m, sizeof(*m));
	m->io_is_under_way = false;
	m->io_is_done = true;
	m->io_status = status;
	estate_commit();
}

status_t fat_mount_transfer(
	struct fat *fs, enum engine_io_kind kind, uint64_t offset, void *bytes, uint32_t size)
{
	return volume_io(fs, (struct engine_io){.offset = offset,
				     .bytes = bytes,
				     .size = size,
				     .kind = kind,
				     .lasting = kind == ENGINE_WRITE});
}

status_t fat_mount_mark(struct fat *fs, bool in_use)
{
	if (fs->commit.is_marked == in_use)
		return OK;
	fs->variant->set_mark(fs, in_use);
	TRY(fat_mount_transfer(fs, ENGINE_WRITE, 0, fs->boot, fs->g.sector_size));
	ESTATE_SET(fs->commit.is_marked, in_use);
	return OK;
}

/* --- the steps of mounting ---------------------------------------------------------------------
 */

static void set_phase(struct fat *fs, enum mount_phase phase)
{
	ESTATE_SET(fs->mount.phase, phase);
	ESTATE_SET(fs->mount.position, 0);
	estate_commit();
}

static void count_or_mend(struct fat *fs)
{
	bool is_dirty = fs->variant->is_marked(fs);

	if (is_dirty && fs->read_only)
		fat_note_trouble(
			fs, "it was not unmounted, and may not be mended: it is read as it is", 0);
	if (!is_dirty || fs->read_only) {
		set_phase(fs, MOUNT_COUNT);
		return;
	}
	ESTATE_SET(fs->commit.is_marked, true);
	set_phase(fs, MOUNT_COPY_READ);
}

static status_t read_boot(struct fat *fs)
{
	if (fs->volume_size < CHUNK)
		return ERR_BAD_IMAGE;
	TRY(fs->variant->read_boot(fs));
	fat_buffers_start(fs);
	set_phase(fs, MOUNT_INFO);
	return OK;
}

static status_t read_rest(struct fat *fs)
{
	TRY(fs->variant->read_rest(fs));
	count_or_mend(fs);
	return OK;
}

/* Of the tables that are copied, or of what says how many clusters are free. */
static uint64_t whole_of(const struct fat *fs)
{
	return fs->mount.phase == MOUNT_COUNT ? fs->g.count_size : fs->g.table_size;
}

static uint32_t stage_part(const struct fat *fs)
{
	uint64_t left = whole_of(fs) - fs->mount.position;

	return left < STAGE_SIZE ? (uint32_t)left : STAGE_SIZE;
}

/* True: that was the last part. */
static bool next_part(struct fat *fs)
{
	ESTATE_SET(fs->mount.position, fs->mount.position + stage_part(fs));
	return fs->mount.position >= whole_of(fs);
}

static void begin_mending(struct fat *fs)
{
	memset(fs->zeros, 0, STAGE_SIZE); /* the second table was there */
	if (mend_begin(fs)) {
		set_phase(fs, MOUNT_TREE);
		return;
	}
	fat_note_trouble(
		fs, "it was not unmounted, and is too large to be mended here", fs->g.clusters);
	fs->read_only = true;
	set_phase(fs, MOUNT_COUNT);
}

static void next_copy(struct fat *fs)
{
	if (next_part(fs)) {
		begin_mending(fs);
		return;
	}
	ESTATE_SET(fs->mount.phase, MOUNT_COPY_READ);
	estate_commit();
}

static void change_phase(struct fat *fs, enum mount_phase phase)
{
	ESTATE_SET(fs->mount.phase, phase);
	estate_commit();
}

/* The first table counts. */
static status_t read_first(struct fat *fs)
{
	if (fs->g.tables == 1) {
		begin_mending(fs);
		return OK;
	}
	TRY(fat_mount_transfer(fs, ENGINE_READ, fs->g.table_offsets[0] + fs->mount.position,
		fs->stage, stage_part(fs)));
	change_phase(fs, MOUNT_COPY_READ_SECOND);
	return OK;
}

static status_t read_second(struct fat *fs)
{
	TRY(fat_mount_transfer(fs, ENGINE_READ, fs->g.table_offsets[1] + fs->mount.position,
		fs->zeros, stage_part(fs)));
	if (memcmp(fs->stage, fs->zeros, stage_part(fs)) != 0)
		change_phase(fs, MOUNT_COPY_WRITE);
	else
		next_copy(fs);
	return OK;
}

static status_t write_second(struct fat *fs)
{
	TRY(fat_mount_transfer(fs, ENGINE_WRITE, fs->g.table_offsets[1] + fs->mount.position,
		fs->stage, stage_part(fs)));
	next_copy(fs);
	return OK;
}

/* What a power cut cannot have left: the volume is read as it is. */
static status_t mend_step(struct fat *fs, status_t status, enum mount_phase next)
{
	if (status != OK && status != ERR_CORRUPT)
		return status;
	if (status == ERR_CORRUPT)
		fs->read_only = true;
	set_phase(fs, status == OK ? next : MOUNT_COUNT);
	return OK;
}

static status_t count_part(struct fat *fs)
{
	uint64_t position = fs->mount.position;
	uint32_t before = position == 0 ? 0 : fs->free_clusters;
	uint32_t size = stage_part(fs);

	TRY(fat_mount_transfer(fs, ENGINE_READ, fs->g.count_offset + position, fs->stage, size));
	ESTATE_SET(
		fs->free_clusters, before + fs->variant->count_free(fs, position, fs->stage, size));
	if (next_part(fs))
		set_phase(fs, MOUNT_DONE);
	estate_commit();
	return OK;
}

static status_t mount_step(struct fat *fs)
{
	switch (fs->mount.phase) {
	case MOUNT_NONE:
		change_phase(fs, MOUNT_BOOT);
		return OK;
	case MOUNT_BOOT:
		return read_boot(fs);
	case MOUNT_INFO:
		return read_rest(fs);
	case MOUNT_COPY_READ:
		return read_first(fs);
	case MOUNT_COPY_READ_SECOND:
		return read_second(fs);
	case MOUNT_COPY_WRITE:
		return write_second(fs);
	case MOUNT_TREE:
		return mend_step(fs, mend_tree(fs), MOUNT_LOST);
	case MOUNT_LOST:
		return mend_step(fs, mend_lost(fs), MOUNT_DONE);
	default:
		return count_part(fs);
	}
}

status_t fat_mount_volume(struct fat *fs)
{
	struct mount *m = &fs->mount;

	while (m->phase < MOUNT_DONE) {
		status_t status = mount_step(fs);

		if (status == FILE_LATER)
			return status;
		if (status == OK)
			continue;
		ESTATE_SET(m->status, status);
		change_phase(fs, MOUNT_FAILED);
	}
	return m->phase == MOUNT_FAILED ? m->status : OK;
}

/* --- unmounting --------------------------------------------------------------------------------
 */

/* A volume that was not changed is not written to; one that is not sound stays marked. */
static status_t leave(struct fat *fs)
{
	struct commit *c = &fs->commit;
	bool is_loose = (fs->loose_count > 0 && !fs->read_only) || fs->nodes.idle > 0 ||
			(fs->variant->is_settled != nullptr && !fs->variant->is_settled(fs));

	if (!c->failed && (fs->cache.changed > 0 || is_loose || c->phase != COMMIT_IDLE)) {
		if (c->phase == COMMIT_IDLE && fs->cache.changed > 0)
			c->is_wanted = true;
		return FILE_LATER;
	}
	change_phase(fs, c->failed || fs->read_only || !c->is_marked ? UNMOUNT_DONE : UNMOUNT_INFO);
	return OK;
}

static status_t write_rest(struct fat *fs)
{
	if (fs->variant->leave != nullptr)
		TRY(fs->variant->leave(fs));
	change_phase(fs, UNMOUNT_FLUSH);
	return OK;
}

static status_t unmount_step(struct fat *fs)
{
	switch (fs->mount.phase) {
	case UNMOUNT_SYNC:
		return leave(fs);
	case UNMOUNT_INFO:
		return write_rest(fs);
	case UNMOUNT_FLUSH:
		TRY(fat_mount_transfer(fs, ENGINE_FLUSH, 0, nullptr, 0));
		change_phase(fs, UNMOUNT_MARK);
		return OK;
	default:
		TRY(fat_mount_mark(fs, false));
		change_phase(fs, UNMOUNT_DONE);
		return OK;
	}
}

status_t fat_unmount_volume(struct fat *fs)
{
	struct mount *m = &fs->mount;

	if (m->phase <= MOUNT_FAILED && m->phase != MOUNT_DONE)
		return OK;
	if (m->phase == MOUNT_DONE)
		change_phase(fs, UNMOUNT_SYNC);
	while (m->phase != UNMOUNT_DONE) {
		status_t status = unmount_step(fs);

		if (status == FILE_LATER)
			return status;
		if (status == OK)
			continue;
		ESTATE_SET(m->status, status);
		change_phase(fs, UNMOUNT_DONE);
	}
	return m->status;
}
