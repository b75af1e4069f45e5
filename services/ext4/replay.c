// SPDX-License-Identifier: MIT OR Apache-2.0
/* Replay: see replay.h. What the log says is believed only as far as it was checked. */
#include "replay.h"

#include "check.h"
#include "log.h"
#include "mount.h"

#define UUID_SIZE 16u

/* A tag of a descriptor, whatever its form. */
struct tag {
	uint64_t block;
	uint32_t flags;
	uint32_t checksum;
	uint32_t next; /* where the one behind it begins */
};

bool replay_open(struct ext4 *fs, struct engine_parameters *memory)
{
	fs->mount.revoke_hash = engine_carve(memory, REPLAY_HASH * sizeof(uint32_t));
	fs->mount.revokes = engine_carve(memory, REPLAY_REVOKES * sizeof(struct replay_revoke));
	return fs->mount.revoke_hash != nullptr && fs->mount.revokes != nullptr;
}

static void start_over(struct ext4 *fs)
{
	struct mount *m = &fs->mount;

	ESTATE_SET(m->position, m->start);
	ESTATE_SET(m->sequence, m->start_sequence);
	ESTATE_SET(m->tag, 0);
}

void replay_begin(struct ext4 *fs)
{
	struct mount *m = &fs->mount;

	start_over(fs);
	ESTATE_SET(m->window, 0);
	ESTATE_SET(m->revoke_count, 0);
	ESTATE_SET(m->end_sequence, m->start_sequence);
	memset(m->revoke_hash, 0, REPLAY_HASH * sizeof(uint32_t));
}

/* --- reading the log ---------------------------------------------------------------------------
 */

/* A block of the log; the stage holds those around it. */
static status_t read_log(struct ext4 *fs, uint32_t position, uint8_t **bytes)
{
	struct mount *m = &fs->mount;
	struct journal *j = &fs->journal;
	uint32_t count = j->stage_size >> fs->g.block_shift;
	uint64_t block;

	if (m->window != 0 && position - m->window < m->window_count) {
		*bytes = j->stage + ((size_t)(position - m->window) << fs->g.block_shift);
		return OK;
	}
	if (count > 64)
		count = 64;
	block = log_place(j, position, &count);
	TRY(mount_io(fs, (struct engine_io){.offset = block << fs->g.block_shift,
				 .bytes = j->stage,
				 .size = count << fs->g.block_shift,
				 .kind = ENGINE_READ}));
	ESTATE_SET(m->window, position);
	ESTATE_SET(m->window_count, count);
	*bytes = j->stage;
	return OK;
}

static bool has_tail(const struct ext4 *fs)
{
	return fs->mount.log_checksums != 0;
}

static bool tail_is_right(const struct ext4 *fs, uint8_t *bytes)
{
	uint32_t *tail = (uint32_t *)(bytes + fs->g.block_size - JOURNAL_TAIL);
	uint32_t said = *tail;
	uint32_t sum;

	if (!has_tail(fs))
		return true;
	*tail = 0;
	sum = log_checksum(&fs->journal, bytes, fs->g.block_size);
	*tail = said;
	return log_32(said) == sum;
}

static bool commit_is_right(const struct ext4 *fs, uint8_t *bytes)
{
	struct journal_commit *commit = (struct journal_commit *)bytes;
	uint32_t said = commit->checksum[0];
	uint32_t sum;

	if (!has_tail(fs))
		return true;
	commit->checksum[0] = 0;
	sum = log_checksum(&fs->journal, bytes, fs->g.block_size);
	commit->checksum[0] = said;
	return log_32(said) == sum;
}

/* The type of a block that belongs to the transaction; 0: the log has ended. */
static uint32_t type_of(const struct ext4 *fs, uint8_t *bytes)
{
	struct journal_header header;
	uint32_t type;

	memcpy(&header, bytes, sizeof(header));
	type = log_32(header.type);
	if (log_32(header.magic) != JOURNAL_MAGIC || log_32(header.sequence) != fs->mount.sequence)
		return 0;
	if (type == LOG_COMMIT)
		return commit_is_right(fs, bytes) ? type : 0;
	if (type != LOG_DESCRIPTOR && type != LOG_REVOKE)
		return 0;
	return tail_is_right(fs, bytes) ? type : 0;
}

