// SPDX-License-Identifier: MIT OR Apache-2.0
/* Pieces of the volume in memory: see buffer.h. */
#include "buffer.h"

#define BUFFER_BITS 16u /* of an id: which buffer; above: which of its reads */
#define CREDITS     56u /* buffers that one operation changes at most */
#define SPARE       20u /* empty ones that it takes at most */

static_assert(BUFFERS < 1u << BUFFER_BITS);

void fat_buffers_start(struct fat *fs)
{
	struct buffer_cache *cache = &fs->cache;

	cache->empty_count = BUFFERS;
	for (uint32_t i = BUFFERS; i-- > 0; cache->empty = i + 1)
		cache->buffers[i].next = cache->empty;
}

/* --- finding ---------------------------------------------------------------------------------- */

static uint32_t *hash_head(struct buffer_cache *cache, uint64_t offset)
{
	return &cache->hash[(offset / SECTOR_LEAST * 0x9e3779b97f4a7c15u) >> 56];
}

static_assert(BUFFER_HEADS == 1u << (64 - 56));

static struct buffer *find(struct buffer_cache *cache, uint64_t offset)
{
	uint32_t number = *hash_head(cache, offset);

	while (number != 0 && cache->buffers[number - 1].offset != offset)
		number = cache->buffers[number - 1].next;
	return number != 0 ? &cache->buffers[number - 1] : nullptr;
}

static void leave_hash(struct buffer_cache *cache, struct buffer *b)
{
	uint32_t *link = hash_head(cache, b->offset);

	while (&cache->buffers[*link - 1] != b)
		link = &cache->buffers[*link - 1].next;
	ESTATE_SET(*link, b->next);
}

static void drop(struct buffer_cache *cache, struct buffer *b)
{
	leave_hash(cache, b);
	estate_save(b, sizeof(*b));
	*b = (struct buffer){.reads = b->reads, .next = cache->empty};
	ESTATE_SET(cache->empty, (uint32_t)(b - cache->buffers) + 1);
	ESTATE_SET(cache->empty_count, cache->empty_count + 1);
}

/* An empty one gets this content; nullptr: there is none. */
static struct buffer *take(struct buffer_cache *cache, struct buffer content)
{
	struct buffer *b = &cache->buffers[cache->empty - 1];
	uint32_t *head = hash_head(cache, content.offset);

	if (cache->empty == 0)
		return nullptr;
	ESTATE_SET(cache->empty, b->next);
	ESTATE_SET(cache->empty_count, cache->empty_count - 1);
	estate_save(b, sizeof(*b));
	content.reads = b->reads + 1;
	content.next = *head;
	*b = content;
	ESTATE_SET(*head, (uint32_t)(b - cache->buffers) + 1);
	return b;
}

