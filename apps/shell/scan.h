// SPDX-License-Identifier: MIT OR Apache-2.0
// Finding the ends of quotes and `$` constructs in source text; used by the lexer to find words
// and by the expander to take them apart.
#ifndef SHELL_SCAN_H
#define SHELL_SCAN_H

#include <stddef.h>

constexpr int SCAN_DEPTH_MAX = 60;       // nested quotes and substitutions
constexpr size_t SCAN_OPEN = (size_t)-1; // the text ends inside the construct
constexpr size_t SCAN_DEEP = (size_t)-2; // nested too deeply
constexpr size_t SCAN_BAD = (size_t)-3;  // the commands in a `$( )` are malformed

// Each takes the position of the construct's first byte and gives the position after its last, or
// one of the values above. `depth` counts from 0.
size_t scan_single(const char *text, size_t at);            // '...'
size_t scan_double(const char *text, size_t at, int depth); // "..."
size_t scan_back(const char *text, size_t at);              // `...`
size_t scan_dollar(const char *text, size_t at, int depth); // $x ${..} $(..) $((..))
// Any of these or a backslash pair or one plain byte.
size_t scan_piece(const char *text, size_t at, int depth);
bool scan_failed(size_t position);

// Is the `$(` at `at` an arithmetic `$(( ))`? Then gives the position after it, else 0.
size_t scan_arithmetic(const char *text, size_t at);

bool name_starts(char byte);
bool name_continues(char byte);
size_t name_length(const char *text); // of the variable name at the start; 0: none

#endif
