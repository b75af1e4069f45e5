// SPDX-License-Identifier: MIT OR Apache-2.0
// Memory for one parsed text: given out piece by piece, freed at once. Counted, because functions
// keep the text that they were defined in.
#ifndef SHELL_ARENA_H
#define SHELL_ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_make(void); // one reference
struct arena *arena_keep(struct arena *arena);
void arena_drop(struct arena *arena);              // null: nothing
void *arena_get(struct arena *arena, size_t size); // zeroed
char *arena_copy(struct arena *arena, const char *bytes, size_t size);

#endif
