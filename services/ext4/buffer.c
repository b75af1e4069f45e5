// SPDX-License-Identifier: MIT OR Apache-2.0
/* Blocks in memory: see buffer.h. */
#include "check.h"
#include "fs.h"

#define BLOCK_LEAST 1024u
#define BUFFER_BITS 20u /* of an id: which buffer; above: which of its reads */

bool buffers_open(struct ext4 *fs, struct engine_parameters *memory)
{
	struct buffer_cache *cache = &fs->cache;
	uint32_t most = (uint32_t)(memory->memory_size /
				   (BLOCK_LEAST + sizeof(*cache->buffers) + sizeof(*cache->hash)));
	uint32_t lists = 1;

	while (lists * 2 <= most)
		lists *= 2;
	cache->buffers = engine_carve(memory, most * sizeof(*cache->buffers));
	cache->hash = engine_carve(memory, lists * sizeof(*cache->hash));
	cache->hash_mask = lists - 1;
	cache->bytes = memory->memory;
	cache->bytes_size = memory->memory_size;
	if (cache->bytes_size > (size_t)most * BLOCK_LEAST)
		cache->bytes_size = (size_t)most * BLOCK_LEAST;
	return cache->buffers != nullptr && cache->hash != nullptr && most < 1u << BUFFER_BITS;
}

void buffers_start(struct ext4 *fs, uint32_t block_size)
{
	struct buffer_cache *cache = &fs->cache;

	memset(cache->buffers, 0, cache->bytes_size / BLOCK_LEAST * sizeof(*cache->buffers));
	memset(cache->hash, 0, (cache->hash_mask + 1) * sizeof(*cache->hash));
	cache->count = (uint32_t)(cache->bytes_size / block_size);
	cache->hand = 0;
	cache->wanted_count = 0;
	cache->room_is_wanted = false;
	cache->empty = 0;
	cache->empty_count = cache->count;
	cache->reading = 0;
	for (uint32_t i = cache->count; i-- > 0; cache->empty = i + 1)
		cache->buffers[i].next = cache->empty;
}

/* --- finding ---------------------------------------------------------------------------------- */

static uint32_t *hash_head(struct buffer_cache *cache, uint64_t block)
{
	return &cache->hash[(block ^ block >> 17) & cache->hash_mask];
}

static struct buffer *find(struct buffer_cache *cache, uint64_t block)
{
	uint32_t number = *hash_head(cache, block);

	while (number != 0 && cache->buffers[number - 1].block != block)
		number = cache->buffers[number - 1].next;
	return number != 0 ? &cache->buffers[number - 1] : nullptr;
}

static void leave_hash(struct buffer_cache *cache, struct buffer *b)
{
	uint32_t *link = hash_head(cache, b->block);

	while (&cache->buffers[*link - 1] != b)
		link = &cache->buffers[*link - 1].next;
	ESTATE_SET(*link, b->next);
}

static void enter_hash(struct buffer_cache *cache, struct buffer *b)
{
	uint32_t *head = hash_head(cache, b->block);

	b->next = *head;
	ESTATE_SET(*head, (uint32_t)(b - cache->buffers) + 1);
}

static void drop(struct buffer_cache *cache, struct buffer *b)
{
	leave_hash(cache, b);
	estate_save(b, sizeof(*b));
	*b = (struct buffer){.reads = b->reads, .next = cache->empty};
	ESTATE_SET(cache->empty, (uint32_t)(b - cache->buffers) + 1);
	ESTATE_SET(cache->empty_count, cache->empty_count + 1);
}

static bool is_pinned(const struct ext4 *fs, const struct buffer *b)
{
	return b->state == BUFFER_READING || journal_is_running(fs, b) || journal_is_homing(fs, b);
}

/* An empty one gets this content; nullptr: there is none. */
static struct buffer *take(struct buffer_cache *cache, struct buffer content)
{
	struct buffer *b = &cache->buffers[cache->empty - 1];

