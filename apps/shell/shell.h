// SPDX-License-Identifier: MIT OR Apache-2.0
// The state of a shell: what a script can see and change. Each module below takes it as its first
// parameter. A subshell runs in a copy (shell_copy) within the same process.
#ifndef SHELL_SHELL_H
#define SHELL_SHELL_H

#include "../lib/stream.h"
#include "../lib/text.h"
#include "arena.h"
#include "ast.h"
#include "variables.h"

#include <stdint.h>

constexpr int SHELL_DEPTH_MAX = 400; // nested commands, functions, sourced files
constexpr int SHELL_FDS = 10;
constexpr int FD_CLOSED = -1;
constexpr int FD_MEMORY = -2; // output of a builtin goes to shell->captured

// What the running command wants of those around it.
enum flow : unsigned char {
	FLOW_NEXT,
	FLOW_BREAK,    // flow_levels loops
	FLOW_CONTINUE, // in loop flow_levels from inside
	FLOW_RETURN,
	FLOW_ABORT, // an error or Ctrl-C: back to the prompt, or the end of a script
	FLOW_EXIT,
};

// The script's descriptors 0..9 and the system's behind them: changing one is a table entry.
struct descriptors {
	int real[SHELL_FDS];
	bool owned[SHELL_FDS]; // closed when this table is released
};

struct function {
	struct function *next;
	char *name;
	struct node *body;
	struct arena *arena;
};

struct alias {
	struct alias *next;
	char *name, *value;
};

struct jobs;

struct shell {
	struct variables variables;
	struct function *functions;
	struct alias *aliases;
	struct jobs *jobs;
	struct descriptors fds;
	struct arena *arena;   // of the tree that runs; borrowed
	struct text *captured; // output of FD_MEMORY
	char *name;            // $0
	char **arguments;      // $1..., null-terminated
	char *program;         // path of the shell itself
	char *exit_trap;       // command for `trap ... EXIT`, or null
	uint64_t pid, last_background;
	uint64_t children_cpu_ns; // of all that were waited for
	int argument_count;
	int status;              // $?
	int substitution_status; // of the last $( ), -1: none since the command began
	int depth, loops, functions_active, conditions; // nesting
	int flow_levels;
	int line;
	int terminal; // descriptor of the terminal of an interactive shell, or -1
	enum flow flow;
	bool interactive, subshell;
	bool exit_on_error, unset_is_error, trace, no_glob, no_run, verbose;
};

void shell_start(struct shell *shell, char **environment);
void shell_free(struct shell *shell);
void shell_copy(struct shell *to, const struct shell *from);
void shell_arguments(struct shell *shell, int count, char *const *arguments); // copies

struct function *function_find(const struct shell *shell, const char *name);
void function_define(struct shell *shell, const char *name, struct node *body, struct arena *arena);
bool function_remove(struct shell *shell, const char *name);
const char *alias_find(void *shell, const char *name, size_t length); // an alias_lookup
void alias_define(struct shell *shell, const char *name, const char *value);
bool alias_remove(struct shell *shell, const char *name);

// Prints "sh: ..." (with the line number in scripts) to the script's descriptor 2.
[[gnu::format(printf, 2, 3)]] void shell_error(struct shell *shell, const char *format, ...);
// The same, and ends the current command line with `status`.
[[gnu::format(printf, 3, 4)]] void shell_abort(
	struct shell *shell, int status, const char *format, ...);
// An interrupt (Ctrl-C) arrived: status 130, back to the prompt.
void shell_interrupted(struct shell *shell);

void descriptors_inherit(struct descriptors *to, const struct descriptors *from);
void descriptors_set(struct descriptors *fds, int fd, int real, bool owned);
void descriptors_release(struct descriptors *fds);

#endif
