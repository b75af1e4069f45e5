// SPDX-License-Identifier: MIT OR Apache-2.0
// See line_editor.h. After each key the prompt and line are drawn anew from the prompt's row, which
// is right for lines of any width and needs only four escape sequences.
// Tests: tests/host/apps/editor_test.c
#include "line_editor.h"

#include "../lib/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	CTRL_A = 1,
	CTRL_B,
	CTRL_C,
	CTRL_D,
	CTRL_E,
	CTRL_F,
	CTRL_G,
	CTRL_H,
	TAB,
	LINE_FEED,
	CTRL_K,
	CTRL_L,
	RETURN,
	CTRL_N,
	CTRL_P = 16,
	CTRL_R = 18,
	CTRL_T = 20,
	CTRL_U,
	CTRL_W = 23,
	CTRL_Y = 25,
	ESCAPE = 27,
	DELETE = 127,
};

static void put(struct editor *editor, const char *string)
{
	editor->terminal.write(editor->terminal.context, string, strlen(string));
}

static size_t screen_columns(struct editor *editor)
{
	size_t columns = editor->terminal.columns(editor->terminal.context);
	return columns < 8 ? 80 : columns;
}

// --- Drawing ----------------------------------------------------------------------------------

// Row and column of the cursor after `size` bytes of the line, and of the line's end.
static size_t position_of(struct editor *editor, size_t size)
{
	const char *last = strrchr(editor->prompt, '\n');
	const char *prompt = last ? last + 1 : editor->prompt;
	size_t before = size ? utf8_columns(editor->line.bytes, size) : 0;
	return utf8_columns(prompt, strlen(prompt)) + before;
}

static void draw(struct editor *editor)
{
	struct text out = {};
	size_t columns = screen_columns(editor);
	size_t end = position_of(editor, editor->line.length);
	size_t cursor = position_of(editor, editor->cursor);
	const char *last = strrchr(editor->prompt, '\n');
	text_char(&out, '\r');
	if (editor->rows_above)
		text_format(&out, "\033[%zuA", editor->rows_above);
	text_string(&out, "\033[J");
	text_string(&out, last ? last + 1 : editor->prompt);
	text_add(&out, editor->line.bytes, editor->line.length);
	if (end > 0 && end % columns == 0)
		text_string(&out, "\r\n");
	text_char(&out, '\r');
	if (end / columns > cursor / columns)
		text_format(&out, "\033[%zuA", end / columns - cursor / columns);
	if (cursor % columns)
		text_format(&out, "\033[%zuC", cursor % columns);
	editor->rows_above = cursor / columns;
	editor->terminal.write(editor->terminal.context, out.bytes, out.length);
	text_free(&out);
}

// Puts the cursor below the line.
static void leave_line(struct editor *editor)
{
	editor->cursor = editor->line.length;
	draw(editor);
	put(editor, "\r\n");
	editor->rows_above = 0;
}

static void draw_prompt(struct editor *editor)
{
	const char *last = strrchr(editor->prompt, '\n');
	if (last)
		for (const char *at = editor->prompt; at <= last; at++)
			editor->terminal.write(editor->terminal.context, *at == '\n' ? "\r\n" : at,
				*at == '\n' ? 2 : 1);
	editor->rows_above = 0;
	draw(editor);
}

// --- Changing the line ------------------------------------------------------------------------

static size_t character_after(const struct editor *editor, size_t at)
{
	uint32_t character;
	do {
		at += utf8_decode(editor->line.bytes + at, editor->line.length - at, &character);
	} while (at < editor->line.length &&
		 (utf8_decode(editor->line.bytes + at, editor->line.length - at, &character),
			 utf8_width(character) == 0));
	return at;
}

static size_t character_before(const struct editor *editor, size_t at)
{
	uint32_t character;
	do {
		at = utf8_previous(editor->line.bytes, at);
		utf8_decode(editor->line.bytes + at, editor->line.length - at, &character);
	} while (at > 0 && utf8_width(character) == 0);
	return at;
}

