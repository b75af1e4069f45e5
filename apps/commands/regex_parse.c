// SPDX-License-Identifier: MIT OR Apache-2.0
// See regex_parse.h. Recursive descent over both syntaxes: what is an operator in one is behind a
// backslash in the other.
// Tests: tests/host/apps/regex_test.c, tests/fuzz/regex.c
#include "regex_parse.h"

#include "../lib/text.h"
#include "regex.h"

#include <ctype.h>
#include <string.h>

struct regex_parser {
	struct regex_tree *tree;
	const char *at, *end;
	int flags, depth;
};

static int parse_choice(struct regex_parser *parser);

void byte_set_add(struct byte_set *set, unsigned byte)
{
	set->bits[byte / 32 & 7] |= 1U << byte % 32;
}

bool byte_set_has(const struct byte_set *set, unsigned byte)
{
	return set->bits[byte / 32 & 7] >> byte % 32 & 1;
}

int regex_node_add(struct regex_tree *tree, enum regex_kind kind, int left, int right)
{
	tree->nodes = array_room(tree->nodes, tree->count, &tree->capacity, sizeof *tree->nodes);
	tree->nodes[tree->count] = (struct regex_node){.kind = kind, .left = left, .right = right};
	return (int)tree->count++;
}

static int fail(struct regex_parser *parser, const char *error)
{
	if (!parser->tree->error)
		parser->tree->error = error;
	parser->at = parser->end;
	return regex_node_add(parser->tree, REGEX_EMPTY, -1, -1);
}

static void set_add_case(struct regex_parser *parser, struct byte_set *set, unsigned char byte)
{
	byte_set_add(set, byte);
	if (parser->flags & REGEX_NO_CASE) {
		byte_set_add(set, (unsigned char)tolower(byte));
		byte_set_add(set, (unsigned char)toupper(byte));
	}
}

static int add_set(struct regex_parser *parser, const struct byte_set *set)
{
	int node = regex_node_add(parser->tree, REGEX_SET, -1, -1);
	parser->tree->nodes[node].set = *set;
	return node;
}

static int add_byte(struct regex_parser *parser, char byte)
{
	struct byte_set set = {};
	set_add_case(parser, &set, (unsigned char)byte);
	return add_set(parser, &set);
}

static bool class_add(
	struct regex_parser *parser, struct byte_set *set, const char *name, size_t size)
{
	static const struct {
		const char *name;
		int (*test)(int);
	} classes[] = {{"alnum", isalnum}, {"alpha", isalpha}, {"blank", isblank},
		{"cntrl", iscntrl}, {"digit", isdigit}, {"graph", isgraph}, {"lower", islower},
		{"print", isprint}, {"punct", ispunct}, {"space", isspace}, {"upper", isupper},
		{"xdigit", isxdigit}};
	for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
		if (strlen(classes[i].name) != size || memcmp(classes[i].name, name, size) != 0)
			continue;
		for (int byte = 0; byte < 128; byte++)
			if (classes[i].test(byte))
				set_add_case(parser, set, (unsigned char)byte);
		return true;
	}
	return false;
}

// [:name:] at the parser's position.
static bool bracket_class(struct regex_parser *parser, struct byte_set *set)
{
	const char *name = parser->at + 2;
	for (const char *at = name; at + 1 < parser->end; at++) {
		if (at[0] != ':' || at[1] != ']')
			continue;
		if (!class_add(parser, set, name, (size_t)(at - name)))
			break;
		parser->at = at + 2;
		return true;
	}
	(void)fail(parser, "unknown character class, like [:alpha:]");
	return false;
}

static void bracket_range(struct regex_parser *parser, struct byte_set *set)
{
	unsigned char low = (unsigned char)*parser->at++, high = low;
	if (parser->end - parser->at >= 2 && parser->at[0] == '-' && parser->at[1] != ']') {
		high = (unsigned char)parser->at[1];
		parser->at += 2;
	}
	if (low > high)
		(void)fail(parser, "a range in [ ] is upside down");
	for (unsigned byte = low; byte <= high; byte++)
		set_add_case(parser, set, (unsigned char)byte);
}

static int parse_bracket(struct regex_parser *parser)
{
	struct byte_set set = {};
	bool negated = parser->at < parser->end && *parser->at == '^', first = true;
	parser->at += negated;
	for (; parser->at < parser->end && (first || *parser->at != ']'); first = false) {
		if (parser->end - parser->at >= 2 && parser->at[0] == '[' && parser->at[1] == ':') {
			if (!bracket_class(parser, &set))
				break;
		} else {
			bracket_range(parser, &set);
		}
	}
	if (parser->at == parser->end)
		return fail(parser, "`[' without `]'");
	parser->at++;
	if (negated)
		for (size_t i = 0; i < 8; i++)
			set.bits[i] = ~set.bits[i];
	return add_set(parser, &set);
}

