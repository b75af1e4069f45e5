// SPDX-License-Identifier: MIT OR Apache-2.0
/* Names: see name.h. */
#include "name.h"

#include <text/utf.h>

#define BASE_SIZE 8u
#define TAIL_MOST 6u /* digits behind a tilde */
#define SALT_BASE 2u /* characters that stay when a name has digits of chance */
#define UNIT_END  0xffffu

/* Code page 437 from 0x80 on. */
static const uint16_t page_437[128] = {0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5,
	0x00e7, 0x00ea, 0x00eb, 0x00e8, 0x00ef, 0x00ee, 0x00ec, 0x00c4, 0x00c5, 0x00c9, 0x00e6,
	0x00c6, 0x00f4, 0x00f6, 0x00f2, 0x00fb, 0x00f9, 0x00ff, 0x00d6, 0x00dc, 0x00a2, 0x00a3,
	0x00a5, 0x20a7, 0x0192, 0x00e1, 0x00ed, 0x00f3, 0x00fa, 0x00f1, 0x00d1, 0x00aa, 0x00ba,
	0x00bf, 0x2310, 0x00ac, 0x00bd, 0x00bc, 0x00a1, 0x00ab, 0x00bb, 0x2591, 0x2592, 0x2593,
	0x2502, 0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557, 0x255d, 0x255c,
	0x255b, 0x2510, 0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f, 0x255a,
	0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256c, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559,
	0x2558, 0x2552, 0x2553, 0x256b, 0x256a, 0x2518, 0x250c, 0x2588, 0x2584, 0x258c, 0x2590,
	0x2580, 0x03b1, 0x00df, 0x0393, 0x03c0, 0x03a3, 0x03c3, 0x00b5, 0x03c4, 0x03a6, 0x0398,
	0x03a9, 0x03b4, 0x221e, 0x03c6, 0x03b5, 0x2229, 0x2261, 0x00b1, 0x2265, 0x2264, 0x2320,
	0x2321, 0x00f7, 0x2248, 0x00b0, 0x2219, 0x00b7, 0x221a, 0x207f, 0x00b2, 0x25a0, 0x00a0};

/* --- text ------------------------------------------------------------------------------------- */

static bool is_allowed(uint32_t value)
{
	static const char never[] = "\"*/:<>?\\|";

	if (value < 0x20 || value == 0x7f)
		return false;
	for (const char *c = never; *c != 0; c++) {
		if (value == (uint8_t)*c)
			return false;
	}
	return true;
}

/* Other systems drop a dot or space at the end: such names are refused. */
status_t name_from(struct name text, struct fat_name *name)
{
	uint32_t value = 0;

	name->count = 0;
	while (text.size > 0) {
		uint16_t units[2];
		uint32_t count;

		if (!utf8_take(&text.text, &text.size, &value) || !is_allowed(value))
			return ERR_INVALID_ARGUMENT;
		count = utf16_put(units, value);
		if (name->count + count > LONG_MOST)
			return ERR_TOO_LONG;
		memcpy(name->units + name->count, units, count * sizeof(units[0]));
		name->count += count;
	}
	return value == '.' || value == ' ' ? ERR_INVALID_ARGUMENT : OK;
}

size_t name_to(const uint16_t *units, uint32_t count, char text[NAME_MOST + 1])
{
	size_t size = 0;
	uint32_t at = 0;

	while (at < count) {
		uint32_t value;

		if (!utf16_take(units, count, &at, &value) || value == 0 || value == '/' ||
			size + UTF8_MOST > NAME_MOST)
			return 0;
		size += utf8_put(text + size, value);
	}
	text[size] = 0;
	return size;
}

/* --- letters -----------------------------------------------------------------------------------
 */

/* Pairs in which the capital letter has the even, or the odd, number. */
static bool is_paired(uint16_t unit)
{
	return (unit >= 0x100 && unit <= 0x137 && unit != 0x131) ||
	       (unit >= 0x14a && unit <= 0x177) || (unit >= 0x460 && unit <= 0x481) ||
	       (unit >= 0x48a && unit <= 0x4bf) || (unit >= 0x4d0 && unit <= 0x52f) ||
	       (unit >= 0x1e00 && unit <= 0x1e95) || (unit >= 0x1ea0 && unit <= 0x1eff);
}

