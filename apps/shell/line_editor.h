// SPDX-License-Identifier: MIT OR Apache-2.0
// Editing one line on a terminal in raw mode: cursor keys, history, search, completion. Knows
// nothing of the shell; the terminal is behind two functions, so that tests can play it.
#ifndef SHELL_LINE_EDITOR_H
#define SHELL_LINE_EDITOR_H

#include "../lib/text.h"
#include "fields.h"
#include "history.h"

struct editor_terminal {
	void *context;
	// Next byte; KEY_END: no more input; KEY_INTERRUPT: Ctrl-C came another way.
	int (*read)(void *context);
	// The byte that follows at once, as in an escape sequence; KEY_END: none.
	int (*read_soon)(void *context);
	void (*write)(void *context, const char *bytes, size_t size);
	size_t (*columns)(void *context);
};

enum { KEY_END = -1, KEY_INTERRUPT = -2 };

// What can stand where the cursor is: complete words to replace line[start..cursor).
struct completion {
	struct fields words;
	size_t start;
};

struct editor {
	struct editor_terminal terminal;
	struct history *history;
	// Fills `completion` for the line up to the cursor.
	void (*complete)(
		void *context, const char *line, size_t cursor, struct completion *completion);
	void *complete_context;

	struct text line, killed, draft; // draft: the new line while an old one is shown
	const char *prompt;
	size_t cursor, history_at;
	size_t rows_above; // of the cursor, since the prompt began
	bool tab_before;
};

enum edit_result {
	EDIT_LINE,      // editor->line
	EDIT_END,       // Ctrl-D on an empty line, or no more input
	EDIT_INTERRUPT, // Ctrl-C
};

enum edit_result editor_read(struct editor *editor, const char *prompt);
void editor_free(struct editor *editor);

#endif
