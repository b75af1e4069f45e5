// SPDX-License-Identifier: MIT OR Apache-2.0
// UTF-8: stepping over characters and their width on a terminal. Bytes that are no UTF-8 count as
// one character of width 1 each.
#ifndef APPS_UTF8_H
#define APPS_UTF8_H

#include <stddef.h>
#include <stdint.h>

// Reads one character of at most `size` bytes (size > 0); gives its length. Invalid: U+FFFD, 1.
size_t utf8_decode(const char *bytes, size_t size, uint32_t *character);
size_t utf8_previous(const char *bytes, size_t at);  // start of the character before `at` > 0
int utf8_width(uint32_t character);                  // 0 combining, 1, or 2
size_t utf8_columns(const char *bytes, size_t size); // skips terminal colour sequences
size_t utf8_count(const char *bytes, size_t size);   // characters

#endif
