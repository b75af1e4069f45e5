// SPDX-License-Identifier: MIT OR Apache-2.0
// The tree that the parser makes and the executor walks. Words keep their source text with quotes
// and `$`; the expander reads them when the command runs. All of it lives in one arena.
#ifndef SHELL_AST_H
#define SHELL_AST_H

struct word {
	struct word *next;
	const char *text;
};

enum redirect_kind : unsigned char {
	REDIRECT_READ,       // n<word
	REDIRECT_WRITE,      // n>word, n>|word
	REDIRECT_APPEND,     // n>>word
	REDIRECT_READ_WRITE, // n<>word
	REDIRECT_COPY,       // n>&word, n<&word; "-" closes
	REDIRECT_BOTH,       // &>word
	REDIRECT_TEXT,       // n<<word: `target` is the body
};

struct redirect {
	struct redirect *next;
	const char *target; // a word, or the body of a here-document
	int fd;
	enum redirect_kind kind;
	bool literal; // here-document whose delimiter was quoted
};

enum node_kind : unsigned char {
	NODE_COMMAND,  // assignments, words, redirects
	NODE_PIPELINE, // children
	NODE_AND_OR,   // children, each with `or_else`
	NODE_LIST,     // children, each maybe in the background
	NODE_IF,       // condition, body, otherwise
	NODE_WHILE,    // condition, body
	NODE_UNTIL,
	NODE_FOR,      // name, words (has_words), body
	NODE_CASE,     // name (a word), items
	NODE_GROUP,    // { body; }
	NODE_SUBSHELL, // ( body )
	NODE_FUNCTION, // name, body
};

struct case_item {
	struct case_item *next;
	struct word *patterns;
	struct node *body; // may be null
};

struct node {
	struct node *next; // sibling
	struct node *children, *condition, *body, *otherwise;
	struct word *assignments, *words;
	struct redirect *redirects;
	struct case_item *items;
	const char *name;
	int line;
	enum node_kind kind;
	bool negated;    // pipeline: `!`
	bool or_else;    // child of NODE_AND_OR: runs if the one before failed
	bool background; // child of NODE_LIST: `&`
	bool has_words;  // for: `in` was there
};

#endif
