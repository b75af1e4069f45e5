// SPDX-License-Identifier: MIT OR Apache-2.0
// The shell's command line: sh [-efinuvx] [-c COMMANDS [NAME [ARGUMENT...]] | FILE [ARGUMENT...]].
// Tests: tests/host/apps/cases/*.sh
#include "builtin.h"
#include "execute.h"
#include "fields.h"
#include "inherit.h"
#include "interactive.h"
#include "program.h"

#include <craton.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

struct options {
	const char *commands; // of -c
	bool from_input;      // -s
	bool interactive;     // -i
};

static void usage_print(void)
{
	static const char text[] =
		"usage: sh [-efinuvx] [-o OPTION] [-c COMMANDS [NAME [ARGUMENT...]] | FILE "
		"[ARGUMENT...]]\n"
		"The shell. Without FILE or -c it reads commands from its input. `help' lists what "
		"it can do.\n";
	(void)write_all(1, text, sizeof text - 1);
}

static void name_set(struct shell *shell, const char *name)
{
	free(shell->name);
	shell->name = memory_string(name);
}

// Passes one word of options to `set`, except for -c, -i and -s. False: not known.
static bool option_word(
	struct shell *shell, const char *word, const char *next, struct options *options)
{
	char flags[32] = {word[0]};
	size_t used = 1;
	for (const char *letter = word + 1; *letter; letter++) {
		if (*letter == 'c')
			options->commands = "";
		else if (*letter == 's')
			options->from_input = true;
		else if (*letter == 'i')
			options->interactive = true;
		else if (*letter != 'l' && used + 1 < sizeof flags)
			flags[used++] = *letter;
	}
	char set[] = "set";
	char *arguments[] = {set, flags, (char *)next, nullptr};
	struct output out = {.fd = 2};
	return used == 1 || builtin_set(shell, next ? 3 : 2, arguments, &out) == 0;
}

// Gives the index of the first argument behind the options; -1: usage error.
static int options_read(struct shell *shell, int count, char **arguments, struct options *options)
{
	int i = 1;
	for (; i < count && (arguments[i][0] == '-' || arguments[i][0] == '+') && arguments[i][1];
		i++) {
		if (strcmp(arguments[i], "--") == 0) {
			i++;
			break;
		}
		bool named = strcmp(arguments[i] + 1, "o") == 0;
		const char *next = named && i + 1 < count ? arguments[i + 1] : nullptr;
		if (!option_word(shell, arguments[i], next, options))
			return -1;
		i += next != nullptr;
	}
	if (options->commands) {
		if (i == count) {
			shell_error(shell, "-c needs commands");
			return -1;
		}
		options->commands = arguments[i++];
	}
	return i;
}

// Runs a script file. The text is read first, so that it may change while it runs.
static void file_run(struct shell *shell, const char *path)
{
	int fd = open(path, O_RDONLY);
	if (fd < 0) {
		shell_error(shell, "%s: %s", path, strerror(errno));
		shell->status = errno == ENOENT ? 127 : 126;
		return;
	}
	struct input input = {.fd = fd};
	struct text text = {};
	const char *bytes;
	size_t size;
	while (input_chunk(&input, &bytes, &size))
		text_add(&text, bytes, size);
	(void)close(fd);
	if (input.error) {
		shell_error(shell, "%s: %s", path, strerror(input.error));
		shell->status = 126;
	} else if (text.length && memchr(text.bytes, 0, text.length)) {
		shell_error(shell, "%s: is no script (it has zero bytes)", path);
		shell->status = 126;
	} else if (text.length) {
		run_text(shell, text.bytes);
	}
	input_free(&input);
	text_free(&text);
}

static int terminal_find(void)
{
	struct tty_state state;
	return craton_tty_state(0, &state) == 0 ? 0 : -1;
}

static void input_or_prompt(struct shell *shell, const struct options *options)
{
	int terminal = terminal_find();
	if (terminal < 0 && !options->interactive) {
		input_run(shell);
		return;
	}
	if (terminal < 0) {
		shell_error(shell, "-i needs a terminal as standard input");
		shell->status = 2;
		return;
	}
	shell->interactive = true;
	shell->terminal = terminal;
	interactive_run(shell);
}

static void run(struct shell *shell, int count, char **arguments)
{
	struct options options = {};
	int i = options_read(shell, count, arguments, &options);
	if (i < 0) {
		shell->status = 2;
		return;
	}
	if (options.commands) {
		if (i < count)
			name_set(shell, arguments[i++]);
		shell_arguments(shell, count - i, arguments + i);
		run_text(shell, options.commands);
	} else if (i < count && !options.from_input) {
		name_set(shell, arguments[i]);
		shell_arguments(shell, count - i - 1, arguments + i + 1);
		file_run(shell, arguments[i]);
	} else {
		shell_arguments(shell, count - i, arguments + i);
		input_or_prompt(shell, &options);
	}
}

// Where this program is, for starting it again: as it was called, or along $PATH.
static char *program_self(struct shell *shell, const char *called)
{
	const char *given = variable_get(&shell->variables, "SHELL");
	char *path = strchr(called, '/') ? memory_string(called) : program_find(shell, "sh");
	if (path && access(path, F_OK) == 0 && path[0] == '/')
		return path;
	free(path);
	return memory_string(given ? given : "/bin/sh");
}

// Ends as an interrupted program does, so that the parent stops too.
static void end_interrupted(void)
{
	(void)craton_interrupt_mode(0);
	uint64_t pid = craton_pid();
	if (pid)
		(void)craton_kill(pid, 2);
}

int main(int count, char **arguments)
{
	struct shell shell;
	const char *called = count > 0 ? arguments[0] : "sh";
	if (count > 1 && strcmp(arguments[1], "--help") == 0) {
		usage_print();
		return 0;
	}
	(void)craton_interrupt_mode(1);
	shell_start(&shell, environ);
	name_set(&shell, called);
	shell.program = program_self(&shell, called);
	if (count > 1 && strcmp(arguments[1], "--inherit") == 0) {
		if (!inherit_accept(&shell, count - 1, arguments + 1))
			shell.status = 2;
	} else {
		run(&shell, count, arguments);
	}
	bool interrupted = shell.flow == FLOW_ABORT && shell.status == 130;
	run_exit_trap(&shell);
	int status = shell.status;
	if (interrupted && !shell.interactive)
		end_interrupted();
	shell_free(&shell);
	return status & 255;
}
