// SPDX-License-Identifier: MIT OR Apache-2.0
/* UTF-8 and UTF-16 (RFC 3629, RFC 2781). What is no such text is refused.
 * Tests: tests/host/lib/utf_test.c */
#pragma once

#include <craton/runtime.h>

#define UTF8_MOST 4u /* bytes of a character */

/* The next character of a text of `*size` bytes, not 0, behind which it goes on. False: it is no
 * UTF-8. */
bool utf8_take(const char **text, size_t *size, uint32_t *character);

/* How many bytes it has now. */
size_t utf8_put(char to[UTF8_MOST], uint32_t character);

/* The next of `count` units from `*at` on. False: half of a pair. */
bool utf16_take(const uint16_t *units, uint32_t count, uint32_t *at, uint32_t *character);

/* 1 or 2 units. */
uint32_t utf16_put(uint16_t to[2], uint32_t character);
