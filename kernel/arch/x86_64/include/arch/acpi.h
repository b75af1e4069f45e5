// SPDX-License-Identifier: MIT OR Apache-2.0
/* The ACPI tables that starting CPUs and the clock need: MADT and HPET (ACPI 6.4, sections 5.2.12
 * and the HPET specification 1.0a, section 3.2.4), the one that says what memory is
 * configuration space, as capabilities for it are made here: MCFG (PCI Firmware 3.2,
 * section 4.1.2), and DMAR, of which the kernel wants to know where IOMMUs have their registers
 * (iommu.h). Everything else is for user space. */
#ifndef ARCH_ACPI_H
#define ARCH_ACPI_H

#include <kernel/cpu.h>

struct acpi_machine {
	uint64_t local_apic;
	uint64_t hpet; /* physical address; 0: none */
	uint64_t ecam; /* of the first segment's buses from 0 on; 0: none */
	uint64_t ecam_size;
	const uint8_t *dmar; /* the table; NULL: there is none */
	uint32_t dmar_size;
	uint32_t apic_ids[CPU_MAX];
	uint32_t cpu_count;
	uint32_t nmi_pins; /* bit per local interrupt pin that carries non-maskable interrupts */
	bool nmi_active_low;
};

/* Reads the tables below `rsdp` (0: none) and registers I/O APICs. Malformed tables are skipped. */
void acpi_read(uint64_t rsdp, struct acpi_machine *machine);

#endif
