// SPDX-License-Identifier: MIT OR Apache-2.0
// Growable byte strings and memory that cannot fail: a program that runs out of memory ends with a
// message and status 125.
#ifndef APPS_TEXT_H
#define APPS_TEXT_H

#include <stdarg.h>
#include <stddef.h>

void *memory_get(size_t size);                     // zeroed
void *memory_resize(void *memory, size_t size);    // takes `memory`
char *memory_copy(const char *bytes, size_t size); // adds a terminating zero
char *memory_string(const char *string);
// Grows `*array` of `element`-sized entries so that entry `count` fits.
void *array_room(void *array, size_t count, size_t *capacity, size_t element);

struct text {
	char *bytes; // zero-terminated once something was added; null before
	size_t length, capacity;
};

void text_add(struct text *text, const char *bytes, size_t size);
void text_string(struct text *text, const char *string);
void text_char(struct text *text, char byte);
[[gnu::format(printf, 2, 3)]] void text_format(struct text *text, const char *format, ...);
void text_vformat(struct text *text, const char *format, va_list arguments);
void text_insert(struct text *text, size_t at, const char *bytes, size_t size);
void text_remove(struct text *text, size_t at, size_t size);
void text_clear(struct text *text); // keeps the memory
void text_free(struct text *text);
char *text_take(struct text *text); // gives the zero-terminated bytes; `text` is empty after

#endif
