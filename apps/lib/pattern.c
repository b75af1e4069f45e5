// SPDX-License-Identifier: MIT OR Apache-2.0
// See pattern.h. One remembered star is enough: a later star makes earlier ones final.
// Tests: tests/host/apps/expand_test.c
#include "pattern.h"

#include "utf8.h"

#include <ctype.h>
#include <string.h>

static bool class_contains(const char *name, size_t length, uint32_t character)
{
	static const struct {
		const char *name;
		int (*test)(int);
	} classes[] = {{"alnum", isalnum}, {"alpha", isalpha}, {"blank", isblank},
		{"cntrl", iscntrl}, {"digit", isdigit}, {"graph", isgraph}, {"lower", islower},
		{"print", isprint}, {"punct", ispunct}, {"space", isspace}, {"upper", isupper},
		{"xdigit", isxdigit}};
	for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
		if (strlen(classes[i].name) == length && memcmp(classes[i].name, name, length) == 0)
			return character < 128 && classes[i].test((int)character);
	return false;
}

// Reads one character of a set, with backslash.
static const char *set_character(const char *set, uint32_t *character)
{
	if (*set == '\\' && set[1])
		set++;
	return set + utf8_decode(set, strnlen(set, 4), character);
}

// `set` is behind '['. Gives the position behind ']', or null if there is none (then '[' stands
// for itself).
static const char *set_match(const char *set, uint32_t character, bool *matches)
{
	bool negated = *set == '!' || *set == '^', found = false, first = true;
	set += negated;
	for (; *set && (first || *set != ']'); first = false) {
		const char *end = strncmp(set, "[:", 2) == 0 ? strstr(set, ":]") : nullptr;
		if (end) {
			found |= class_contains(set + 2, (size_t)(end - set - 2), character);
			set = end + 2;
			continue;
		}
		uint32_t low, high;
		set = set_character(set, &low);
		high = low;
		if (set[0] == '-' && set[1] && set[1] != ']')
			set = set_character(set + 1, &high);
		found |= character >= low && character <= high;
	}
	*matches = found != negated;
	return *set ? set + 1 : nullptr;
}

// Matches one pattern element other than '*' against `character`; gives the rest or null.
static const char *element_match(const char *pattern, uint32_t character, bool valid, char byte)
{
	if (*pattern == '?')
		return pattern + 1;
	if (*pattern == '[') {
		bool matches;
		const char *rest = set_match(pattern + 1, character, &matches);
		if (rest)
			return matches ? rest : nullptr;
	}
	if (*pattern == '\\' && pattern[1])
		pattern++;
	if (!*pattern)
		return nullptr;
	uint32_t wanted;
	size_t length = utf8_decode(pattern, strnlen(pattern, 4), &wanted);
	if (!valid)
		return *pattern == byte ? pattern + 1 : nullptr;
	return wanted == character ? pattern + length : nullptr;
}

bool pattern_match(const char *pattern, const char *bytes, size_t size)
{
	const char *star = nullptr;
	size_t at = 0, star_at = 0;
	while (at < size || *pattern == '*') {
		if (*pattern == '*') {
			star = ++pattern;
			star_at = at;
			continue;
		}
		uint32_t character;
		size_t length = utf8_decode(bytes + at, size - at, &character);
		bool valid = character != 0xfffd || length > 1;
		const char *rest = element_match(pattern, character, valid, bytes[at]);
		if (rest) {
			pattern = rest;
			at += length;
		} else if (star) {
			pattern = star;
			star_at += utf8_decode(bytes + star_at, size - star_at, &character);
			at = star_at;
		} else {
			return false;
		}
	}
	return !*pattern;
}

bool pattern_is_literal(const char *pattern)
{
	for (; *pattern; pattern++) {
		if (*pattern == '\\' && pattern[1])
			pattern++;
		else if (strchr("*?[", *pattern))
			return false;
	}
	return true;
}

void pattern_unquote(char *pattern)
{
	char *to = pattern;
	for (; *pattern; pattern++) {
		if (*pattern == '\\' && pattern[1])
			pattern++;
		*to++ = *pattern;
	}
	*to = 0;
}
