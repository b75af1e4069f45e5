// SPDX-License-Identifier: MIT OR Apache-2.0
/* Usable physical memory while the kernel starts: it takes what it needs for ever, the rest
 * becomes untyped capabilities of the first task. */
#ifndef KERNEL_BOOT_MEMORY_H
#define KERNEL_BOOT_MEMORY_H

#include <kernel/types.h>

void boot_memory_init(const struct memory_range *map, uint64_t count);

/* 2^order bytes, aligned; physical address, 0: there are none. Not cleared. */
uint64_t boot_memory_take(uint32_t order);
uint64_t boot_memory_take_below(uint32_t order, uint64_t limit);

/* Takes the largest aligned block at the start of what is left, a page or more; its address and
 * order. False: all is taken. */
NODISCARD bool boot_memory_next(uint64_t *physical, uint32_t *order);

/* Bytes usable in all, and taken by the kernel. */
uint64_t boot_memory_total(void);
uint64_t boot_memory_taken(void);

#endif