static void remove_range(struct editor *editor, size_t from, size_t to, bool keep)
{
	if (from >= to)
		return;
	if (keep) {
		text_clear(&editor->killed);
		text_add(&editor->killed, editor->line.bytes + from, to - from);
	}
	text_remove(&editor->line, from, to - from);
	editor->cursor = from;
}

static void insert(struct editor *editor, const char *bytes, size_t size)
{
	if (!size)
		return;
	text_insert(&editor->line, editor->cursor, bytes, size);
	editor->cursor += size;
}

static void line_replace(struct editor *editor, const char *line)
{
	text_clear(&editor->line);
	text_string(&editor->line, line);
	editor->cursor = editor->line.length;
}

static size_t word_before(const struct editor *editor)
{
	size_t at = editor->cursor;
	while (at > 0 && editor->line.bytes[at - 1] == ' ')
		at--;
	while (at > 0 && editor->line.bytes[at - 1] != ' ')
		at--;
	return at;
}

static size_t word_after(const struct editor *editor)
{
	size_t at = editor->cursor;
	while (at < editor->line.length && editor->line.bytes[at] == ' ')
		at++;
	while (at < editor->line.length && editor->line.bytes[at] != ' ')
		at++;
	return at;
}

static void transpose(struct editor *editor)
{
	if (editor->cursor == 0 || editor->line.length < 2)
		return;
	size_t right = editor->cursor == editor->line.length
			       ? character_before(editor, editor->cursor)
			       : editor->cursor;
	if (right == 0)
		return;
	size_t left = character_before(editor, right), end = character_after(editor, right);
	struct text swapped = {};
	text_add(&swapped, editor->line.bytes + right, end - right);
	text_add(&swapped, editor->line.bytes + left, right - left);
	memcpy(editor->line.bytes + left, swapped.bytes, swapped.length);
	editor->cursor = end;
	text_free(&swapped);
}

// --- History ----------------------------------------------------------------------------------

static void history_move(struct editor *editor, bool older)
{
	size_t count = editor->history->count;
	if (older ? editor->history_at == 0 : editor->history_at >= count)
		return;
	if (editor->history_at == count) {
		text_clear(&editor->draft);
		text_add(&editor->draft, editor->line.bytes, editor->line.length);
	}
	editor->history_at = older ? editor->history_at - 1 : editor->history_at + 1;
	line_replace(editor, editor->history_at == count
				     ? editor->draft.bytes
				     : editor->history->lines[editor->history_at]);
}

static void search_draw(struct editor *editor, const char *part, size_t found)
{
	struct text prompt = {};
	const char *outer = editor->prompt;
	text_format(&prompt, "(%ssearch `%s') ",
		found == HISTORY_NONE && *part ? "nothing found, " : "", part);
	editor->prompt = prompt.bytes;
	draw(editor);
	editor->prompt = outer;
	text_free(&prompt);
}

static void search_show(struct editor *editor, size_t found)
{
	if (found == HISTORY_NONE)
		return;
	line_replace(editor, editor->history->lines[found]);
	editor->history_at = found;
}

// Ctrl-R: finds older lines while text is typed. Gives the key that ended the search.
static int search(struct editor *editor)
{
	struct text part = {};
	size_t found = HISTORY_NONE;
	int key;
	text_string(&part, "");
	for (;;) {
		search_draw(editor, part.bytes, found);
		key = editor->terminal.read(editor->terminal.context);
		size_t before = editor->history->count;
		if (key == CTRL_R)
			before = found == HISTORY_NONE ? before : found;
		else if ((key == DELETE || key == CTRL_H) && part.length)
			text_remove(&part, part.length - 1, 1);
		else if (key >= ' ' && key != DELETE)
			text_char(&part, (char)key);
		else
			break;
		found = part.length ? history_search(editor->history, before, part.bytes)
				    : HISTORY_NONE;
		search_show(editor, found);
	}
	text_free(&part);
	if (key == CTRL_G) {
		line_replace(editor, "");
		return 0;
	}
	return key == CTRL_H || key == DELETE ? 0 : key;
}

