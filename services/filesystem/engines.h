// SPDX-License-Identifier: MIT OR Apache-2.0
/* All engines of files that there are. */
#pragma once

#include <craton/file_engine.h>

/* Before all else, and whenever `memory`, of `size` bytes, may be another one than before: what
 * engines need to run at all. They keep the first engines_own_memory() bytes of it for themselves.
 */
void engines_begin(uint8_t *memory, size_t size);
size_t engines_own_memory(void);

/* By number, in the order in which they look at a volume; nullptr: there are no more. */
const struct file_engine *engine_of_kind(uint64_t kind);
