// SPDX-License-Identifier: MIT OR Apache-2.0
/* The volume of this process: see volume.h. Operations: operations.c. */
#include "volume.h"

#include "engines.h"
#include "operations.h"

#include <craton/block_client.h>
#include <craton/estate.h>
#include <craton/print.h>
#include <craton/random.h>
#include <craton/service.h>

#define LOOK_NS     1000000000u  /* how often a volume with changes is looked after */
#define DECISION_NS 10000000u    /* how often the end of a transaction is looked for */
#define ROUNDS      16u          /* of work at once */
#define DEATHS_MOST 3u           /* in work of its own, of instances that lived: */
#define LIFE_NS     10000000000u /* no longer than this */

/* In the estate. */
struct volume_state {
	uint64_t has_begun;
	uint64_t kind;
	uint64_t open;       /* the VFS's transaction, while the outer one is open */
	uint64_t done;       /* steps of it */
	uint64_t is_working; /* not within transactions, as the next: at work of its own */
	uint64_t deaths;     /* in that, one after the other */
};

static struct volume_state *state;
static struct filesystem_channel *channel;
static struct block_client disk;
static uint8_t *memory;
static uint64_t started_at;
static bool has_rested; /* it was to work while a transaction was open */
static bool is_news;    /* something came that requests may have waited for */
static bool is_more;    /* work was left */

struct volume volume;

/* --- what the engine stands on ------------------------------------------------------------------
 */

static bool start(void *self, const struct engine_io *io)
{
	struct block_slot request = {
		.operation = io->kind,
		.id = io->id,
		.offset = io->offset,
		.size = io->size,
		.flags = io->lasting ? BLOCK_LASTING : 0,
	};

	(void)self;
	if (io->kind != ENGINE_FLUSH)
		request.object_offset = (uint64_t)((const uint8_t *)io->bytes - memory);
	return block_client_begin(&disk, &request);
}

static uint64_t now(void *self)
{
	(void)self;
	return time_now() + channel->time_offset_ns;
}

static uint32_t random_word(void *self)
{
	uint32_t word;

	(void)self;
	random_fill(&word, sizeof(word));
	return word;
}

static void forget(void *self, uint64_t node)
{
	(void)self;
	ASSERT(channel->forgotten_count < FILESYSTEM_NODES);
	channel->forgotten[channel->forgotten_count++] = node;
}

/* The VFS is asked by the answer, and tells with the same step again. */
static status_t clean(void *self, uint64_t node)
{
	(void)self;
	for (uint32_t i = 0; i < channel->clean_count && i < FILESYSTEM_NODES; i++) {
		if (channel->clean_nodes[i] == node)
			return -(status_t)channel->clean_statuses[i];
	}
	channel->wanted_clean = node;
	return FILE_LATER;
}

static const struct engine_environment environment = {
	nullptr, start, now, random_word, forget, clean};

/* --- the end of the VFS's transaction -----------------------------------------------------------
 */

static void learn_end(void)
{
	bool is_kept;

	if (!estate_outer_is_open())
		return;
	if (!estate_outer_is_empty() && state->done > 0 &&
		__atomic_load_n(&channel->ended, __ATOMIC_ACQUIRE) < state->open)
		return;
	is_kept = __atomic_load_n(&channel->committed, __ATOMIC_RELAXED) >= state->open;
	estate_outer_end(state->done > 0 && is_kept);
	is_more = is_more || has_rested;
	has_rested = false;
}

/* A step of transaction words[0]. Other than OK: it is no step that follows. */
static status_t begin_step(const uint64_t words[6])
{
	if (words[0] == 0)
		return ERR_PROTOCOL;
	if (estate_outer_is_open())
		return state->open == words[0] && words[1] == state->done + 1 ? OK : ERR_AGAIN;
	if (words[1] != 1)
		return ERR_AGAIN; /* the steps before were undone */
	estate_outer_begin();
	estate_save(state, sizeof(*state));
	state->open = words[0];
	state->done = 0;
	estate_commit();
	return OK;
}

/* What was not done leaves no trace. */
static void undo_step(void)
{
	estate_rollback();
	if (estate_outer_is_open() && state->done == 0)
		estate_outer_end(false);
}

static void end_step(uint64_t step)
{
	if (step != 0)
		ESTATE_SET(state->done, step);
	estate_commit();
}

/* --- work ---------------------------------------------------------------------------------------
 */

static void publish(void)
{
	const struct file_engine *engine = volume.engine;

	channel->block_size = engine->block_size(volume.fs);
	channel->is_read_only = engine->is_read_only(volume.fs);
	channel->is_tidy = engine->is_tidy == nullptr || engine->is_tidy(volume.fs);
	channel->trouble[0] = 0;
	if (engine->trouble(volume.fs)[0] != 0)
		print_to((char *)channel->trouble, sizeof(channel->trouble), "%s",
			engine->trouble(volume.fs));
}

static bool is_broken(void)
{
	return state->deaths >= DEATHS_MOST;
}

/* True: there may be more to do at once. */
static bool work_once(void)
{
	struct block_end end;
	bool again = false;

	if (volume.fs == nullptr || is_broken() || estate_outer_is_open())
		return false;
	__atomic_store_n(&state->is_working, 1, __ATOMIC_RELEASE);
	while (block_client_end(&disk, &end)) {
		volume.engine->io_done(volume.fs, end.id, end.status);
		again = true;
	}
	again = volume.engine->work(volume.fs) || again;
	is_news = is_news || again;
	__atomic_store_n(&state->is_working, 0, __ATOMIC_RELEASE);
	if (state->deaths != 0 && time_now() - started_at > LIFE_NS)
		state->deaths = 0;
	return again;
}

