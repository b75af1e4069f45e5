// SPDX-License-Identifier: MIT OR Apache-2.0
// Showing text page by page, as `less` does.
#ifndef COMMANDS_PAGER_H
#define COMMANDS_PAGER_H

#include "../lib/text.h"

// Page by page on a terminal, all of it to anything else. Borrows both.
void pager_show(const struct text *text, const char *name);

#endif