// --- Completion -------------------------------------------------------------------------------

static size_t common_length(const struct fields *words)
{
	size_t length = strlen(words->items[0]);
	for (size_t i = 1; i < words->count; i++) {
		size_t same = 0;
		while (same < length && words->items[i][same] == words->items[0][same])
			same++;
		length = same;
	}
	while (length > 0 && ((unsigned char)words->items[0][length] & 0xc0) == 0x80)
		length--;
	return length;
}

static void list_choices(struct editor *editor, const struct fields *words)
{
	size_t widest = 0, columns = screen_columns(editor), cursor = editor->cursor;
	for (size_t i = 0; i < words->count; i++) {
		size_t width = utf8_columns(words->items[i], strlen(words->items[i]));
		widest = width > widest ? width : widest;
	}
	size_t per_row = columns / (widest + 2);
	if (per_row == 0)
		per_row = 1;
	leave_line(editor);
	for (size_t i = 0; i < words->count && i < 200; i++) {
		put(editor, words->items[i]);
		bool last = (i + 1) % per_row == 0 || i + 1 == words->count;
		size_t width = utf8_columns(words->items[i], strlen(words->items[i]));
		for (; !last && width < widest + 2; width++)
			put(editor, " ");
		if (last)
			put(editor, "\r\n");
	}
	if (words->count > 200)
		put(editor, "...\r\n");
	editor->cursor = cursor;
}

static void complete(struct editor *editor)
{
	struct completion completion = {};
	if (!editor->complete)
		return;
	editor->complete(editor->complete_context, editor->line.bytes ? editor->line.bytes : "",
		editor->cursor, &completion);
	if (completion.words.count > 0) {
		size_t common = common_length(&completion.words);
		size_t there = editor->cursor - completion.start;
		bool one = completion.words.count == 1;
		if (common > there || one) {
			const char *word = completion.words.items[0];
			remove_range(editor, completion.start, editor->cursor, false);
			insert(editor, word, common);
			if (one && (common == 0 || word[common - 1] != '/'))
				insert(editor, " ", 1);
		} else if (editor->tab_before) {
			list_choices(editor, &completion.words);
		}
	}
	fields_free(&completion.words);
}

// --- Keys -------------------------------------------------------------------------------------

static void move_key(struct editor *editor, char letter, bool word)
{
	switch (letter) {
	case 'A':
		history_move(editor, true);
		break;
	case 'B':
		history_move(editor, false);
		break;
	case 'C':
		if (word)
			editor->cursor = word_after(editor);
		else if (editor->cursor < editor->line.length)
			editor->cursor = character_after(editor, editor->cursor);
		break;
	case 'D':
		if (word)
			editor->cursor = word_before(editor);
		else if (editor->cursor > 0)
			editor->cursor = character_before(editor, editor->cursor);
		break;
	case 'H':
		editor->cursor = 0;
		break;
	case 'F':
		editor->cursor = editor->line.length;
		break;
	}
}

static void delete_key(struct editor *editor)
{
	if (editor->cursor < editor->line.length)
		remove_range(
			editor, editor->cursor, character_after(editor, editor->cursor), false);
}

// ESC [ NUMBER ~
static void number_key(struct editor *editor, int number)
{
	if (number == 1 || number == 7)
		move_key(editor, 'H', false);
	else if (number == 4 || number == 8)
		move_key(editor, 'F', false);
	else if (number == 3)
		delete_key(editor);
}

