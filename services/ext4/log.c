// SPDX-License-Identifier: MIT OR Apache-2.0
/* The journal's log: see log.h. */
#include "log.h"

#include "check.h"

#include <hash/crc.h>

#define UUID_SIZE 16u

/* --- places ----------------------------------------------------------------------------------- */

uint64_t log_place(const struct journal *j, uint32_t position, uint32_t *count)
{
	for (uint32_t i = 0; i < j->part_count; i++) {
		const struct log_part *part = &j->parts[i];
		uint32_t into = position - part->first;

		if (into >= part->count)
			continue;
		if (*count > part->count - into)
			*count = part->count - into;
		return part->block + into;
	}
	runtime_abort("a block of the log is in none of its parts");
}

uint32_t log_after(const struct journal *j, uint32_t position, uint32_t count)
{
	uint32_t size = j->length - j->first;

	return j->first + (position - j->first + count) % size;
}

bool log_has_room(const struct journal *j, uint32_t blocks)
{
	uint32_t size = j->length - j->first;
	uint32_t used = (j->head + size - j->tail) % size;

	return used + blocks < size;
}

/* --- checksums -------------------------------------------------------------------------------- */

uint32_t log_checksum(const struct journal *j, const void *bytes, size_t size)
{
	return crc32c(j->seed, bytes, size);
}

uint32_t log_block_checksum(
	const struct journal *j, uint32_t sequence, const uint8_t *bytes, uint32_t size)
{
	uint32_t number = log_32(sequence);

	return crc32c(crc32c(j->seed, &number, sizeof(number)), bytes, size);
}

/* --- writing ---------------------------------------------------------------------------------- */

/* The stage while it is filled. */
struct stage {
	struct ext4 *fs;
	uint32_t used; /* blocks */
};

static uint8_t *stage_block(const struct stage *s, uint32_t number)
{
	return s->fs->journal.stage + ((size_t)number << s->fs->g.block_shift);
}

static uint8_t *add_block(struct stage *s, uint32_t type)
{
	uint8_t *bytes = stage_block(s, s->used++);
	struct journal_header header = {
		log_32(JOURNAL_MAGIC), log_32(type), log_32(s->fs->journal.sequence)};

	memset(bytes, 0, s->fs->g.block_size);
	memcpy(bytes, &header, sizeof(header));
	return bytes;
}

/* The checksum in a block's last four bytes. */
static void end_block(const struct stage *s, uint8_t *bytes)
{
	uint32_t size = s->fs->g.block_size;
	uint32_t sum;

	if (!s->fs->journal.has_checksums)
		return;
	sum = log_32(log_checksum(&s->fs->journal, bytes, size));
	memcpy(bytes + size - JOURNAL_TAIL, &sum, sizeof(sum));
}

static uint32_t tag_size(const struct journal *j)
{
	if (j->has_checksums)
		return sizeof(struct journal_tag3);
	return j->has_64bit ? sizeof(struct journal_tag)
			    : (uint32_t)offsetof(struct journal_tag, block_high);
}

static void put_tag(
	const struct stage *s, uint8_t *tag, const struct home_copy *copy, uint32_t flags)
{
	const struct journal *j = &s->fs->journal;
	uint32_t low = log_32((uint32_t)copy->block);
	uint32_t high = log_32((uint32_t)(copy->block >> 32));
	uint32_t sum = log_block_checksum(
		j, j->sequence, stage_block(s, copy->stage), s->fs->g.block_size);

	if (j->has_checksums) {
		struct journal_tag3 whole = {low, log_32(flags), high, log_32(sum)};

		memcpy(tag, &whole, sizeof(whole));
	} else {
		struct journal_tag whole = {low, 0, log_16((uint16_t)flags), high};

		memcpy(tag, &whole, tag_size(j));
	}
}

static void put_copy(struct stage *s, struct home_copy *copy, const struct buffer *b)
{
	uint8_t *bytes = stage_block(s, s->used);
	uint32_t word;

	*copy = (struct home_copy){.block = b->block, .stage = s->used++};
	memcpy(bytes, bytes_of(s->fs, b), s->fs->g.block_size);
	block_seal(s->fs, bytes, b->kind, b->owner);
	memcpy(&word, bytes, sizeof(word));
	copy->is_escaped = s->fs->journal.logging && word == log_32(JOURNAL_MAGIC);
	if (copy->is_escaped)
		memset(bytes, 0, sizeof(word));
}

