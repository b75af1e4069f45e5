// SPDX-License-Identifier: MIT OR Apache-2.0
/* Mounting: see mount.h. */
#include "mount.h"

#include "check.h"
#include "extent.h"
#include "log.h"
#include "orphan.h"
#include "replay.h"
#include "super.h"

#include <hash/crc.h>

#define LOG_FEATURES \
	(JOURNAL_HAS_REVOKE | JOURNAL_64BIT | JOURNAL_ASYNC | JOURNAL_CSUM_V2 | JOURNAL_CSUM_V3)
#define LOG_BLOCKS_LEAST 512u

/* --- its I/O ------------------------------------------------------------------------------------
 */

static void start_io(struct ext4 *fs)
{
	struct mount *m = &fs->mount;

	if (fs->environment->start(fs->environment->self, &m->io))
		return;
	ESTATE_SET(m->io_is_under_way, false);
	estate_commit();
}

status_t mount_io(struct ext4 *fs, struct engine_io io)
{
	struct mount *m = &fs->mount;

	if (m->io_is_done) {
		ESTATE_SET(m->io_is_done, false);
		return m->io_status;
	}
	if (m->io_is_under_way)
		return FILE_LATER;
	estate_save(m, offsetof(struct mount, ticket));
	io.id = (uint64_t)IO_MOUNT << IO_OWNER_SHIFT | ++m->io_count;
	m->io = io;
	m->io_is_under_way = true;
	estate_commit();
	start_io(fs);
	return FILE_LATER;
}

void mount_resume(struct ext4 *fs)
{
	if (fs->mount.io_is_under_way)
		start_io(fs);
}

bool mount_io_done(struct ext4 *fs, uint64_t id, status_t status)
{
	struct mount *m = &fs->mount;

	if (!m->io_is_under_way || m->io.id != id)
		return false;
	estate_save(m, offsetof(struct mount, ticket));
	m->io_is_under_way = false;
	m->io_is_done = true;
	m->io_status = status;
	estate_commit();
	return true;
}

static status_t write_log_super(struct ext4 *fs)
{
	uint32_t count = 1;

	return mount_io(fs, (struct engine_io){.offset = log_place(&fs->journal, 0, &count)
							 << fs->g.block_shift,
				    .bytes = fs->journal.page,
				    .size = fs->g.block_size,
				    .kind = ENGINE_WRITE,
				    .lasting = true});
}

/* --- the steps ----------------------------------------------------------------------------------
 */

static void set_phase(struct ext4 *fs, enum mount_phase phase)
{
	ESTATE_SET(fs->mount.phase, phase);
}

/* The superblock at its place, and behind it its copy, if that is needed. */
static struct super_block *super_in_page(const struct ext4 *fs, unsigned which)
{
	return (struct super_block *)fs->journal.page + which;
}

static status_t super_io(struct ext4 *fs, unsigned which, uint64_t offset, enum engine_io_kind kind)
{
	return mount_io(fs, (struct engine_io){.offset = offset,
				    .bytes = (uint8_t *)super_in_page(fs, which),
				    .size = sizeof(struct super_block),
				    .kind = kind,
				    .lasting = kind == ENGINE_WRITE});
}

/* The geometry and the flags mean something only in the next phase. */
static status_t take_super(struct ext4 *fs)
{
	struct super_block super;

	TRY(super_io(fs, 0, SUPER_OFFSET, ENGINE_READ));
	super = *super_in_page(fs, 0);
	if (!fs->read_only && !fs->mount.was_mended && super_is_torn(&super)) {
		set_phase(fs, MOUNT_COPY);
		return OK;
	}
	TRY(super_read(fs, &super));
	buffers_start(fs, fs->g.block_size);
	fs->journal.logging = false;
	fs->journal.length = 0;
	fs->journal.part_count = 0;
	fs->mount.log_inode = super.journal_inum;
	journal_start(fs);
	if ((super.feature_compat & COMPAT_HAS_JOURNAL) == 0)
		set_phase(fs, fs->read_only ? MOUNT_DONE : MOUNT_MARK);
	else if (!fs->read_only)
		set_phase(fs, MOUNT_LOG_PARTS);
	else
		set_phase(fs, MOUNT_DONE);
	if (fs->read_only && (super.feature_incompat & INCOMPAT_RECOVER) != 0)
		trouble(fs, "the journal was not replayed: some files may be older than they were");
	return OK;
}