static void escape_key(struct editor *editor)
{
	void *context = editor->terminal.context;
	int key = editor->terminal.read_soon(context), numbers[2] = {}, index = 0;
	if (key == 'b' || key == 'f')
		move_key(editor, key == 'b' ? 'D' : 'C', true);
	if (key == 'd')
		remove_range(editor, editor->cursor, word_after(editor), true);
	if (key != '[' && key != 'O')
		return;
	for (;;) {
		key = editor->terminal.read_soon(context);
		if (key >= '0' && key <= '9')
			numbers[index] = (numbers[index] * 10 + key - '0') % 1000;
		else if (key == ';' && index == 0)
			index = 1;
		else
			break;
	}
	if (key == '~')
		number_key(editor, numbers[0]);
	else if (key > 0)
		move_key(editor, (char)key, numbers[1] == 5 || numbers[1] == 3);
}

static void kill_key(struct editor *editor, int key)
{
	if (key == CTRL_K)
		remove_range(editor, editor->cursor, editor->line.length, true);
	else if (key == CTRL_U)
		remove_range(editor, 0, editor->cursor, true);
	else if (key == CTRL_W)
		remove_range(editor, word_before(editor), editor->cursor, true);
	else if (key == CTRL_Y)
		insert(editor, editor->killed.bytes, editor->killed.length);
}

static void control_key(struct editor *editor, int key)
{
	switch (key) {
	case CTRL_A:
	case CTRL_E:
		move_key(editor, key == CTRL_A ? 'H' : 'F', false);
		break;
	case CTRL_B:
	case CTRL_F:
		move_key(editor, key == CTRL_B ? 'D' : 'C', false);
		break;
	case CTRL_P:
	case CTRL_N:
		history_move(editor, key == CTRL_P);
		break;
	case CTRL_H:
	case DELETE:
		if (editor->cursor > 0)
			remove_range(editor, character_before(editor, editor->cursor),
				editor->cursor, false);
		break;
	case CTRL_D:
		delete_key(editor);
		break;
	case CTRL_L:
		put(editor, "\033[H\033[2J");
		editor->rows_above = 0;
		break;
	case CTRL_T:
		transpose(editor);
		break;
	case TAB:
		complete(editor);
		break;
	case ESCAPE:
		escape_key(editor);
		break;
	default:
		kill_key(editor, key);
	}
}

// One key. False: `*result` is the end of editing.
static bool handle_key(struct editor *editor, int key, enum edit_result *result)
{
	if (key == CTRL_R)
		key = search(editor);
	if (key == RETURN || key == LINE_FEED) {
		*result = EDIT_LINE;
		return false;
	}
	if (key == CTRL_C || key == KEY_INTERRUPT) {
		*result = EDIT_INTERRUPT;
		return false;
	}
	if (key == KEY_END || (key == CTRL_D && editor->line.length == 0)) {
		*result = editor->line.length ? EDIT_LINE : EDIT_END;
		return false;
	}
	bool control = key < ' ' || key == DELETE;
	if (control && key != 0)
		control_key(editor, key);
	else if (key != 0)
		insert(editor, &(char){(char)key}, 1);
	editor->tab_before = key == TAB;
	return true;
}

// The rest of a UTF-8 character follows at once: no need to draw in between.
static bool character_open(const struct editor *editor)
{
	size_t at = editor->cursor, back = 0;
	while (back < 3 && at > back &&
		((unsigned char)editor->line.bytes[at - back - 1] & 0xc0) == 0x80)
		back++;
	if (at <= back)
		return false;
	unsigned char first = (unsigned char)editor->line.bytes[at - back - 1];
	size_t wanted = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
	return back < wanted;
}

enum edit_result editor_read(struct editor *editor, const char *prompt)
{
	enum edit_result result = EDIT_LINE;
	text_clear(&editor->line);
	text_add(&editor->line, "", 0);
	editor->cursor = 0;
	editor->prompt = prompt;
	editor->history_at = editor->history->count;
	editor->tab_before = false;
	draw_prompt(editor);
	while (handle_key(editor, editor->terminal.read(editor->terminal.context), &result))
		if (!character_open(editor))
			draw(editor);
	leave_line(editor);
	return result;
}

void editor_free(struct editor *editor)
{
	text_free(&editor->line);
	text_free(&editor->killed);
	text_free(&editor->draft);
}
