// SPDX-License-Identifier: MIT OR Apache-2.0
/* The running transaction, and the rounds that make it last: see journal.h. */
#include "check.h"
#include "fs.h"
#include "log.h"

#define INDEX_BITS 16u /* of an id: which write of the step; above: which step */

bool journal_open(struct ext4 *fs, struct engine_parameters *memory, uint32_t stage_size)
{
	struct journal *j = &fs->journal;

	j->running = engine_carve(memory, JOURNAL_BLOCKS_MOST * sizeof(*j->running));
	j->home = engine_carve(memory, JOURNAL_BLOCKS_MOST * sizeof(*j->home));
	j->page = engine_carve(memory, EXT4_BLOCK_MAX);
	j->stage_size = stage_size / EXT4_BLOCK_MAX * EXT4_BLOCK_MAX;
	j->stage = engine_carve(memory, j->stage_size);
	return j->running != nullptr && j->home != nullptr && j->page != nullptr &&
	       j->stage != nullptr;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* The stage takes descriptors, too: at least 60 copies have one of their own. */
void journal_start(struct ext4 *fs)
{
	struct journal *j = &fs->journal;
	uint32_t stage = j->stage_size / fs->g.block_size;

	stage -= stage / 32 + 6;
	stage = smaller(stage, fs->cache.count / 2);
	if (j->length != 0)
		stage = smaller(stage, (j->length - j->first) / 4);
	j->running_max = smaller(stage, JOURNAL_BLOCKS_MOST);
	j->running_count = 0;
	j->revoked_count = 0;
	j->freed_count = 0;
	j->home_count = 0;
	j->step = JOURNAL_IDLE;
	j->round = 1;
	j->rounds_lasting = 0;
}

/* --- the running transaction ------------------------------------------------------------------ */

status_t journal_begin(struct ext4 *fs)
{
	struct journal *j = &fs->journal;

	if (fs->read_only || j->failed)
		return ERR_READ_ONLY;
	if (fs->cache.empty_count < JOURNAL_CREDITS) {
		fs->cache.room_is_wanted = true;
		return FILE_LATER;
	}
	if (j->running_count + JOURNAL_CREDITS <= j->running_max &&
		j->freed_count + JOURNAL_FREES <= JOURNAL_FREED &&
		j->revoked_count + JOURNAL_FREES <= JOURNAL_REVOKED)
		return OK;
	j->is_wanted = true;
	return FILE_LATER;
}

bool journal_is_running(const struct ext4 *fs, const struct buffer *b)
{
	return b->last_round == fs->journal.round;
}

bool journal_is_homing(const struct ext4 *fs, const struct buffer *b)
{
	uint64_t before = fs->journal.round - 1;

	return fs->journal.step != JOURNAL_IDLE && before != 0 &&
	       (b->last_round == before || b->round_before == before);
}

void journal_add(struct ext4 *fs, struct buffer *b)
{
	struct journal *j = &fs->journal;

	if (journal_is_running(fs, b))
		return;
	ASSERT(j->running_count < JOURNAL_BLOCKS_MOST);
	estate_save(b, sizeof(*b));
	b->round_before = b->last_round;
	b->last_round = j->round;
	if (j->running_count == 0)
		ESTATE_SET(j->running_since, fs->environment->now(fs->environment->self));
	ESTATE_SET(j->running[j->running_count], (uint32_t)(b - fs->cache.buffers));
	ESTATE_SET(j->running_count, j->running_count + 1);
}

void journal_remove(struct ext4 *fs, struct buffer *b)
{
	struct journal *j = &fs->journal;
	uint32_t at = 0;

	while (&fs->cache.buffers[j->running[at]] != b)
		at++;
	ESTATE_SET(j->running[at], j->running[j->running_count - 1]);
	ESTATE_SET(j->running_count, j->running_count - 1);
	estate_save(b, sizeof(*b));
	b->last_round = b->round_before;
	b->round_before = 0;
}

void journal_revoke(struct ext4 *fs, uint64_t block)
{
	struct journal *j = &fs->journal;

	if (!j->logging)
		return;
	ASSERT(j->revoked_count < JOURNAL_REVOKED);
	ESTATE_SET(j->revoked[j->revoked_count], block);
	ESTATE_SET(j->revoked_count, j->revoked_count + 1);
}

void journal_freed(struct ext4 *fs, uint64_t block, uint32_t count)
{
	struct journal *j = &fs->journal;

	ASSERT(j->freed_count < JOURNAL_FREED);
	estate_save(&j->freed[j->freed_count], sizeof(j->freed[0]));
	j->freed[j->freed_count] = (struct freed_run){block, count, j->round};
	ESTATE_SET(j->freed_count, j->freed_count + 1);
}

uint32_t journal_holds(const struct ext4 *fs, uint64_t block)
{
	const struct journal *j = &fs->journal;

	for (uint32_t i = 0; i < j->freed_count; i++) {
		const struct freed_run *run = &j->freed[i];

		if (block - run->block < run->count)
			return (uint32_t)(run->block + run->count - block);
	}
	return 0;
}

static void release_freed(struct journal *j)
{
	uint32_t kept = 0;

	estate_save(j->freed, j->freed_count * sizeof(j->freed[0]));
	for (uint32_t i = 0; i < j->freed_count; i++) {
		if (j->freed[i].round > j->rounds_lasting)
			j->freed[kept++] = j->freed[i];
	}
	ESTATE_SET(j->freed_count, kept);
}

status_t journal_sync(struct ext4 *fs, uint64_t *ticket)
{
	struct journal *j = &fs->journal;

	if (j->failed)
		return ERR_IO;
	if (fs->read_only)
		return OK;
	if (*ticket == 0)
		*ticket = j->round;
	if (j->rounds_lasting >= *ticket)
		return OK;
	j->is_wanted = true;
	return FILE_LATER;
}

/* --- the beginning of a round ----------------------------------------------------------------- */

static void sift(struct ext4 *fs, uint32_t at, uint32_t count)
{
	uint32_t *heap = fs->journal.running;
	const struct buffer *buffers = fs->cache.buffers;

	for (uint32_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
		uint32_t old = heap[at];

		if (child + 1 < count &&
			buffers[heap[child + 1]].block > buffers[heap[child]].block)
			child++;
		if (buffers[heap[child]].block <= buffers[old].block)
			return;
		heap[at] = heap[child];
		heap[child] = old;
		at = child;
	}
}

/* By block, so that neighbours are written together. The order means nothing else. */
static void sort_running(struct ext4 *fs)
{
	uint32_t *heap = fs->journal.running;
	uint32_t count = fs->journal.running_count;

	estate_save(heap, count * sizeof(*heap));
	for (uint32_t at = count / 2; at-- > 0;)
		sift(fs, at, count);
	while (count > 1) {
		uint32_t largest = heap[0];

		heap[0] = heap[--count];
		heap[count] = largest;
		sift(fs, 0, count);
	}
}

static void set_step(struct journal *j, enum journal_step step)
{
	ESTATE_SET(j->step, step);
	ESTATE_SET(j->next, 0);
	estate_save(j->under_way, sizeof(j->under_way));
	memset(j->under_way, 0, sizeof(j->under_way));
	ESTATE_SET(j->io, j->io + 1);
}

static enum journal_step first_step(const struct journal *j)
{
	if (j->home_count == 0)
		return JOURNAL_LOG_FLUSH;
	if (!j->logging)
		return JOURNAL_HOME;
	return log_has_room(j, j->stage_blocks) ? JOURNAL_LOG : JOURNAL_TAIL_FLUSH;
}

/* Stage and list of copies mean something only when the step says so: they are in no transaction.
 */
static void begin_round(struct ext4 *fs)
{
	struct journal *j = &fs->journal;

	for (uint32_t i = 0; i < j->running_count; i++) {
		block_prepare(fs, &fs->cache.buffers[j->running[i]]);
		estate_commit();
	}
	sort_running(fs);
	ESTATE_SET(j->stage_blocks, log_fill_stage(fs));
	ESTATE_SET(j->home_count, j->running_count);
	ESTATE_SET(j->running_count, 0);
	ESTATE_SET(j->revoked_count, 0);
	ESTATE_SET(j->round, j->round + 1);
	set_step(j, first_step(j));
	estate_commit();
}

/* --- its steps -------------------------------------------------------------------------------- */

static uint32_t step_size(const struct journal *j)
{
	switch (j->step) {
	case JOURNAL_LOG:
		return j->stage_blocks - 1;
	case JOURNAL_HOME:
		return j->home_count;
	default:
		return 1;
	}
}

/* How many copies from this one on are neighbours in the stage and in their places. */
static uint32_t home_run(const struct journal *j, uint32_t at)
{
	uint32_t count = 1;

	while (count < JOURNAL_WRITE_MOST && at + count < j->home_count &&
		j->home[at + count].block == j->home[at].block + count &&
		j->home[at + count].stage == j->home[at].stage + count)
		count++;
	return count;
}

static struct engine_io write_of(
	const struct ext4 *fs, uint64_t block, uint8_t *bytes, uint32_t count, bool lasting)
{
	return (struct engine_io){
		.offset = block << fs->g.block_shift,
		.bytes = bytes,
		.size = count << fs->g.block_shift,
		.kind = ENGINE_WRITE,
		.lasting = lasting,
	};
}

/* The step's write that begins with this block, and how many blocks it is. */
static struct engine_io write_at(const struct ext4 *fs, uint32_t at, uint32_t *count)
{
	const struct journal *j = &fs->journal;
	const struct home_copy *copy = &j->home[at];
	uint8_t *stage = j->stage + ((size_t)at << fs->g.block_shift);
	uint64_t block;

	*count = 1;
	switch (j->step) {
	case JOURNAL_TAIL_WRITE:
		return write_of(fs, log_place(j, 0, count), j->page, 1, true);
	case JOURNAL_LOG:
		*count = smaller(j->stage_blocks - 1 - at, JOURNAL_WRITE_MOST);
		block = log_place(j, log_after(j, j->head, at), count);
		return write_of(fs, block, stage, *count, false);
	case JOURNAL_COMMIT:
		block = log_place(j, log_after(j, j->head, j->stage_blocks - 1), count);
		stage = j->stage + ((size_t)(j->stage_blocks - 1) << fs->g.block_shift);
		return write_of(fs, block, stage, 1, true);
	case JOURNAL_HOME:
		*count = home_run(j, at);
		stage = j->stage + ((size_t)copy->stage << fs->g.block_shift);
		return write_of(fs, copy->block, stage, *count, false);
	default:
		return (struct engine_io){.kind = ENGINE_FLUSH};
	}
}

/* What is under way is committed before the device hears of it, so that the instance after this one
 * knows whose ends are still to come. */
static void plan_writes(struct ext4 *fs)
{
	struct journal *j = &fs->journal;
	uint32_t count;

	for (unsigned i = 0; i < JOURNAL_WRITES && j->next < step_size(j); i++) {
		if (j->under_way[i] != 0)
			continue;
		(void)write_at(fs, j->next, &count);
		j->is_started[i] = false;
		ESTATE_SET(j->under_way[i], j->next + 1);
		ESTATE_SET(j->next, j->next + count);
	}
	estate_commit();
}

static void start_writes(struct ext4 *fs)
{
	struct journal *j = &fs->journal;
	uint32_t count;

	if (j->step == JOURNAL_IDLE)
		return;
	plan_writes(fs);
	for (unsigned i = 0; i < JOURNAL_WRITES; i++) {
		struct engine_io io;

		if (j->under_way[i] == 0 || j->is_started[i])
			continue;
		io = write_at(fs, j->under_way[i] - 1, &count);
		io.id = (uint64_t)IO_JOURNAL << IO_OWNER_SHIFT | j->io << INDEX_BITS |
			(j->under_way[i] - 1);
		if (!fs->environment->start(fs->environment->self, &io))
			return;
		j->is_started[i] = true;
	}
}

static void lasting(struct journal *j)
{
	ESTATE_SET(j->rounds_lasting, j->round - 1);
	release_freed(j);
}

static void committed(struct ext4 *fs)
{
	struct journal *j = &fs->journal;

	ESTATE_SET(j->head, log_after(j, j->head, j->stage_blocks));
	ESTATE_SET(j->sequence, j->sequence + 1);
	lasting(j);
	log_unescape(fs);
	set_step(j, JOURNAL_HOME);
}

static void end_step(struct ext4 *fs)
{
	struct journal *j = &fs->journal;

	switch (j->step) {
	case JOURNAL_IDLE:
		break;
	case JOURNAL_TAIL_FLUSH:
		log_fill_super(fs);
		set_step(j, JOURNAL_TAIL_WRITE);
		break;
	case JOURNAL_TAIL_WRITE:
		ESTATE_SET(j->tail, j->head);
		set_step(j, JOURNAL_LOG);
		break;
	case JOURNAL_LOG:
		set_step(j, JOURNAL_LOG_FLUSH);
		break;
	case JOURNAL_LOG_FLUSH:
		if (j->home_count == 0)
			lasting(j);
		set_step(j, j->home_count == 0 ? JOURNAL_IDLE : JOURNAL_COMMIT);
		break;
	case JOURNAL_COMMIT:
		committed(fs);
		break;
	case JOURNAL_HOME:
		set_step(j, j->logging ? JOURNAL_IDLE : JOURNAL_HOME_FLUSH);
		break;
	case JOURNAL_HOME_FLUSH:
		lasting(j);
		set_step(j, JOURNAL_IDLE);
		break;
	}
}

/* What was not written stays in the log, if it lasts there; nothing is changed any more. */
static void fail(struct ext4 *fs)
{
	fs->journal.failed = true;
	set_step(&fs->journal, JOURNAL_IDLE);
	trouble(fs, "the device did not take changes: nothing more is written");
}

/* Forgets the write that ended. False: it is none of the step's. */
static bool end_write(struct journal *j, uint32_t at)
{
	for (unsigned i = 0; i < JOURNAL_WRITES; i++) {
		if (j->under_way[i] == at + 1) {
			ESTATE_SET(j->under_way[i], 0);
			return true;
		}
	}
	return false;
}

static bool are_writes_done(const struct journal *j)
{
	for (unsigned i = 0; i < JOURNAL_WRITES; i++) {
		if (j->under_way[i] != 0)
			return false;
	}
	return j->next >= step_size(j);
}

bool journal_io_done(struct ext4 *fs, uint64_t id, status_t status)
{
	struct journal *j = &fs->journal;
	uint64_t io = (id & ~((uint64_t)IO_JOURNAL << IO_OWNER_SHIFT)) >> INDEX_BITS;

	if (j->step == JOURNAL_IDLE || io != j->io ||
		!end_write(j, (uint32_t)(id & ((1u << INDEX_BITS) - 1))))
		return false;
	if (status != OK)
		fail(fs);
	else if (are_writes_done(j))
		end_step(fs);
	estate_commit();
	return true;
}

static bool is_due(const struct ext4 *fs)
{
	const struct journal *j = &fs->journal;

	return j->is_wanted ||
	       (j->running_count > 0 &&
		       fs->environment->now(fs->environment->self) - j->running_since >=
			       JOURNAL_DELAY_NS);
}

bool journal_work(struct ext4 *fs)
{
	struct journal *j = &fs->journal;

	if (j->step == JOURNAL_IDLE && !j->failed && !fs->read_only && is_due(fs)) {
		j->is_wanted = false;
		begin_round(fs);
	}
	start_writes(fs);
	return false;
}

/* What was under way goes on under the ids that it had. */
void journal_resume(struct ext4 *fs)
{
	memset(fs->journal.is_started, 0, sizeof(fs->journal.is_started));
	start_writes(fs);
}