	if (cache->empty == 0)
		return nullptr;
	ESTATE_SET(cache->empty, b->next);
	ESTATE_SET(cache->empty_count, cache->empty_count - 1);
	estate_save(b, sizeof(*b));
	content.reads = b->reads + 1;
	*b = content;
	enter_hash(cache, b);
	return b;
}

/* Gives up what was not used for long until so many are empty. Commits. */
static bool make_room(struct ext4 *fs, uint32_t needed)
{
	struct buffer_cache *cache = &fs->cache;

	for (uint32_t looks = 2 * cache->count; looks > 0 && cache->empty_count < needed; looks--) {
		struct buffer *b = &cache->buffers[cache->hand];

		cache->hand = (cache->hand + 1) % cache->count;
		if (b->state == BUFFER_EMPTY || is_pinned(fs, b))
			continue;
		if (!b->was_used) {
			drop(cache, b);
			estate_commit();
		}
		b->was_used = false;
	}
	return cache->empty_count >= needed;
}

/* --- for operations --------------------------------------------------------------------------- */

static status_t want(struct ext4 *fs, uint64_t block)
{
	struct buffer_cache *cache = &fs->cache;

	if (cache->wanted_count < BUFFERS_WANTED)
		cache->wanted[cache->wanted_count++] = block;
	return FILE_LATER;
}

/* Blocks that are read for the first time are checked; one that is there for something else cannot
 * be this, too. */
static status_t check_kind(struct ext4 *fs, struct buffer *b, enum block_kind kind, uint32_t owner)
{
	if (kind == BLOCK_UNKNOWN || (b->kind == kind && b->owner == owner))
		return OK;
	if (b->kind != BLOCK_UNKNOWN)
		return corrupt(fs, "a block belongs to two things", b->block);
	TRY(block_check(fs, b->block, bytes_of(fs, b), kind, owner));
	estate_save(b, sizeof(*b));
	b->kind = kind;
	b->owner = owner;
	return OK;
}

status_t buffer_get(struct ext4 *fs, uint64_t block, enum block_kind kind, uint32_t owner,
	struct buffer **buffer)
{
	struct buffer *b;

	if (block >= fs->g.blocks)
		return corrupt(fs, "a block is behind the end", block);
	b = find(&fs->cache, block);
	if (b == nullptr || (b->state == BUFFER_FAILED && b->was_told))
		return want(fs, block);
	b->was_used = true;
	if (b->state == BUFFER_READING)
		return FILE_LATER;
	if (b->state == BUFFER_FAILED) {
		b->was_told = true; /* who asks later has it read again */
		return ERR_IO;
	}
	*buffer = b;
	return check_kind(fs, b, kind, owner);
}

status_t buffer_new(struct ext4 *fs, uint64_t block, enum block_kind kind, uint32_t owner,
	struct buffer **buffer)
{
	struct buffer *b = find(&fs->cache, block);

	if (b != nullptr && is_pinned(fs, b))
		return FILE_LATER; /* of a file that had it before */
	if (b != nullptr)
		drop(&fs->cache, b);
	b = take(&fs->cache, (struct buffer){.block = block,
				     .owner = owner,
				     .state = BUFFER_VALID,
				     .kind = kind,
				     .was_used = true});
	if (b == nullptr) {
		fs->cache.room_is_wanted = true;
		return FILE_LATER;
	}
	journal_add(fs, b);
	memset(bytes_of(fs, b), 0, fs->g.block_size);
	*buffer = b;
	return OK;
}

status_t buffer_overwrite(struct ext4 *fs, uint64_t block, struct buffer **buffer)
{
	struct buffer *b = find(&fs->cache, block);

	if (b == nullptr)
		return buffer_new(fs, block, BLOCK_PLAIN, 0, buffer);
	if (b->state == BUFFER_READING)
		return FILE_LATER;
	estate_save(b, sizeof(*b));
	b->state = BUFFER_VALID;
	b->kind = BLOCK_PLAIN;
	b->owner = 0;
	buffer_change(fs, b, bytes_of(fs, b), fs->g.block_size);
	*buffer = b;
	return OK;
}

