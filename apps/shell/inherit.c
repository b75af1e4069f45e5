// SPDX-License-Identifier: MIT OR Apache-2.0
// See inherit.h. Form: sh --inherit SETTINGS STATE COMMANDS NAME ARGUMENTS...
// SETTINGS is "pid status line options descriptors"; STATE is a script of assignments and function
// definitions. Exported variables travel in the environment.
// Tests: tests/host/apps/cases/subshell_*.sh
#include "inherit.h"

#include "execute.h"
#include "unparse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void describe_variables(const struct shell *shell, struct text *out)
{
	size_t count;
	struct variable **list = variables_sorted(&shell->variables, &count);
	for (size_t i = 0; i < count; i++) {
		if (list[i]->value && !list[i]->exported) {
			text_format(out, "%s=", list[i]->name);
			quote_append(out, list[i]->value);
			text_char(out, '\n');
		}
		if (list[i]->read_only)
			text_format(out, "readonly %s\n", list[i]->name);
	}
	free(list);
}

static void describe_functions(const struct shell *shell, struct text *out)
{
	for (const struct function *function = shell->functions; function;
		function = function->next) {
		text_format(out, "%s() ", function->name);
		unparse(out, function->body);
		text_char(out, '\n');
	}
}

static void describe_settings(
	const struct shell *shell, const struct descriptors *fds, struct text *out)
{
	text_format(out, "%llu %d %d ", (unsigned long long)shell->pid, shell->status, shell->line);
	text_format(out, "-%s%s%s%s ", shell->exit_on_error ? "e" : "", shell->no_glob ? "f" : "",
		shell->unset_is_error ? "u" : "", shell->trace ? "x" : "");
	text_char(out, '-');
	for (int i = 3; i < SHELL_FDS; i++)
		if (fds->real[i] >= 0)
			text_char(out, (char)('0' + i));
}

void inherit_arguments(const struct shell *shell, const struct descriptors *fds,
	const char *commands, struct fields *arguments)
{
	struct text settings = {}, state = {};
	describe_settings(shell, fds, &settings);
	describe_variables(shell, &state);
	describe_functions(shell, &state);
	fields_add(arguments, memory_string(shell->program));
	fields_add(arguments, memory_string("--inherit"));
	fields_add(arguments, text_take(&settings));
	fields_add(arguments, text_take(&state));
	fields_add(arguments, memory_string(commands));
	fields_add(arguments, memory_string(shell->name ? shell->name : "sh"));
	for (int i = 0; i < shell->argument_count; i++)
		fields_add(arguments, memory_string(shell->arguments[i]));
}

static bool accept_settings(struct shell *shell, const char *settings, int *status)
{
	unsigned long long pid;
	char options[16], fds[16];
	int line;
	if (sscanf(settings, "%llu %d %d %15s %15s", &pid, status, &line, options, fds) != 5)
		return false;
	shell->pid = pid;
	shell->line = line;
	shell->exit_on_error = strchr(options, 'e') != nullptr;
	shell->no_glob = strchr(options, 'f') != nullptr;
	shell->unset_is_error = strchr(options, 'u') != nullptr;
	shell->trace = strchr(options, 'x') != nullptr;
	for (const char *digit = fds; *digit; digit++)
		if (*digit >= '3' && *digit <= '9')
			shell->fds.real[*digit - '0'] = INHERIT_FD_BASE + *digit - '0';
	return true;
}

bool inherit_accept(struct shell *shell, int count, char **arguments)
{
	int status;
	if (count < 5 || !accept_settings(shell, arguments[1], &status))
		return false;
	shell->subshell = true;
	free(shell->name);
	shell->name = memory_string(arguments[4]);
	shell_arguments(shell, count - 5, arguments + 5);
	bool trace = shell->trace;
	int line = shell->line;
	shell->trace = false;
	run_text(shell, arguments[2]);
	shell->trace = trace;
	shell->line = line;
	shell->status = status;
	run_text(shell, arguments[3]);
	return true;
}
