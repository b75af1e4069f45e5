// SPDX-License-Identifier: MIT OR Apache-2.0
/* What devices reach. A DMA space is an address space whose tables an IOMMU walks instead of a CPU:
 * its frames and tables are linked through their slots in the same way (space.h, mapping.h), so a
 * frame that is revoked is out of the tables, and the IOMMUs have said that they forgot it, before
 * the kernel is left. Devices are attached to spaces by whoever has the IOMMU capability.
 * Invariants: a device is attached to one space at most; a space knows its devices, and takes them
 * with it when it goes; an IOMMU that is on lets no device reach anything that is not attached.
 * Tests: tests/host/kernel/dma_test.c, tests/system/iommu_test.py */
#ifndef KERNEL_DMA_H
#define KERNEL_DMA_H

#include <kernel/space.h>

#define DMA_DEVICES 32u /* attached to one space */

struct dma_space {
	struct address_space header;
	uint32_t device_count;
	uint32_t devices[DMA_DEVICES]; /* unit << 16 | requester */
};

/* Empties a space that is destroyed. ERR_AGAIN: repeat. */
NODISCARD status_t dma_space_destroy(struct dma_space *space, struct slice *slice);

#endif
