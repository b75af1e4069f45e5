// SPDX-License-Identifier: MIT OR Apache-2.0
/* Memory and string functions. Wide moves: `rep movsb` is slow for short pieces and under
 * emulation. */
#include <craton/runtime.h>

typedef uint64_t word __attribute__((aligned(1), may_alias));
typedef uint64_t vector __attribute__((vector_size(16), aligned(1), may_alias));

/* From the lowest byte up, each piece read before it is written: what lies behind may overlap. */
static void copy_up(unsigned char *to, const unsigned char *from, size_t size)
{
	for (; size >= 64; size -= 64, to += 64, from += 64) {
		vector a = ((const vector *)from)[0];
		vector b = ((const vector *)from)[1];
		vector c = ((const vector *)from)[2];
		vector d = ((const vector *)from)[3];

		((vector *)to)[0] = a;
		((vector *)to)[1] = b;
		((vector *)to)[2] = c;
		((vector *)to)[3] = d;
	}
	for (; size >= 16; size -= 16, to += 16, from += 16)
		*(vector *)to = *(const vector *)from;
	if (size >= 8) {
		*(word *)to = *(const word *)from;
		size -= 8;
		to += 8;
		from += 8;
	}
	while (size-- > 0)
		*to++ = *from++;
}

void *memcpy(void *restrict destination, const void *restrict source, size_t size)
{
	copy_up(destination, source, size);
	return destination;
}

static void *move_backwards(void *destination, const void *source, size_t size)
{
	unsigned char *to = (unsigned char *)destination + size;
	const unsigned char *from = (const unsigned char *)source + size;

	for (; size >= 8; size -= 8) {
		to -= 8;
		from -= 8;
		*(word *)to = *(const word *)from;
	}
	while (size-- > 0)
		*--to = *--from;
	return destination;
}

void *memmove(void *destination, const void *source, size_t size)
{
	uintptr_t to = (uintptr_t)destination;
	uintptr_t from = (uintptr_t)source;

	if (to - from < size)
		return move_backwards(destination, source, size);
	copy_up(destination, source, size);
	return destination;
}

void *memset(void *destination, int byte, size_t size)
{
	unsigned char *to = destination;
	uint64_t pattern = (unsigned char)byte * 0x0101010101010101u;
	vector wide = {pattern, pattern};

	for (; size >= 256; size -= 256, to += 256) {
#pragma clang loop unroll(full)
		for (unsigned i = 0; i < 16; i++)
			((vector *)to)[i] = wide;
	}
	for (; size >= 16; size -= 16, to += 16)
		*(vector *)to = wide;
	for (; size >= 8; size -= 8, to += 8)
		*(word *)to = pattern;
	while (size-- > 0)
		*to++ = (unsigned char)byte;
	return destination;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const unsigned char *left = a;
	const unsigned char *right = b;

	for (; size >= 8 && *(const word *)left == *(const word *)right; size -= 8) {
		left += 8;
		right += 8;
	}
	for (; size > 0; size--, left++, right++) {
		if (*left != *right)
			return *left < *right ? -1 : 1;
	}
	return 0;
}

void *memchr(const void *memory, int byte, size_t size)
{
	const unsigned char *at = memory;

	for (; size > 0; size--, at++) {
		if (*at == (unsigned char)byte)
			return (void *)at;
	}
	return nullptr;
}

size_t strlen(const char *text)
{
	size_t length = 0;

	while (text[length] != 0)
		length++;
	return length;
}

int strncmp(const char *a, const char *b, size_t size)
{
	for (; size > 0; size--, a++, b++) {
		if (*a != *b)
			return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
		if (*a == 0)
			return 0;
	}
	return 0;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}
