// SPDX-License-Identifier: MIT OR Apache-2.0
/* UTF-8 and UTF-16: see utf.h. */
#include "utf.h"

#define HIGH_FIRST 0xd800u
#define LOW_FIRST  0xdc00u
#define LOW_END    0xe000u
#define LAST       0x10ffffu
#define PAIRS      0x10000u /* from here on a character has two units */

static size_t more_bytes(uint32_t character)
{
	if (character < 0x80)
		return 0;
	if (character < 0x800)
		return 1;
	return character < PAIRS ? 2 : 3;
}

bool utf8_take(const char **text, size_t *size, uint32_t *character)
{
	static const uint32_t least[] = {0, 0x80, 0x800, PAIRS};
	uint8_t first = (uint8_t)**text;
	size_t more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;

	if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || more >= *size)
		return false;
	*character = more == 0 ? first : first & (0x3fu >> more);
	for (size_t i = 1; i <= more; i++) {
		uint8_t byte = (uint8_t)(*text)[i];

		if ((byte & 0xc0) != 0x80)
			return false;
		*character = *character << 6 | (byte & 0x3f);
	}
	*text += more + 1;
	*size -= more + 1;
	return *character >= least[more] && *character <= LAST &&
	       (*character < HIGH_FIRST || *character >= LOW_END);
}

size_t utf8_put(char to[UTF8_MOST], uint32_t character)
{
	static const uint8_t heads[] = {0, 0xc0, 0xe0, 0xf0};
	size_t more = more_bytes(character);

	for (size_t i = more; i > 0; i--, character >>= 6)
		to[i] = (char)(0x80 | (character & 0x3f));
	to[0] = (char)(heads[more] | character);
	return more + 1;
}

static bool is_low(uint32_t unit)
{
	return unit >= LOW_FIRST && unit < LOW_END;
}

bool utf16_take(const uint16_t *units, uint32_t count, uint32_t *at, uint32_t *character)
{
	*character = units[(*at)++];
	if (is_low(*character))
		return false;
	if (*character < HIGH_FIRST || *character >= LOW_END)
		return true;
	if (*at == count || !is_low(units[*at]))
		return false;
	*character = PAIRS + ((*character - HIGH_FIRST) << 10) + (units[(*at)++] - LOW_FIRST);
	return true;
}

uint32_t utf16_put(uint16_t to[2], uint32_t character)
{
	if (character < PAIRS) {
		to[0] = (uint16_t)character;
		return 1;
	}
	to[0] = (uint16_t)(HIGH_FIRST + ((character - PAIRS) >> 10));
	to[1] = (uint16_t)(LOW_FIRST + (character & 0x3ff));
	return 2;
}
