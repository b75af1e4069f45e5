// SPDX-License-Identifier: MIT OR Apache-2.0
/* See config.h. Ports: mechanism 1 (PCI Local Bus 3.0, 3.2.2.3.2). */
#include "config.h"

#include "registers.h"

#include <abi/syscall.h>
#include <craton/print.h>
#include <craton/service.h>

#define PORT_ADDRESS   0xcf8u
#define PORT_DATA      0xcfcu
#define ENABLE         0x80000000u
#define PORT_BYTES     256u
#define FUNCTION_BYTES 4096u
#define FUNCTION_SHIFT 12u
#define BUS_BYTES      ((uint64_t)256 * FUNCTION_BYTES)
#define MAPPED         0x440000000u

static uint64_t mapped; /* bytes, from bus 0 on */

/* --- ports --------------------------------------------------------------------------------------
 */

static void select(uint16_t address, uint32_t offset)
{
	uint64_t word = ENABLE | (uint32_t)address << 8 | (offset & 0xfc);

	(void)!io_port_out(service_start()->handles[PROCESS_SLOT_IO_PORT], PORT_ADDRESS, 4, word);
}

static uint32_t read_port(uint16_t address, uint32_t offset)
{
	uint64_t value = UINT32_MAX;

	if (offset >= PORT_BYTES)
		return UINT32_MAX;
	select(address, offset);
	(void)!io_port_in(service_start()->handles[PROCESS_SLOT_IO_PORT], PORT_DATA, 4, &value);
	return (uint32_t)value;
}

static void write_port(uint16_t address, uint32_t offset, unsigned size, uint32_t value)
{
	if (offset >= PORT_BYTES)
		return;
	select(address, offset);
	(void)!io_port_out(service_start()->handles[PROCESS_SLOT_IO_PORT], PORT_DATA + (offset & 3),
		size, value);
}

/* --- memory -------------------------------------------------------------------------------------
 */

/* nullptr: it cannot be reached so. */
static volatile void *place_of(uint16_t address, uint32_t offset)
{
	uint64_t place = (uint64_t)address << FUNCTION_SHIFT | offset;

	return place < mapped && offset < FUNCTION_BYTES ? (volatile void *)(MAPPED + place)
							 : nullptr;
}

static uint32_t read_word(void *self, uint16_t address, uint32_t offset)
{
	volatile uint32_t *place = place_of(address, offset);

	(void)self;
	return place != nullptr ? *place : read_port(address, offset);
}

static void write_word(void *self, uint16_t address, uint32_t offset, uint32_t value)
{
	volatile uint32_t *place = place_of(address, offset);

	(void)self;
	if (place != nullptr)
		*place = value;
	else
		write_port(address, offset, 4, value);
}

static void write_half(void *self, uint16_t address, uint32_t offset, uint16_t value)
{
	volatile uint16_t *place = place_of(address, offset);

	(void)self;
	if (place != nullptr)
		*place = value;
	else
		write_port(address, offset, 2, value);
}

const struct pci_bus config_bus = {nullptr, read_word, write_word, write_half};

/* --- start --------------------------------------------------------------------------------------
 */

/* In pieces that begin at a multiple of their size. */
static status_t map_all(uint64_t physical, uint64_t size)
{
	uint64_t done = 0;
	status_t status = OK;

	for (uint32_t i = 0; status == OK && done < size; i++) {
		unsigned order = (unsigned)__builtin_ctzll(physical + done);

		while ((uint64_t)1 << order > size - done)
			order--;
		status = registers_map(physical + done, order, i, MAPPED + done);
		done += (uint64_t)1 << order;
	}
	return status;
}

/* Tables can be wrong: both ways must find the same at the place where the first bridge is. */
static bool is_same(void)
{
	for (uint32_t offset = 0; offset < PCI_HEADER; offset += 8) {
		if (read_word(nullptr, 0, offset) != read_port(0, offset))
			return false;
	}
	return true;
}

static uint64_t table_bytes(void)
{
	const struct process_start *start = service_start();

	return start->ecam_size < 256 * BUS_BYTES ? start->ecam_size : 256 * BUS_BYTES;
}

void config_open(void)
{
	const struct process_start *start = service_start();
	uint64_t size = table_bytes();
	status_t status = start->ecam != 0 ? map_all(start->ecam, size) : ERR_NOT_FOUND;

	mapped = status == OK ? size : 0;
	if (mapped != 0 && !is_same())
		mapped = 0;
	if (start->ecam != 0 && mapped == 0)
		debug_print(
			"devices: configuration space is not where the tables say: %ld\n", status);
}

uint32_t config_bytes(void)
{
	return mapped != 0 ? FUNCTION_BYTES : PORT_BYTES;
}

/* Also where it could not be mapped: the device that answers there does so all the same. */
uint64_t config_place(uint64_t *size)
{
	*size = service_start()->ecam != 0 ? table_bytes() : 0;
	return service_start()->ecam;
}