/* All that changes in a superblock, but its checksum, lies in one sector: when the power went
 * between its two sectors, what is there is right, be it old or new. That it was not changed
 * otherwise the copy shows. */
static status_t take_copy(struct ext4 *fs)
{
	struct super_block *super = super_in_page(fs, 0);
	uint64_t place = super_copy_place(super);

	if (place + sizeof(*super) > fs->volume_size)
		return corrupt(fs, "checksum of the superblock", 0);
	TRY(super_io(fs, 1, place, ENGINE_READ));
	if (!super_is_copy(super, super_in_page(fs, 1)))
		return corrupt(fs, "checksum of the superblock", 0);
	super->checksum = super_sum(super);
	set_phase(fs, MOUNT_MEND);
	return OK;
}

static status_t mend_super(struct ext4 *fs)
{
	TRY(super_io(fs, 0, SUPER_OFFSET, ENGINE_WRITE));
	ESTATE_SET(fs->mount.was_mended, true);
	set_phase(fs, MOUNT_SUPER);
	return OK;
}

/* A journal in another volume has no inode here. */
static status_t take_parts(struct ext4 *fs)
{
	struct journal *j = &fs->journal;
	struct inode inode;
	struct extent_run run;
	uint64_t blocks;

	TRY(inode_get(fs, fs->mount.log_inode, &inode));
	blocks = inode_size(&inode) >> fs->g.block_shift;
	if (!inode_is(&inode, MODE_REGULAR) || blocks < LOG_BLOCKS_LEAST || blocks > INT32_MAX)
		return corrupt(fs, "journal, inode", fs->mount.log_inode);
	j->part_count = 0;
	for (uint32_t at = 0; at < blocks; at += run.count) {
		TRY(extent_find(fs, &inode, at, (uint32_t)blocks - at, &run));
		if (run.block == 0 || run.is_unwritten)
			return corrupt(fs, "journal, inode", fs->mount.log_inode);
		if (j->part_count == JOURNAL_PARTS) {
			trouble(fs, "the journal is in too many pieces");
			return ERR_NOT_SUPPORTED;
		}
		j->parts[j->part_count++] = (struct log_part){at, run.count, run.block};
	}
	j->length = (uint32_t)blocks;
	set_phase(fs, MOUNT_LOG_SUPER);
	return OK;
}

static bool log_super_is_right(const struct ext4 *fs, const struct journal_super *s)
{
	const struct journal *j = &fs->journal;
	uint32_t type = log_32(s->header.type);
	uint32_t first = log_32(s->first);
	uint32_t length = log_32(s->max_length);
	uint32_t start = log_32(s->start);

	return log_32(s->header.magic) == JOURNAL_MAGIC &&
	       (type == JOURNAL_SUPER_V1 || type == JOURNAL_SUPER_V2) &&
	       log_32(s->block_size) == fs->g.block_size && length <= j->length &&
	       length >= LOG_BLOCKS_LEAST && first > 0 && first < length / 2 &&
	       (start == 0 || (start >= first && start < length));
}

static status_t check_log_features(struct ext4 *fs, struct journal_super *s)
{
	struct mount *m = &fs->mount;
	bool has_features = log_32(s->header.type) == JOURNAL_SUPER_V2;
	uint32_t features = has_features ? log_32(s->feature_incompat) : 0;
	uint32_t said = s->checksum;

	m->log_64bit = (features & JOURNAL_64BIT) != 0;
	m->log_checksums = 0;
	if ((features & JOURNAL_CSUM_V2) != 0)
		m->log_checksums = 2;
	if ((features & JOURNAL_CSUM_V3) != 0)
		m->log_checksums = 3;
	if ((features & ~LOG_FEATURES) != 0 && s->start != 0) {
		trouble(fs, "not supported: a feature of the journal (fast_commit?): run e2fsck");
		return ERR_NOT_SUPPORTED;
	}
	s->checksum = 0;
	if (m->log_checksums != 0 && log_32(said) != crc32c(~0u, s, sizeof(*s)))
		return corrupt(fs, "checksum of the journal", 0);
	return OK;
}

