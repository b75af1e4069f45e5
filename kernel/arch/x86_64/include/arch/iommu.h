// SPDX-License-Identifier: MIT OR Apache-2.0
/* IOMMUs: Intel Virtualization Technology for Directed I/O (VT-d) 3.3, legacy mode. Each has a root
 * table with an entry for each bus, which points to a table with an entry for each device and
 * function, which points to a DMA space's tables. What it keeps in caches is invalidated through a
 * queue (6.5.2). One that has no such queue, or is of another kind that is not known here, is not
 * used. Guarded by the kernel lock. */
#ifndef ARCH_IOMMU_H
#define ARCH_IOMMU_H

#include <kernel/dma.h>

/* Once, before the first task: looks at the IOMMUs that ACPI's DMAR table names (8.3), which lies
 * at `table` (NULL: there is none) and has `size` bytes. None is turned on. */
void iommu_init(const uint8_t *table, uint32_t size);

/* A space of a device, or an IOMMU's own, has fewer translations than before: they are forgotten
 * before the kernel is left. */
void iommu_forget(const struct address_space *space);

/* A space has more translations than before. */
void iommu_mapped(const struct address_space *space);

/* Every IOMMU forgets what iommu_forget() was called for. */
void iommu_flush(void);

#endif
