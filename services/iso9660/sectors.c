// SPDX-License-Identifier: MIT OR Apache-2.0
/* Sectors in memory: see fs.h. */
#include "fs.h"

#define BUFFER_BITS 16u /* of an id: which buffer; above: which of its reads */

static uint8_t *bytes_of(const struct iso *fs, const struct sector_buffer *b)
{
	return fs->bytes + (size_t)(b - fs->buffers) * SECTOR;
}

static struct sector_buffer *find(struct iso *fs, uint64_t sector)
{
	for (struct sector_buffer *b = fs->buffers; b < fs->buffers + BUFFERS; b++) {
		if (b->state != SECTOR_EMPTY && b->sector == sector)
			return b;
	}
	return nullptr;
}

status_t sector_get(struct iso *fs, uint64_t sector, const uint8_t **bytes)
{
	struct sector_buffer *b = find(fs, sector);

	if (sector >= fs->volume_size / SECTOR)
		return iso_corrupt(fs, "a sector is behind the end", sector);
	if (b == nullptr || (b->state == SECTOR_FAILED && b->was_told)) {
		if (fs->wanted_count < WANTED)
			fs->wanted[fs->wanted_count++] = sector;
		return FILE_LATER;
	}
	b->was_used = true;
	*bytes = bytes_of(fs, b);
	switch (b->state) {
	case SECTOR_VALID:
		return OK;
	case SECTOR_READING:
		return FILE_LATER;
	default:
		b->was_told = true; /* who asks later has it read again */
		return ERR_IO;
	}
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool start_read(struct iso *fs, const struct sector_buffer *b)
{
	struct engine_io io = {
		.id = (uint64_t)b->reads << BUFFER_BITS | (uint64_t)(b - fs->buffers),
		.offset = b->sector * SECTOR,
		.bytes = bytes_of(fs, b),
		.size = SECTOR,
		.kind = ENGINE_READ,
	};

	return fs->environment->start(fs->environment->self, &io);
}

/* One that is not under way, and was not used since the last look; nullptr: all are under way. */
static struct sector_buffer *victim(struct iso *fs)
{
	for (uint32_t looks = 2 * BUFFERS; looks > 0; looks--) {
		struct sector_buffer *b = &fs->buffers[fs->hand++ % BUFFERS];

		if (b->state != SECTOR_READING && !b->was_used)
			return b;
		b->was_used = false;
	}
	return nullptr;
}

static void set_state(struct sector_buffer *b, enum sector_state state)
{
	ESTATE_SET(b->state, state);
	estate_commit();
}

/* That it is being read is committed before the device hears of it. */
static void read_sector(struct iso *fs, uint64_t sector)
{
	struct sector_buffer *b = find(fs, sector);

	if (b != nullptr && b->state != SECTOR_FAILED)
		return;
	if (b == nullptr)
		b = victim(fs);
	if (b == nullptr)
		return;
	estate_save(b, sizeof(*b));
	b->sector = sector;
	b->reads++;
	b->was_used = true;
	b->was_told = false;
	b->state = SECTOR_READING;
	estate_commit();
	if (!start_read(fs, b))
		set_state(b, SECTOR_EMPTY);
}

void sectors_work(struct iso *fs)
{
	for (uint32_t i = 0; i < fs->wanted_count; i++)
		read_sector(fs, fs->wanted[i]);
	fs->wanted_count = 0;
}

void sectors_resume(struct iso *fs)
{
	for (struct sector_buffer *b = fs->buffers; b < fs->buffers + BUFFERS; b++) {
		if (b->state == SECTOR_READING && !start_read(fs, b))
			set_state(b, SECTOR_EMPTY);
	}
	fs->wanted_count = 0;
}

void sector_io_done(struct iso *fs, uint64_t id, status_t status)
{
	uint32_t number = (uint32_t)(id & ((1u << BUFFER_BITS) - 1));
	struct sector_buffer *b = &fs->buffers[number];

	if (number >= BUFFERS || b->state != SECTOR_READING ||
		b->reads != (uint32_t)(id >> BUFFER_BITS))
		return;
	b->was_used = true;
	set_state(b, status == OK ? SECTOR_VALID : SECTOR_FAILED);
}

bool sectors_are_quiet(const struct iso *fs)
{
	for (uint32_t i = 0; i < BUFFERS; i++) {
		if (fs->buffers[i].state == SECTOR_READING)
			return false;
	}
	return true;
}
