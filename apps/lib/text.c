// SPDX-License-Identifier: MIT OR Apache-2.0
// See text.h. Invariant: bytes[length] == 0 whenever bytes is not null.
// Tests: tests/host/apps/text_test.c
#include "text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

[[noreturn]] static void memory_fail(void)
{
	static const char message[] = "out of memory; give the program a larger limit\n";
	(void)!write(2, message, sizeof message - 1);
	_exit(125);
}

void *memory_get(size_t size)
{
	void *memory = calloc(1, size ? size : 1);
	if (!memory)
		memory_fail();
	return memory;
}

void *memory_resize(void *memory, size_t size)
{
	memory = realloc(memory, size ? size : 1);
	if (!memory)
		memory_fail();
	return memory;
}

char *memory_copy(const char *bytes, size_t size)
{
	char *copy = memory_get(size + 1);
	if (size)
		memcpy(copy, bytes, size);
	return copy;
}

char *memory_string(const char *string)
{
	return memory_copy(string, strlen(string));
}

void *array_room(void *array, size_t count, size_t *capacity, size_t element)
{
	if (count < *capacity)
		return array;
	if (*capacity > (SIZE_MAX / 4) / element)
		memory_fail();
	*capacity = *capacity ? *capacity * 2 : 8;
	return memory_resize(array, *capacity * element);
}

static void text_reserve(struct text *text, size_t more)
{
	if (more > SIZE_MAX / 4 || text->length > SIZE_MAX / 4)
		memory_fail();
	size_t needed = text->length + more + 1;
	if (needed <= text->capacity)
		return;
	size_t capacity = text->capacity ? text->capacity : 32;
	while (capacity < needed)
		capacity *= 2;
	text->bytes = memory_resize(text->bytes, capacity);
	text->capacity = capacity;
}

void text_add(struct text *text, const char *bytes, size_t size)
{
	text_reserve(text, size);
	if (size)
		memcpy(text->bytes + text->length, bytes, size);
	text->length += size;
	text->bytes[text->length] = 0;
}

void text_string(struct text *text, const char *string)
{
	text_add(text, string, strlen(string));
}

void text_char(struct text *text, char byte)
{
	text_add(text, &byte, 1);
}

void text_vformat(struct text *text, const char *format, va_list arguments)
{
	va_list again;
	va_copy(again, arguments);
	int size = vsnprintf(nullptr, 0, format, arguments);
	if (size > 0) {
		text_reserve(text, (size_t)size);
		(void)vsnprintf(text->bytes + text->length, (size_t)size + 1, format, again);
		text->length += (size_t)size;
	}
	va_end(again);
}

void text_format(struct text *text, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	text_vformat(text, format, arguments);
	va_end(arguments);
}

void text_insert(struct text *text, size_t at, const char *bytes, size_t size)
{
	text_reserve(text, size);
	memmove(text->bytes + at + size, text->bytes + at, text->length - at);
	memcpy(text->bytes + at, bytes, size);
	text->length += size;
	text->bytes[text->length] = 0;
}

void text_remove(struct text *text, size_t at, size_t size)
{
	if (!size)
		return;
	memmove(text->bytes + at, text->bytes + at + size, text->length - at - size);
	text->length -= size;
	text->bytes[text->length] = 0;
}

void text_clear(struct text *text)
{
	text->length = 0;
	if (text->bytes)
		text->bytes[0] = 0;
}

void text_free(struct text *text)
{
	free(text->bytes);
	*text = (struct text){};
}

char *text_take(struct text *text)
{
	if (!text->bytes)
		text_add(text, "", 0);
	char *bytes = text->bytes;
	*text = (struct text){};
	return bytes;
}
