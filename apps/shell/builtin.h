// SPDX-License-Identifier: MIT OR Apache-2.0
// The table of commands that the shell itself does.
#ifndef SHELL_BUILTIN_H
#define SHELL_BUILTIN_H

#include "fields.h"
#include "shell.h"

struct builtin {
	const char *name, *usage, *summary;
	// `arguments` has `count` entries and a null.
	int (*run)(struct shell *shell, int count, char **arguments, struct output *out);
	bool special; // assignments before it last; errors in it end a script
};

extern const struct builtin builtin_table[];
extern const size_t builtin_count;

const struct builtin *builtin_find(const char *name);

// Whether `--help` is for the shell to answer; echo, test and the like take it as it is.
bool builtin_wants_help(const struct builtin *builtin, int count, char **arguments);
void builtin_explain(const struct builtin *builtin, struct output *out);

#define BUILTIN(name) int name(struct shell *shell, int count, char **arguments, struct output *out)
// builtin_state.c: variables, options, parameters
BUILTIN(builtin_export);
BUILTIN(builtin_readonly);
BUILTIN(builtin_unset);
BUILTIN(builtin_set);
BUILTIN(builtin_shift);
BUILTIN(builtin_local);
BUILTIN(builtin_alias);
BUILTIN(builtin_unalias);
BUILTIN(builtin_getopts);
BUILTIN(builtin_read);
BUILTIN(builtin_trap);
// builtin_flow.c: what runs next
BUILTIN(builtin_break);
BUILTIN(builtin_continue);
BUILTIN(builtin_return);
BUILTIN(builtin_exit);
BUILTIN(builtin_source);
BUILTIN(builtin_eval);
BUILTIN(builtin_exec);
BUILTIN(builtin_command);
BUILTIN(builtin_type);
BUILTIN(builtin_time);
BUILTIN(builtin_wait);
BUILTIN(builtin_jobs);
BUILTIN(builtin_fg);
BUILTIN(builtin_kill);
// builtin_basic.c: simple commands
BUILTIN(builtin_true);
BUILTIN(builtin_false);
BUILTIN(builtin_cd);
BUILTIN(builtin_pwd);
BUILTIN(builtin_echo);
BUILTIN(builtin_printf);
BUILTIN(builtin_help);
BUILTIN(builtin_history);
// builtin_test.c
BUILTIN(builtin_test);

#endif
