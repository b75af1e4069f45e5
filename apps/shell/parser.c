// SPDX-License-Identifier: MIT OR Apache-2.0
// See parser.h. The grammar is that of POSIX.1-2017, section 2.10.
// An error is noted once in `parse`; after it every function returns null and consumes nothing.
// Tests: tests/host/apps/parser_test.c, tests/fuzz/shell_parse.c
#include "parser.h"

#include "../lib/text.h"
#include "lexer.h"
#include "scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

constexpr int ALIAS_MAX = 16; // expansions in one command word

struct parser {
	struct lexer lexer;
	struct token token;
	struct parse parse;
	const struct parse_options *options;
	int depth;
	size_t alias_end; // before it, the text comes from these aliases
	const char *alias_names[ALIAS_MAX];
	size_t alias_lengths[ALIAS_MAX];
	size_t shift; // by how much aliases made the text longer (wraps around)
	int alias_count;
};

static struct node *parse_list(struct parser *parser, bool one_line);

// --- Errors and tokens ------------------------------------------------------------------------

static bool failed(const struct parser *parser)
{
	return parser->parse.result == PARSE_ERROR || parser->parse.result == PARSE_MORE;
}

static void fail(struct parser *parser, enum parse_result result, const char *message)
{
	if (failed(parser))
		return;
	parser->parse.result = result;
	parser->parse.line = parser->lexer.line;
	snprintf(parser->parse.message, sizeof parser->parse.message, "%s", message);
}

static void fail_unexpected(struct parser *parser, const char *wanted)
{
	if (parser->token.kind == TOKEN_END) {
		fail(parser, PARSE_MORE, "");
		snprintf(parser->parse.message, sizeof parser->parse.message,
			"the text ends where `%s' is still needed", wanted);
		return;
	}
	char message[sizeof parser->parse.message];
	int length = parser->token.length > 40 ? 40 : (int)parser->token.length;
	if (parser->token.kind == TOKEN_NEWLINE)
		snprintf(message, sizeof message, "unexpected end of line, expected %s", wanted);
	else
		snprintf(message, sizeof message, "unexpected `%.*s', expected %s", length,
			parser->token.text, wanted);
	fail(parser, PARSE_ERROR, message);
}

static void advance(struct parser *parser)
{
	if (failed(parser))
		return;
	parser->token = lexer_next(&parser->lexer);
	if (parser->token.kind == TOKEN_OPEN)
		fail(parser, PARSE_MORE, "a quote or `$(' is not closed");
	if (parser->token.kind == TOKEN_DEEP)
		fail(parser, PARSE_ERROR, "quotes and substitutions are nested too deeply");
	if (parser->token.kind == TOKEN_BAD)
		fail(parser, PARSE_ERROR, "the commands inside `$( )' are malformed");
	if (parser->lexer.here_open)
		fail(parser, PARSE_MORE, "a here-document lacks its end");
}

static bool token_is(const struct parser *parser, const char *word)
{
	return !failed(parser) && parser->token.kind == TOKEN_WORD &&
	       parser->token.length == strlen(word) &&
	       memcmp(parser->token.text, word, parser->token.length) == 0;
}

static bool accept_kind(struct parser *parser, enum token_kind kind)
{
	if (failed(parser) || parser->token.kind != kind)
		return false;
	advance(parser);
	return !failed(parser);
}

static bool accept_word(struct parser *parser, const char *word)
{
	if (!token_is(parser, word))
		return false;
	advance(parser);
	return !failed(parser);
}

static bool expect_word(struct parser *parser, const char *word)
{
	if (accept_word(parser, word))
		return true;
	fail_unexpected(parser, word);
	return false;
}

static void skip_newlines(struct parser *parser)
{
	while (accept_kind(parser, TOKEN_NEWLINE)) {
	}
}

