// SPDX-License-Identifier: MIT OR Apache-2.0
// Text format, first step: characters to a tree of lists, atoms and strings (core spec 6.2, 6.3).
#ifndef WASM_TOOLS_WAT_TREE_H
#define WASM_TOOLS_WAT_TREE_H

#include "base/arena.h"

#include <string.h>

enum node_kind : uint8_t {
	NODE_LIST,
	NODE_ATOM,   // keyword, identifier, number
	NODE_STRING, // text is decoded
};

struct node {
	enum node_kind kind;
	uint32_t line;
	const char *text; // not terminated
	size_t size;
	struct node *first; // of a list
	struct node *next;
};

// Parses all of the text into a list without parentheses of its own. Null, with `*line`, if it is
// malformed.
struct node *tree_parse(struct arena *arena, const char *text, size_t size, uint32_t *line);

static inline bool node_is(const struct node *node, const char *keyword)
{
	return node != nullptr && node->kind == NODE_ATOM && node->size == strlen(keyword) &&
	       memcmp(node->text, keyword, node->size) == 0;
}

// A list that starts with the keyword.
static inline bool node_is_list(const struct node *node, const char *keyword)
{
	return node != nullptr && node->kind == NODE_LIST && node_is(node->first, keyword);
}

static inline bool node_is_id(const struct node *node)
{
	return node != nullptr && node->kind == NODE_ATOM && node->text[0] == '$';
}

static inline bool node_is_string(const struct node *node)
{
	return node != nullptr && node->kind == NODE_STRING;
}

static inline bool node_starts(const struct node *node, const char *prefix)
{
	size_t size = strlen(prefix);
	return node != nullptr && node->kind == NODE_ATOM && node->size >= size &&
	       memcmp(node->text, prefix, size) == 0;
}

#endif
