// SPDX-License-Identifier: MIT OR Apache-2.0
// Numbers as formats on disks have them: little-endian, at any place.
#ifndef APPS_LITTLE_ENDIAN_H
#define APPS_LITTLE_ENDIAN_H

#include <stdint.h>

static inline uint16_t get16(const unsigned char *bytes)
{
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline uint32_t get32(const unsigned char *bytes)
{
	return get16(bytes) | (uint32_t)get16(bytes + 2) << 16;
}

#endif
