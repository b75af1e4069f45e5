// SPDX-License-Identifier: MIT OR Apache-2.0
// File names that match a pattern.
#ifndef SHELL_GLOB_H
#define SHELL_GLOB_H

#include "fields.h"

// Appends the existing paths that match, sorted; false if there are none. Names that start with a
// dot match only patterns that do.
bool glob_expand(const char *pattern, struct fields *fields);

#endif
