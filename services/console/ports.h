// SPDX-License-Identifier: MIT OR Apache-2.0
/* One byte from or to an I/O port; a port outside the manifest's range reads as all ones. Tests put
 * a simulated device here. */
#pragma once

#include <stdint.h>

uint8_t port_read(uint16_t port);
void port_write(uint16_t port, uint8_t value);
