// SPDX-License-Identifier: MIT OR Apache-2.0
/* Records of directories: see record.h. */
#include "record.h"

#include <calendar/calendar.h>
#include <text/utf.h>

#define NAME_GOES_ON   0x01u
#define NAME_IS_DOTS   0x06u
#define PART_GOES_ON   0x01u
#define PART_IS_SELF   0x02u
#define PART_IS_PARENT 0x04u
#define PART_IS_ROOT   0x08u
#define TIME_MODIFIED  0x02u
#define TIME_ACCESSED  0x04u
#define TIME_CHANGED   0x08u
#define TIMES_ARE_LONG 0x80u
#define LINK_MOST      1024u
#define SECOND_NS      1000000000

status_t record_at(struct iso *fs, uint64_t place, struct entry *entry)
{
	const uint8_t *bytes;
	uint32_t at = (uint32_t)(place % SECTOR);
	struct record record;

	TRY(sector_get(fs, place / SECTOR, &bytes));
	if (at + sizeof(record) > SECTOR || bytes[at] == 0)
		return ERR_NOT_FOUND;
	memcpy(&record, bytes + at, sizeof(record));
	if (record.size < sizeof(record) + record.name_size || at + record.size > SECTOR)
		return iso_corrupt(fs, "a record of a directory", place);
	entry->place = place;
	memcpy(entry->bytes, bytes + at, record.size);
	return OK;
}

uint64_t record_time(const uint8_t time[7])
{
	uint32_t year = 1900u + time[0];
	int64_t seconds = time[3] * 3600 + time[4] * 60 + time[5] - (int8_t)time[6] * 900;

	if (year < 1970 || time[1] < 1 || time[1] > 12 || time[2] < 1)
		return 0;
	seconds += (int64_t)calendar_days(year, time[1], time[2]) * DAY_SECONDS;
	return seconds > 0 ? (uint64_t)seconds * SECOND_NS : 0;
}

/* --- extensions --------------------------------------------------------------------------------
 */