/* --- tags ---------------------------------------------------------------------------------------
 */

static void read_tag3(const uint8_t *bytes, struct tag *tag)
{
	struct journal_tag3 raw;

	memcpy(&raw, bytes, sizeof(raw));
	*tag = (struct tag){
		.block = log_32(raw.block) | (uint64_t)log_32(raw.block_high) << 32,
		.flags = log_32(raw.flags),
		.checksum = log_32(raw.checksum),
		.next = sizeof(raw),
	};
}

/* Version 2 of the checksums made tags two bytes longer. */
static void read_tag(const struct mount *m, const uint8_t *bytes, struct tag *tag)
{
	struct journal_tag raw = {0};
	uint32_t size = (uint32_t)offsetof(struct journal_tag, block_high);

	memcpy(&raw, bytes, m->log_64bit ? sizeof(raw) : size);
	*tag = (struct tag){
		.block = log_32(raw.block) | (uint64_t)log_32(raw.block_high) << 32,
		.flags = log_16(raw.flags),
		.checksum = log_16(raw.checksum),
		.next = (m->log_64bit ? (uint32_t)sizeof(raw) : size) +
			(m->log_checksums == 2 ? 2u : 0u),
	};
}

/* The tag at a place of a descriptor. False: there is none. */
static bool take_tag(const struct ext4 *fs, const uint8_t *bytes, uint32_t at, struct tag *tag)
{
	const struct mount *m = &fs->mount;
	uint32_t end = fs->g.block_size - (has_tail(fs) ? JOURNAL_TAIL : 0);

	if (at + sizeof(struct journal_tag3) > end)
		return false;
	if (m->log_checksums == 3)
		read_tag3(bytes + at, tag);
	else
		read_tag(m, bytes + at, tag);
	tag->next += at;
	if ((tag->flags & TAG_SAME_UUID) == 0)
		tag->next += UUID_SIZE;
	return true;
}

static uint32_t count_tags(const struct ext4 *fs, const uint8_t *bytes)
{
	struct tag tag = {.next = sizeof(struct journal_header)};
	uint32_t count = 0;

	while ((tag.flags & TAG_LAST) == 0 && take_tag(fs, bytes, tag.next, &tag))
		count++;
	return count;
}

/* --- what was revoked ---------------------------------------------------------------------------
 */

static uint32_t *revoke_head(struct mount *m, uint64_t block)
{
	return &m->revoke_hash[(block ^ block >> 10) % REPLAY_HASH];
}

static status_t add_revoke(struct ext4 *fs, uint64_t block)
{
	struct mount *m = &fs->mount;
	uint32_t *head = revoke_head(m, block);

	if (m->revoke_count == REPLAY_REVOKES) {
		trouble(fs, "the journal revokes too many blocks for here: run e2fsck");
		return ERR_NOT_SUPPORTED;
	}
	m->revokes[m->revoke_count] = (struct replay_revoke){block, m->sequence, *head};
	*head = ++m->revoke_count;
	return OK;
}

static status_t take_revokes(struct ext4 *fs, const uint8_t *bytes)
{
	uint32_t size = fs->mount.log_64bit ? sizeof(uint64_t) : sizeof(uint32_t);
	struct journal_revoke header;
	uint32_t end;

	memcpy(&header, bytes, sizeof(header));
	end = log_32(header.count);
	if (end > fs->g.block_size)
		return corrupt(fs, "journal", fs->mount.position);
	for (uint32_t at = sizeof(header); at + size <= end; at += size) {
		uint64_t block = 0;

		memcpy((uint8_t *)&block + sizeof(block) - size, bytes + at, size);
		TRY(add_revoke(fs, __builtin_bswap64(block)));
	}
	return OK;
}