/* The capital letter: Latin, Greek, Cyrillic and Armenian. */
static uint16_t capital(uint16_t unit)
{
	if ((unit >= 'a' && unit <= 'z') || (unit >= 0xe0 && unit <= 0xfe && unit != 0xf7) ||
		(unit >= 0x3b1 && unit <= 0x3c9 && unit != 0x3c2) ||
		(unit >= 0x430 && unit <= 0x44f))
		return unit - 0x20;
	if (unit >= 0x450 && unit <= 0x45f)
		return unit - 0x50;
	if (unit >= 0x561 && unit <= 0x586)
		return unit - 0x30;
	if ((unit >= 0x139 && unit <= 0x148) || (unit >= 0x179 && unit <= 0x17e))
		return unit % 2 == 0 ? unit - 1 : unit;
	if (is_paired(unit))
		return unit & 0xfffe;
	return unit;
}

bool name_is_same(const struct fat_name *a, const struct fat_name *b)
{
	if (a->count != b->count)
		return false;
	for (uint32_t i = 0; i < a->count; i++) {
		if (capital(a->units[i]) != capital(b->units[i]))
			return false;
	}
	return true;
}

/* --- short names -------------------------------------------------------------------------------
 */

static uint16_t unit_of(uint8_t byte, bool is_small)
{
	uint16_t unit = byte >= 0x80 ? page_437[byte - 0x80] : byte;
	bool is_letter =
		(unit >= 'A' && unit <= 'Z') || (unit >= 0xc0 && unit <= 0xde && unit != 0xd7);

	return is_small && is_letter ? unit + 0x20 : unit;
}

static void append_part(struct fat_name *name, const uint8_t *bytes, uint32_t size, bool is_small)
{
	while (size > 0 && bytes[size - 1] == ' ')
		size--;
	for (uint32_t i = 0; i < size; i++)
		name->units[name->count++] = unit_of(bytes[i], is_small);
}

void name_of_short(const struct dirent *entry, struct fat_name *name)
{
	uint8_t bytes[SHORT_SIZE];

	memcpy(bytes, entry->name, SHORT_SIZE);
	if (bytes[0] == ENTRY_E5)
		bytes[0] = ENTRY_FREE;
	name->count = 0;
	append_part(name, bytes, BASE_SIZE, (entry->case_flags & CASE_BASE) != 0);
	name->units[name->count++] = '.';
	append_part(name, bytes + BASE_SIZE, SHORT_SIZE - BASE_SIZE,
		(entry->case_flags & CASE_EXTENSION) != 0);
	if (name->units[name->count - 1] == '.')
		name->count--;
}

/* A character that short names can have, as a capital letter. */
static bool is_short_byte(uint16_t unit)
{
	static const char never[] = " +,;=[].";

	if (unit >= 0x7f || unit <= 0x20 || !is_allowed(unit))
		return false;
	for (const char *c = never; *c != 0; c++) {
		if (unit == (uint8_t)*c)
			return false;
	}
	return true;
}

/* Where the last dot is; the end: there is none, or only at the beginning. */
static uint32_t dot_of(const struct fat_name *name)
{
	for (uint32_t i = name->count; i-- > 1;) {
		if (name->units[i] == '.')
			return i;
	}
	return name->count;
}

static bool is_plain(const struct fat_name *name, uint32_t from, uint32_t to, uint8_t *bytes)
{
	for (uint32_t i = from; i < to; i++) {
		uint16_t unit = name->units[i];

		if (!is_short_byte(unit) || capital(unit) != unit)
			return false;
		*bytes++ = (uint8_t)unit;
	}
	return true;
}

bool name_fits_short(const struct fat_name *name, uint8_t short_name[SHORT_SIZE])
{
	uint32_t dot = dot_of(name);
	uint32_t extension = dot < name->count ? name->count - dot - 1 : 0;

	memset(short_name, ' ', SHORT_SIZE);
	return dot <= BASE_SIZE && extension <= SHORT_SIZE - BASE_SIZE &&
	       is_plain(name, 0, dot, short_name) &&
	       is_plain(name, dot + 1, dot + 1 + extension, short_name + BASE_SIZE);
}

