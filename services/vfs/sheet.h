// SPDX-License-Identifier: MIT OR Apache-2.0
/* The sheet: words that clients see, one for each file (word 0: files that never change). A word
 * changes before the change of a file is answered, so a client that finds the word that it had been
 * told knows that what it had read with it is still true. */
#pragma once

#include <craton/runtime.h>

#define SHEET_WORDS   (MEMORY_SHARED_UNIT / 4u)
#define SHEET_OBJECTS 1024u /* the last words: files that the cache knows (cache.h) */

[[nodiscard]] status_t sheet_open(void);
uint32_t sheet_stamp(uint32_t slot);
void sheet_change(uint32_t slot);