static status_t take_log_super(struct ext4 *fs)
{
	struct journal *j = &fs->journal;
	struct mount *m = &fs->mount;
	struct journal_super super;
	uint32_t count = 1;

	TRY(mount_io(fs, (struct engine_io){.offset = log_place(j, 0, &count) << fs->g.block_shift,
				 .bytes = j->page,
				 .size = fs->g.block_size,
				 .kind = ENGINE_READ}));
	memcpy(&super, j->page, sizeof(super));
	if (!log_super_is_right(fs, &super))
		return corrupt(fs, "superblock of the journal", 0);
	TRY(check_log_features(fs, &super));
	j->seed = crc32c(~0u, super.uuid, sizeof(super.uuid));
	j->first = log_32(super.first);
	j->length = log_32(super.max_length);
	m->start = log_32(super.start);
	m->start_sequence = log_32(super.sequence);
	m->end_sequence = m->start_sequence;
	journal_start(fs);
	if (m->start == 0 || m->was_replayed) {
		set_phase(fs, MOUNT_RESET_LOG);
		return OK;
	}
	replay_begin(fs);
	set_phase(fs, MOUNT_SCAN);
	return OK;
}

static status_t scan(struct ext4 *fs)
{
	bool end;

	TRY(replay_scan(fs, &end));
	if (end)
		set_phase(fs, MOUNT_REPLAY);
	return OK;
}

static status_t replay(struct ext4 *fs)
{
	bool end;

	TRY(replay_step(fs, &end));
	if (!end)
		return OK;
	fs->mount.ticket = 0;
	set_phase(fs, MOUNT_REPLAY_SYNC);
	return OK;
}

/* What is in the cache was read before: everything begins anew. */
static status_t replay_sync(struct ext4 *fs)
{
	TRY(journal_sync(fs, &fs->mount.ticket));
	set_phase(fs, MOUNT_RESET_LOG);
	return OK;
}

/* From here on the log is written in our form. */
static status_t reset_log(struct ext4 *fs)
{
	struct journal *j = &fs->journal;
	struct mount *m = &fs->mount;
	bool again = m->start != 0 && !m->was_replayed;

	if (!m->io_is_done && !m->io_is_under_way) {
		j->has_64bit = fs->g.group_desc_size > GROUP_DESC_SMALL;
		j->has_checksums = fs->g.has_metadata_csum;
		j->head = j->first;
		j->tail = j->first;
		j->sequence = m->end_sequence;
		log_fill_super(fs);
	}
	TRY(write_log_super(fs));
	if (again) {
		ESTATE_SET(m->was_replayed, true);
		set_phase(fs, MOUNT_SUPER);
		return OK;
	}
	j->logging = true;
	set_phase(fs, MOUNT_MARK);
	return OK;
}

/* The superblock goes straight to its place: it says whether the journal has to be looked at. The
 * stage is not in use. */
static status_t write_super(struct ext4 *fs, bool in_use)
{
	struct journal *j = &fs->journal;
	uint64_t now = fs->environment->now(fs->environment->self) / 1000000000u;
	struct buffer *buffer;
	struct super_block *super;

	TRY(super_get(fs, &buffer, &super));
	if (!fs->mount.io_is_done && !fs->mount.io_is_under_way) {
		if (j->logging && in_use)
			super->feature_incompat |= INCOMPAT_RECOVER;
		else
			super->feature_incompat &= ~INCOMPAT_RECOVER;
		if (!j->logging && in_use)
			super->state &= (uint16_t)~STATE_CLEAN;
		else
			super->state |= STATE_CLEAN;
		super->wtime = (uint32_t)now;
		if (in_use) {
			super->mtime = (uint32_t)now;
			super->mnt_count++;
		}
		memcpy(j->stage, bytes_of(fs, buffer), fs->g.block_size);
		block_seal(fs, j->stage, BLOCK_SUPER, 0);
	}
	return mount_io(fs, (struct engine_io){.offset = super_place(fs) << fs->g.block_shift,
				    .bytes = j->stage,
				    .size = fs->g.block_size,
				    .kind = ENGINE_WRITE,
				    .lasting = true});
}

