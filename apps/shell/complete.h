// SPDX-License-Identifier: MIT OR Apache-2.0
// What Tab offers: commands where one stands, variables after `$`, else paths.
#ifndef SHELL_COMPLETE_H
#define SHELL_COMPLETE_H

#include "line_editor.h"

// `shell` is a struct shell; the editor's `complete`.
void shell_complete(void *shell, const char *line, size_t cursor, struct completion *completion);

#endif
