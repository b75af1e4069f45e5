// SPDX-License-Identifier: MIT OR Apache-2.0
/* Boot options: see craton/service.h. The loader has checked them. */
#include <craton/service.h>

static size_t word_length(const char *text)
{
	size_t length = 0;

	while (text[length] != 0 && text[length] != ' ')
		length++;
	return length;
}

bool service_has_option(const char *word)
{
	const char *at = (const char *)service_start()->command_line;
	size_t wanted = strlen(word);

	while (*at != 0 && strncmp(at, "cmd=", 4) != 0) {
		size_t length = word_length(at);

		if (length == wanted && memcmp(at, word, length) == 0)
			return true;
		at += length + (at[length] == ' ');
	}
	return false;
}
