// SPDX-License-Identifier: MIT OR Apache-2.0
/* Panics: the kernel found that it is itself wrong. No user can cause one. The report goes to the
 * console and into a record that survives a warm reboot. */
#ifndef KERNEL_CRASH_H
#define KERNEL_CRASH_H

#include <kernel/types.h>

struct trap_frame;

/* Where the record is kept (kernel address; one page, not cleared at boot). */
void crash_init(void *page);

/* Reports and stops the machine. `trap` (may be NULL): the kernel's registers. */
NORETURN COLD void panic(const char *reason, const struct trap_frame *trap);

/* A byte of console output, kept in the record while a panic is reported. */
void crash_note(char byte);

/* The record of the panic before this boot; its size in bytes, 0: none. */
uint64_t crash_previous(const char **text);

#define KERNEL_ASSERT(condition)                                      \
	do {                                                          \
		if (UNLIKELY(!(condition)))                           \
			panic("assertion failed: " #condition, NULL); \
	} while (0)

#endif