static int add_word_set(struct regex_parser *parser, bool negated, bool space)
{
	struct byte_set set = {};
	for (int byte = 0; byte < 256; byte++) {
		bool inside = space ? isspace(byte) : byte < 128 && (isalnum(byte) || byte == '_');
		if (inside != negated)
			byte_set_add(&set, (unsigned)byte);
	}
	return add_set(parser, &set);
}

// What \letter means in both syntaxes; -1: nothing special.
static int parse_escape(struct regex_parser *parser, char letter)
{
	switch (letter) {
	case '<':
		return regex_node_add(parser->tree, REGEX_WORD_START, -1, -1);
	case '>':
		return regex_node_add(parser->tree, REGEX_WORD_END, -1, -1);
	case 'b':
		return regex_node_add(parser->tree, REGEX_WORD_EDGE, -1, -1);
	case 'B':
		return regex_node_add(parser->tree, REGEX_WORD_INSIDE, -1, -1);
	case 'w':
	case 'W':
		return add_word_set(parser, letter == 'W', false);
	case 's':
	case 'S':
		return add_word_set(parser, letter == 'S', true);
	default:
		return -1;
	}
}

static int parse_group(struct regex_parser *parser)
{
	int node = parse_choice(parser);
	bool extended = parser->flags & REGEX_EXTENDED;
	ptrdiff_t left = parser->end - parser->at;
	if (extended ? left < 1 : left < 2)
		return fail(parser, "`(' without `)'");
	parser->at += extended ? 1 : 2; // parse_choice stops nowhere else
	return node;
}

static int parse_dot(struct regex_parser *parser)
{
	struct byte_set set;
	memset(&set, 0xff, sizeof set);
	return add_set(parser, &set);
}

static int parse_backslash(struct regex_parser *parser)
{
	if (parser->at == parser->end)
		return fail(parser, "a backslash at the end");
	char letter = *parser->at++;
	if (letter == '(' && !(parser->flags & REGEX_EXTENDED))
		return parse_group(parser);
	if (letter >= '1' && letter <= '9')
		return fail(parser, "back-references are not supported");
	int node = parse_escape(parser, letter);
	return node >= 0 ? node : add_byte(parser, letter);
}

// `^` and `$` are anchors only at the ends of basic expressions.
static bool is_anchor(const struct regex_parser *parser, bool at_start)
{
	if (parser->flags & REGEX_EXTENDED)
		return true;
	if (at_start)
		return true;
	const char *next = parser->at;
	return next == parser->end ||
	       (parser->end - next >= 2 && next[0] == '\\' && (next[1] == ')' || next[1] == '|'));
}

static int parse_atom(struct regex_parser *parser, bool first)
{
	bool extended = parser->flags & REGEX_EXTENDED;
	char byte = *parser->at++;
	if (byte == '\\')
		return parse_backslash(parser);
	if (byte == '(' && extended)
		return parse_group(parser);
	if (byte == '[')
		return parse_bracket(parser);
	if (byte == '.')
		return parse_dot(parser);
	if (byte == '^' && (extended || first))
		return regex_node_add(parser->tree, REGEX_START, -1, -1);
	if (byte == '$' && is_anchor(parser, false))
		return regex_node_add(parser->tree, REGEX_END, -1, -1);
	return add_byte(parser, byte);
}

static bool read_bound(struct regex_parser *parser, int *bound)
{
	int value = 0;
	const char *start = parser->at;
	while (parser->at < parser->end && isdigit((unsigned char)*parser->at) && value < 1000)
		value = value * 10 + (*parser->at++ - '0');
	if (parser->at > start)
		*bound = value;
	return parser->at > start;
}

// Behind `{`: N, N,M or N, and the closing brace.
static bool read_bounds(struct regex_parser *parser, int *least, int *most)
{
	bool extended = parser->flags & REGEX_EXTENDED, some = read_bound(parser, least);
	*most = *least;
	if (parser->at < parser->end && *parser->at == ',') {
		parser->at++;
		*most = REGEX_NO_LIMIT;
		some |= read_bound(parser, most);
	}
	if (!extended && parser->at < parser->end && *parser->at == '\\')
		parser->at++;
	if (!some || parser->at == parser->end || *parser->at != '}')
		return false;
	parser->at++;
	return *least <= REGEX_REPEAT_MAX && *most <= REGEX_REPEAT_MAX &&
	       (*most == REGEX_NO_LIMIT || *least <= *most);
}