static bool text_reserved(const char *text, size_t length)
{
	static const char *const words[] = {"if", "then", "else", "elif", "fi", "do", "done",
		"case", "esac", "while", "until", "for", "{", "}", "!", "in", "function"};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strlen(words[i]) == length && memcmp(words[i], text, length) == 0)
			return true;
	return false;
}

bool word_is_reserved(const char *word)
{
	return text_reserved(word, strlen(word));
}

size_t assignment_length(const char *word)
{
	size_t length = name_length(word);
	return length > 0 && word[length] == '=' ? length + 1 : 0;
}

// Words that end a list instead of starting a command.
static bool at_list_end(const struct parser *parser)
{
	static const char *const closers[] = {
		"then", "else", "elif", "fi", "do", "done", "esac", "}"};
	if (failed(parser) || parser->token.kind == TOKEN_END ||
		parser->token.kind == TOKEN_RIGHT || parser->token.kind == TOKEN_CASE_END)
		return true;
	for (size_t i = 0; i < sizeof closers / sizeof closers[0]; i++)
		if (token_is(parser, closers[i]))
			return true;
	return false;
}

// --- Making nodes -----------------------------------------------------------------------------

static struct node *node_make(struct parser *parser, enum node_kind kind)
{
	struct node *node = arena_get(parser->lexer.arena, sizeof *node);
	node->kind = kind;
	node->line = parser->lexer.line;
	return node;
}

static const char *token_text(struct parser *parser)
{
	return arena_copy(parser->lexer.arena, parser->token.text, parser->token.length);
}

static struct word *word_take(struct parser *parser)
{
	struct word *word = arena_get(parser->lexer.arena, sizeof *word);
	word->text = token_text(parser);
	advance(parser);
	return word;
}

static struct node *parent_make(struct parser *parser, enum node_kind kind, struct node *child)
{
	struct node *parent = node_make(parser, kind);
	parent->children = child;
	return parent;
}

// --- Aliases ----------------------------------------------------------------------------------

// Was this name replaced already to give the text at the parser's position?
static bool alias_active(const struct parser *parser, const struct token *token)
{
	for (int i = 0; i < parser->alias_count; i++)
		if (parser->alias_lengths[i] == token->length &&
			memcmp(parser->alias_names[i], token->text, token->length) == 0)
			return true;
	return parser->alias_count == ALIAS_MAX;
}

// Writes `value` over the token in a copy of the source text.
static void alias_splice(struct parser *parser, const struct token *token, const char *value)
{
	const char *text = parser->lexer.text;
	size_t value_length = strlen(value), after = token->start + token->length;
	size_t rest = strlen(text + after);
	char *copy = arena_get(parser->lexer.arena, token->start + value_length + rest + 1);
	memcpy(copy, text, token->start);
	memcpy(copy + token->start, value, value_length);
	memcpy(copy + token->start + value_length, text + after, rest);
	parser->alias_names[parser->alias_count] = token->text;
	parser->alias_lengths[parser->alias_count++] = token->length;
	parser->alias_end = token->start + value_length;
	parser->shift += value_length - token->length;
	parser->lexer.text = copy;
	parser->lexer.at = token->start;
}

// Replaces the command word by its alias in the source text and reads it again.
static void alias_expand(struct parser *parser)
{
	while (!failed(parser) && parser->token.kind == TOKEN_WORD && parser->options->alias) {
		const struct token token = parser->token;
		if (token.start >= parser->alias_end)
			parser->alias_count = 0;
		const char *value = alias_active(parser, &token)
					    ? nullptr
					    : parser->options->alias(parser->options->alias_context,
						      token.text, token.length);
		if (!value)
			return;
		alias_splice(parser, &token, value);
		advance(parser);
	}
}

// --- Redirections -----------------------------------------------------------------------------

static bool token_redirects(const struct parser *parser)
{
	return !failed(parser) &&
	       (parser->token.kind == TOKEN_NUMBER || parser->token.kind >= TOKEN_LESS);
}

