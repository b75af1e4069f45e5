// SPDX-License-Identifier: MIT OR Apache-2.0
// See interactive.h. The terminal is raw only while a line is edited.
// Tests: tests/host/apps/editor_test.c, tests/host/apps/cases/stdin.sh
#include "interactive.h"

#include "complete.h"
#include "execute.h"
#include "expand.h"
#include "job.h"
#include "line_editor.h"
#include "parser.h"

#include <craton.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// --- Prompt -----------------------------------------------------------------------------------

static const char prompt_default[] =
	"\\[\\e[1;32m\\]craton\\[\\e[0m\\]:\\[\\e[1;34m\\]\\w\\[\\e[0m\\]"
	"\\?\\$ ";

static void put_directory(struct shell *shell, struct text *out)
{
	const char *directory = variable_get(&shell->variables, "PWD");
	const char *home = variable_get(&shell->variables, "HOME");
	size_t length = home ? strlen(home) : 0;
	if (!directory)
		directory = "?";
	if (length > 1 && strncmp(directory, home, length) == 0 &&
		(directory[length] == '/' || !directory[length])) {
		text_char(out, '~');
		directory += length;
	}
	text_string(out, directory);
}

static void put_escape(struct shell *shell, char letter, struct text *out)
{
	switch (letter) {
	case 'w':
		put_directory(shell, out);
		break;
	case 'e':
		text_char(out, 033);
		break;
	case 'n':
		text_char(out, '\n');
		break;
	case '$':
		text_char(out, '$');
		break;
	case '?':
		if (shell->status)
			text_format(out, " \033[1;31m%d\033[0m", shell->status);
		break;
	case '[':
	case ']':
		break;
	default:
		text_char(out, letter);
	}
}

char *prompt_make(struct shell *shell, const char *variable)
{
	const char *format = variable_get(&shell->variables, variable);
	struct text out = {};
	if (!format)
		format = prompt_default;
	text_add(&out, "", 0);
	for (; *format; format++) {
		if (*format == '\\' && format[1])
			put_escape(shell, *++format, &out);
		else
			text_char(&out, *format);
	}
	return text_take(&out);
}

// --- Terminal ---------------------------------------------------------------------------------

static int terminal_read(void *context)
{
	struct shell *shell = context;
	unsigned char byte;
	ssize_t got = read(shell->terminal, &byte, 1);
	if (craton_interrupts() > 0 || (got < 0 && errno == EINTR))
		return KEY_INTERRUPT;
	return got == 1 ? byte : KEY_END;
}

static int terminal_read_soon(void *context)
{
	struct shell *shell = context;
	struct pollfd item = {.fd = shell->terminal, .events = POLLIN};
	return poll(&item, 1, 100) == 1 ? terminal_read(context) : KEY_END;
}

static void terminal_write(void *context, const char *bytes, size_t size)
{
	struct shell *shell = context;
	(void)write_all(shell->terminal, bytes, size);
}

static size_t terminal_columns(void *context)
{
	struct shell *shell = context;
	struct tty_state state = {};
	return craton_tty_state(shell->terminal, &state) == 0 && state.columns ? state.columns : 80;
}

static void editor_start(struct editor *editor, struct shell *shell)
{
	*editor = (struct editor){
		.terminal = {shell, terminal_read, terminal_read_soon, terminal_write,
			terminal_columns},
		.history = &shell_history,
		.complete = shell_complete,
		.complete_context = shell,
	};
	const char *home = variable_get(&shell->variables, "HOME");
	if (home) {
		struct text path = {};
		text_format(&path, "%s/.history", home);
		history_open(&shell_history, path.bytes);
		text_free(&path);
	}
}

// --- Commands of several lines ----------------------------------------------------------------

// Runs what `text` holds if it is complete. False: more lines are needed.
static bool run_complete(struct shell *shell, const char *text)
{
	struct arena *arena = arena_make();
	struct parse_options options = {
		.arena = arena, .alias = alias_find, .alias_context = shell, .line = shell->line};
	struct parse parse = parser_text(text, &options);
	if (parse.result == PARSE_OK && parse.tree) {
		execute(shell, parse.tree, arena);
	} else if (parse.result == PARSE_ERROR) {
		shell_error(shell, "syntax error: %s", parse.message);
		shell->status = 2;
		if (!shell->interactive)
			shell->flow = FLOW_ABORT;
	}
	arena_drop(arena);
	return parse.result != PARSE_MORE;
}

static enum edit_result edit(struct shell *shell, struct editor *editor, const char *variable)
{
	char *prompt = prompt_make(shell, variable);
	(void)craton_tty_foreground(shell->terminal, -1);
	(void)craton_tty_raw(shell->terminal, 1);
	enum edit_result result = editor_read(editor, prompt);
	(void)craton_tty_raw(shell->terminal, 0);
	free(prompt);
	return result;
}

// Reads lines until a command is complete and runs it. False: the input ended.
static bool interactive_command(struct shell *shell, struct editor *editor)
{
	struct text command = {};
	bool more = true, done = false;
	while (!done) {
		enum edit_result result = edit(shell, editor, command.length ? "PS2" : "PS1");
		if (result == EDIT_INTERRUPT) {
			shell->status = 130;
			break;
		}
		if (result == EDIT_END) {
			more = command.length > 0;
			break;
		}
		history_add(&shell_history, editor->line.bytes);
		text_add(&command, editor->line.bytes, editor->line.length);
		text_char(&command, '\n');
		done = run_complete(shell, command.bytes);
	}
	text_free(&command);
	return more;
}

void interactive_run(struct shell *shell)
{
	struct editor editor;
	editor_start(&editor, shell);
	while (shell->flow != FLOW_EXIT) {
		shell->flow = FLOW_NEXT;
		struct output out = {.fd = shell->fds.real[2]};
		jobs_report(shell, &out, false);
		(void)output_flush(&out);
		output_free(&out);
		if (!interactive_command(shell, &editor))
			break;
	}
	editor_free(&editor);
}

// One line from the descriptor; false at the end.
static bool line_read(int fd, struct text *line)
{
	char byte;
	bool some = false;
	while (read(fd, &byte, 1) == 1) {
		some = true;
		if (byte)
			text_char(line, byte);
		if (byte == '\n')
			break;
	}
	return some;
}

void input_run(struct shell *shell)
{
	struct text command = {};
	while (shell->flow == FLOW_NEXT && line_read(shell->fds.real[0], &command))
		if (run_complete(shell, command.bytes ? command.bytes : ""))
			text_clear(&command);
	if (command.length && shell->flow == FLOW_NEXT)
		shell_abort(shell, 2, "syntax error: the input ends inside a command");
	text_free(&command);
}
