// SPDX-License-Identifier: MIT OR Apache-2.0
// Finding programs along $PATH and starting them.
#ifndef SHELL_PROGRAM_H
#define SHELL_PROGRAM_H

#include "job.h"

// The path of a command, malloc'd; null: not found. In each directory of $PATH: the name itself,
// the name with ".wasm", and cmds.wasm if its list of commands (commands.list) has the name.
char *program_find(struct shell *shell, const char *name);
// The names of all commands along $PATH that start with `prefix`, for completion.
struct fields;
void program_names(struct shell *shell, const char *prefix, struct fields *names);
// Starts `arguments` as the job's next process with descriptors 0..2 of `fds`. A file that is no
// WASM program but text is run as a script. Reports errors: 126 or 127, else 0.
int program_start(
	struct shell *shell, char **arguments, const struct descriptors *fds, struct job *job);
// Starts another shell that runs `node` with this shell's variables, functions and descriptors.
int subshell_start(struct shell *shell, const struct node *node, const struct descriptors *fds,
	struct job *job);

#endif
