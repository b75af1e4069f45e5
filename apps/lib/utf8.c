// SPDX-License-Identifier: MIT OR Apache-2.0
// See utf8.h. Strict decoding after RFC 3629: no overlong forms, no surrogates.
// Tests: tests/host/apps/text_test.c
#include "utf8.h"

static bool continuation(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

// Length that the first byte promises; 0: not a first byte.
static size_t sequence_length(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

static bool scalar_valid(uint32_t value, size_t length)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	return value >= smallest[length] && value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
}

size_t utf8_decode(const char *bytes, size_t size, uint32_t *character)
{
	unsigned char first = (unsigned char)bytes[0];
	size_t length = sequence_length(first);
	*character = 0xfffd;
	if (length == 0 || length > size)
		return 1;
	uint32_t value = length == 1 ? first : first & (0xffU >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		if (!continuation(bytes[i]))
			return 1;
		value = value << 6 | ((unsigned char)bytes[i] & 0x3f);
	}
	if (!scalar_valid(value, length))
		return 1;
	*character = value;
	return length;
}

size_t utf8_previous(const char *bytes, size_t at)
{
	size_t start = at - 1;
	while (start > 0 && at - start < 4 && continuation(bytes[start]))
		start--;
	uint32_t character;
	return start + utf8_decode(bytes + start, at - start, &character) == at ? start : at - 1;
}

struct range {
	uint32_t first, last;
};

static bool in_ranges(uint32_t value, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (value >= ranges[i].first && value <= ranges[i].last)
			return true;
	return false;
}

int utf8_width(uint32_t character)
{
	static const struct range combining[] = {{0x300, 0x36f}, {0x483, 0x489}, {0x591, 0x5bd},
		{0x610, 0x61a}, {0x64b, 0x65f}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff},
		{0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}};
	static const struct range wide[] = {{0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0xa4cf},
		{0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f}, {0xff00, 0xff60},
		{0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff},
		{0x20000, 0x3fffd}};
	if (character < 0x300)
		return 1;
	if (in_ranges(character, combining, sizeof combining / sizeof combining[0]))
		return 0;
	return in_ranges(character, wide, sizeof wide / sizeof wide[0]) ? 2 : 1;
}

// Length of an escape sequence ESC [ ... letter at the start, or 0.
static size_t escape_length(const char *bytes, size_t size)
{
	if (size < 2 || bytes[0] != 033 || bytes[1] != '[')
		return 0;
	for (size_t i = 2; i < size; i++)
		if (bytes[i] >= 0x40 && bytes[i] <= 0x7e)
			return i + 1;
	return size;
}

size_t utf8_columns(const char *bytes, size_t size)
{
	size_t columns = 0;
	for (size_t i = 0; i < size;) {
		size_t escape = escape_length(bytes + i, size - i);
		if (escape) {
			i += escape;
			continue;
		}
		uint32_t character;
		i += utf8_decode(bytes + i, size - i, &character);
		columns += (size_t)utf8_width(character);
	}
	return columns;
}

size_t utf8_count(const char *bytes, size_t size)
{
	size_t count = 0;
	for (size_t i = 0; i < size; count++) {
		uint32_t character;
		i += utf8_decode(bytes + i, size - i, &character);
	}
	return count;
}
