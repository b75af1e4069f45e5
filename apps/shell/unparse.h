// SPDX-License-Identifier: MIT OR Apache-2.0
// Tree to text that parses to the same tree: to hand commands and functions to another shell, to
// show them.
#ifndef SHELL_UNPARSE_H
#define SHELL_UNPARSE_H

#include "../lib/text.h"
#include "ast.h"

void unparse(struct text *out, const struct node *node);
// Appends 'string' so that the shell reads it back as one word.
void quote_append(struct text *out, const char *string);

#endif
