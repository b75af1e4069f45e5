// SPDX-License-Identifier: MIT OR Apache-2.0
// See unparse.h. Here-documents are written behind the next line break, so every list separator is
// one while any is pending.
// Tests: tests/host/apps/parser_test.c (parse, print, parse again, print: same text)
#include "unparse.h"

#include "parser.h"

#include <string.h>

constexpr int UNPARSE_HERE_MAX = 64;

struct printer {
	struct text *out;
	const struct redirect *here[UNPARSE_HERE_MAX];
	int here_count;
};

static void print_node(struct printer *printer, const struct node *node);

void quote_append(struct text *out, const char *string)
{
	text_char(out, '\'');
	for (; *string; string++) {
		if (*string == '\'')
			text_string(out, "'\\''");
		else
			text_char(out, *string);
	}
	text_char(out, '\'');
}

static void put(struct printer *printer, const char *string)
{
	text_string(printer->out, string);
}

static bool has_line(const char *body, const char *line)
{
	size_t length = strlen(line);
	for (;;) {
		if (strncmp(body, line, length) == 0 && (body[length] == '\n' || !body[length]))
			return true;
		const char *next = strchr(body, '\n');
		if (!next)
			return false;
		body = next + 1;
	}
}

// A delimiter that is no line of the body.
static void delimiter_choose(struct text *delimiter, const char *body)
{
	for (int i = 0;; i++) {
		text_clear(delimiter);
		text_format(delimiter, "EOF%d", i);
		if (!has_line(body, delimiter->bytes))
			return;
	}
}

static void print_break(struct printer *printer)
{
	put(printer, "\n");
	for (int i = 0; i < printer->here_count; i++) {
		struct text delimiter = {};
		const char *body = printer->here[i]->target;
		delimiter_choose(&delimiter, body);
		put(printer, body);
		size_t length = strlen(body);
		if (length && body[length - 1] != '\n')
			put(printer, "\n");
		text_format(printer->out, "%s\n", delimiter.bytes);
		text_free(&delimiter);
	}
	printer->here_count = 0;
}

static void print_words(struct printer *printer, const struct word *word)
{
	for (; word; word = word->next)
		text_format(printer->out, "%s%s", word->text, word->next ? " " : "");
}

static void print_here(struct printer *printer, const struct redirect *redirect)
{
	if (printer->here_count == UNPARSE_HERE_MAX)
		return;
	struct text delimiter = {};
	delimiter_choose(&delimiter, redirect->target);
	const char *quote = redirect->literal ? "'" : "";
	text_format(printer->out, " %d<<%s%s%s", redirect->fd, quote, delimiter.bytes, quote);
	text_free(&delimiter);
	printer->here[printer->here_count++] = redirect;
}

static void print_redirects(struct printer *printer, const struct redirect *redirect)
{
	static const char *const signs[] = {[REDIRECT_READ] = "<",
		[REDIRECT_WRITE] = ">|",
		[REDIRECT_APPEND] = ">>",
		[REDIRECT_READ_WRITE] = "<>",
		[REDIRECT_COPY] = ">&",
		[REDIRECT_BOTH] = "&>"};
	for (; redirect; redirect = redirect->next) {
		if (redirect->kind == REDIRECT_TEXT)
			print_here(printer, redirect);
		else if (redirect->kind == REDIRECT_BOTH)
			text_format(printer->out, " &>%s", redirect->target);
		else
			text_format(printer->out, " %d%s%s", redirect->fd, signs[redirect->kind],
				redirect->target);
	}
}

static void print_children(struct printer *printer, const struct node *node, const char *between)
{
	for (const struct node *child = node->children; child; child = child->next) {
		print_node(printer, child);
		if (child->next)
			put(printer, between ? between : child->next->or_else ? " || " : " && ");
	}
}

static void print_list(struct printer *printer, const struct node *node)
{
	for (const struct node *child = node->children; child; child = child->next) {
		print_node(printer, child);
		if (child->background)
			put(printer, " &");
		if (child->next)
			print_break(printer);
	}
}

static void print_block(struct printer *printer, const char *before, const struct node *body)
{
	put(printer, before);
	if (body) {
		print_node(printer, body);
		print_break(printer);
	}
}

static void print_if(struct printer *printer, const struct node *node)
{
	print_block(printer, "if ", node->condition);
	print_block(printer, "then ", node->body);
	if (node->otherwise)
		print_block(printer, "else ", node->otherwise);
	put(printer, "fi");
}

static void print_for(struct printer *printer, const struct node *node)
{
	text_format(printer->out, "for %s", node->name);
	if (node->has_words)
		put(printer, " in ");
	print_words(printer, node->words);
	print_break(printer);
	print_block(printer, "do ", node->body);
	put(printer, "done");
}

static void print_case(struct printer *printer, const struct node *node)
{
	text_format(printer->out, "case %s in", node->name);
	print_break(printer);
	for (const struct case_item *item = node->items; item; item = item->next) {
		put(printer, "(");
		for (const struct word *word = item->patterns; word; word = word->next)
			text_format(printer->out, "%s%s", word->text, word->next ? "|" : "");
		print_block(printer, ") ", item->body);
		put(printer, ";;\n");
	}
	put(printer, "esac");
}

static void print_simple(struct printer *printer, const struct node *node)
{
	print_words(printer, node->assignments);
	if (node->assignments && node->words)
		put(printer, " ");
	// Behind a redirection, `if' was an ordinary word; in front it must be quoted to stay one.
	else if (node->words && word_is_reserved(node->words->text))
		put(printer, "\\");
	print_words(printer, node->words);
}

static void print_node(struct printer *printer, const struct node *node)
{
	switch (node->kind) {
	case NODE_COMMAND:
		print_simple(printer, node);
		break;
	case NODE_PIPELINE:
		put(printer, node->negated ? "! " : "");
		print_children(printer, node, " | ");
		break;
	case NODE_AND_OR:
		print_children(printer, node, nullptr);
		break;
	case NODE_LIST:
		print_list(printer, node);
		break;
	case NODE_IF:
		print_if(printer, node);
		break;
	case NODE_WHILE:
	case NODE_UNTIL:
		print_block(
			printer, node->kind == NODE_WHILE ? "while " : "until ", node->condition);
		print_block(printer, "do ", node->body);
		put(printer, "done");
		break;
	case NODE_FOR:
		print_for(printer, node);
		break;
	case NODE_CASE:
		print_case(printer, node);
		break;
	case NODE_GROUP:
		print_block(printer, "{ ", node->body);
		put(printer, "}");
		break;
	case NODE_SUBSHELL:
		print_block(printer, "(", node->body);
		put(printer, ")");
		break;
	case NODE_FUNCTION:
		text_format(printer->out, "%s() ", node->name);
		print_node(printer, node->body);
		break;
	}
	print_redirects(printer, node->redirects);
}

void unparse(struct text *out, const struct node *node)
{
	struct printer printer = {.out = out};
	print_node(&printer, node);
	if (printer.here_count)
		print_break(&printer);
}
