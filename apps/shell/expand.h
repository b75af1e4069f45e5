// SPDX-License-Identifier: MIT OR Apache-2.0
// Words to fields: tilde, parameters, commands, arithmetic, field splitting, file names, quotes
// (POSIX.1-2017, section 2.6).
#ifndef SHELL_EXPAND_H
#define SHELL_EXPAND_H

#include "ast.h"
#include "fields.h"
#include "shell.h"

// Appends the fields of all words. False: an error was reported and the shell's flow set.
bool expand_words(struct shell *shell, const struct word *words, struct fields *fields);
// One string without splitting and file names, malloc'd: assignments, targets of redirections.
// Null on errors.
char *expand_string(struct shell *shell, const char *word);
// The same for patterns: what was quoted is escaped with backslashes.
char *expand_pattern(struct shell *shell, const char *word);
// The body of a here-document, and prompts: only $ ` and backslash are special.
char *expand_here(struct shell *shell, const char *body);

#endif
