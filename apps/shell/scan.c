// SPDX-License-Identifier: MIT OR Apache-2.0
// See scan.h. Recursion is bounded by SCAN_DEPTH_MAX.
// Tests: tests/host/apps/parser_test.c, tests/fuzz/shell_parse.c
#include "scan.h"

#include "parser.h"

#include <ctype.h>
#include <string.h>

bool scan_failed(size_t position)
{
	return position >= SCAN_BAD;
}

bool name_starts(char byte)
{
	return byte == '_' || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

bool name_continues(char byte)
{
	return name_starts(byte) || (byte >= '0' && byte <= '9');
}

size_t name_length(const char *text)
{
	size_t length = 0;
	if (name_starts(text[0]))
		while (name_continues(text[length]))
			length++;
	return length;
}

size_t scan_single(const char *text, size_t at)
{
	const char *end = strchr(text + at + 1, '\'');
	return end ? (size_t)(end - text) + 1 : SCAN_OPEN;
}

size_t scan_back(const char *text, size_t at)
{
	for (at++; text[at]; at++) {
		if (text[at] == '`')
			return at + 1;
		if (text[at] == '\\' && text[at + 1])
			at++;
	}
	return SCAN_OPEN;
}

size_t scan_double(const char *text, size_t at, int depth)
{
	at++;
	while (text[at] && text[at] != '"') {
		if (text[at] == '\'')
			at++;
		else
			at = scan_piece(text, at, depth + 1);
		if (scan_failed(at))
			return at;
	}
	return text[at] ? at + 1 : SCAN_OPEN;
}

// ${...}: quotes nest; inside double quotes a single quote is an ordinary byte, which the caller's
// text cannot tell us, so an unpaired one is taken as ordinary.
static size_t scan_braces(const char *text, size_t at, int depth)
{
	at += 2;
	if (text[at] == '#' && text[at + 1] != '}')
		at++;
	while (text[at] && text[at] != '}') {
		size_t next = scan_piece(text, at, depth + 1);
		if (next == SCAN_OPEN && text[at] == '\'')
			next = at + 1;
		if (scan_failed(next))
			return next;
		at = next;
	}
	return text[at] ? at + 1 : SCAN_OPEN;
}

// Counts parentheses only: trying to parse here what may be parsed again as commands would take
// exponential time for nested texts.
size_t scan_arithmetic(const char *text, size_t at)
{
	if (text[at] != '$' || text[at + 1] != '(' || text[at + 2] != '(')
		return 0;
	int open = 0;
	for (at += 3; text[at]; at++) {
		if (text[at] == '(')
			open++;
		if (text[at] == ')' && open-- == 0)
			return text[at + 1] == ')' ? at + 2 : 0;
		if (text[at] == '\\' && text[at + 1])
			at++;
	}
	return SCAN_OPEN;
}

static size_t scan_parentheses(const char *text, size_t at, int depth)
{
	size_t arithmetic = scan_arithmetic(text, at);
	if (arithmetic)
		return arithmetic;
	return parser_substitution_end(text, at + 2, depth + 1);
}

size_t scan_dollar(const char *text, size_t at, int depth)
{
	if (depth > SCAN_DEPTH_MAX)
		return SCAN_DEEP;
	char next = text[at + 1];
	if (next == '(')
		return scan_parentheses(text, at, depth);
	if (next == '{')
		return scan_braces(text, at, depth);
	if (name_starts(next))
		return at + 1 + name_length(text + at + 1);
	if (next && (isdigit((unsigned char)next) || strchr("@*#?-$!", next)))
		return at + 2;
	return at + 1;
}

size_t scan_piece(const char *text, size_t at, int depth)
{
	if (depth > SCAN_DEPTH_MAX)
		return SCAN_DEEP;
	switch (text[at]) {
	case '\'':
		return scan_single(text, at);
	case '"':
		return scan_double(text, at, depth);
	case '`':
		return scan_back(text, at);
	case '$':
		return scan_dollar(text, at, depth);
	case '\\':
		return text[at + 1] ? at + 2 : SCAN_OPEN;
	default:
		return at + 1;
	}
}
