// SPDX-License-Identifier: MIT OR Apache-2.0
// The few functions of <string.h> that the loaders need; the compiler also calls some by itself.
#include <string.h>

#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen

// Eight bytes at a time: an emulator counts each step of a string instruction.
void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	void *result = to;
	size_t words = size / 8;
	size_t rest = size % 8;
	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(rest) : : "memory");
	return result;
}

void *memset(void *to, int value, size_t size)
{
	void *result = to;
	size_t words = size / 8;
	size_t rest = size % 8;
	uint64_t pattern = (uint8_t)value * UINT64_C(0x0101010101010101);
	__asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(pattern) : "memory");
	__asm__ volatile("rep stosb" : "+D"(to), "+c"(rest) : "a"(pattern) : "memory");
	return result;
}

void *memmove(void *to, const void *from, size_t size)
{
	uint8_t *target = to;
	const uint8_t *source = from;
	if ((uintptr_t)to - (uintptr_t)from >= size)
		return memcpy(to, from, size);
	while (size-- > 0)
		target[size] = source[size];
	return to;
}

int memcmp(const void *left, const void *right, size_t size)
{
	const uint8_t *a = left;
	const uint8_t *b = right;
	for (size_t i = 0; i < size; i++) {
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	}
	return 0;
}

void *memchr(const void *memory, int value, size_t size)
{
	const uint8_t *bytes = memory;
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == (uint8_t)value)
			return (void *)(bytes + i);
	}
	return nullptr;
}

size_t strlen(const char *text)
{
	size_t length = 0;
	while (text[length] != '\0')
		length++;
	return length;
}

int strcmp(const char *left, const char *right)
{
	return strncmp(left, right, SIZE_MAX);
}

int strncmp(const char *left, const char *right, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		uint8_t a = (uint8_t)left[i];
		uint8_t b = (uint8_t)right[i];
		if (a != b)
			return a < b ? -1 : 1;
		if (a == 0)
			break;
	}
	return 0;
}

// Only ends with at most two characters are asked for.
size_t strcspn(const char *text, const char *ends)
{
	size_t length = 0;
	while (text[length] != '\0' && text[length] != ends[0] &&
		(ends[0] == '\0' || text[length] != ends[1]))
		length++;
	return length;
}
