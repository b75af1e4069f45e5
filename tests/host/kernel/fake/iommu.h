// SPDX-License-Identifier: MIT OR Apache-2.0
/* IOMMUs of the fake machine: each reads tables past the caches, keeps what it has read until it is
 * told to forget it, and does what its queue says. */
#ifndef TESTS_KERNEL_IOMMU_H
#define TESTS_KERNEL_IOMMU_H

#include <kernel/types.h>

#define FAKE_IOMMUS 2u

/* How many the next boot finds, and what they can; 0 at first. */
extern uint32_t fake_iommu_count;
extern uint64_t fake_iommu_capability[FAKE_IOMMUS];
extern uint64_t fake_iommu_extended;

#define FAKE_IOMMU_CAPABILITY (0x26ull << 16 | 1ull << 40 | 0x22ull << 24 | 6 | 1u << 9)
#define FAKE_IOMMU_QUEUE      2u

/* Where the registers of a unit are. */
#define FAKE_IOMMU_REGISTERS(number) (0xfed90000ull + (number) * PAGE_SIZE)

/* At boot: the table that names them. */
const uint8_t *fake_iommu_table(uint32_t *size);

/* A device's access; `*physical`: where it ends. False: it was not let through. */
bool fake_dma(
	uint32_t unit, uint32_t requester, uint64_t address, bool is_write, uint64_t *physical);

/* The interrupt of faults: what is written where; false: it is masked. */
bool fake_iommu_interrupt(uint32_t unit, uint32_t *address, uint32_t *data);

#endif