/* True: each character is there. */
static bool squeeze(
	const struct fat_name *name, uint32_t from, uint32_t to, uint8_t *bytes, uint32_t room)
{
	uint32_t size = 0;
	bool is_whole = to - from <= room;

	for (uint32_t i = from; i < to && size < room; i++) {
		uint16_t unit = capital(name->units[i]);

		is_whole = is_whole && is_short_byte(unit);
		if (unit != ' ' && unit != '.')
			bytes[size++] = is_short_byte(unit) ? (uint8_t)unit : '_';
	}
	return is_whole;
}

bool name_make_short(const struct fat_name *name, uint8_t short_name[SHORT_SIZE])
{
	uint32_t dot = dot_of(name);
	bool is_whole;

	memset(short_name, ' ', SHORT_SIZE);
	is_whole = squeeze(name, 0, dot, short_name, BASE_SIZE);
	if (short_name[0] == ' ')
		short_name[0] = '_';
	if (dot < name->count && !squeeze(name, dot + 1, name->count, short_name + BASE_SIZE,
					 SHORT_SIZE - BASE_SIZE))
		is_whole = false;
	return is_whole;
}

void name_number(uint8_t short_name[SHORT_SIZE], uint32_t number, bool salted, uint16_t salt)
{
	static const char digits[] = "0123456789ABCDEF";
	uint8_t tail[BASE_SIZE];
	uint32_t size = 0;
	uint32_t base = 0;
	uint32_t room;

	do {
		tail[size++] = (uint8_t)digits[number % 10];
		number /= 10;
	} while (number > 0 && size < TAIL_MOST);
	room = BASE_SIZE - 1 - size;
	while (base < room && base < (salted ? SALT_BASE : room) && short_name[base] != ' ')
		base++;
	for (unsigned i = 0; salted && i < 4 && base < room; i++, salt = (uint16_t)(salt << 4))
		short_name[base++] = (uint8_t)digits[salt >> 12];
	short_name[base++] = '~';
	while (size > 0)
		short_name[base++] = tail[--size];
	while (base < BASE_SIZE)
		short_name[base++] = ' ';
}

uint8_t name_checksum(const uint8_t short_name[SHORT_SIZE])
{
	uint8_t sum = 0;

	for (uint32_t i = 0; i < SHORT_SIZE; i++)
		sum = (uint8_t)((uint8_t)(sum << 7 | sum >> 1) + short_name[i]);
	return sum;
}

/* --- pieces ------------------------------------------------------------------------------------
 */

/* Where a unit lies in a piece. */
static size_t unit_place(uint32_t i)
{
	if (i < 5)
		return offsetof(struct long_entry, text_1) + 2 * i;
	if (i < 11)
		return offsetof(struct long_entry, text_2) + 2 * (i - 5);
	return offsetof(struct long_entry, text_3) + 2 * (i - 11);
}

void piece_fill(
	struct long_entry *piece, const struct fat_name *name, uint32_t order, uint8_t checksum)
{
	uint32_t first = (order - 1) * LONG_UNITS;
	bool is_last = first + LONG_UNITS >= name->count;

	*piece = (struct long_entry){
		.order = (uint8_t)(order | (is_last ? LONG_LAST : 0)),
		.attributes = ATTR_LONG,
		.checksum = checksum,
	};
	for (uint32_t i = 0; i < LONG_UNITS; i++) {
		uint32_t at = first + i;
		uint16_t unit = at < name->count ? name->units[at] : 0;

		if (at > name->count)
			unit = UNIT_END;
		memcpy((uint8_t *)piece + unit_place(i), &unit, sizeof(unit));
	}
}

void piece_units(const struct long_entry *piece, uint16_t units[LONG_UNITS])
{
	for (uint32_t i = 0; i < LONG_UNITS; i++)
		memcpy(&units[i], (const uint8_t *)piece + unit_place(i), sizeof(units[i]));
}