void buffer_change(struct ext4 *fs, struct buffer *b, const void *part, size_t size)
{
	estate_save(part, size);
	journal_add(fs, b);
}

void buffer_forget(struct ext4 *fs, uint64_t block)
{
	struct buffer *b = find(&fs->cache, block);

	journal_revoke(fs, block);
	if (b == nullptr || b->state == BUFFER_READING)
		return;
	if (journal_is_running(fs, b))
		journal_remove(fs, b);
	ESTATE_SET(b->kind, BLOCK_UNKNOWN); /* it stays: its bytes come back if this is undone */
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool start_read(struct ext4 *fs, const struct buffer *b)
{
	struct engine_io io = {
		.id = (uint64_t)IO_BUFFER << IO_OWNER_SHIFT | (uint64_t)b->reads << BUFFER_BITS |
		      (uint64_t)(b - fs->cache.buffers),
		.offset = b->block << fs->g.block_shift,
		.bytes = bytes_of(fs, b),
		.size = fs->g.block_size,
		.kind = ENGINE_READ,
	};

	return fs->environment->start(fs->environment->self, &io);
}

static void drop_unread(struct buffer_cache *cache, struct buffer *b)
{
	drop(cache, b);
	ESTATE_SET(cache->reading, cache->reading - 1);
	estate_commit();
}

/* That it is being read is committed before the device hears of it. */
static bool read_block(struct ext4 *fs, uint64_t block)
{
	struct buffer_cache *cache = &fs->cache;
	struct buffer *b = find(cache, block);

	if (b != nullptr && b->state != BUFFER_FAILED)
		return true;
	if (b != nullptr)
		drop(cache, b);
	if (!make_room(fs, 1))
		return false;
	b = take(cache, (struct buffer){.block = block, .state = BUFFER_READING});
	ESTATE_SET(cache->reading, cache->reading + 1);
	estate_commit();
	if (start_read(fs, b))
		return true;
	drop_unread(cache, b);
	return false;
}

/* When all blocks belong to the running transaction, a round sets them free. */
bool buffers_work(struct ext4 *fs)
{
	struct buffer_cache *cache = &fs->cache;
	uint32_t done = 0;
	bool again = cache->room_is_wanted;

	if (again && !make_room(fs, JOURNAL_CREDITS))
		fs->journal.is_wanted = true;
	while (done < cache->wanted_count && read_block(fs, cache->wanted[done]))
		done++;
	if (done < cache->wanted_count && cache->empty_count == 0)
		fs->journal.is_wanted = true;
	cache->wanted_count = 0;
	cache->room_is_wanted = false;
	return again;
}

void buffers_resume(struct ext4 *fs)
{
	for (uint32_t i = 0; i < fs->cache.count; i++) {
		struct buffer *b = &fs->cache.buffers[i];

		if (b->state == BUFFER_READING && !start_read(fs, b))
			drop_unread(&fs->cache, b);
	}
	fs->cache.wanted_count = 0;
}

bool buffer_io_done(struct ext4 *fs, uint64_t id, status_t status)
{
	uint32_t number = (uint32_t)(id & ((1u << BUFFER_BITS) - 1));
	uint32_t reads = (uint32_t)(id >> BUFFER_BITS);
	struct buffer *b = &fs->cache.buffers[number];

	if (number >= fs->cache.count || b->state != BUFFER_READING || b->reads != reads)
		return false;
	estate_save(b, sizeof(*b));
	b->state = status == OK ? BUFFER_VALID : BUFFER_FAILED;
	b->was_used = true;
	ESTATE_SET(fs->cache.reading, fs->cache.reading - 1);
	estate_commit();
	return true;
}

bool buffers_are_idle(const struct ext4 *fs)
{
	return fs->cache.reading == 0;
}
