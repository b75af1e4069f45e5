// SPDX-License-Identifier: MIT OR Apache-2.0
// POSIX regular expressions, basic and extended, without back-references: the time for a search
// grows with the product of the lengths of pattern and text, whatever the pattern. Works on bytes.
#ifndef COMMANDS_REGEX_H
#define COMMANDS_REGEX_H

#include <stddef.h>

enum {
	REGEX_EXTENDED = 1,
	REGEX_FIXED = 2, // the pattern is plain text
	REGEX_NO_CASE = 4,
	REGEX_LINE = 8, // matches only whole texts
};

struct regex;

// Null and `*error` (static text) if the pattern is malformed or too large. `pattern` may hold
// several alternatives, separated by newlines.
struct regex *regex_make(const char *pattern, int flags, const char **error);
void regex_free(struct regex *regex);
// Is there a match in bytes[from..size)? With `start` and `end` (both or none null): the leftmost
// longest one.
bool regex_search(struct regex *regex, const char *bytes, size_t size, size_t from, size_t *start,
	size_t *end);

#endif
