// SPDX-License-Identifier: MIT OR Apache-2.0
/* Rounds: see commit.h. */
#include "commit.h"

#include "mount.h"
#include "table.h"
#include "variant.h"

#define DELAY_NS    5000000000u
#define COPY_SHIFT  16u /* of an id: buffer, copy, phase, round */
#define PHASE_SHIFT 20u
#define ROUND_SHIFT 24u
#define NUMBER_MASK ((1u << COPY_SHIFT) - 1)

static uint64_t id_of(const struct fat *fs, enum io_owner owner, uint32_t number, uint32_t copy)
{
	const struct commit *c = &fs->commit;

	return (uint64_t)owner << IO_OWNER_SHIFT | (c->rounds & UINT32_MAX) << ROUND_SHIFT |
	       (uint64_t)c->phase << PHASE_SHIFT | copy << COPY_SHIFT | number;
}

/* --- what a phase changes ----------------------------------------------------------------------
 */

static enum commit_phase phase_of_cluster(uint32_t old, uint32_t new)
{
	if (old == CLUSTER_FREE || (old == CLUSTER_END && cluster_is_link(new)))
		return COMMIT_GROW;
	return COMMIT_FREE;
}

/* Puts what belongs to the phase into the shadow, or only looks; true: there is something. */
static bool apply_to_table(struct fat *fs, const struct buffer *b, bool do_it)
{
	const struct geometry *g = &fs->g;
	uint32_t entries = b->size * 8u / g->bits;
	bool some = false;

	for (uint32_t i = 0; i < entries; i++) {
		uint32_t old = table_peek(g, shadow_of(fs, b), i);
		uint32_t new = table_peek(g, bytes_of(fs, b), i);

		if (old == new || phase_of_cluster(old, new) != fs->commit.phase)
			continue;
		some = true;
		if (!do_it)
			break;
		table_poke(g, shadow_of(fs, b), i, new);
	}
	return some;
}

static bool apply_to_directory(struct fat *fs, const struct buffer *b, bool do_it)
{
	struct dirent *old = (struct dirent *)shadow_of(fs, b);
	const struct dirent *new = (const struct dirent *)bytes_of(fs, b);
	bool some = b->is_new && fs->commit.phase == COMMIT_NEW;

	for (uint32_t i = 0; i < b->size / ENTRY_SIZE; i++) {
		if (memcmp(&old[i], &new[i], ENTRY_SIZE) == 0 ||
			fs->variant->phase_of_entry(&old[i], &new[i]) != fs->commit.phase)
			continue;
		some = true;
		if (!do_it)
			break;
		old[i] = new[i];
	}
	return some;
}

/* Of the map of clusters: those that are taken, or freed. */
static bool apply_to_bitmap(struct fat *fs, const struct buffer *b, bool do_it)
{
	uint8_t *old = shadow_of(fs, b);
	const uint8_t *new = bytes_of(fs, b);
	uint8_t mask = fs->commit.phase == COMMIT_GROW ? 0xff : 0;
	bool some = false;

	if (fs->commit.phase != COMMIT_GROW && fs->commit.phase != COMMIT_FREE)
		return false;
	for (uint32_t i = 0; i < b->size; i++) {
		uint8_t changed = (old[i] ^ new[i]) & (new[i] ^ (uint8_t)~mask);

		some = some || changed != 0;
		if (do_it)
			old[i] ^= changed;
	}
	return some;
}

static bool apply(struct fat *fs, const struct buffer *b, bool do_it)
{
	switch (b->kind) {
	case BUFFER_TABLE:
		return apply_to_table(fs, b, do_it);
	case BUFFER_BITMAP:
		return apply_to_bitmap(fs, b, do_it);
	default:
		return apply_to_directory(fs, b, do_it);
	}
}

/* --- writing -----------------------------------------------------------------------------------
 */

static uint32_t copies_of(const struct fat *fs, const struct buffer *b)
{
	return b->kind == BUFFER_TABLE ? fs->g.tables : 1;
}

static uint64_t place_of(const struct fat *fs, const struct buffer *b, uint32_t copy)
{
	if (b->kind != BUFFER_TABLE)
		return b->offset;
	return b->offset - fs->g.table_offsets[0] + fs->g.table_offsets[copy];
}

