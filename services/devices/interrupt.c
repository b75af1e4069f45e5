// SPDX-License-Identifier: MIT OR Apache-2.0
/* See interrupt.h. */
#include "interrupt.h"

#include "config.h"
#include "registers.h"
#include "table.h"
#include "windows.h"

#include <abi/syscall.h>
#include <craton/estate.h>
#include <craton/service.h>

static handle_t cnode(void)
{
	return service_start()->handles[PROCESS_SLOT_CNODE];
}

status_t interrupt_make(uint32_t index, handle_t *irq)
{
	struct device_use *use = &table->uses[index];
	status_t status = OK;

	if (use->irq_is_there == 0) {
		/* Of an instance that died just then. */
		(void)!cnode_delete(cnode(), IRQ_SLOT + index);
		estate_save(use, sizeof(*use));
		status = irq_control_allocate_msi(
			service_start()->handles[PROCESS_SLOT_IRQ_CONTROL], 0, cnode(),
			IRQ_SLOT + index, &use->irq_tag, &use->irq_target, &use->irq_data);
		use->irq_is_there = status == OK;
	}
	*irq = handle_of(IRQ_SLOT + index, use->irq_tag);
	return status;
}

void interrupt_drop(uint32_t index)
{
	ESTATE_SET(table->uses[index].irq_is_there, 0);
	(void)!cnode_delete(cnode(), IRQ_SLOT + index);
}

static status_t set_msi_x(uint32_t index, uint32_t number)
{
	const struct device_use *use = &table->uses[index];
	const uint32_t entry[4] = {(uint32_t)use->irq_target, (uint32_t)(use->irq_target >> 32),
		(uint32_t)use->irq_data, 0};
	struct pci_msi_x msi_x;
	handle_t frame;
	status_t status = pci_msi_x(&config_bus, &table->devices[index], number, &msi_x);

	if (status == OK)
		status = window_frame(index, msi_x.window, &frame);
	return status == OK
		       ? registers_write(table->devices[index].window[msi_x.window] + msi_x.offset,
				 entry, 4)
		       : status;
}

void interrupt_off(uint32_t index)
{
	const struct pci_device *d = &table->devices[index];

	if (d->interrupt == PCI_INTERRUPT_MSI_X)
		pci_msi_x_enable(&config_bus, d, false);
	else if (d->interrupt == PCI_INTERRUPT_MSI)
		pci_msi_enable(&config_bus, d, false);
}

status_t interrupt_on(uint32_t index, uint32_t number)
{
	const struct pci_device *d = &table->devices[index];
	const struct device_use *use = &table->uses[index];
	status_t status = OK;

	if (use->irq_is_there == 0)
		return ERR_NOT_FOUND;
	pci_set_master(&config_bus, d->address, true);
	if (d->interrupt == PCI_INTERRUPT_MSI_X) {
		status = set_msi_x(index, number);
		pci_msi_x_enable(&config_bus, d, true);
	} else {
		pci_msi_set(&config_bus, d, use->irq_target, (uint32_t)use->irq_data);
		pci_msi_enable(&config_bus, d, true);
	}
	return status;
}
