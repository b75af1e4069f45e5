// SPDX-License-Identifier: MIT OR Apache-2.0
/* Methods of DMA spaces and of the IOMMU capability: see dma.h. What is like a method of address
 * spaces is that method. */
#include "invoke.h"

#include <arch/machine.h>
#include <kernel/cspace.h>
#include <kernel/dma.h>
#include <kernel/irq.h>

#define DMA_FLAGS       (RIGHT_READ | RIGHT_WRITE)
#define REQUESTERS      0x10000u
#define TABLE_COPY_MOST 4096u

status_t dma_space_destroy(struct dma_space *space, struct slice *slice)
{
	arch_iommu_release(space);
	return space_destroy(&space->header, slice);
}

status_t dma_space_give_tables_method(struct invocation *in)
{
	return space_give_tables(in, (struct address_space *)in->target->object, 0);
}

/* The device's registers of another one are no memory. */
status_t dma_space_map_method(struct invocation *in)
{
	uint64_t end = arch_iommu_address_end();
	struct slot *frame;
	status_t status = cspace_lookup_object(in->self, ARGUMENT(in, 0), OBJECT_FRAME, 0, &frame);

	if (status != OK)
		return status;
	if ((frame->object & SLOT_DEVICE) != 0)
		return ERR_NOT_SUPPORTED;
	if ((ARGUMENT(in, 4) & ~(uint64_t)DMA_FLAGS) != 0)
		return ERR_INVALID_ARGUMENT;
	if (ARGUMENT(in, 2) >= end || ARGUMENT(in, 3) > (end - ARGUMENT(in, 2)) >> PAGE_SHIFT)
		return ERR_RANGE;
	return address_space_map_method(in);
}

status_t dma_space_unmap_method(struct invocation *in)
{
	return address_space_unmap_method(in);
}

/* --- IOMMUs ----------------------------------------------------------------------------------- */

status_t iommu_table_method(struct invocation *in)
{
	uint64_t offset = ARGUMENT(in, 1);
	uint64_t size = ARGUMENT(in, 2);
	uint64_t whole;
	const uint8_t *table = arch_iommu_table(&whole);

	if (offset > whole || size > TABLE_COPY_MOST)
		return ERR_RANGE;
	if (size > whole - offset)
		size = whole - offset;
	if (size != 0 && !arch_copy_to_user(ARGUMENT(in, 0), table + offset, size))
		return ERR_BAD_ADDRESS;
	set_result(in, 0, size);
	return OK;
}

status_t iommu_unit_method(struct invocation *in)
{
	uint64_t address = 0;
	status_t status = arch_iommu_unit(ARGUMENT(in, 0), &address);

	set_result(in, 0, address);
	return status;
}

status_t iommu_start_method(struct invocation *in)
{
	return arch_iommu_start(ARGUMENT(in, 0), &in->slice);
}

status_t iommu_give_tables_method(struct invocation *in)
{
	struct address_space *tables = arch_iommu_tables(ARGUMENT(in, 0));

	return tables == NULL ? ERR_NOT_FOUND : space_give_tables(in, tables, 1);
}

status_t iommu_attach_method(struct invocation *in)
{
	struct slot *space;
	status_t status =
		cspace_lookup_object(in->self, ARGUMENT(in, 2), OBJECT_DMA_SPACE, 0, &space);

	if (status == OK && ARGUMENT(in, 1) >= REQUESTERS)
		status = ERR_RANGE;
	if (status != OK)
		return status;
	return arch_iommu_attach(
		ARGUMENT(in, 0), ARGUMENT(in, 1), (struct dma_space *)space->object);
}

status_t iommu_detach_method(struct invocation *in)
{
	if (ARGUMENT(in, 1) >= REQUESTERS)
		return ERR_RANGE;
	return arch_iommu_detach(ARGUMENT(in, 0), ARGUMENT(in, 1));
}

status_t iommu_fault_method(struct invocation *in)
{
	uint64_t fault[3] = {0};
	status_t status = arch_iommu_fault(ARGUMENT(in, 0), fault);

	for (uint32_t i = 0; i < 3; i++)
		set_result(in, i, fault[i]);
	return status;
}

status_t iommu_bind_method(struct invocation *in)
{
	struct slot *irq;
	status_t status =
		cspace_lookup_object(in->self, ARGUMENT(in, 1), OBJECT_IRQ, RIGHT_CONTROL, &irq);

	if (status != OK)
		return status;
	return arch_iommu_bind(ARGUMENT(in, 0), (const struct irq *)irq->object);
}
