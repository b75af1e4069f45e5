// SPDX-License-Identifier: MIT OR Apache-2.0
// Pattern to tree, for regex.c.
#ifndef COMMANDS_REGEX_PARSE_H
#define COMMANDS_REGEX_PARSE_H

#include <stddef.h>
#include <stdint.h>

constexpr int REGEX_DEPTH_MAX = 100;
constexpr int REGEX_REPEAT_MAX = 255;
constexpr int REGEX_NO_LIMIT = -1;

enum regex_kind : unsigned char {
	REGEX_EMPTY,
	REGEX_SET, // one byte of `set`
	REGEX_START,
	REGEX_END,
	REGEX_WORD_START,
	REGEX_WORD_END,
	REGEX_WORD_EDGE,
	REGEX_WORD_INSIDE,
	REGEX_SEQUENCE, // left, right
	REGEX_CHOICE,   // left, right
	REGEX_REPEAT,   // left, least..most times
};

struct byte_set {
	uint32_t bits[8];
};

struct regex_node {
	int left, right; // indices
	int least, most;
	struct byte_set set;
	enum regex_kind kind;
};

struct regex_tree {
	struct regex_node *nodes;
	size_t count, capacity;
	const char *error;
};

void byte_set_add(struct byte_set *set, unsigned byte);
bool byte_set_has(const struct byte_set *set, unsigned byte);

int regex_node_add(struct regex_tree *tree, enum regex_kind kind, int left, int right);
// Parses pattern[0..size); gives the root, or -1 with tree->error.
int regex_parse(struct regex_tree *tree, const char *pattern, size_t size, int flags);

#endif
