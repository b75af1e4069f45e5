// SPDX-License-Identifier: MIT OR Apache-2.0
// less, more: reads text page by page. Keys: space, b, arrows or j and k, g, G, /text, n, q.
// Without a terminal on standard output it copies, as cat does. Keys are read from descriptor 0 if
// that is a terminal, else from 2.
#include "../lib/utf8.h"
#include "command.h"
#include "pager.h"

#include <craton.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

constexpr size_t LESS_MAX = 64 << 20; // bytes of text

struct pager {
	struct text text;
	size_t *lines; // where each starts
	size_t count, capacity, top, rows, columns;
	int keys; // descriptor
	struct text search;
	const char *name;
};

static void text_read(struct input *input, const char *name, void *context)
{
	struct pager *pager = context;
	const char *bytes;
	size_t size;
	pager->name = name;
	while (pager->text.length < LESS_MAX && input_chunk(input, &bytes, &size))
		text_add(&pager->text, bytes, size);
}

static void lines_find(struct pager *pager)
{
	const char *bytes = pager->text.bytes, *at = bytes, *end = at + pager->text.length;
	while (at && at < end) {
		pager->lines = array_room(
			pager->lines, pager->count, &pager->capacity, sizeof *pager->lines);
		pager->lines[pager->count++] = (size_t)(at - bytes);
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		at = newline ? newline + 1 : nullptr;
	}
}

static size_t line_size(const struct pager *pager, size_t line)
{
	size_t end = line + 1 < pager->count ? pager->lines[line + 1] : pager->text.length;
	size_t size = end - pager->lines[line];
	return size && pager->text.bytes[end - 1] == '\n' ? size - 1 : size;
}

// As much of a line as one row has room for.
static void line_draw(const struct pager *pager, size_t line)
{
	const char *bytes = pager->text.bytes + pager->lines[line];
	size_t size = line_size(pager, line), column = 0;
	for (size_t at = 0; at < size;) {
		uint32_t character;
		size_t length = utf8_decode(bytes + at, size - at, &character);
		size_t width = character == '\t' ? 8 - column % 8 : (size_t)utf8_width(character);
		if (column + width > pager->columns)
			break;
		if (character == '\t')
			output_format(&out, "%*s", (int)width, "");
		else if (character < ' ' || character == 127)
			output_char(&out, '?');
		else
			output_bytes(&out, bytes + at, length);
		column += width;
		at += length;
	}
}

static void screen_draw(const struct pager *pager, const char *note)
{
	output_string(&out, "\033[H\033[2J");
	for (size_t row = 0; row < pager->rows; row++) {
		if (pager->top + row < pager->count)
			line_draw(pager, pager->top + row);
		else
			output_char(&out, '~');
		output_string(&out, "\r\n");
	}
	size_t last =
		pager->top + pager->rows < pager->count ? pager->top + pager->rows : pager->count;
	output_format(&out, "\033[7m%s lines %zu-%zu of %zu%s\033[0m",
		pager->name ? pager->name : "(input)", pager->count ? pager->top + 1 : 0, last,
		pager->count, note);
	(void)output_flush(&out);
}

static size_t top_most(const struct pager *pager)
{
	return pager->count > pager->rows ? pager->count - pager->rows : 0;
}

static void scroll(struct pager *pager, long by)
{
	size_t most = top_most(pager);
	if (by < 0)
		pager->top = (size_t)-by < pager->top ? pager->top - (size_t)-by : 0;
	else
		pager->top = pager->top + (size_t)by < most ? pager->top + (size_t)by : most;
}

static int key_read(const struct pager *pager)
{
	unsigned char byte;
	return read(pager->keys, &byte, 1) == 1 ? byte : -1;
}

