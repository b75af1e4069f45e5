// SPDX-License-Identifier: MIT OR Apache-2.0
/* The module with engines of files (interface.h) in this process: compiled when the system was
 * built, and part of this program. It reaches its memory, which is the volume's, and what it
 * imports. If it traps, or goes wrong otherwise, this process ends as if the fault were its own. */
#pragma once

#include "interface.h"

/* A new instance on `memory` (page-aligned, with nothing mapped for 8 GiB behind it), of which the
 * first MODULE_OWN bytes are overwritten and the rest is left alone. One that was there is
 * forgotten. */
void module_begin(uint8_t *memory, size_t size);

/* See interface.h. */
[[nodiscard]] bool module_describe(uint32_t kind);
[[nodiscard]] bool module_open(
	uint32_t kind, const struct engine_environment *environment, uint8_t *memory, size_t size);
int64_t module_call(enum module_method method, uint64_t a, uint64_t b, uint64_t c);

/* In the module's memory, which it may write to only while it is called: what is in there is not
 * to be believed. */
extern struct module_area *module_area;
