// SPDX-License-Identifier: MIT OR Apache-2.0
// Source text to tokens. Works on a complete text in memory; when the text ends inside a quote or
// here-document it says so, and the caller comes back with more.
#ifndef SHELL_LEXER_H
#define SHELL_LEXER_H

#include "arena.h"
#include "ast.h"

#include <stddef.h>

enum token_kind : unsigned char {
	TOKEN_END,
	TOKEN_NEWLINE,
	TOKEN_WORD,
	TOKEN_NUMBER, // of a descriptor, just before < or >
	TOKEN_OPEN,   // the text ends inside a construct
	TOKEN_DEEP,   // nested too deeply
	TOKEN_BAD,    // malformed commands in a `$( )`
	TOKEN_AND_AND,
	TOKEN_OR_OR,
	TOKEN_CASE_END, // ;;
	TOKEN_SEMICOLON,
	TOKEN_AND,
	TOKEN_PIPE,
	TOKEN_LEFT,  // (
	TOKEN_RIGHT, // )
	TOKEN_LESS,
	TOKEN_GREATER,
	TOKEN_APPEND,     // >>
	TOKEN_CLOBBER,    // >|
	TOKEN_HERE,       // <<
	TOKEN_HERE_TABS,  // <<-
	TOKEN_READ_WRITE, // <>
	TOKEN_COPY_IN,    // <&
	TOKEN_COPY_OUT,   // >&
	TOKEN_BOTH,       // &>
};

struct token {
	const char *text; // in the source, `length` bytes
	size_t length, start;
	enum token_kind kind;
};

constexpr int LEXER_HERE_MAX = 32;

struct lexer {
	const char *text;
	size_t at;
	int line, depth;
	bool here_open; // a here-document lacked its end
	struct arena *arena;
	// Here-documents whose bodies start after the next newline.
	struct {
		struct redirect *redirect;
		const char *delimiter;
		bool strip_tabs;
	} here[LEXER_HERE_MAX];
	int here_count;
};

struct token lexer_next(struct lexer *lexer);
// Notes a here-document; `word` is its delimiter as written. False: too many on one line.
bool lexer_here(struct lexer *lexer, struct redirect *redirect, const char *word, bool strip_tabs);

#endif
