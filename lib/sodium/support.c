// SPDX-License-Identifier: MIT OR Apache-2.0
/* See include/utils.h and include/core.h. */
#include "include/core.h"
#include "include/utils.h"

#include <string.h>

void sodium_memzero(void *bytes, size_t size)
{
	memset(bytes, 0, size);
	__asm__ volatile("" : : "r"(bytes) : "memory");
}

int sodium_memcmp(const void *left, const void *right, size_t size)
{
	const unsigned char *a = left;
	const unsigned char *b = right;
	unsigned char difference = 0;

	for (size_t i = 0; i < size; i++)
		difference |= (unsigned char)(a[i] ^ b[i]);
	return difference == 0 ? 0 : -1;
}

int sodium_is_zero(const unsigned char *bytes, size_t size)
{
	unsigned char any = 0;

	for (size_t i = 0; i < size; i++)
		any |= bytes[i];
	return any == 0;
}

void sodium_misuse(void)
{
	__builtin_trap();
}
