// SPDX-License-Identifier: MIT OR Apache-2.0
// See shell.h: construction, copies, functions, aliases, messages.
// Tests: tests/host/apps/expand_test.c and the cases under tests/host/apps/cases.
#include "shell.h"

#include "job.h"
#include "scan.h"

#include <craton.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// --- Descriptors ------------------------------------------------------------------------------

void descriptors_inherit(struct descriptors *to, const struct descriptors *from)
{
	for (int i = 0; i < SHELL_FDS; i++) {
		to->real[i] = from->real[i];
		to->owned[i] = false;
	}
}

void descriptors_set(struct descriptors *fds, int fd, int real, bool owned)
{
	if (fds->owned[fd])
		(void)close(fds->real[fd]);
	fds->real[fd] = real;
	fds->owned[fd] = owned;
}

void descriptors_release(struct descriptors *fds)
{
	for (int i = 0; i < SHELL_FDS; i++)
		descriptors_set(fds, i, FD_CLOSED, false);
}

// --- Life -------------------------------------------------------------------------------------

static void import_environment(struct shell *shell, char **environment)
{
	for (; environment && *environment; environment++) {
		size_t length = name_length(*environment);
		if (length == 0 || (*environment)[length] != '=')
			continue;
		char *name = memory_copy(*environment, length);
		(void)variable_set(&shell->variables, name, *environment + length + 1);
		variable_export(&shell->variables, name, true);
		free(name);
	}
}

static void default_variable(struct shell *shell, const char *name, const char *value)
{
	if (!variable_get(&shell->variables, name))
		(void)variable_set(&shell->variables, name, value);
}

void shell_start(struct shell *shell, char **environment)
{
	*shell = (struct shell){.substitution_status = -1, .line = 1, .terminal = -1};
	for (int i = 0; i < SHELL_FDS; i++)
		shell->fds.real[i] = i < 3 ? i : FD_CLOSED;
	shell->jobs = jobs_make();
	shell->pid = craton_pid();
	shell_arguments(shell, 0, nullptr);
	import_environment(shell, environment);
	char *directory = getcwd(nullptr, 0);
	(void)variable_set(&shell->variables, "PWD", directory ? directory : "/");
	free(directory);
	variable_export(&shell->variables, "PWD", true);
	(void)variable_set(&shell->variables, "IFS", " \t\n");
	variable_export(&shell->variables, "IFS", false);
	default_variable(shell, "PATH", "/bin");
	variable_export(&shell->variables, "PATH", true);
	default_variable(shell, "PS2", "> ");
	default_variable(shell, "PS4", "+ ");
	default_variable(shell, "OPTIND", "1");
}

static void strings_free(char **strings)
{
	for (char **string = strings; string && *string; string++)
		free(*string);
	free(strings);
}

void shell_arguments(struct shell *shell, int count, char *const *arguments)
{
	char **copy = memory_get(((size_t)count + 1) * sizeof *copy);
	for (int i = 0; i < count; i++)
		copy[i] = memory_string(arguments[i]);
	strings_free(shell->arguments);
	shell->arguments = copy;
	shell->argument_count = count;
}

static char *string_copy(const char *string)
{
	return string ? memory_string(string) : nullptr;
}

void shell_copy(struct shell *to, const struct shell *from)
{
	*to = *from;
	variables_copy(&to->variables, &from->variables);
	to->functions = nullptr;
	for (const struct function *old = from->functions; old; old = old->next)
		function_define(to, old->name, old->body, old->arena);
	to->aliases = nullptr;
	for (const struct alias *old = from->aliases; old; old = old->next)
		alias_define(to, old->name, old->value);
	to->jobs = jobs_make();
	descriptors_inherit(&to->fds, &from->fds);
	to->name = string_copy(from->name);
	to->program = string_copy(from->program);
	to->exit_trap = nullptr;
	to->arguments = nullptr;
	shell_arguments(to, from->argument_count, from->arguments);
	to->subshell = true;
	to->loops = 0;
}

void shell_free(struct shell *shell)
{
	variables_free(&shell->variables);
	while (shell->functions)
		(void)function_remove(shell, shell->functions->name);
	while (shell->aliases)
		(void)alias_remove(shell, shell->aliases->name);
	jobs_free(shell->jobs);
	descriptors_release(&shell->fds);
	strings_free(shell->arguments);
	free(shell->name);
	free(shell->program);
	free(shell->exit_trap);
}

// --- Functions and aliases --------------------------------------------------------------------

struct function *function_find(const struct shell *shell, const char *name)
{
	struct function *function = shell->functions;
	while (function && strcmp(function->name, name) != 0)
		function = function->next;
	return function;
}

void function_define(struct shell *shell, const char *name, struct node *body, struct arena *arena)
{
	struct arena *kept = arena_keep(arena);
	struct function *function = function_find(shell, name);
	if (!function) {
		function = memory_get(sizeof *function);
		function->name = memory_string(name);
		function->next = shell->functions;
		shell->functions = function;
	}
	arena_drop(function->arena);
	function->body = body;
	function->arena = kept;
}

bool function_remove(struct shell *shell, const char *name)
{
	struct function **link = &shell->functions;
	while (*link && strcmp((*link)->name, name) != 0)
		link = &(*link)->next;
	struct function *gone = *link;
	if (!gone)
		return false;
	*link = gone->next;
	arena_drop(gone->arena);
	free(gone->name);
	free(gone);
	return true;
}

const char *alias_find(void *shell, const char *name, size_t length)
{
	const struct alias *alias = ((struct shell *)shell)->aliases;
	for (; alias; alias = alias->next)
		if (strlen(alias->name) == length && memcmp(alias->name, name, length) == 0)
			return alias->value;
	return nullptr;
}

bool alias_remove(struct shell *shell, const char *name)
{
	struct alias **link = &shell->aliases;
	while (*link && strcmp((*link)->name, name) != 0)
		link = &(*link)->next;
	struct alias *gone = *link;
	if (!gone)
		return false;
	*link = gone->next;
	free(gone->name);
	free(gone->value);
	free(gone);
	return true;
}

void alias_define(struct shell *shell, const char *name, const char *value)
{
	(void)alias_remove(shell, name);
	struct alias *alias = memory_get(sizeof *alias);
	alias->name = memory_string(name);
	alias->value = memory_string(value);
	alias->next = shell->aliases;
	shell->aliases = alias;
}

// --- Messages ---------------------------------------------------------------------------------

static void message_print(struct shell *shell, const char *format, va_list arguments)
{
	struct text message = {};
	const char *name = shell->name ? shell->name : "sh";
	if (shell->interactive)
		text_string(&message, "sh: ");
	else
		text_format(&message, "%s: %d: ", name, shell->line);
	text_vformat(&message, format, arguments);
	text_char(&message, '\n');
	if (shell->fds.real[2] >= 0)
		(void)write_all(shell->fds.real[2], message.bytes, message.length);
	text_free(&message);
}

void shell_error(struct shell *shell, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	message_print(shell, format, arguments);
	va_end(arguments);
}

void shell_abort(struct shell *shell, int status, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	message_print(shell, format, arguments);
	va_end(arguments);
	shell->status = status;
	if (shell->flow == FLOW_NEXT)
		shell->flow = FLOW_ABORT;
}

void shell_interrupted(struct shell *shell)
{
	shell->status = 130;
	shell->flow = FLOW_ABORT;
}
