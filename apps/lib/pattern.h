// SPDX-License-Identifier: MIT OR Apache-2.0
// Shell patterns: * ? [set] and backslash, matched without recursion.
#ifndef APPS_PATTERN_H
#define APPS_PATTERN_H

#include <stddef.h>

// Does `pattern` match all `size` bytes? Time at most the product of both lengths.
bool pattern_match(const char *pattern, const char *bytes, size_t size);
bool pattern_is_literal(const char *pattern); // no * ? [ outside backslashes
// Removes backslashes in place.
void pattern_unquote(char *pattern);

#endif