static void start_writes(struct fat *fs, struct buffer *b)
{
	for (uint32_t copy = 0; copy < copies_of(fs, b); copy++) {
		struct engine_io io = {
			.id = id_of(fs, IO_WRITE, (uint32_t)(b - fs->cache.buffers), copy),
			.offset = place_of(fs, b, copy),
			.bytes = shadow_of(fs, b),
			.size = b->size,
			.kind = ENGINE_WRITE,
		};

		if ((b->writing & ~b->started & 1u << copy) != 0 &&
			fs->environment->start(fs->environment->self, &io))
			b->started |= (uint8_t)(1u << copy);
	}
}

/* That it is being written is committed before its shadow changes, which can be done again. */
static void begin_write(struct fat *fs, struct buffer *b)
{
	estate_save(b, sizeof(*b));
	b->writing = (uint8_t)((1u << copies_of(fs, b)) - 1);
	b->started = 0;
	b->is_new = false;
	ESTATE_SET(fs->commit.has_written, true);
	estate_commit();
	(void)apply(fs, b, true);
}

/* True: nothing of the phase is left to be written. */
static bool write_phase(struct fat *fs)
{
	bool is_done = true;

	for (uint32_t i = 0; i < BUFFERS; i++) {
		struct buffer *b = &fs->cache.buffers[i];

		if (b->shadow == 0)
			continue;
		if (b->writing == 0 && apply(fs, b, false))
			begin_write(fs, b);
		if (b->writing == 0)
			continue;
		is_done = false;
		start_writes(fs, b);
	}
	return is_done;
}

static void start_flush(struct fat *fs)
{
	struct engine_io io = {
		.id = id_of(fs, IO_FLUSH, 0, 0),
		.kind = ENGINE_FLUSH,
	};

	fs->commit.is_started = fs->environment->start(fs->environment->self, &io);
}

static void fail(struct fat *fs, status_t status)
{
	if (!fs->commit.failed)
		fat_note_trouble(fs, "the device did not take a write", (uint64_t)-status);
	ESTATE_SET(fs->commit.failed, true);
}

/* --- steps -------------------------------------------------------------------------------------
 */

static void set_phase(struct fat *fs, enum commit_phase phase)
{
	estate_save(&fs->commit, sizeof(fs->commit));
	fs->commit.phase = phase;
	fs->commit.has_written = false;
	fs->commit.is_flushing = false;
	fs->commit.is_started = false;
}

/* Shadows and buffers are the same. */
static void end_round(struct fat *fs)
{
	struct buffer_cache *cache = &fs->cache;

	for (uint32_t i = 0; i < BUFFERS; i++) {
		struct buffer *b = &cache->buffers[i];

		if (b->shadow == 0)
			continue;
		ASSERT(memcmp(shadow_of(fs, b), bytes_of(fs, b), b->size) == 0);
		ESTATE_SET(b->shadow, 0);
	}
	estate_save(cache->shadow_is_used, sizeof(cache->shadow_is_used));
	memset(cache->shadow_is_used, 0, sizeof(cache->shadow_is_used));
	ESTATE_SET(cache->changed, 0);
	set_phase(fs, COMMIT_IDLE);
	ESTATE_SET(fs->commit.rounds, fs->commit.rounds + 1);
	estate_commit();
}

static bool is_due(const struct fat *fs)
{
	const struct commit *c = &fs->commit;

	if (c->is_wanted)
		return true;
	return fs->cache.changed > 0 &&
	       fs->environment->now(fs->environment->self) - c->changed_since >= DELAY_NS;
}

/* The last phase always flushes: for contents of files. */
static void end_phase(struct fat *fs)
{
	struct commit *c = &fs->commit;

	if (c->has_written || c->phase == COMMIT_FLUSH) {
		ESTATE_SET(c->is_flushing, true);
		c->is_started = false;
		estate_commit();
		start_flush(fs);
		return;
	}
	set_phase(fs, c->phase + 1);
	estate_commit();
}

static bool mark(struct fat *fs)
{
	status_t status = fs->cache.changed > 0 ? fat_mount_mark(fs, true) : OK;

	if (status == FILE_LATER) {
		estate_rollback();
		return false;
	}
	if (status != OK) {
		fail(fs, status);
	} else {
		set_phase(fs, COMMIT_NEW);
		fs->commit.has_written = fs->commit.has_contents;
		fs->commit.has_contents = false;
	}
	estate_commit();
	return status == OK;
}

