// SPDX-License-Identifier: MIT OR Apache-2.0
/* Mappings that the kernel makes for itself at boot, one 4 KiB page at a time, in tables that stay.
 * Afterwards the kernel half of all tables is fixed. */
#ifndef ARCH_KERNEL_MAP_H
#define ARCH_KERNEL_MAP_H

#include <kernel/types.h>

#define KERNEL_MAP_WRITE   ((uint64_t)1 << 1)
#define KERNEL_MAP_EXECUTE ((uint64_t)1 << 2) /* never with KERNEL_MAP_WRITE */

/* Maps the page at `physical` into the tables whose top is at `root` (physical). */
void kernel_map_page(uint64_t root, uint64_t address, uint64_t physical, uint64_t flags);

/* Maps in `to` the pages of [start, end) as they are in `from`, with those of `flags` that they
 * have there. Panics if one is missing. */
void kernel_map_share(
	uint64_t to, uint64_t from, const void *start, const void *end, uint64_t flags);

#endif