/* A descriptor and its blocks, from the copy `at` on; how many. */
static uint32_t put_described(struct stage *s, uint32_t at)
{
	struct journal *j = &s->fs->journal;
	uint8_t *descriptor = add_block(s, LOG_DESCRIPTOR);
	uint32_t place = sizeof(struct journal_header);
	uint32_t end = s->fs->g.block_size - JOURNAL_TAIL;
	uint32_t first = at;

	for (; at < j->running_count; at++) {
		uint32_t uuid = at == first ? UUID_SIZE : 0;
		uint32_t flags = uuid != 0 ? 0 : TAG_SAME_UUID;
		uint32_t next = place + tag_size(j) + uuid;

		if (next > end)
			break;
		put_copy(s, &j->home[at], &s->fs->cache.buffers[j->running[at]]);
		if (at + 1 == j->running_count || next + tag_size(j) > end)
			flags |= TAG_LAST;
		if (j->home[at].is_escaped)
			flags |= TAG_ESCAPED;
		put_tag(s, descriptor + place, &j->home[at], flags);
		place = next;
	}
	end_block(s, descriptor);
	return at - first;
}

/* Blocks that are in the log and free now: a replay must not write them. From `at` on; how many. */
static uint32_t put_revoked(struct stage *s, uint32_t at)
{
	const struct journal *j = &s->fs->journal;
	uint8_t *bytes = add_block(s, LOG_REVOKE);
	uint32_t size = j->has_64bit ? sizeof(uint64_t) : sizeof(uint32_t);
	uint32_t place = sizeof(struct journal_revoke);
	uint32_t first = at;
	uint32_t used;

	for (; at < j->revoked_count && place + size <= s->fs->g.block_size - JOURNAL_TAIL; at++) {
		uint64_t block = __builtin_bswap64(j->revoked[at]);

		memcpy(bytes + place, (uint8_t *)&block + sizeof(block) - size, size);
		place += size;
	}
	used = log_32(place);
	memcpy(bytes + offsetof(struct journal_revoke, count), &used, sizeof(used));
	end_block(s, bytes);
	return at - first;
}

static void put_commit(struct stage *s)
{
	const struct journal *j = &s->fs->journal;
	uint64_t now = s->fs->environment->now(s->fs->environment->self);
	uint8_t *bytes = add_block(s, LOG_COMMIT);
	struct journal_commit commit;

	memcpy(&commit, bytes, sizeof(commit));
	commit.seconds = __builtin_bswap64(now / 1000000000u);
	commit.nanoseconds = log_32((uint32_t)(now % 1000000000u));
	memcpy(bytes, &commit, sizeof(commit));
	if (!j->has_checksums)
		return;
	commit.checksum[0] = log_32(log_checksum(j, bytes, s->fs->g.block_size));
	memcpy(bytes, &commit, sizeof(commit));
}

uint32_t log_fill_stage(struct ext4 *fs)
{
	struct journal *j = &fs->journal;
	struct stage s = {.fs = fs};

	if (j->running_count == 0)
		return 0;
	if (!j->logging) {
		for (uint32_t at = 0; at < j->running_count; at++)
			put_copy(&s, &j->home[at], &fs->cache.buffers[j->running[at]]);
		return 0;
	}
	for (uint32_t at = 0; at < j->revoked_count;)
		at += put_revoked(&s, at);
	for (uint32_t at = 0; at < j->running_count;)
		at += put_described(&s, at);
	put_commit(&s);
	return s.used;
}

void log_unescape(struct ext4 *fs)
{
	const struct journal *j = &fs->journal;
	uint32_t magic = log_32(JOURNAL_MAGIC);

	for (uint32_t i = 0; i < j->home_count; i++) {
		if (j->home[i].is_escaped)
			memcpy(j->stage + ((size_t)j->home[i].stage << fs->g.block_shift), &magic,
				sizeof(magic));
	}
}

/* --- its superblock --------------------------------------------------------------------------- */

static void fill_super(struct ext4 *fs, uint32_t start)
{
	const struct journal *j = &fs->journal;
	struct journal_super super;
	uint32_t features = JOURNAL_HAS_REVOKE | (j->has_64bit ? JOURNAL_64BIT : 0) |
			    (j->has_checksums ? JOURNAL_CSUM_V3 : 0);

	memcpy(&super, j->page, sizeof(super));
	super.header.type = log_32(JOURNAL_SUPER_V2);
	super.start = log_32(start);
	super.sequence = log_32(j->sequence);
	super.error = 0;
	super.feature_compat = 0;
	super.feature_incompat = log_32(features);
	super.checksum_type = j->has_checksums ? JOURNAL_CHECKSUM_CRC32C : 0;
	super.checksum = 0;
	if (j->has_checksums)
		super.checksum = log_32(crc32c(~0u, &super, sizeof(super)));
	memcpy(j->page, &super, sizeof(super));
}

void log_fill_super(struct ext4 *fs)
{
	fill_super(fs, fs->journal.head);
}

void log_fill_empty_super(struct ext4 *fs)
{
	fill_super(fs, 0);
}
