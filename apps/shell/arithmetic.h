// SPDX-License-Identifier: MIT OR Apache-2.0
// Integer expressions of `$(( ))`: the operators of C except ++ and --, on 64-bit numbers that
// wrap around.
#ifndef SHELL_ARITHMETIC_H
#define SHELL_ARITHMETIC_H

#include "variables.h"

#include <stddef.h>
#include <stdint.h>

// Evaluates `text`; assignments change `variables`. Null and `*result`, or what is wrong.
const char *arithmetic_evaluate(struct variables *variables, const char *text, int64_t *result);

#endif