static bool redirect_classify(enum token_kind kind, struct redirect *redirect)
{
	int fd = 1;
	switch (kind) {
	case TOKEN_LESS:
		redirect->kind = REDIRECT_READ, fd = 0;
		break;
	case TOKEN_READ_WRITE:
		redirect->kind = REDIRECT_READ_WRITE, fd = 0;
		break;
	case TOKEN_HERE:
	case TOKEN_HERE_TABS:
		redirect->kind = REDIRECT_TEXT, fd = 0;
		break;
	case TOKEN_COPY_IN:
		redirect->kind = REDIRECT_COPY, fd = 0;
		break;
	case TOKEN_COPY_OUT:
		redirect->kind = REDIRECT_COPY;
		break;
	case TOKEN_APPEND:
		redirect->kind = REDIRECT_APPEND;
		break;
	case TOKEN_BOTH:
		redirect->kind = REDIRECT_BOTH;
		break;
	default:
		redirect->kind = REDIRECT_WRITE;
	}
	if (redirect->fd < 0)
		redirect->fd = fd;
	return kind == TOKEN_HERE || kind == TOKEN_HERE_TABS;
}

static struct redirect *parse_redirect(struct parser *parser)
{
	struct redirect *redirect = arena_get(parser->lexer.arena, sizeof *redirect);
	redirect->fd = -1;
	if (parser->token.kind == TOKEN_NUMBER) {
		redirect->fd = atoi(token_text(parser));
		advance(parser);
	}
	enum token_kind kind = parser->token.kind;
	bool here = redirect_classify(kind, redirect);
	if (redirect->fd > 9)
		fail(parser, PARSE_ERROR, "descriptors are 0 to 9");
	// The delimiter's line must not be read past before it is noted.
	if (!failed(parser))
		parser->token = lexer_next(&parser->lexer);
	if (parser->token.kind != TOKEN_WORD && parser->token.kind != TOKEN_NUMBER) {
		fail_unexpected(parser, "a file name");
		return redirect;
	}
	redirect->target = token_text(parser);
	if (here &&
		!lexer_here(&parser->lexer, redirect, redirect->target, kind == TOKEN_HERE_TABS))
		fail(parser, PARSE_ERROR, "too many here-documents on one line");
	advance(parser);
	return redirect;
}

static void parse_redirects(struct parser *parser, struct node *node)
{
	struct redirect **last = &node->redirects;
	while (*last)
		last = &(*last)->next;
	while (token_redirects(parser)) {
		*last = parse_redirect(parser);
		last = &(*last)->next;
	}
}

// --- Commands ---------------------------------------------------------------------------------

static struct node *parse_command(struct parser *parser);

static bool name_valid(const char *name)
{
	size_t length = name_length(name);
	return length > 0 && !name[length];
}

static struct node *parse_function(struct parser *parser, const char *name)
{
	struct node *node = node_make(parser, NODE_FUNCTION);
	node->name = name;
	skip_newlines(parser);
	node->body = parse_command(parser);
	if (!failed(parser) && node->body && node->body->kind == NODE_COMMAND)
		fail(parser, PARSE_ERROR,
			"a function's body must be { ...; } or another compound command");
	return node;
}

// name ( ) body
static struct node *parse_function_after_name(struct parser *parser, struct node *command)
{
	advance(parser);
	if (!accept_kind(parser, TOKEN_RIGHT)) {
		fail_unexpected(parser, ")");
		return nullptr;
	}
	const char *name = command->words->text;
	if (strpbrk(name, "'\"$`\\/=")) {
		fail(parser, PARSE_ERROR, "this cannot be a function's name");
		return nullptr;
	}
	return parse_function(parser, name);
}