/* By this transaction, or a later one that counts. */
static bool is_revoked(struct mount *m, uint64_t block)
{
	uint32_t number = *revoke_head(m, block);

	for (; number != 0; number = m->revokes[number - 1].next) {
		const struct replay_revoke *r = &m->revokes[number - 1];

		if (r->block == block && (int32_t)(r->sequence - m->sequence) >= 0 &&
			(int32_t)(r->sequence - m->end_sequence) < 0)
			return true;
	}
	return false;
}

/* --- the passes ---------------------------------------------------------------------------------
 */

static void advance(struct ext4 *fs, uint32_t blocks)
{
	struct mount *m = &fs->mount;

	ESTATE_SET(m->position, log_after(&fs->journal, m->position, blocks));
}

status_t replay_scan(struct ext4 *fs, bool *end)
{
	struct mount *m = &fs->mount;
	uint32_t log_size = fs->journal.length - fs->journal.first;
	uint8_t *bytes;
	uint32_t type;

	TRY(read_log(fs, m->position, &bytes));
	type = m->sequence - m->start_sequence < log_size ? type_of(fs, bytes) : 0;
	*end = type == 0;
	if (type == LOG_REVOKE)
		TRY(take_revokes(fs, bytes));
	if (type == LOG_COMMIT) {
		ESTATE_SET(m->sequence, m->sequence + 1);
		ESTATE_SET(m->end_sequence, m->sequence);
	}
	if (*end)
		start_over(fs);
	else
		advance(fs, 1 + (type == LOG_DESCRIPTOR ? count_tags(fs, bytes) : 0));
	return OK;
}

static bool block_is_right(const struct ext4 *fs, const struct tag *tag, const uint8_t *bytes)
{
	const struct mount *m = &fs->mount;
	uint32_t sum;

	if (m->log_checksums == 0)
		return true;
	sum = log_block_checksum(&fs->journal, m->sequence, bytes, fs->g.block_size);
	return tag->checksum == (m->log_checksums == 3 ? sum : sum & UINT16_MAX);
}

static status_t put_block(struct ext4 *fs, const struct tag *tag, const uint8_t *bytes)
{
	uint32_t magic = log_32(JOURNAL_MAGIC);
	struct buffer *buffer;

	if (tag->block >= fs->g.blocks || !block_is_right(fs, tag, bytes))
		return corrupt(fs, "block in the journal", fs->mount.position);
	if (fs->journal.running_count >= fs->journal.running_max) {
		fs->journal.is_wanted = true;
		return FILE_LATER;
	}
	TRY(buffer_overwrite(fs, tag->block, &buffer));
	memcpy(bytes_of(fs, buffer), bytes, fs->g.block_size);
	if ((tag->flags & TAG_ESCAPED) != 0)
		memcpy(bytes_of(fs, buffer), &magic, sizeof(magic));
	return OK;
}

/* One block that the descriptor names. */
static status_t replay_tag(struct ext4 *fs)
{
	struct mount *m = &fs->mount;
	uint8_t *bytes;
	struct tag tag;

	if (!take_tag(fs, fs->scratch, m->tag, &tag)) {
		ESTATE_SET(m->tag, 0);
		return OK;
	}
	if (!is_revoked(m, tag.block)) {
		TRY(read_log(fs, m->position, &bytes));
		TRY(put_block(fs, &tag, bytes));
	}
	advance(fs, 1);
	ESTATE_SET(m->tag, (tag.flags & TAG_LAST) != 0 ? 0 : tag.next);
	return OK;
}

status_t replay_step(struct ext4 *fs, bool *end)
{
	struct mount *m = &fs->mount;
	uint8_t *bytes;
	uint32_t type;

	*end = m->sequence == m->end_sequence;
	if (*end)
		return OK;
	if (m->tag != 0)
		return replay_tag(fs);
	TRY(read_log(fs, m->position, &bytes));
	type = type_of(fs, bytes);
	if (type == 0)
		return corrupt(fs, "journal", m->position);
	if (type == LOG_COMMIT)
		ESTATE_SET(m->sequence, m->sequence + 1);
	if (type == LOG_DESCRIPTOR) {
		memcpy(fs->scratch, bytes, fs->g.block_size);
		ESTATE_SET(m->tag, sizeof(struct journal_header));
	}
	advance(fs, 1);
	return OK;
}