/* True: it may go on at once. */
static bool step(struct fat *fs)
{
	struct commit *c = &fs->commit;

	switch (c->phase) {
	case COMMIT_IDLE:
		if (!is_due(fs))
			return false;
		c->is_wanted = false;
		set_phase(fs, COMMIT_MARK);
		estate_commit();
		return true;
	case COMMIT_MARK:
		return mark(fs);
	default:
		break;
	}
	if (c->is_flushing) {
		if (!c->is_started)
			start_flush(fs);
		return false;
	}
	if (c->phase != COMMIT_FLUSH && !write_phase(fs))
		return false;
	end_phase(fs);
	return !c->is_flushing;
}

/* What the device has not heard of is not written any more. */
static void give_up(struct fat *fs)
{
	for (uint32_t i = 0; i < BUFFERS; i++) {
		struct buffer *b = &fs->cache.buffers[i];

		if ((b->writing & ~b->started) != 0)
			ESTATE_SET(b->writing, b->writing & b->started);
	}
	if (fs->commit.is_flushing && !fs->commit.is_started)
		ESTATE_SET(fs->commit.is_flushing, false);
	estate_commit();
}

bool commit_work(struct fat *fs)
{
	bool some = false;

	if (fs->commit.failed) {
		give_up(fs);
		return false;
	}
	if (fs->read_only && fs->cache.changed == 0 && fs->commit.phase == COMMIT_IDLE)
		return false;
	while (step(fs))
		some = true;
	return some;
}

void commit_resume(struct fat *fs)
{
	struct commit *c = &fs->commit;

	c->is_started = false;
	c->is_wanted = false;
	for (uint32_t i = 0; i < BUFFERS; i++) {
		struct buffer *b = &fs->cache.buffers[i];

		b->started = 0;
		if (b->writing == 0)
			continue;
		(void)apply(fs, b, true);
		start_writes(fs, b);
	}
	if (c->is_flushing)
		start_flush(fs);
}

/* --- ends --------------------------------------------------------------------------------------
 */

static bool has_more(const struct fat *fs)
{
	for (uint32_t i = 0; i < BUFFERS; i++) {
		const struct buffer *b = &fs->cache.buffers[i];

		if (b->shadow != 0 && memcmp(shadow_of(fs, b), bytes_of(fs, b), b->size) != 0)
			return true;
	}
	return false;
}

static void end_flush(struct fat *fs, status_t status)
{
	struct commit *c = &fs->commit;

	if (status != OK) {
		fail(fs, status);
		ESTATE_SET(c->is_flushing, false);
		estate_commit();
	} else if (c->phase == COMMIT_FLUSH || !has_more(fs)) {
		end_round(fs);
	} else {
		set_phase(fs, c->phase + 1);
		estate_commit();
	}
}

void commit_io_done(struct fat *fs, uint64_t id, status_t status)
{
	uint32_t number = (uint32_t)id & NUMBER_MASK;
	uint32_t copy = (uint32_t)id >> COPY_SHIFT & (TABLES_MOST - 1);
	struct buffer *b = &fs->cache.buffers[number];

	if (fs->commit.is_flushing && id == id_of(fs, IO_FLUSH, 0, 0)) {
		end_flush(fs, status);
		return;
	}
	if (number >= BUFFERS || id != id_of(fs, IO_WRITE, number, copy) ||
		(b->writing & 1u << copy) == 0)
		return;
	ESTATE_SET(b->writing, b->writing & ~(1u << copy));
	if (status != OK)
		fail(fs, status);
	estate_commit();
}

bool commit_is_quiet(const struct fat *fs)
{
	if (fs->commit.is_flushing)
		return false;
	for (uint32_t i = 0; i < BUFFERS; i++) {
		if (fs->cache.buffers[i].writing != 0)
			return false;
	}
	return fs->commit.phase == COMMIT_IDLE || fs->commit.failed;
}

/* A round that is under way has all changes, but it may have flushed the contents of files before
 * the last of them were written. */
status_t commit_sync(struct fat *fs, uint64_t *ticket)
{
	struct commit *c = &fs->commit;

	if (c->failed)
		return ERR_IO;
	if (fs->read_only && fs->cache.changed == 0 && c->phase == COMMIT_IDLE)
		return OK;
	if (*ticket == 0)
		*ticket = c->rounds + (c->phase == COMMIT_IDLE ? 1 : 2);
	if (c->rounds >= *ticket)
		return OK;
	c->is_wanted = true;
	return FILE_LATER;
}