static struct node *parse_simple(struct parser *parser)
{
	struct node *node = node_make(parser, NODE_COMMAND);
	struct word **assignment = &node->assignments, **word = &node->words;
	for (;;) {
		if (!node->words)
			alias_expand(parser);
		parse_redirects(parser, node);
		if (failed(parser) || parser->token.kind != TOKEN_WORD)
			break;
		if (!node->words && assignment_length(token_text(parser))) {
			*assignment = word_take(parser);
			assignment = &(*assignment)->next;
			continue;
		}
		*word = word_take(parser);
		word = &(*word)->next;
		bool only =
			node->words && !node->words->next && !node->assignments && !node->redirects;
		if (only && !failed(parser) && parser->token.kind == TOKEN_LEFT)
			return parse_function_after_name(parser, node);
	}
	if (!node->words && !node->assignments && !node->redirects)
		fail_unexpected(parser, "a command");
	return node;
}

// A list that must not be empty, as between `then` and `fi`.
static struct node *parse_body(struct parser *parser)
{
	struct node *list = parse_list(parser, false);
	if (!list)
		fail_unexpected(parser, "a command");
	return list;
}

// After `if` or `elif`.
static struct node *parse_if(struct parser *parser)
{
	if (++parser->depth > PARSER_DEPTH_MAX)
		fail(parser, PARSE_ERROR, "commands are nested too deeply");
	struct node *node = node_make(parser, NODE_IF);
	node->condition = parse_body(parser);
	expect_word(parser, "then");
	node->body = parse_body(parser);
	if (accept_word(parser, "elif")) {
		node->otherwise = failed(parser) ? nullptr : parse_if(parser);
	} else {
		if (accept_word(parser, "else"))
			node->otherwise = parse_body(parser);
		expect_word(parser, "fi");
	}
	parser->depth--;
	return node;
}

static struct node *parse_do(struct parser *parser)
{
	expect_word(parser, "do");
	struct node *body = parse_body(parser);
	expect_word(parser, "done");
	return body;
}

static struct node *parse_while(struct parser *parser, enum node_kind kind)
{
	struct node *node = node_make(parser, kind);
	node->condition = parse_body(parser);
	node->body = parse_do(parser);
	return node;
}

static struct node *parse_for(struct parser *parser)
{
	struct node *node = node_make(parser, NODE_FOR);
	if (parser->token.kind != TOKEN_WORD || !name_valid(token_text(parser))) {
		fail_unexpected(parser, "a variable's name");
		return node;
	}
	node->name = token_text(parser);
	advance(parser);
	skip_newlines(parser);
	if (accept_word(parser, "in")) {
		node->has_words = true;
		struct word **word = &node->words;
		while (!failed(parser) && parser->token.kind == TOKEN_WORD) {
			*word = word_take(parser);
			word = &(*word)->next;
		}
	}
	(void)accept_kind(parser, TOKEN_SEMICOLON);
	skip_newlines(parser);
	node->body = parse_do(parser);
	return node;
}

static struct case_item *parse_case_item(struct parser *parser)
{
	struct case_item *item = arena_get(parser->lexer.arena, sizeof *item);
	struct word **pattern = &item->patterns;
	(void)accept_kind(parser, TOKEN_LEFT);
	do {
		if (parser->token.kind != TOKEN_WORD) {
			fail_unexpected(parser, "a pattern");
			return item;
		}
		*pattern = word_take(parser);
		pattern = &(*pattern)->next;
	} while (accept_kind(parser, TOKEN_PIPE));
	if (!accept_kind(parser, TOKEN_RIGHT))
		fail_unexpected(parser, ")");
	item->body = parse_list(parser, false);
	return item;
}

static struct node *parse_case(struct parser *parser)
{
	struct node *node = node_make(parser, NODE_CASE);
	if (parser->token.kind != TOKEN_WORD) {
		fail_unexpected(parser, "a word");
		return node;
	}
	node->name = token_text(parser);
	advance(parser);
	skip_newlines(parser);
	expect_word(parser, "in");
	skip_newlines(parser);
	struct case_item **item = &node->items;
	while (!failed(parser) && !token_is(parser, "esac")) {
		*item = parse_case_item(parser);
		item = &(*item)->next;
		if (!accept_kind(parser, TOKEN_CASE_END))
			break;
		skip_newlines(parser);
	}
	expect_word(parser, "esac");
	return node;
}

