// SPDX-License-Identifier: MIT OR Apache-2.0
/* Clusters full of zeros: see spare.h. */
#include "spare.h"

#include <fat/cursor.h>
#include <fat/table.h>

#define NUMBER_SHIFT 32u /* of an id: which one; below: which of its writes */

static uint32_t count_ready(const struct fat *fs)
{
	uint32_t count = 0;

	for (unsigned i = 0; i < SPARES; i++)
		count += own_of(fs)->spares[i].state == SPARE_READY;
	return count;
}

/* The first entries go there. */
static status_t touch_ready(struct fat *fs)
{
	for (unsigned i = 0; i < SPARES; i++) {
		const struct spare *s = &own_of(fs)->spares[i];
		struct buffer *b;
		struct dirent *entry;
		uint32_t value;

		if (s->state != SPARE_READY)
			continue;
		TRY(table_get(fs, s->cluster, &value));
		TRY(entry_at(fs, cluster_offset(fs, s->cluster) / ENTRY_SIZE, &b, &entry));
	}
	return OK;
}

status_t spares_prepare(struct fat *fs, uint32_t count)
{
	struct exfat *own = own_of(fs);
	status_t status = own->spare_status;

	ASSERT(count <= SPARES);
	own->spare_status = OK;
	if (count_ready(fs) >= count)
		return touch_ready(fs);
	if (status != OK)
		return status;
	own->spares_wanted = count > own->spares_wanted ? count : own->spares_wanted;
	return FILE_LATER;
}

status_t spare_take(struct fat *fs, uint32_t *cluster)
{
	for (unsigned i = 0; i < SPARES; i++) {
		struct spare *s = &own_of(fs)->spares[i];

		if (s->state != SPARE_READY)
			continue;
		*cluster = s->cluster;
		ESTATE_SET(s->state, SPARE_NONE);
		return OK;
	}
	return spares_prepare(fs, 1);
}

/* --- making them --------------------------------------------------------------------------------
 */

static void start(struct fat *fs, struct spare *s)
{
	uint32_t left = fs->g.cluster_size - s->position;
	uint64_t number = (uint64_t)(s - own_of(fs)->spares);
	struct engine_io io = {
		.id = (uint64_t)IO_VARIANT << IO_OWNER_SHIFT | number << NUMBER_SHIFT | s->writes,
		.offset = cluster_offset(fs, s->cluster) + s->position,
		.bytes = fs->zeros,
		.size = left < STAGE_SIZE ? left : STAGE_SIZE,
		.kind = ENGINE_WRITE,
	};

	s->is_started = fs->environment->start(fs->environment->self, &io);
}

static status_t begin(struct fat *fs, struct spare *s)
{
	uint32_t cluster;

	TRY(change_begin(fs));
	TRY(cluster_take(fs, 0, &cluster));
	estate_save(s, sizeof(*s));
	s->cluster = cluster;
	s->state = SPARE_CLEARING;
	s->position = 0;
	s->writes++;
	return OK;
}

/* True: one was begun. */
static bool make_one(struct fat *fs, struct spare *s)
{
	status_t status = begin(fs, s);

	if (status != OK) {
		estate_rollback();
		if (status != FILE_LATER) {
			own_of(fs)->spare_status = status;
			own_of(fs)->spares_wanted = 0;
		}
		return status != FILE_LATER;
	}
	estate_commit();
	start(fs, s);
	return true;
}

/* It is of no use, or the volume is going to be unmounted. */
static bool give_back(struct fat *fs, struct spare *s)
{
	if (change_begin(fs) != OK) {
		estate_rollback();
		return false;
	}
	chain_free(fs, (struct chain){s->cluster, 1});
	ESTATE_SET(s->state, SPARE_NONE);
	estate_commit();
	return true;
}

bool spares_work(struct fat *fs)
{
	struct exfat *own = own_of(fs);
	bool is_leaving = fs->mount.phase == UNMOUNT_SYNC;
	uint32_t there = 0;
	bool some = false;

	for (unsigned i = 0; i < SPARES; i++) {
		struct spare *s = &own->spares[i];

		if (s->state == SPARE_CLEARING && !s->is_started)
			start(fs, s);
		if (s->state == SPARE_FAILED || (s->state == SPARE_READY && is_leaving))
			some = give_back(fs, s) || some;
		else if (s->state == SPARE_NONE && there < own->spares_wanted && !is_leaving)
			some = make_one(fs, s) || some;
		there += s->state != SPARE_NONE;
	}
	if (count_ready(fs) >= own->spares_wanted)
		own->spares_wanted = 0;
	return some;
}

void spares_resume(struct fat *fs)
{
	struct exfat *own = own_of(fs);

	own->spares_wanted = 0;
	own->spare_status = OK;
	for (unsigned i = 0; i < SPARES; i++) {
		if (own->spares[i].state == SPARE_CLEARING)
			start(fs, &own->spares[i]);
	}
}

static void end_write(struct fat *fs, struct spare *s, status_t status)
{
	if (status != OK) {
		s->state = SPARE_FAILED;
		own_of(fs)->spare_status = status;
		return;
	}
	s->writes++;
	s->position += fs->g.cluster_size - s->position < STAGE_SIZE
			       ? fs->g.cluster_size - s->position
			       : STAGE_SIZE;
	if (s->position == fs->g.cluster_size)
		s->state = SPARE_READY;
}

void spares_io_done(struct fat *fs, uint64_t id, status_t status)
{
	uint32_t number = (uint32_t)(id >> NUMBER_SHIFT);
	struct spare *s = &own_of(fs)->spares[number];

	if (number >= SPARES || s->state != SPARE_CLEARING || (uint32_t)id != s->writes)
		return;
	estate_save(s, sizeof(*s));
	end_write(fs, s, status);
	if (status == OK)
		ESTATE_SET(fs->commit.has_contents, true);
	estate_commit();
	if (s->state == SPARE_CLEARING)
		start(fs, s);
}

bool spares_are_quiet(const struct fat *fs)
{
	for (unsigned i = 0; i < SPARES; i++) {
		if (own_of(fs)->spares[i].state == SPARE_CLEARING)
			return false;
	}
	return true;
}

bool spares_are_settled(const struct fat *fs)
{
	bool may = !fs->read_only && !fs->commit.failed;

	for (unsigned i = 0; i < SPARES; i++) {
		enum spare_state state = own_of(fs)->spares[i].state;

		if (state == SPARE_CLEARING || (state != SPARE_NONE && may))
			return false;
	}
	return true;
}
