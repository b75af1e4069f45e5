// SPDX-License-Identifier: MIT OR Apache-2.0
/* Memory functions that the compiler calls. */
#include <kernel/types.h>

void *memset(void *destination, int byte, size_t size)
{
	uint64_t pattern = (uint8_t)byte * 0x0101010101010101ull;
	uint8_t *bytes = destination;

	while (size >= 64) {
		for (uint32_t i = 0; i < 8; i++)
			((uint64_t *)bytes)[i] = pattern;
		bytes += 64;
		size -= 64;
	}
	while (size-- > 0)
		*bytes++ = (uint8_t)byte;
	return destination;
}

void *memcpy(void *restrict destination, const void *restrict source, size_t size)
{
	uint8_t *to = destination;
	const uint8_t *from = source;

	while (size >= 8) {
		*(uint64_t *)to = *(const uint64_t *)from;
		to += 8;
		from += 8;
		size -= 8;
	}
	while (size-- > 0)
		*to++ = *from++;
	return destination;
}
