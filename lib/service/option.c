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

/* The first word, or the one behind; nullptr: there is none. */
static const char *next_word(const char *word)
{
	const char *at = (const char *)service_start()->command_line;

	if (word != nullptr)
		at = word + word_length(word);
	while (*at == ' ')
		at++;
	return *at != 0 && strncmp(at, "cmd=", 4) != 0 ? at : nullptr;
}

bool service_has_option(const char *word)
{
	size_t wanted = strlen(word);

	for (const char *at = next_word(nullptr); at != nullptr; at = next_word(at)) {
		if (word_length(at) == wanted && memcmp(at, word, wanted) == 0)
			return true;
	}
	return false;
}

bool service_option(const char *name, char *value, size_t size)
{
	size_t before = strlen(name) + 1;

	for (const char *at = next_word(nullptr); at != nullptr; at = next_word(at)) {
		size_t length = word_length(at);

		if (length < before || memcmp(at, name, before - 1) != 0 || at[before - 1] != '=')
			continue;
		if (length - before >= size)
			return false;
		memcpy(value, at + before, length - before);
		value[length - before] = 0;
		return true;
	}
	return false;
}
