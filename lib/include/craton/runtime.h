// SPDX-License-Identifier: MIT OR Apache-2.0
/* What every native program has: its entry, memory functions, and a way to end when it is wrong. */
#pragma once

#include <abi/abi.h>
#include <stddef.h>
#include <stdint.h>

/* The program. `argument`: the first task's struct root_info, else struct process_start. Does not
 * return. */
[[noreturn]] void program_main(const void *argument);

/* Ends the program because it found itself wrong: never because of what others sent. The text
 * goes to whoever receives the fault. */
[[noreturn]] void runtime_abort(const char *reason);

void *memcpy(void *restrict destination, const void *restrict source, size_t size);
void *memmove(void *destination, const void *source, size_t size);
void *memset(void *destination, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
void *memchr(const void *memory, int byte, size_t size);
size_t strlen(const char *text);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t size);

#define ASSERT(condition)                                               \
	do {                                                            \
		if (!(condition))                                       \
			runtime_abort("assertion failed: " #condition); \
	} while (0)
