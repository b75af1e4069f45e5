// SPDX-License-Identifier: MIT OR Apache-2.0
/* Static ACPI tables: see acpi.h. */
#include <arch/acpi.h>
#include <arch/apic.h>
#include <arch/physmap.h>

#define HEADER_SIZE   36u
#define TABLE_MAX     (1024u * 1024u)
#define MADT_ENTRIES  44u
#define MCFG_ENTRIES  44u
#define MCFG_ENTRY    16u
#define ECAM_BUS_BITS 20u
#define DEFAULT_APIC  0xfee00000u
#define CPU_ENABLED   1u

static uint32_t read32(const uint8_t *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

static uint64_t read64(const uint8_t *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

static bool sum_is_zero(const uint8_t *bytes, uint32_t size)
{
	uint8_t sum = 0;

	for (uint32_t i = 0; i < size; i++)
		sum = (uint8_t)(sum + bytes[i]);
	return sum == 0;
}

/* A table with a plausible length and a right checksum, or NULL. */
static const uint8_t *table_at(uint64_t physical)
{
	const uint8_t *table = virtual_of(physical);
	uint32_t size;

	if (physical == 0)
		return NULL;
	size = read32(table + 4);
	if (size < HEADER_SIZE || size > TABLE_MAX || !sum_is_zero(table, size))
		return NULL;
	return table;
}

static bool has_signature(const uint8_t *table, const char *signature)
{
	for (uint32_t i = 0; i < 4; i++) {
		if (table[i] != (uint8_t)signature[i])
			return false;
	}
	return true;
}

static void add_cpu(struct acpi_machine *machine, uint32_t id, uint32_t flags)
{
	if ((flags & CPU_ENABLED) == 0 || machine->cpu_count == CPU_MAX)
		return;
	machine->apic_ids[machine->cpu_count++] = id;
}

static void read_madt_entry(struct acpi_machine *machine, const uint8_t *entry, uint32_t size)
{
	switch (entry[0]) {
	case 0: /* processor local APIC */
		if (size >= 8)
			add_cpu(machine, entry[3], read32(entry + 4));
		break;
	case 1: /* I/O APIC */
		if (size >= 12)
			ioapic_add(read32(entry + 4), read32(entry + 8));
		break;
	case 2: /* interrupt source override */
		if (size >= 10)
			ioapic_override(entry[3], read32(entry + 4), (uint32_t)entry[8]);
		break;
	case 4: /* local APIC's non-maskable interrupt; taken as all CPUs', as all machines have it
		 */
		if (size >= 6 && entry[5] < 2) {
			machine->nmi_pins |= 1u << entry[5];
			machine->nmi_active_low = (entry[3] & 3) == 3;
		}
		break;
	case 9: /* processor local x2APIC */
		if (size >= 16 && read32(entry + 4) > 254)
			add_cpu(machine, read32(entry + 4), read32(entry + 8));
		break;
	default:
		break;
	}
}

static void read_madt(const uint8_t *table, struct acpi_machine *machine)
{
	uint32_t size = read32(table + 4);
	uint32_t offset = MADT_ENTRIES;

	if (size < MADT_ENTRIES)
		return;
	machine->local_apic = read32(table + HEADER_SIZE);
	while (offset + 2 <= size) {
		uint32_t length = table[offset + 1];

		if (length < 2 || length > size - offset)
			return;
		read_madt_entry(machine, table + offset, length);
		offset += length;
	}
}

/* The first segment: its address, number, first and last bus. */
static void read_mcfg(const uint8_t *table, struct acpi_machine *machine)
{
	uint32_t size = read32(table + 4);

	for (uint32_t at = MCFG_ENTRIES; at + MCFG_ENTRY <= size; at += MCFG_ENTRY) {
		if ((read32(table + at + 8) & 0xffffffu) != 0)
			continue; /* another segment, or not from bus 0 on */
		machine->ecam = read64(table + at);
		machine->ecam_size = ((uint64_t)table[at + 11] + 1) << ECAM_BUS_BITS;
		return;
	}
}

static void read_table(const uint8_t *table, struct acpi_machine *machine)
{
	if (has_signature(table, "APIC"))
		read_madt(table, machine);
	else if (has_signature(table, "HPET") && read32(table + 4) >= 56)
		machine->hpet = read64(table + 44);
	else if (has_signature(table, "MCFG"))
		read_mcfg(table, machine);
	else if (has_signature(table, "DMAR")) {
		machine->dmar = table;
		machine->dmar_size = read32(table + 4);
	}
}

static void read_root(const uint8_t *root, uint32_t width, struct acpi_machine *machine)
{
	uint32_t size = read32(root + 4);

	for (uint32_t offset = HEADER_SIZE; offset + width <= size; offset += width) {
		uint64_t address = width == 8 ? read64(root + offset) : read32(root + offset);
		const uint8_t *table = table_at(address);

		if (table != NULL)
			read_table(table, machine);
	}
}

void acpi_read(uint64_t rsdp, struct acpi_machine *machine)
{
	const uint8_t *pointer = virtual_of(rsdp);
	const uint8_t *root;
	bool extended;

	machine->local_apic = DEFAULT_APIC;
	if (rsdp == 0 || !sum_is_zero(pointer, 20))
		return;
	extended = pointer[15] >= 2 && read64(pointer + 24) != 0;
	root = table_at(extended ? read64(pointer + 24) : read32(pointer + 16));
	if (root != NULL)
		read_root(root, extended ? 8 : 4, machine);
}