static uint32_t load(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

/* Goes through the extensions of a record, those in other places too. */
struct walk {
	struct iso *fs;
	const uint8_t *bytes;
	uint32_t at;
	uint32_t end;
	uint32_t areas;
	uint32_t count;
	uint64_t next; /* where the next area lies, in bytes; 0: there is none */
	uint32_t next_size;
};

static void walk_start(struct walk *w, struct iso *fs, const struct entry *entry, uint32_t skip)
{
	uint32_t name = entry->record.name_size;

	*w = (struct walk){.fs = fs, .bytes = entry->bytes, .end = entry->record.size};
	w->at = (uint32_t)sizeof(struct record) + name + (name % 2 == 0 ? 1 : 0) + skip;
}

static status_t next_area(struct walk *w)
{
	uint64_t at = w->next;

	if (at == 0 || ++w->areas > AREAS_MOST)
		return ERR_NOT_FOUND;
	TRY(sector_get(w->fs, at / SECTOR, &w->bytes));
	w->at = (uint32_t)(at % SECTOR);
	w->end = w->next_size < SECTOR - w->at ? w->at + w->next_size : SECTOR;
	w->next = 0;
	return OK;
}

/* ERR_NOT_FOUND: there are no more. */
static status_t walk_next(struct walk *w, const struct extension **extension)
{
	for (;;) {
		const struct extension *e = (const struct extension *)(w->bytes + w->at);

		if (w->at + sizeof(*e) > w->end || e->size < sizeof(*e) ||
			w->at + e->size > w->end || memcmp(e->kind, "ST", 2) == 0) {
			TRY(next_area(w));
			continue;
		}
		if (++w->count > EXTENSIONS_MOST)
			return ERR_NOT_FOUND;
		w->at += e->size;
		if (memcmp(e->kind, "CE", 2) != 0 || e->size < 28) {
			*extension = e;
			return OK;
		}
		w->next = ((uint64_t)load(e->data) << w->fs->block_shift) + load(e->data + 8);
		w->next_size = load(e->data + 16);
	}
}

static bool is_kind(const struct extension *e, const char *kind, uint32_t size)
{
	return memcmp(e->kind, kind, 2) == 0 && e->size >= size;
}

static void take_name(struct details *d, const struct extension *e)
{
	size_t size = e->size - sizeof(*e) - 1;

	if ((e->data[0] & NAME_IS_DOTS) != 0 || size > NAME_MOST - d->name_size)
		return;
	memcpy(d->name + d->name_size, e->data + 1, size);
	d->name_size += size;
}

static void take_times(struct details *d, const struct extension *e)
{
	const uint8_t *at = e->data + 1;
	const uint8_t *end = (const uint8_t *)e + e->size;

	for (uint32_t bit = 1; bit != TIMES_ARE_LONG; bit <<= 1) {
		if ((e->data[0] & bit) == 0)
			continue;
		if (at + 7 > end)
			return;
		if (bit == TIME_MODIFIED)
			d->modified_ns = record_time(at);
		else if (bit == TIME_ACCESSED)
			d->accessed_ns = record_time(at);
		else if (bit == TIME_CHANGED)
			d->changed_ns = record_time(at);
		at += 7;
	}
}

static void take(struct details *d, const struct extension *e)
{
	if (is_kind(e, "NM", 5)) {
		take_name(d, e);
	} else if (is_kind(e, "PX", 36)) {
		d->has_mode = true;
		d->mode = load(e->data);
		d->links = load(e->data + 8);
		d->owner = load(e->data + 16);
		d->group = load(e->data + 24);
	} else if (is_kind(e, "TF", 5) && (e->data[0] & TIMES_ARE_LONG) == 0) {
		take_times(d, e);
	} else if (is_kind(e, "CL", 12)) {
		d->child = load(e->data);
	} else if (is_kind(e, "PL", 12)) {
		d->parent = load(e->data);
	} else if (is_kind(e, "RE", 4)) {
		d->is_moved = true;
	}
}

status_t record_details(struct iso *fs, const struct entry *entry, struct details *d)
{
	struct walk w;
	const struct extension *e;
	status_t status = OK;

	*d = (struct details){.name_size = 0};
	if (fs->names != NAMES_ROCK_RIDGE)
		return OK;
	walk_start(&w, fs, entry, fs->skip);
	while ((status = walk_next(&w, &e)) == OK)
		take(d, e);
	return status == ERR_NOT_FOUND ? OK : status;
}

status_t record_find_rock_ridge(struct iso *fs, const struct entry *root)
{
	struct walk w;
	const struct extension *e;
	uint8_t skip = 0;
	status_t status;

	walk_start(&w, fs, root, 0);
	status = walk_next(&w, &e);
	if (status != OK || !is_kind(e, "SP", 7) || e->data[0] != 0xbe || e->data[1] != 0xef)
		return status == ERR_NOT_FOUND ? OK : status;
	skip = e->data[2];
	while ((status = walk_next(&w, &e)) == OK) {
		if (is_kind(e, "PX", 20) || is_kind(e, "RR", 5)) {
			fs->names = NAMES_ROCK_RIDGE;
			fs->skip = skip;
		}
	}
	return status == ERR_NOT_FOUND ? OK : status;
}

/* --- links --------------------------------------------------------------------------------------
 */

struct target {
	char *text;
	size_t room;
	size_t size;
	bool needs_slash;
};

static void append(struct target *t, const void *text, size_t size)
{
	size = size < t->room - t->size ? size : t->room - t->size;
	memcpy(t->text + t->size, text, size);
	t->size += size;
}

/* One part of a path: flags, size, text. */
static void append_part(struct target *t, const uint8_t *part)
{
	if (t->needs_slash)
		append(t, "/", 1);
	t->needs_slash = false;
	if ((part[0] & PART_IS_ROOT) != 0) {
		append(t, "/", 1);
		return;
	}
	if ((part[0] & PART_IS_SELF) != 0)
		append(t, ".", 1);
	else if ((part[0] & PART_IS_PARENT) != 0)
		append(t, "..", 2);
	else
		append(t, part + 2, part[1]);
	t->needs_slash = (part[0] & PART_GOES_ON) == 0;
}

status_t record_link(
	struct iso *fs, const struct entry *entry, char *text, size_t room, size_t *size)
{
	struct target target = {.text = text, .room = room};
	struct walk w;
	const struct extension *e;
	status_t status;

	walk_start(&w, fs, entry, fs->skip);
	while ((status = walk_next(&w, &e)) == OK) {
		const uint8_t *end = (const uint8_t *)e + e->size;

		if (!is_kind(e, "SL", 5))
			continue;
		for (const uint8_t *part = e->data + 1;
			part + 2 <= end && part + 2 + part[1] <= end; part += 2 + part[1])
			append_part(&target, part);
	}
	*size = target.size;
	return status == ERR_NOT_FOUND ? OK : status;
}

/* --- names --------------------------------------------------------------------------------------
 */

/* "NAME.EXT;1", and "NAME." for one without an extension. */
static size_t plain_name(const struct record *r, char name[NAME_MOST + 1])
{
	size_t size = 0;

	while (size < r->name_size && size < NAME_MOST && r->name[size] != ';') {
		char c = (char)r->name[size];

		name[size++] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
	}
	if (size > 1 && name[size - 1] == '.')
		size--;
	return size;
}

static size_t joliet_name(const struct record *r, char name[NAME_MOST + 1])
{
	uint16_t units[NAME_MOST / 2];
	uint32_t count = 0;
	uint32_t at = 0;
	size_t size = 0;

	for (uint32_t i = 0; i + 1 < r->name_size; i += 2)
		units[count++] = (uint16_t)(r->name[i] << 8 | r->name[i + 1]);
	if (count > 2 && units[count - 2] == ';')
		count -= 2;
	while (at < count) {
		uint32_t character;

		if (!utf16_take(units, count, &at, &character) || size + UTF8_MOST > NAME_MOST)
			return 0;
		size += utf8_put(name + size, character);
	}
	return size;
}

size_t record_name(const struct iso *fs, const struct entry *entry, const struct details *d,
	char name[NAME_MOST + 1])
{
	size_t size;

	if (d->name_size > 0) {
		size = d->name_size;
		memcpy(name, d->name, size);
	} else {
		size = fs->names == NAMES_JOLIET ? joliet_name(&entry->record, name)
						 : plain_name(&entry->record, name);
	}
	for (size_t i = 0; i < size; i++) {
		if (name[i] == 0 || name[i] == '/')
			return 0;
	}
	name[size] = 0;
	return size;
}
