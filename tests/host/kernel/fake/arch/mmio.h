// SPDX-License-Identifier: MIT OR Apache-2.0
/* Host tests: registers are those of the IOMMUs of fake/iommu.c. */
#ifndef ARCH_MMIO_H
#define ARCH_MMIO_H

#include <kernel/types.h>

uint32_t mmio_read32(uint64_t physical);
void mmio_write32(uint64_t physical, uint32_t value);
uint64_t mmio_read64(uint64_t physical);
void mmio_write64(uint64_t physical, uint64_t value);

#endif
