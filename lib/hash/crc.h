// SPDX-License-Identifier: MIT OR Apache-2.0
/* Cyclic redundancy checks that formats on disks use. Tests: tests/host/lib/crc_test.c */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* CRC-32C (Castagnoli, reflected), neither start value nor result inverted: `crc` is what came out
 * for the bytes before, at first what the format wants (often ~0). */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t size);

/* CRC-32 (ISO 3309), likewise. */
uint32_t crc32(uint32_t crc, const void *bytes, size_t size);

/* CRC-16 with the polynomial 0x8005, reflected, likewise. */
uint16_t crc16(uint16_t crc, const void *bytes, size_t size);
