// SPDX-License-Identifier: MIT OR Apache-2.0
#include "tools/wat/tree.h"

#include "decode/reader.h"

struct scanner {
	struct arena *arena;
	const char *at;
	const char *end;
	uint32_t line;
	uint32_t depth;
	bool failed;
	bool inside_annotation;
};

constexpr uint32_t TREE_DEPTH_LIMIT = 5000;

static struct node *fail(struct scanner *s)
{
	s->failed = true;
	s->at = s->end;
	return nullptr;
}

static bool starts(const struct scanner *s, const char *text)
{
	size_t size = strlen(text);
	return (size_t)(s->end - s->at) >= size && memcmp(s->at, text, size) == 0;
}

static void skip_line(struct scanner *s)
{
	while (s->at < s->end && *s->at != '\n' && *s->at != '\r')
		s->at++;
}

static void skip_block(struct scanner *s)
{
	uint32_t depth = 0;
	do {
		if (starts(s, "(;") || starts(s, ";)")) {
			depth += *s->at == '(' ? 1 : UINT32_MAX;
			s->at += 2;
		} else if (s->at == s->end) {
			fail(s);
			return;
		} else {
			s->line += *s->at++ == '\n';
		}
	} while (depth != 0);
}

static void skip_space(struct scanner *s)
{
	while (s->at < s->end) {
		if (starts(s, ";;"))
			skip_line(s);
		else if (starts(s, "(;"))
			skip_block(s);
		else if (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r')
			s->line += *s->at++ == '\n';
		else
			return;
	}
}

// Null for the zero at the end.
static const char *find(const char *text, char c)
{
	while (*text != 0 && *text != c)
		text++;
	return *text != 0 ? text : nullptr;
}

static bool is_atom_character(char c)
{
	if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return true;
	return find("!#$%&'*+-./:<=>?@\\^_`|~", c) != nullptr;
}

// Tokens that touch are one token that does not exist.
static bool is_separated(const struct scanner *s)
{
	return s->at == s->end || *s->at == '(' || *s->at == ')' || *s->at == ' ' ||
	       *s->at == '\t' || *s->at == '\n' || *s->at == '\r' || starts(s, ";;");
}

static struct node *make_node(struct scanner *s, enum node_kind kind)
{
	struct node *node = arena_allocate(s->arena, 1, sizeof(*node));
	if (node == nullptr)
		return fail(s);
	node->kind = kind;
	node->line = s->line;
	return node;
}

// --- strings ---------------------------------------------------------------------------------

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static size_t put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3f));
		to[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 0x3f));
	to[2] = (char)(0x80 | (c >> 6 & 0x3f));
	to[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

// After "\u": {digits}
static size_t scan_unicode(struct scanner *s, char *to)
{
	uint32_t value = 0;
	bool any = false;
	if (s->at == s->end || *s->at++ != '{')
		return fail(s), 0;
	for (; s->at < s->end && *s->at != '}'; s->at++) {
		int digit = hex_digit(*s->at);
		bool underscore = *s->at == '_' && any;
		if ((digit < 0 && !underscore) || value > 0x10ffff)
			return fail(s), 0;
		if (!underscore)
			value = value * 16 + (uint32_t)digit;
		any = true;
	}
	if (s->at == s->end || !any || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
		return fail(s), 0;
	s->at++;
	return put_utf8(to, value);
}

static size_t scan_escape(struct scanner *s, char *to)
{
	static const char names[] = "tnr\"'\\", values[] = "\t\n\r\"'\\";
	if (s->at == s->end)
		return fail(s), 0;
	char c = *s->at++;
	const char *name = find(names, c);
	if (name != nullptr) {
		*to = values[name - names];
		return 1;
	}
	if (c == 'u')
		return scan_unicode(s, to);
	if (s->at == s->end || hex_digit(c) < 0 || hex_digit(*s->at) < 0)
		return fail(s), 0;
	*to = (char)(hex_digit(c) * 16 + hex_digit(*s->at++));
	return 1;
}

static struct node *scan_string(struct scanner *s)
{
	struct node *node = make_node(s, NODE_STRING);
	const char *quote = s->at++;
	const char *close = s->at;
	while (close < s->end && *close != '"')
		close += *close == '\\' && close + 1 < s->end ? 2 : 1;
	char *to = arena_allocate(s->arena, (size_t)(close - quote) + 1, 1);
	if (node == nullptr || to == nullptr)
		return fail(s);
	node->text = to;
	while (s->at < s->end && *s->at != '"') {
		char c = *s->at++;
		if (c == '\\')
			to += scan_escape(s, to);
		else if ((uint8_t)c < 0x20 || c == 0x7f)
			return fail(s);
		else
			*to++ = c;
	}
	if (s->at == s->end)
		return fail(s);
	s->at++;
	node->size = (size_t)(to - node->text);
	return s->inside_annotation || is_separated(s) ? node : fail(s);
}

// --- atoms and lists -------------------------------------------------------------------------

static struct node *scan_atom(struct scanner *s)
{
	struct node *node = make_node(s, NODE_ATOM);
	const char *begin = s->at;
	while (s->at < s->end && is_atom_character(*s->at))
		s->at++;
	if (node == nullptr || s->at == begin)
		return fail(s);
	node->text = begin;
	node->size = (size_t)(s->at - begin);
	// $"..." names an identifier by a string.
	if (node->size == 1 && *begin == '$' && s->at < s->end && *s->at == '"') {
		struct node *string = scan_string(s);
		if (string == nullptr || string->size == 0 ||
			!utf8_is_valid((const uint8_t *)string->text, string->size))
			return fail(s);
		char *text = arena_allocate(s->arena, string->size + 1, 1);
		if (text == nullptr)
			return fail(s);
		text[0] = '$';
		memcpy(text + 1, string->text, string->size);
		node->text = text;
		node->size = string->size + 1;
		return node;
	}
	if (node->size == 1 && *begin == '$')
		return fail(s);
	return is_separated(s) ? node : fail(s);
}

static struct node *scan_node(struct scanner *s);

static void scan_children(struct scanner *s, struct node *list, bool nested)
{
	struct node **link = &list->first;
	for (;;) {
		skip_space(s);
		if (s->failed || s->at == s->end || *s->at == ')')
			break;
		*link = scan_node(s);
		if (*link != nullptr)
			link = &(*link)->next;
	}
	bool closed = s->at < s->end;
	if (closed != nested)
		fail(s);
	else if (closed)
		s->at++;
}

// The inside of an annotation, up to its closing parenthesis: any tokens, lists balanced.
static void skip_annotation(struct scanner *s)
{
	for (uint32_t depth = 1; depth != 0 && !s->failed;) {
		skip_space(s);
		if (s->at == s->end) {
			fail(s);
		} else if (*s->at == '"') {
			s->inside_annotation = true;
			scan_string(s);
			s->inside_annotation = false;
		} else if (*s->at <= ' ' || *s->at == 0x7f) {
			fail(s);
		} else {
			depth += *s->at == '(' ? 1 : *s->at == ')' ? UINT32_MAX : 0;
			s->at++;
		}
	}
}

// "(@name ...)" or "(@"name" ...)": read, and dropped.
static struct node *scan_annotation(struct scanner *s)
{
	s->at += 2;
	if (s->at == s->end)
		return fail(s);
	if (*s->at == '"') {
		struct node *name = scan_string(s);
		if (name == nullptr || name->size == 0 ||
			!utf8_is_valid((const uint8_t *)name->text, name->size))
			return fail(s);
	} else if (!is_atom_character(*s->at)) {
		return fail(s);
	}
	skip_annotation(s);
	return nullptr;
}

static struct node *scan_list(struct scanner *s)
{
	if (starts(s, "(@"))
		return scan_annotation(s);
	struct node *list = make_node(s, NODE_LIST);
	if (list == nullptr || s->depth++ == TREE_DEPTH_LIMIT)
		return fail(s);
	s->at++;
	scan_children(s, list, true);
	s->depth--;
	return list;
}

static struct node *scan_node(struct scanner *s)
{
	if (*s->at == '(')
		return scan_list(s);
	return *s->at == '"' ? scan_string(s) : scan_atom(s);
}

struct node *tree_parse(struct arena *arena, const char *text, size_t size, uint32_t *line)
{
	struct scanner s = {.arena = arena, .at = text, .end = text + size, .line = 1};
	struct node *root = make_node(&s, NODE_LIST);
	if (!utf8_is_valid((const uint8_t *)text, size))
		fail(&s);
	if (root != nullptr)
		scan_children(&s, root, false);
	*line = s.line;
	return s.failed ? nullptr : root;
}
