// SPDX-License-Identifier: MIT OR Apache-2.0
// See lexer.h.
// Tests: tests/host/apps/parser_test.c, tests/fuzz/shell_parse.c
#include "lexer.h"

#include "../lib/text.h"
#include "scan.h"

#include <ctype.h>
#include <string.h>

static const struct {
	char text[4];
	enum token_kind kind;
} operators[] = {
	{"<<-", TOKEN_HERE_TABS},
	{"&&", TOKEN_AND_AND},
	{"||", TOKEN_OR_OR},
	{";;", TOKEN_CASE_END},
	{">>", TOKEN_APPEND},
	{">|", TOKEN_CLOBBER},
	{"<<", TOKEN_HERE},
	{"<>", TOKEN_READ_WRITE},
	{"<&", TOKEN_COPY_IN},
	{">&", TOKEN_COPY_OUT},
	{"&>", TOKEN_BOTH},
	{";", TOKEN_SEMICOLON},
	{"&", TOKEN_AND},
	{"|", TOKEN_PIPE},
	{"(", TOKEN_LEFT},
	{")", TOKEN_RIGHT},
	{"<", TOKEN_LESS},
	{">", TOKEN_GREATER},
};

static void skip_blanks(struct lexer *lexer)
{
	const char *text = lexer->text;
	for (;;) {
		if (text[lexer->at] == ' ' || text[lexer->at] == '\t' || text[lexer->at] == '\r')
			lexer->at++;
		else if (text[lexer->at] == '\\' && text[lexer->at + 1] == '\n')
			lexer->at += 2, lexer->line++;
		else
			break;
	}
	if (text[lexer->at] == '#')
		lexer->at += strcspn(text + lexer->at, "\n");
}

static bool word_ends(char byte)
{
	return !byte || strchr(" \t\r\n;&|()<>", byte);
}

static void count_lines(struct lexer *lexer, size_t from, size_t to)
{
	for (; from < to; from++)
		lexer->line += lexer->text[from] == '\n';
}

static struct token token_make(struct lexer *lexer, enum token_kind kind, size_t start)
{
	return (struct token){lexer->text + start, lexer->at - start, start, kind};
}

static bool all_digits(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!isdigit((unsigned char)text[i]))
			return false;
	return length > 0;
}

static enum token_kind failure_kind(size_t position)
{
	if (position == SCAN_DEEP)
		return TOKEN_DEEP;
	return position == SCAN_BAD ? TOKEN_BAD : TOKEN_OPEN;
}

static struct token lex_word(struct lexer *lexer)
{
	size_t start = lexer->at;
	while (!word_ends(lexer->text[lexer->at])) {
		size_t next = scan_piece(lexer->text, lexer->at, lexer->depth);
		if (scan_failed(next))
			return token_make(lexer, failure_kind(next), start);
		lexer->at = next;
	}
	count_lines(lexer, start, lexer->at);
	char after = lexer->text[lexer->at];
	bool number = (after == '<' || after == '>') &&
		      all_digits(lexer->text + start, lexer->at - start);
	return token_make(lexer, number ? TOKEN_NUMBER : TOKEN_WORD, start);
}

// Removes the quotes of a delimiter; true if there were any.
static bool delimiter_unquote(struct text *out, const char *word)
{
	bool quoted = false;
	for (; *word; word++) {
		if (*word == '\'' || *word == '"' || *word == '\\') {
			quoted = true;
			if (*word == '\\' && word[1])
				text_char(out, *++word);
			continue;
		}
		text_char(out, *word);
	}
	return quoted;
}

bool lexer_here(struct lexer *lexer, struct redirect *redirect, const char *word, bool strip_tabs)
{
	if (lexer->here_count == LEXER_HERE_MAX)
		return false;
	struct text delimiter = {};
	redirect->literal = delimiter_unquote(&delimiter, word);
	int i = lexer->here_count++;
	lexer->here[i].redirect = redirect;
	lexer->here[i].delimiter =
		arena_copy(lexer->arena, delimiter.length ? delimiter.bytes : "", delimiter.length);
	lexer->here[i].strip_tabs = strip_tabs;
	text_free(&delimiter);
	return true;
}

// Reads the body of one here-document from the start of a line. False: its end is missing.
static bool here_read(struct lexer *lexer, int index, struct text *body)
{
	const char *delimiter = lexer->here[index].delimiter;
	size_t delimiter_length = strlen(delimiter);
	while (lexer->text[lexer->at]) {
		if (lexer->here[index].strip_tabs)
			lexer->at += strspn(lexer->text + lexer->at, "\t");
		const char *line = lexer->text + lexer->at;
		size_t length = strcspn(line, "\n");
		bool newline = line[length] == '\n';
		lexer->at += length + newline;
		lexer->line += newline;
		if (length == delimiter_length && memcmp(line, delimiter, length) == 0)
			return true;
		text_add(body, line, length + newline);
	}
	return false;
}

static void here_read_all(struct lexer *lexer)
{
	for (int i = 0; i < lexer->here_count; i++) {
		struct text body = {};
		if (!here_read(lexer, i, &body))
			lexer->here_open = true;
		lexer->here[i].redirect->target =
			arena_copy(lexer->arena, body.bytes ? body.bytes : "", body.length);
		text_free(&body);
	}
	lexer->here_count = 0;
}

static struct token lex_newline(struct lexer *lexer)
{
	size_t start = lexer->at++;
	lexer->line++;
	struct token token = token_make(lexer, TOKEN_NEWLINE, start);
	here_read_all(lexer);
	return token;
}

struct token lexer_next(struct lexer *lexer)
{
	skip_blanks(lexer);
	size_t start = lexer->at;
	const char *text = lexer->text + start;
	if (!*text) {
		if (lexer->here_count)
			here_read_all(lexer);
		return token_make(lexer, TOKEN_END, start);
	}
	if (*text == '\n')
		return lex_newline(lexer);
	for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
		size_t length = strlen(operators[i].text);
		if (strncmp(text, operators[i].text, length) == 0) {
			lexer->at += length;
			return token_make(lexer, operators[i].kind, start);
		}
	}
	return lex_word(lexer);
}
