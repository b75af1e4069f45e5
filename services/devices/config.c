// SPDX-License-Identifier: MIT OR Apache-2.0
/* Configuration space by ports: mechanism 1 (PCI Local Bus 3.0, 3.2.2.3.2). */
#include "config.h"

#include <abi/syscall.h>
#include <craton/service.h>

#define PORT_ADDRESS 0xcf8u
#define PORT_DATA    0xcfcu
#define ENABLE       0x80000000u

static void select(uint16_t address, uint32_t offset)
{
	uint64_t word = ENABLE | (uint32_t)address << 8 | (offset & 0xfc);

	(void)!io_port_out(service_start()->handles[PROCESS_SLOT_IO_PORT], PORT_ADDRESS, 4, word);
}

static uint32_t read_word(void *self, uint16_t address, uint32_t offset)
{
	uint64_t value = UINT32_MAX;

	(void)self;
	select(address, offset);
	(void)!io_port_in(service_start()->handles[PROCESS_SLOT_IO_PORT], PORT_DATA, 4, &value);
	return (uint32_t)value;
}

static void write_word(void *self, uint16_t address, uint32_t offset, uint32_t value)
{
	(void)self;
	select(address, offset);
	(void)!io_port_out(service_start()->handles[PROCESS_SLOT_IO_PORT], PORT_DATA, 4, value);
}

static void write_half(void *self, uint16_t address, uint32_t offset, uint16_t value)
{
	(void)self;
	select(address, offset);
	(void)!io_port_out(
		service_start()->handles[PROCESS_SLOT_IO_PORT], PORT_DATA + (offset & 2), 2, value);
}

const struct pci_bus config_bus = {nullptr, read_word, write_word, write_half};