static struct node *parse_group(struct parser *parser)
{
	struct node *node = node_make(parser, NODE_GROUP);
	node->body = parse_body(parser);
	expect_word(parser, "}");
	return node;
}

static struct node *parse_subshell(struct parser *parser)
{
	struct node *node = node_make(parser, NODE_SUBSHELL);
	node->body = parse_body(parser);
	if (!accept_kind(parser, TOKEN_RIGHT))
		fail_unexpected(parser, ")");
	return node;
}

static struct node *parse_function_keyword(struct parser *parser)
{
	const char *name = token_text(parser);
	if (parser->token.kind != TOKEN_WORD || strpbrk(name, "'\"$`\\/=")) {
		fail_unexpected(parser, "a function's name");
		return nullptr;
	}
	advance(parser);
	if (accept_kind(parser, TOKEN_LEFT) && !accept_kind(parser, TOKEN_RIGHT))
		fail_unexpected(parser, ")");
	return parse_function(parser, name);
}

// Null: no compound command starts here.
static struct node *parse_compound(struct parser *parser)
{
	if (accept_kind(parser, TOKEN_LEFT))
		return parse_subshell(parser);
	if (accept_word(parser, "{"))
		return parse_group(parser);
	if (accept_word(parser, "if"))
		return parse_if(parser);
	if (accept_word(parser, "while"))
		return parse_while(parser, NODE_WHILE);
	if (accept_word(parser, "until"))
		return parse_while(parser, NODE_UNTIL);
	if (accept_word(parser, "for"))
		return parse_for(parser);
	if (accept_word(parser, "case"))
		return parse_case(parser);
	if (accept_word(parser, "function"))
		return parse_function_keyword(parser);
	return nullptr;
}

static struct node *parse_command(struct parser *parser)
{
	if (++parser->depth > PARSER_DEPTH_MAX)
		fail(parser, PARSE_ERROR, "commands are nested too deeply");
	alias_expand(parser);
	struct node *node = failed(parser) ? nullptr : parse_compound(parser);
	if (node) {
		parse_redirects(parser, node);
	} else if (!failed(parser)) {
		if (parser->token.kind == TOKEN_WORD &&
			text_reserved(parser->token.text, parser->token.length) &&
			!token_is(parser, "in"))
			fail_unexpected(parser, "a command");
		node = parse_simple(parser);
	}
	parser->depth--;
	return node;
}

static struct node *parse_pipeline(struct parser *parser)
{
	bool negated = false;
	while (accept_word(parser, "!"))
		negated = !negated;
	struct node *first = parse_command(parser);
	if (failed(parser) || (!negated && parser->token.kind != TOKEN_PIPE))
		return first;
	struct node *pipeline = parent_make(parser, NODE_PIPELINE, first), **next = &first->next;
	pipeline->negated = negated;
	while (accept_kind(parser, TOKEN_PIPE)) {
		skip_newlines(parser);
		*next = parse_command(parser);
		if (failed(parser))
			return nullptr;
		next = &(*next)->next;
	}
	return pipeline;
}

static struct node *parse_and_or(struct parser *parser)
{
	struct node *first = parse_pipeline(parser);
	if (failed(parser) ||
		(parser->token.kind != TOKEN_AND_AND && parser->token.kind != TOKEN_OR_OR))
		return first;
	struct node *list = parent_make(parser, NODE_AND_OR, first), **next = &first->next;
	for (;;) {
		bool or_else = parser->token.kind == TOKEN_OR_OR;
		if (!accept_kind(parser, TOKEN_AND_AND) && !accept_kind(parser, TOKEN_OR_OR))
			return list;
		skip_newlines(parser);
		*next = parse_pipeline(parser);
		if (failed(parser))
			return nullptr;
		(*next)->or_else = or_else;
		next = &(*next)->next;
	}
}