static status_t mark(struct ext4 *fs)
{
	TRY(write_super(fs, true));
	set_phase(fs, MOUNT_ORPHANS);
	return OK;
}

static status_t take_orphans(struct ext4 *fs)
{
	TRY(orphans_load(fs));
	set_phase(fs, MOUNT_DONE);
	return OK;
}

/* Nothing is left to be freed, and all lies in its place. */
static status_t unmount_sync(struct ext4 *fs)
{
	if (orphans_are_ready(fs))
		return orphans_work(fs) ? OK : FILE_LATER;
	TRY(journal_sync(fs, &fs->mount.ticket));
	if (fs->journal.step != JOURNAL_IDLE)
		return FILE_LATER;
	set_phase(fs, UNMOUNT_FLUSH);
	return OK;
}

static status_t unmount_flush(struct ext4 *fs)
{
	TRY(mount_io(fs, (struct engine_io){.kind = ENGINE_FLUSH}));
	set_phase(fs, fs->journal.logging ? UNMOUNT_LOG : UNMOUNT_MARK);
	return OK;
}

static status_t unmount_log(struct ext4 *fs)
{
	if (!fs->mount.io_is_done && !fs->mount.io_is_under_way)
		log_fill_empty_super(fs);
	TRY(write_log_super(fs));
	set_phase(fs, UNMOUNT_MARK);
	return OK;
}

static status_t unmount_mark(struct ext4 *fs)
{
	TRY(write_super(fs, false));
	set_phase(fs, UNMOUNT_DONE);
	return OK;
}

/* --- going on -----------------------------------------------------------------------------------
 */

typedef status_t (*step_function)(struct ext4 *fs);

static const step_function steps[] = {
	[MOUNT_SUPER] = take_super,
	[MOUNT_COPY] = take_copy,
	[MOUNT_MEND] = mend_super,
	[MOUNT_LOG_PARTS] = take_parts,
	[MOUNT_LOG_SUPER] = take_log_super,
	[MOUNT_SCAN] = scan,
	[MOUNT_REPLAY] = replay,
	[MOUNT_REPLAY_SYNC] = replay_sync,
	[MOUNT_RESET_LOG] = reset_log,
	[MOUNT_MARK] = mark,
	[MOUNT_ORPHANS] = take_orphans,
	[UNMOUNT_SYNC] = unmount_sync,
	[UNMOUNT_FLUSH] = unmount_flush,
	[UNMOUNT_LOG] = unmount_log,
	[UNMOUNT_MARK] = unmount_mark,
	[UNMOUNT_DONE] = nullptr,
};

bool mount_work(struct ext4 *fs)
{
	step_function step;
	bool some = false;

	while ((step = steps[fs->mount.phase]) != nullptr) {
		status_t status = step(fs);

		if (status != OK)
			estate_rollback();
		if (status == FILE_LATER)
			break;
		if (status != OK) {
			ESTATE_SET(fs->mount.status, status);
			set_phase(fs, MOUNT_FAILED);
		}
		estate_commit();
		some = true;
	}
	return some;
}

status_t ext4_mount(struct ext4 *fs)
{
	struct mount *m = &fs->mount;

	if (m->phase == MOUNT_DONE)
		return OK;
	if (m->phase == MOUNT_FAILED)
		return m->status;
	if (m->phase == MOUNT_NONE)
		m->phase = MOUNT_SUPER;
	return FILE_LATER;
}

status_t ext4_unmount(struct ext4 *fs)
{
	struct mount *m = &fs->mount;

	if (m->phase == MOUNT_FAILED)
		return m->status;
	if (m->phase == MOUNT_NONE || m->phase == UNMOUNT_DONE || fs->read_only)
		return fs->journal.failed ? ERR_IO : OK;
	if (m->phase != MOUNT_DONE)
		return FILE_LATER;
	m->ticket = 0;
	m->phase = UNMOUNT_SYNC;
	return FILE_LATER;
}
