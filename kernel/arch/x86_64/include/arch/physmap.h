// SPDX-License-Identifier: MIT OR Apache-2.0
/* The map of all physical memory at one virtual base, made by the loader. */
#ifndef ARCH_PHYSMAP_H
#define ARCH_PHYSMAP_H

#include <kernel/types.h>

extern uint64_t physmap_base;

ALWAYS_INLINE void *virtual_of(uint64_t physical)
{
	return (void *)(uintptr_t)(physmap_base + physical);
}

ALWAYS_INLINE uint64_t physical_of(const void *virtual)
{
	return (uint64_t)(uintptr_t)virtual - physmap_base;
}

#endif
