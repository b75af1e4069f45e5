// SPDX-License-Identifier: MIT OR Apache-2.0
// Runs trees and texts. Results are in shell->status and shell->flow.
#ifndef SHELL_EXECUTE_H
#define SHELL_EXECUTE_H

#include "fields.h"
#include "shell.h"

// Runs one tree; `arena` holds it. The status.
int execute(struct shell *shell, const struct node *node, struct arena *arena);
// Runs an argument vector as a command: function, builtin or program. Functions only if asked.
int execute_arguments(struct shell *shell, char **arguments, bool functions);
// Parses and runs a text, line by line.
void run_text(struct shell *shell, const char *text);
// Output of commands, malloc'd; null: reported error.
char *substitute_command(struct shell *shell, const char *commands);
// Runs the command of `trap ... EXIT`, once.
void run_exit_trap(struct shell *shell);

#endif
