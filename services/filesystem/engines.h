// SPDX-License-Identifier: MIT OR Apache-2.0
/* All engines of files that there are. */
#pragma once

#include <craton/file_engine.h>

/* By number, in the order in which they look at a volume; nullptr: there are no more. */
const struct file_engine *engine_of_kind(uint64_t kind);
