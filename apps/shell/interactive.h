// SPDX-License-Identifier: MIT OR Apache-2.0
// The prompt: reads lines from a terminal, or commands from any other standard input.
#ifndef SHELL_INTERACTIVE_H
#define SHELL_INTERACTIVE_H

#include "shell.h"

// Reads and runs commands until the end of the input or `exit`.
void interactive_run(struct shell *shell);
// Commands from a descriptor that is no terminal, byte by byte, so that programs find the rest.
void input_run(struct shell *shell);
// What to print before a line: $PS1 (or $PS2) with its escapes done, malloc'd.
char *prompt_make(struct shell *shell, const char *variable);

#endif
