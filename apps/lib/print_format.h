// SPDX-License-Identifier: MIT OR Apache-2.0
// printf of the shell and of the command: formats and escapes after POSIX.
#ifndef APPS_PRINT_FORMAT_H
#define APPS_PRINT_FORMAT_H

#include "stream.h"
#include "text.h"

// Prints `arguments` (null-terminated) by `format`, again and again until all are used. Complaints
// about single arguments are appended to `errors`, one per line. False: there were some.
bool print_format(
	struct output *out, const char *format, char *const *arguments, struct text *errors);
// Appends `string` with its backslash escapes done; false after \c. `octal_zero`: \0nnn as %b and
// echo have it, else \nnn.
bool escapes_append(struct text *out, const char *string, bool octal_zero);

#endif
