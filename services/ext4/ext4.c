// SPDX-License-Identifier: MIT OR Apache-2.0
/* The volume as a whole: see ext4.h. */
#include "check.h"
#include "fs.h"
#include "mount.h"
#include "orphan.h"
#include "replay.h"
#include "super.h"

#define STAGE_PART   4u /* of the memory */
#define ORPHAN_STEPS 4u /* at once, before others are served */
#define MEMORY_LEAST (1u << 20)

struct ext4 *ext4_open(struct engine_parameters p)
{
	struct ext4 *fs = engine_carve(&p, sizeof(*fs));

	if (fs == nullptr || p.memory_size < MEMORY_LEAST)
		return nullptr;
	fs->environment = p.environment;
	if (!journal_open(fs, &p, (uint32_t)(p.memory_size / STAGE_PART)) || !replay_open(fs, &p) ||
		!buffers_open(fs, &p))
		return nullptr;
	return fs;
}

void ext4_reset(struct ext4 *fs, uint64_t volume_size, bool read_only)
{
	fs->volume_size = volume_size;
	fs->read_only = read_only;
}

void ext4_resume(struct ext4 *fs)
{
	if (fs->mount.phase == MOUNT_NONE)
		return;
	mount_resume(fs);
	buffers_resume(fs);
	journal_resume(fs);
}

bool ext4_work(struct ext4 *fs)
{
	bool again = mount_work(fs);

	if (fs->mount.phase == MOUNT_DONE) {
		for (uint32_t i = 0; i < ORPHAN_STEPS; i++)
			again = orphans_work(fs) || again;
	}
	again = buffers_work(fs) || again;
	return journal_work(fs) || again;
}

void ext4_io_done(struct ext4 *fs, uint64_t id, status_t status)
{
	switch (id >> IO_OWNER_SHIFT) {
	case IO_BUFFER:
		(void)buffer_io_done(fs, id, status);
		break;
	case IO_JOURNAL:
		(void)journal_io_done(fs, id, status);
		break;
	case IO_MOUNT:
		(void)mount_io_done(fs, id, status);
		break;
	default:
		break;
	}
}

bool ext4_is_quiet(const struct ext4 *fs)
{
	return fs->journal.step == JOURNAL_IDLE && !fs->mount.io_is_under_way &&
	       buffers_are_idle(fs);
}

bool ext4_is_idle(const struct ext4 *fs)
{
	return fs->journal.running_count == 0 && ext4_is_quiet(fs);
}

const char *ext4_trouble(const struct ext4 *fs)
{
	return fs->trouble;
}

bool ext4_is_read_only(const struct ext4 *fs)
{
	return fs->read_only || fs->journal.failed;
}

uint32_t ext4_block_size(const struct ext4 *fs)
{
	return fs->g.block_size;
}

status_t ext4_space(struct ext4 *fs, struct ext4_space *space)
{
	struct buffer *buffer;
	struct super_block *super;

	TRY(super_get(fs, &buffer, &super));
	*space = (struct ext4_space){
		.total = fs->g.blocks << fs->g.block_shift,
		.free = super_free_blocks(super) << fs->g.block_shift,
		.inodes = fs->g.inodes,
		.free_inodes = super->free_inodes_count,
	};
	return OK;
}

status_t ext4_sync(struct ext4 *fs, uint64_t *ticket)
{
	return journal_sync(fs, ticket);
}
