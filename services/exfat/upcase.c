// SPDX-License-Identifier: MIT OR Apache-2.0
/* Capital letters: see upcase.h. */
#include "upcase.h"

#include <fat/mount.h>
#include <fat/table.h>

static uint32_t part_size(const struct fat *fs, const struct upcase_progress *p)
{
	uint64_t left = own_of(fs)->upcase_entry.size - p->position;

	return left < STAGE_SIZE ? (uint32_t)left : STAGE_SIZE;
}

static uint32_t whole_sectors(const struct fat *fs, uint32_t size)
{
	return (size + fs->g.sector_size - 1) & ~(fs->g.sector_size - 1);
}

static void begin(struct exfat *own)
{
	for (uint32_t i = 0; i < UPCASE_UNITS; i++)
		own->capitals[i] = (uint16_t)i;
}

static void take_unit(struct exfat *own, struct upcase_progress *p, uint16_t unit)
{
	if (p->is_run) {
		p->units += unit;
		p->is_run = false;
	} else if (unit == UPCASE_RUN && p->units < UPCASE_UNITS - 1) {
		p->is_run = true;
	} else if (p->units < UPCASE_UNITS) {
		own->capitals[p->units++] = unit;
	}
}

static void take_part(
	struct exfat *own, struct upcase_progress *p, const uint8_t *part, uint32_t size)
{
	uint32_t sum = p->sum;

	for (uint32_t i = 0; i < size; i++)
		sum = (sum << 31 | sum >> 1) + part[i];
	for (uint32_t i = 0; i + 1 < size; i += 2)
		take_unit(own, p, (uint16_t)(part[i] | part[i + 1] << 8));
	p->sum = sum;
	p->position += size;
}

/* How far it came is committed; what is done again puts the same into the table. */
status_t upcase_read(struct fat *fs)
{
	struct exfat *own = own_of(fs);
	uint64_t offset = cluster_offset(fs, own->upcase_entry.start);

	while (own->upcase.position < own->upcase_entry.size) {
		struct upcase_progress p = own->upcase;
		uint32_t size = part_size(fs, &p);

		TRY(fat_mount_transfer(
			fs, ENGINE_READ, offset + p.position, fs->stage, whole_sectors(fs, size)));
		if (p.position == 0)
			begin(own);
		take_part(own, &p, fs->stage, size);
		estate_save(&own->upcase, sizeof(p));
		own->upcase = p;
		estate_commit();
	}
	if (own->upcase.sum != own->upcase_entry.sum) {
		fs->read_only = true;
		fat_note_trouble(fs, "the sum of its table of capital letters is wrong", 0);
	}
	return OK;
}

uint16_t upcase_hash(const struct fat *fs, const struct fat_name *name)
{
	uint16_t hash = 0;

	for (uint32_t i = 0; i < 2 * name->count; i++) {
		uint16_t unit = upcase(fs, name->units[i / 2]);
		uint8_t byte = (uint8_t)(i % 2 == 0 ? unit : unit >> 8);

		hash = (uint16_t)((uint16_t)(hash << 15 | hash >> 1) + byte);
	}
	return hash;
}

bool upcase_is_same(const struct fat *fs, const struct fat_name *a, const struct fat_name *b)
{
	if (a->count != b->count)
		return false;
	for (uint32_t i = 0; i < a->count; i++) {
		if (upcase(fs, a->units[i]) != upcase(fs, b->units[i]))
			return false;
	}
	return true;
}