// What stands between two commands of a list. False: the list ends.
static bool list_separator(struct parser *parser, struct node *before, bool one_line)
{
	if (failed(parser))
		return false;
	before->background = parser->token.kind == TOKEN_AND;
	bool separated = accept_kind(parser, TOKEN_AND) || accept_kind(parser, TOKEN_SEMICOLON);
	if (one_line)
		return separated && parser->token.kind != TOKEN_NEWLINE;
	if (!separated && (failed(parser) || parser->token.kind != TOKEN_NEWLINE))
		return false;
	skip_newlines(parser);
	return true;
}

// Null: there is no command.
static struct node *parse_list(struct parser *parser, bool one_line)
{
	struct node *list = nullptr, **next = nullptr;
	if (!one_line)
		skip_newlines(parser);
	while (!at_list_end(parser)) {
		struct node *node = parse_and_or(parser);
		if (failed(parser) || !node)
			return nullptr;
		if (!list) {
			list = parent_make(parser, NODE_LIST, nullptr);
			next = &list->children;
		}
		*next = node;
		next = &node->next;
		if (!list_separator(parser, node, one_line))
			break;
	}
	return list;
}

// --- Entry points -----------------------------------------------------------------------------

static void parser_start(struct parser *parser, const char *text, int depth)
{
	parser->lexer.text = text;
	parser->lexer.at = parser->options->start;
	parser->lexer.line = parser->options->line;
	parser->lexer.arena = parser->options->arena;
	parser->lexer.depth = depth;
	advance(parser);
}

static struct parse parser_finish(struct parser *parser, struct node *tree)
{
	if (!failed(parser)) {
		parser->parse.result = PARSE_OK;
		parser->parse.tree = tree;
		parser->parse.line = parser->lexer.line;
	}
	return parser->parse;
}

struct parse parser_line(const char *text, const struct parse_options *options)
{
	struct parser parser = {.options = options};
	parser_start(&parser, text, 0);
	if (!failed(&parser) && parser.token.kind == TOKEN_END) {
		parser.parse.result = PARSE_END;
		return parser.parse;
	}
	bool empty = !failed(&parser) && parser.token.kind == TOKEN_NEWLINE;
	struct node *tree = empty ? nullptr : parse_list(&parser, true);
	if (!failed(&parser) && parser.token.kind != TOKEN_NEWLINE &&
		parser.token.kind != TOKEN_END)
		fail_unexpected(&parser, "the end of the line");
	if (!failed(&parser))
		parser.parse.end = parser.lexer.at - parser.shift;
	return parser_finish(&parser, tree);
}

struct parse parser_text(const char *text, const struct parse_options *options)
{
	struct parser parser = {.options = options};
	parser_start(&parser, text, 0);
	struct node *tree = parse_list(&parser, false);
	if (!failed(&parser) && parser.token.kind != TOKEN_END)
		fail_unexpected(&parser, "the end");
	return parser_finish(&parser, tree);
}

size_t parser_substitution_end(const char *text, size_t at, int depth)
{
	if (depth > SCAN_DEPTH_MAX)
		return SCAN_DEEP;
	struct parse_options options = {.arena = arena_make(), .start = at, .line = 1};
	struct parser parser = {.options = &options};
	parser_start(&parser, text, depth);
	(void)parse_list(&parser, false);
	size_t end = SCAN_OPEN;
	if (!failed(&parser) && parser.token.kind == TOKEN_RIGHT)
		end = parser.token.start + 1;
	else if (parser.parse.result == PARSE_ERROR)
		end = strstr(parser.parse.message, "too deeply") ? SCAN_DEEP : SCAN_BAD;
	else if (!failed(&parser) && parser.token.kind != TOKEN_END)
		end = SCAN_BAD;
	arena_drop(options.arena);
	return end;
}
