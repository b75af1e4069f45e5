// SPDX-License-Identifier: MIT OR Apache-2.0
/* See size.h. */
#include "size.h"

#define NUMBER_MOST ((uint64_t)1 << 32)

static unsigned shift_of(char unit)
{
	switch (unit) {
	case 'K':
		return 10;
	case 'M':
		return 20;
	case 'G':
		return 30;
	default:
		return 0;
	}
}

status_t size_parse(const char *text, uint64_t *size)
{
	uint64_t value = 0;
	unsigned shift;
	size_t i = 0;

	for (; text[i] >= '0' && text[i] <= '9'; i++) {
		value = value * 10 + (uint64_t)(text[i] - '0');
		if (value > NUMBER_MOST)
			return ERR_RANGE;
	}
	shift = shift_of(text[i]);
	if (i == 0 || value == 0 || text[i + (shift != 0)] != 0)
		return ERR_INVALID_ARGUMENT;
	if (value > SIZE_MOST >> shift)
		return ERR_RANGE;
	*size = ((value << shift) + SIZE_STEP - 1) / SIZE_STEP * SIZE_STEP;
	return OK;
}
