// SPDX-License-Identifier: MIT OR Apache-2.0
/* Registers of a device in memory, by their physical address: each access is made as it stands. */
#ifndef ARCH_MMIO_H
#define ARCH_MMIO_H

#include <arch/physmap.h>

ALWAYS_INLINE uint32_t mmio_read32(uint64_t physical)
{
	return *(volatile uint32_t *)virtual_of(physical);
}

ALWAYS_INLINE void mmio_write32(uint64_t physical, uint32_t value)
{
	*(volatile uint32_t *)virtual_of(physical) = value;
}

ALWAYS_INLINE uint64_t mmio_read64(uint64_t physical)
{
	return *(volatile uint64_t *)virtual_of(physical);
}

ALWAYS_INLINE void mmio_write64(uint64_t physical, uint64_t value)
{
	*(volatile uint64_t *)virtual_of(physical) = value;
}

#endif