// Is there a repetition? Steps over it. -1: malformed.
static int accept_repeat(struct regex_parser *parser, int *least, int *most)
{
	bool extended = parser->flags & REGEX_EXTENDED;
	const char *at = parser->at;
	ptrdiff_t left = parser->end - at;
	*least = 0;
	*most = REGEX_NO_LIMIT;
	bool escaped = !extended && left >= 2 && at[0] == '\\';
	char sign = left < 1 ? 0 : escaped ? at[1] : at[0];
	bool plain = sign == '*' && !escaped;
	bool special = (extended || escaped) && (sign == '+' || sign == '?' || sign == '{');
	if (!plain && !special)
		return 0;
	if (extended && sign == '{' &&
		(left < 2 || !(isdigit((unsigned char)at[1]) || at[1] == ',')))
		return 0;
	parser->at += 1 + escaped;
	if (sign == '{')
		return read_bounds(parser, least, most) ? 1 : -1;
	if (sign == '+')
		*least = 1;
	if (sign == '?')
		*most = 1;
	return 1;
}

static int parse_repeats(struct regex_parser *parser, int node)
{
	int least, most, found, levels = 0;
	while ((found = accept_repeat(parser, &least, &most)) > 0) {
		if (++levels > 8)
			return fail(parser, "too many repetitions of one thing");
		node = regex_node_add(parser->tree, REGEX_REPEAT, node, -1);
		parser->tree->nodes[node].least = least;
		parser->tree->nodes[node].most = most;
	}
	return found < 0 ? fail(parser, "malformed or too large { }") : node;
}

static bool at_choice(const struct regex_parser *parser)
{
	bool extended = parser->flags & REGEX_EXTENDED;
	ptrdiff_t left = parser->end - parser->at;
	return extended ? left >= 1 && *parser->at == '|'
			: left >= 2 && parser->at[0] == '\\' && parser->at[1] == '|';
}

static bool at_group_end(const struct regex_parser *parser)
{
	bool extended = parser->flags & REGEX_EXTENDED;
	ptrdiff_t left = parser->end - parser->at;
	if (parser->depth <= 1)
		return false;
	return extended ? left >= 1 && *parser->at == ')'
			: left >= 2 && parser->at[0] == '\\' && parser->at[1] == ')';
}

static int parse_sequence(struct regex_parser *parser)
{
	int sequence = -1;
	bool first = true;
	while (parser->at < parser->end && !at_choice(parser) && !at_group_end(parser)) {
		// A repetition with nothing before it stands for itself.
		bool anchor = first && *parser->at == '^';
		int node = parse_atom(parser, first);
		if (!anchor || (parser->flags & REGEX_EXTENDED))
			node = parse_repeats(parser, node);
		sequence = sequence < 0
				   ? node
				   : regex_node_add(parser->tree, REGEX_SEQUENCE, sequence, node);
		first = anchor;
	}
	return sequence < 0 ? regex_node_add(parser->tree, REGEX_EMPTY, -1, -1) : sequence;
}

static int parse_choice(struct regex_parser *parser)
{
	if (++parser->depth > REGEX_DEPTH_MAX)
		return fail(parser, "nested too deeply");
	int choice = parse_sequence(parser);
	while (at_choice(parser)) {
		parser->at += parser->flags & REGEX_EXTENDED ? 1 : 2;
		int right = parse_sequence(parser);
		choice = regex_node_add(parser->tree, REGEX_CHOICE, choice, right);
	}
	parser->depth--;
	return choice;
}

static int parse_fixed(struct regex_parser *parser)
{
	int sequence = regex_node_add(parser->tree, REGEX_EMPTY, -1, -1);
	while (parser->at < parser->end) {
		int node = add_byte(parser, *parser->at++);
		sequence = regex_node_add(parser->tree, REGEX_SEQUENCE, sequence, node);
	}
	return sequence;
}

int regex_parse(struct regex_tree *tree, const char *pattern, size_t size, int flags)
{
	struct regex_parser parser = {
		.tree = tree, .at = pattern, .end = pattern + size, .flags = flags};
	int root = flags & REGEX_FIXED ? parse_fixed(&parser) : parse_choice(&parser);
	return tree->error ? -1 : root;
}
