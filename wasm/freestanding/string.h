// SPDX-License-Identifier: MIT OR Apache-2.0
// The few functions of the C library that the engine needs, for builds without one.
#ifndef WASM_FREESTANDING_STRING_H
#define WASM_FREESTANDING_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *text);

#endif
