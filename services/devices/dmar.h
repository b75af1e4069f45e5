// SPDX-License-Identifier: MIT OR Apache-2.0
/* ACPI's DMAR table (VT-d 3.3, chapter 8): which IOMMU a device is behind, and for which ones the
 * firmware keeps memory. It is walked anew for each question; what it says is checked once. Only
 * PCI segment 0 is looked at. Tests: tests/host/services/dmar_test.c, tests/fuzz/dmar.c */
#pragma once

#include "pci.h"

struct dmar {
	const uint8_t *bytes;
	size_t size;
};

/* Whether all of its structures lie within it, and their lists of devices within these.
 * ERR_CORRUPT. */
[[nodiscard]] status_t dmar_check(const struct dmar *dmar);

/* Finds the registers of the IOMMU that the function at `address` is behind: one that names it, or
 * a bridge before it, else the one that has all others. False: it is behind none. */
[[nodiscard]] bool dmar_find_unit(
	const struct dmar *dmar, const struct pci_bus *bus, uint16_t address, uint64_t *registers);

/* Whether the firmware wants the device to reach memory of the firmware's own. */
[[nodiscard]] bool dmar_is_reserved(
	const struct dmar *dmar, const struct pci_bus *bus, uint16_t address);

/* Whether a bridge before the device gives its number to all that lies behind it, as those to PCI
 * (not Express) do: an IOMMU cannot tell these devices apart. */
[[nodiscard]] bool dmar_shares_number(const struct pci_bus *bus, const struct pci_device *devices,
	uint32_t count, uint16_t address);
