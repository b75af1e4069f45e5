// SPDX-License-Identifier: MIT OR Apache-2.0
/* Local and I/O interrupt controllers: Intel SDM volume 3, chapter 10; 82093AA data sheet. */
#ifndef ARCH_APIC_H
#define ARCH_APIC_H

#include <arch/acpi.h>
#include <kernel/cpu.h>

/* The local APICs, in memory (xAPIC) or in MSRs (x2APIC). `machine` is borrowed for ever. */
void apic_init(const struct acpi_machine *machine);
void apic_init_cpu(struct cpu *cpu);
uint32_t apic_id(void);
void apic_end_of_interrupt(void);
void apic_send(uint32_t destination, uint32_t command);

#define APIC_INIT    0x4500u
#define APIC_STARTUP 0x4600u

/* Measures the timer's frequency against the clock. */
void apic_timer_calibrate(void);

/* An I/O APIC: `first` is its first global interrupt line. */
void ioapic_add(uint64_t physical, uint32_t first);

/* An ISA interrupt that is wired to another line. Flags as in the MADT. */
void ioapic_override(uint32_t isa, uint32_t line, uint32_t flags);

#endif