void volume_work(void)
{
	is_more = false;
	if (volume.fs == nullptr)
		return;
	learn_end();
	has_rested = estate_outer_is_open();
	for (unsigned i = 0; i < ROUNDS; i++) {
		is_more = work_once();
		if (!is_more)
			break;
	}
	publish();
}

uint64_t volume_deadline(void)
{
	if (volume.fs == nullptr || is_broken())
		return ABI_DEADLINE_NEVER;
	if (is_more)
		return 1; /* long ago */
	if (estate_outer_is_open())
		return time_now() + DECISION_NS;
	return volume.engine->is_idle(volume.fs) ? ABI_DEADLINE_NEVER : time_now() + LOOK_NS;
}

bool volume_has_news(void)
{
	bool was = is_news || disk.is_begun;

	is_news = false;
	disk.is_begun = false;
	return was;
}

/* --- operations ---------------------------------------------------------------------------------
 */

static status_t attempt(const struct operation *operation, uint64_t words[6])
{
	bool changes = operation->kind == OPERATION_CHANGES;
	uint64_t step = changes ? words[1] : 0;
	status_t status = changes ? begin_step(words) : OK;

	if (operation->kind == OPERATION_ALONE && estate_outer_is_open())
		return ERR_AGAIN;
	if (status == OK)
		status = operation->perform(channel, words);
	if (status == OK)
		end_step(step);
	else
		undo_step();
	return status;
}

/* The engine's work goes on, unless the VFS has to undo something first. */
static status_t attempt_often(const struct operation *operation, uint64_t words[6])
{
	uint64_t own[6];

	for (unsigned i = 0;; i++) {
		status_t status;

		memcpy(own, words, sizeof(own));
		channel->wanted_clean = 0;
		channel->forgotten_count = 0;
		status = attempt(operation, own);
		if (status == FILE_LATER && channel->wanted_clean == 0 && i < ROUNDS && work_once())
			continue;
		memcpy(words, own, sizeof(own));
		return status;
	}
}

status_t volume_serve(uint32_t method, uint64_t words[6])
{
	const struct operation *operation;
	status_t status;

	if (volume.fs == nullptr || is_broken())
		return ERR_CRASHED;
	operation = operation_of(method);
	if (operation == nullptr)
		return ERR_NO_METHOD;
	learn_end();
	status = attempt_often(operation, words);
	publish();
	if (status != FILE_LATER)
		return status;
	disk.is_begun = false; /* who is told to ask again looks at the slots */
	return ERR_AGAIN;
}

/* --- volumes ------------------------------------------------------------------------------------
 */

static void open_engine(void)
{
	volume.engine = engine_of_kind(state->kind);
	volume.fs = volume.engine->open((struct engine_parameters){
		.environment = &environment,
		.memory = memory + engines_own_memory(),
		.memory_size = VOLUME_MEMORY - engines_own_memory(),
	});
	ASSERT(volume.fs != nullptr); /* the memory has the same size always */
}

void volume_connect(uint8_t *unit)
{
	channel = (struct filesystem_channel *)unit;
	disk = (struct block_client){
		.slots = unit != nullptr ? (struct block_slot *)(unit + FILESYSTEM_SLOTS_OFFSET)
					 : nullptr};
}

static void count_death(bool after_failure)
{
	if (state->is_working != 0 && after_failure)
		state->deaths++;
	state->is_working = 0;
}

bool volume_open(uint8_t *unit, uint8_t *engine_memory, bool after_failure)
{
	state = estate_allocate(sizeof(*state), 64);
	if (state == nullptr)
		return false;
	volume = (struct volume){0};
	memory = engine_memory;
	is_more = false;
	started_at = time_now();
	is_news = true; /* whoever waited for the instance before asks again */
	volume_connect(unit);
	count_death(after_failure);
	if (state->has_begun == 0 || unit == nullptr)
		return true;
	if (is_broken()) {
		volume.engine = engine_of_kind(state->kind);
		return true;
	}
	__atomic_store_n(&state->is_working, 1, __ATOMIC_RELEASE);
	open_engine();
	learn_end();
	volume.engine->resume(volume.fs);
	__atomic_store_n(&state->is_working, 0, __ATOMIC_RELEASE);
	return true;
}

void volume_end(void)
{
	if (estate_outer_is_open())
		estate_outer_end(false);
	volume = (struct volume){0};
	ESTATE_SET(state->has_begun, 0);
	estate_commit();
}

status_t volume_begin(uint64_t kind, uint64_t size, bool read_only)
{
	if (engine_of_kind(kind) == nullptr)
		return ERR_NOT_FOUND;
	volume_end();
	memset(memory + engines_own_memory(), 0, VOLUME_MEMORY - engines_own_memory());
	memset(disk.slots, 0, BLOCK_SLOTS * sizeof(*disk.slots));
	estate_save(state, sizeof(*state));
	*state = (struct volume_state){.kind = kind};
	estate_commit();
	open_engine();
	volume.engine->reset(volume.fs, size, read_only);
	ESTATE_SET(state->has_begun, 1);
	estate_commit();
	publish();
	return OK;
}