static void search_read(struct pager *pager)
{
	struct text typed = {};
	text_add(&typed, "", 0);
	for (;;) {
		output_format(&out, "\r\033[K/%s", typed.bytes);
		(void)output_flush(&out);
		int key = key_read(pager);
		if (key < 0 || key == '\r' || key == '\n')
			break;
		if ((key == 127 || key == 8) && typed.length)
			text_remove(&typed, typed.length - 1, 1);
		else if (key >= ' ' && key != 127)
			text_char(&typed, (char)key);
	}
	if (typed.length) {
		text_free(&pager->search);
		pager->search = typed;
	} else {
		text_free(&typed);
	}
}

static bool search_next(struct pager *pager)
{
	for (size_t line = pager->top + 1; pager->search.length && line < pager->count; line++) {
		if (!memmem(pager->text.bytes + pager->lines[line], line_size(pager, line),
			    pager->search.bytes, pager->search.length))
			continue;
		pager->top = line < top_most(pager) ? line : top_most(pager);
		return true;
	}
	return false;
}

static void arrow_key(struct pager *pager)
{
	long page = (long)pager->rows;
	if (key_read(pager) != '[')
		return;
	int key = key_read(pager);
	scroll(pager, key == 'A'   ? -1
		      : key == 'B' ? 1
		      : key == '5' ? -page
		      : key == '6' ? page
				   : 0);
	if (key == '5' || key == '6')
		(void)key_read(pager);
}

// False: the end. `*note` is for the last row.
static bool key_handle(struct pager *pager, int key, const char **note)
{
	long page = (long)pager->rows;
	switch (key) {
	case -1:
	case 3:
	case 'q':
		return false;
	case ' ':
	case 'f':
		scroll(pager, page);
		break;
	case 'b':
		scroll(pager, -page);
		break;
	case 'j':
	case '\r':
	case '\n':
	case 'k':
		scroll(pager, key == 'k' ? -1 : 1);
		break;
	case 'g':
		pager->top = 0;
		break;
	case 'G':
		pager->top = top_most(pager);
		break;
	case 033:
		arrow_key(pager);
		break;
	case '/':
		search_read(pager);
		[[fallthrough]];
	case 'n':
		*note = search_next(pager) ? "" : " (not found)";
		break;
	default:
		*note = " (space b j k g G /text n, q ends)";
	}
	return true;
}

static void page(struct pager *pager)
{
	const char *note = "";
	(void)craton_tty_raw(pager->keys, 1);
	do {
		screen_draw(pager, note);
		note = "";
	} while (key_handle(pager, key_read(pager), &note));
	(void)craton_tty_raw(pager->keys, 0);
	output_string(&out, "\r\033[K");
}

static void copy_file(struct input *input, const char *name, void *)
{
	(void)input_copy(input, name);
}

// Where keys come from, or -1: then nobody is there to read page by page.
static int terminal_find(struct tty_state *tty)
{
	int keys = craton_tty_state(0, tty) == 0 ? 0 : 2;
	return craton_tty_state(1, tty) == 0 && craton_tty_state(keys, tty) == 0 ? keys : -1;
}

static void show(struct pager *pager, const struct tty_state *tty)
{
	pager->rows = tty->rows > 1 ? tty->rows - 1 : 23;
	pager->columns = tty->columns ? tty->columns : 80;
	lines_find(pager);
	if (pager->count <= pager->rows)
		output_bytes(&out, pager->text.bytes, pager->text.length);
	else
		page(pager);
}

void pager_show(const struct text *text, const char *name)
{
	struct tty_state tty;
	struct pager pager = {.text = *text, .name = name, .keys = terminal_find(&tty)};
	if (pager.keys < 0)
		output_bytes(&out, text->bytes, text->length);
	else
		show(&pager, &tty);
	free(pager.lines);
	text_free(&pager.search);
}

int command_less(int count, char **arguments)
{
	struct pager pager = {};
	struct tty_state tty;
	if (option_next(count, arguments, "") >= 0)
		die_usage();
	pager.keys = terminal_find(&tty);
	if (pager.keys < 0) {
		inputs_visit(arguments + optind, copy_file, nullptr);
		return command_status;
	}
	inputs_visit(arguments + optind, text_read, &pager);
	show(&pager, &tty);
	return command_status;
}