/* Gives up what was not used for long until so many are empty. Commits. */
static bool make_room(struct buffer_cache *cache, uint32_t needed)
{
	for (uint32_t looks = 2 * BUFFERS; looks > 0 && cache->empty_count < needed; looks--) {
		struct buffer *b = &cache->buffers[cache->hand];

		cache->hand = (cache->hand + 1) % BUFFERS;
		if (b->state == BUFFER_EMPTY || b->state == BUFFER_READING || b->shadow != 0)
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

status_t fat_buffer_get(struct fat *fs, uint64_t offset, uint32_t size, enum buffer_kind kind,
	struct buffer **buffer)
{
	struct buffer_cache *cache = &fs->cache;
	struct buffer *b = find(cache, offset);

	if (b == nullptr || (b->state == BUFFER_FAILED && b->was_told)) {
		if (cache->wanted_count < BUFFERS_WANTED) {
			uint32_t i = cache->wanted_count++;

			cache->wanted[i].offset = offset;
			cache->wanted[i].size = (uint16_t)size;
			cache->wanted[i].kind = kind;
		}
		return FILE_LATER;
	}
	b->was_used = true;
	if (b->state == BUFFER_READING)
		return FILE_LATER;
	*buffer = b;
	if (b->state == BUFFER_VALID)
		return OK;
	b->was_told = true; /* who asks later has it read again */
	return ERR_IO;
}

/* The contents of a shadow that nobody used are not worth to be saved. */
static void add_shadow(struct fat *fs, struct buffer *b)
{
	struct buffer_cache *cache = &fs->cache;
	uint32_t i = 0;

	while (cache->shadow_is_used[i])
		i++;
	ASSERT(i < SHADOWS);
	ESTATE_SET(cache->shadow_is_used[i], true);
	ESTATE_SET(b->shadow, (uint16_t)(i + 1));
	if (cache->changed == 0)
		ESTATE_SET(fs->commit.changed_since, fs->environment->now(fs->environment->self));
	ESTATE_SET(cache->changed, cache->changed + 1);
}

status_t fat_buffer_new(struct fat *fs, uint64_t offset, uint32_t size, struct buffer **buffer)
{
	struct buffer *b = take(&fs->cache, (struct buffer){.offset = offset,
						    .size = (uint16_t)size,
						    .state = BUFFER_VALID,
						    .kind = BUFFER_DIRECTORY,
						    .is_new = true,
						    .was_used = true});

	if (b == nullptr) {
		fs->cache.room_is_wanted = true;
		return FILE_LATER;
	}
	add_shadow(fs, b);
	memset(bytes_of(fs, b), 0, size);
	memset(shadow_of(fs, b), 0, size);
	*buffer = b;
	return OK;
}

status_t change_begin(struct fat *fs)
{
	struct commit *c = &fs->commit;

	if (fs->read_only || c->failed)
		return ERR_READ_ONLY;
	if (c->phase != COMMIT_IDLE || fs->loose_count > LOOSE_MOST - LOOSE_SPARE)
		return FILE_LATER;
	if (fs->cache.changed + CREDITS > SHADOWS) {
		c->is_wanted = true;
		return FILE_LATER;
	}
	if (fs->cache.empty_count < SPARE) {
		fs->cache.room_is_wanted = true;
		return FILE_LATER;
	}
	return OK;
}

void fat_buffer_change(struct fat *fs, struct buffer *b, const void *part, size_t size)
{
	if (b->shadow == 0) {
		add_shadow(fs, b);
		memcpy(shadow_of(fs, b), bytes_of(fs, b), b->size);
	}
	estate_save(part, size);
	fs->changes++;
}

status_t fat_buffers_drop(struct fat *fs, uint64_t offset, uint32_t size)
{
	for (uint32_t at = 0; at < size; at += CHUNK) {
		struct buffer *b = find(&fs->cache, offset + at);

		if (b != nullptr && b->shadow != 0)
			fs->commit.is_wanted = true; /* on a volume that is not sound */
		if (b != nullptr && (b->state == BUFFER_READING || b->shadow != 0))
			return FILE_LATER;
		if (b != nullptr)
			drop(&fs->cache, b);
	}
	return OK;
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool start_read(struct fat *fs, const struct buffer *b)
{
	struct engine_io io = {
		.id = (uint64_t)IO_READ << IO_OWNER_SHIFT | (uint64_t)b->reads << BUFFER_BITS |
		      (uint64_t)(b - fs->cache.buffers),
		.offset = b->offset,
		.bytes = bytes_of(fs, b),
		.size = b->size,
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
static bool read_wanted(struct fat *fs, uint32_t wanted)
{
	struct buffer_cache *cache = &fs->cache;
	uint64_t offset = cache->wanted[wanted].offset;
	struct buffer *b = find(cache, offset);

	if (b != nullptr && b->state != BUFFER_FAILED)
		return true;
	if (b != nullptr)
		drop(cache, b);
	if (!make_room(cache, 1))
		return false;
	b = take(cache, (struct buffer){.offset = offset,
				.size = cache->wanted[wanted].size,
				.kind = cache->wanted[wanted].kind,
				.state = BUFFER_READING});
	ESTATE_SET(cache->reading, cache->reading + 1);
	estate_commit();
	if (start_read(fs, b))
		return true;
	drop_unread(cache, b);
	return false;
}

/* When all that could be given up is changed, a round sets it free. */
bool fat_buffers_work(struct fat *fs)
{
	struct buffer_cache *cache = &fs->cache;
	uint32_t done = 0;
	bool again = cache->room_is_wanted;

	if (again && !make_room(cache, SPARE))
		fs->commit.is_wanted = true;
	while (done < cache->wanted_count && read_wanted(fs, done))
		done++;
	if (done < cache->wanted_count && cache->empty_count == 0)
		fs->commit.is_wanted = true;
	cache->wanted_count = 0;
	cache->room_is_wanted = false;
	return again;
}

void fat_buffers_resume(struct fat *fs)
{
	for (uint32_t i = 0; i < BUFFERS; i++) {
		struct buffer *b = &fs->cache.buffers[i];

		if (b->state == BUFFER_READING && !start_read(fs, b))
			drop_unread(&fs->cache, b);
	}
	fs->cache.wanted_count = 0;
}

void fat_buffer_io_done(struct fat *fs, uint64_t id, status_t status)
{
	uint32_t number = (uint32_t)(id & ((1u << BUFFER_BITS) - 1));
	uint32_t reads = (uint32_t)(id >> BUFFER_BITS);
	struct buffer *b = &fs->cache.buffers[number];

	if (number >= BUFFERS || b->state != BUFFER_READING || b->reads != reads)
		return;
	estate_save(b, sizeof(*b));
	b->state = status == OK ? BUFFER_VALID : BUFFER_FAILED;
	b->was_used = true;
	ESTATE_SET(fs->cache.reading, fs->cache.reading - 1);
	estate_commit();
}
