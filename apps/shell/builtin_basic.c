// SPDX-License-Identifier: MIT OR Apache-2.0
// Builtins that only print or move: true, false, cd, pwd, echo, printf, help, history.
// Tests: tests/host/apps/cases/builtin_basic.sh, directory.sh
#include "../lib/print_format.h"
#include "builtin.h"
#include "history.h"
#include "program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

BUILTIN(builtin_true)
{
	(void)shell, (void)count, (void)arguments, (void)out;
	return 0;
}

BUILTIN(builtin_false)
{
	(void)shell, (void)count, (void)arguments, (void)out;
	return 1;
}

static void directory_note(struct shell *shell, char *before)
{
	char *now = getcwd(nullptr, 0);
	(void)variable_set(&shell->variables, "OLDPWD", before ? before : "/");
	(void)variable_set(&shell->variables, "PWD", now ? now : "/");
	variable_export(&shell->variables, "PWD", true);
	free(now);
	free(before);
}

BUILTIN(builtin_cd)
{
	if (count > 1 && (strcmp(arguments[1], "-L") == 0 || strcmp(arguments[1], "--") == 0))
		arguments++, count--;
	bool back = count > 1 && strcmp(arguments[1], "-") == 0;
	const char *target = back        ? variable_get(&shell->variables, "OLDPWD")
			     : count > 1 ? arguments[1]
					 : variable_get(&shell->variables, "HOME");
	if (!target) {
		shell_error(shell, "cd: %s is not set", back ? "OLDPWD" : "HOME");
		return 2;
	}
	if (count > 2) {
		shell_error(shell, "cd: too many arguments");
		return 2;
	}
	char *before = getcwd(nullptr, 0);
	if (chdir(*target ? target : ".") != 0) {
		shell_error(shell, "cd: %s: %s", target, strerror(errno));
		free(before);
		return 2;
	}
	directory_note(shell, before);
	if (back)
		output_format(out, "%s\n", variable_get(&shell->variables, "PWD"));
	return 0;
}

BUILTIN(builtin_pwd)
{
	(void)count, (void)arguments;
	char *directory = getcwd(nullptr, 0);
	if (!directory) {
		shell_error(shell, "pwd: %s", strerror(errno));
		return 1;
	}
	output_format(out, "%s\n", directory);
	free(directory);
	return 0;
}

BUILTIN(builtin_echo)
{
	(void)shell, (void)count;
	bool newline = true, escapes = false;
	for (arguments++; *arguments && (*arguments)[0] == '-' && (*arguments)[1]; arguments++) {
		const char *option = *arguments + 1;
		if (option[strspn(option, "neE")])
			break;
		for (; *option; option++) {
			newline &= *option != 'n';
			if (*option != 'n')
				escapes = *option == 'e';
		}
	}
	for (; *arguments; arguments++) {
		struct text text = {};
		if (escapes && !escapes_append(&text, *arguments, true))
			newline = false;
		output_string(out, !escapes ? *arguments : text.bytes ? text.bytes : "");
		text_free(&text);
		if (arguments[1])
			output_char(out, ' ');
	}
	if (newline)
		output_char(out, '\n');
	return 0;
}

BUILTIN(builtin_printf)
{
	int first = count > 1 && strcmp(arguments[1], "--") == 0 ? 2 : 1;
	if (count <= first) {
		shell_error(shell, "usage: printf FORMAT [ARGUMENT...]");
		return 2;
	}
	struct text errors = {};
	bool done = print_format(out, arguments[first], arguments + first + 1, &errors);
	if (errors.length && shell->fds.real[2] >= 0) {
		(void)output_flush(out);
		(void)write_all(shell->fds.real[2], errors.bytes, errors.length);
	}
	text_free(&errors);
	return done ? 0 : 1;
}

// The commands' own `help` knows about programs; started like any program.
static int help_of_programs(struct shell *shell, char **arguments)
{
	struct job *job = job_make();
	char *words[] = {"help", arguments[1], nullptr};
	job->status = program_start(shell, words, &shell->fds, job);
	int status = job_wait(shell, job);
	job_free(job);
	return status;
}

BUILTIN(builtin_help)
{
	const struct builtin *builtin = count > 1 ? builtin_find(arguments[1]) : nullptr;
	if (builtin) {
		builtin_explain(builtin, out);
		output_format(out, "  `man %s' tells more.\n", builtin->name);
		return 0;
	}
	if (count == 1) {
		output_string(out, "Commands of the shell itself:\n");
		for (size_t i = 0; i < builtin_count; i++)
			output_format(out, "  %-10s %s\n", builtin_table[i].name,
				builtin_table[i].summary);
		output_string(out, "Programs:\n");
		(void)output_flush(out);
	}
	return shell->fds.real[1] == FD_MEMORY ? 0 : help_of_programs(shell, arguments);
}

BUILTIN(builtin_history)
{
	(void)shell;
	if (count > 1 && strcmp(arguments[1], "-c") == 0) {
		history_clear(&shell_history);
		return 0;
	}
	for (size_t i = 0; i < shell_history.count; i++)
		output_format(out, "%5zu  %s\n", i + 1, shell_history.lines[i]);
	return 0;
}
