// SPDX-License-Identifier: MIT OR Apache-2.0
/* I/O ports through the kernel: see ports.h. */
#include "ports.h"

#include <abi/syscall.h>
#include <craton/service.h>

static handle_t io_port(void)
{
	return service_start()->handles[PROCESS_SLOT_IO_PORT];
}

uint8_t port_read(uint16_t port)
{
	uint64_t value = 0;

	return io_port_in(io_port(), port, 1, &value) == OK ? (uint8_t)value : 0xff;
}

void port_write(uint16_t port, uint8_t value)
{
	(void)!io_port_out(io_port(), port, 1, value); /* all there is to do is nothing */
}
