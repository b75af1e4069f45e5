// SPDX-License-Identifier: MIT OR Apache-2.0
// Tokens to tree. Recursive descent with bounded depth; never runs anything.
#ifndef SHELL_PARSER_H
#define SHELL_PARSER_H

#include "arena.h"
#include "ast.h"

#include <stddef.h>

constexpr int PARSER_DEPTH_MAX = 100; // nested compound commands

enum parse_result : unsigned char {
	PARSE_OK,    // `tree`, null for an empty line
	PARSE_END,   // nothing left
	PARSE_MORE,  // the text ends inside a command
	PARSE_ERROR, // `message`
};

struct parse {
	struct node *tree;
	size_t end; // where the next command starts in the text
	int line;   // number of the line there, or of the error
	enum parse_result result;
	char message[160];
};

// Value of an alias, or null.
typedef const char *alias_lookup(void *context, const char *name, size_t length);

struct parse_options {
	struct arena *arena;
	alias_lookup *alias; // null: no aliases
	void *alias_context;
	size_t start; // position to begin at
	int line;
};

// Reads one complete command line (with everything that it needs, over several lines).
struct parse parser_line(const char *text, const struct parse_options *options);
// Reads a whole text as one list.
struct parse parser_text(const char *text, const struct parse_options *options);
// `at` is behind `$(`: the position after its `)`, or a value of scan_failed.
size_t parser_substitution_end(const char *text, size_t at, int depth);

bool word_is_reserved(const char *word);
// Length of the `NAME=` at the start of a word; 0: no assignment.
size_t assignment_length(const char *word);

#endif
