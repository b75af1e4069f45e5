// SPDX-License-Identifier: MIT OR Apache-2.0
// See builtin.h: the table. `help` prints it.
// Tests: tests/host/apps/cases/builtin_*.sh
#include "builtin.h"

#include <string.h>

// Sorted by name.
const struct builtin builtin_table[] = {
	{".", ". FILE [ARGUMENT...]", "run the commands of a file in this shell", builtin_source,
		true},
	{":", ":", "do nothing", builtin_true, true},
	{"[", "[ EXPRESSION ]", "see test", builtin_test, false},
	{"alias", "alias [NAME[=COMMAND]...]", "define or list aliases", builtin_alias, false},
	{"break", "break [N]", "leave the innermost (N-th) loop", builtin_break, true},
	{"cd", "cd [DIRECTORY | -]", "change the working directory", builtin_cd, false},
	{"command", "command [-v] NAME [ARGUMENT...]", "run or find a command, not a function",
		builtin_command, false},
	{"continue", "continue [N]", "start the next round of a loop", builtin_continue, true},
	{"echo", "echo [-n] [-e] [STRING...]", "print strings", builtin_echo, false},
	{"eval", "eval [STRING...]", "run strings as a command", builtin_eval, true},
	{"exec", "exec [COMMAND [ARGUMENT...]]", "make redirections last, or end with a command",
		builtin_exec, true},
	{"exit", "exit [STATUS]", "end the shell", builtin_exit, true},
	{"export", "export [-n] [-p] [NAME[=VALUE]...]", "give variables to programs",
		builtin_export, true},
	{"false", "false", "fail", builtin_false, false},
	{"fg", "fg [%N]", "wait for a background job in the foreground", builtin_fg, false},
	{"getopts", "getopts OPTIONS NAME [ARGUMENT...]", "take options from arguments",
		builtin_getopts, false},
	{"help", "help [NAME]", "list commands, or explain one", builtin_help, false},
	{"history", "history [-c]", "list (or clear) the lines typed so far", builtin_history,
		false},
	{"jobs", "jobs", "list background jobs", builtin_jobs, false},
	{"kill", "kill [-REASON] PID|%N...", "end processes", builtin_kill, false},
	{"local", "local NAME[=VALUE]...", "make variables local to a function", builtin_local,
		false},
	{"printf", "printf FORMAT [ARGUMENT...]", "print by a format", builtin_printf, false},
	{"pwd", "pwd", "print the working directory", builtin_pwd, false},
	{"read", "read [-r] [-p PROMPT] NAME...", "read a line into variables", builtin_read,
		false},
	{"readonly", "readonly [NAME[=VALUE]...]", "protect variables", builtin_readonly, true},
	{"return", "return [STATUS]", "end a function or sourced file", builtin_return, true},
	{"set", "set [-efuxvn] [-o NAME] [--] [ARGUMENT...]", "options and positional parameters",
		builtin_set, true},
	{"shift", "shift [N]", "drop the first positional parameters", builtin_shift, true},
	{"source", "source FILE [ARGUMENT...]", "the same as `.'", builtin_source, true},
	{"test", "test EXPRESSION", "compare strings and numbers, look at files", builtin_test,
		false},
	{"time", "time COMMAND [ARGUMENT...]", "tell how long a command takes", builtin_time,
		false},
	{"trap", "trap [COMMAND] EXIT", "run a command when the shell ends", builtin_trap, true},
	{"true", "true", "succeed", builtin_true, false},
	{"type", "type NAME...", "tell what a command is", builtin_type, false},
	{"unalias", "unalias -a | NAME...", "remove aliases", builtin_unalias, false},
	{"unset", "unset [-f | -v] NAME...", "remove variables or functions", builtin_unset, true},
	{"wait", "wait [PID | %N...]", "wait for background jobs", builtin_wait, false},
};

const size_t builtin_count = sizeof builtin_table / sizeof builtin_table[0];

const struct builtin *builtin_find(const char *name)
{
	size_t low = 0, high = builtin_count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(name, builtin_table[middle].name);
		if (order == 0)
			return &builtin_table[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return nullptr;
}

bool builtin_wants_help(const struct builtin *builtin, int count, char **arguments)
{
	static const char *const without[] = {":", "[", "echo", "false", "test", "true"};
	if (count != 2 || strcmp(arguments[1], "--help") != 0)
		return false;
	for (size_t i = 0; i < sizeof without / sizeof without[0]; i++)
		if (strcmp(builtin->name, without[i]) == 0)
			return false;
	return true;
}

void builtin_explain(const struct builtin *builtin, struct output *out)
{
	output_format(
		out, "usage: %s\n  %s (part of the shell)\n", builtin->usage, builtin->summary);
}
