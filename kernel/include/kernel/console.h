// SPDX-License-Identifier: MIT OR Apache-2.0
/* The kernel's own console: start-up messages and panics. User output goes through drivers. */
#ifndef KERNEL_CONSOLE_H
#define KERNEL_CONSOLE_H

#include <kernel/types.h>

/* Writes text; `{x}` and `{d}` stand for the next value in hexadecimal or decimal. */
#define console_print(...)                                                                        \
	CONSOLE_PICK(__VA_ARGS__, console_print4, console_print3, console_print2, console_print1, \
		console_print0, 0)(__VA_ARGS__)
#define CONSOLE_PICK(a, b, c, d, e, name, ...) name
#define console_print0(text)                   console_format(text, (const uint64_t[]){0}, 0)
#define console_print1(text, a)                console_format(text, (const uint64_t[]){(a)}, 1)
#define console_print2(text, a, b)             console_format(text, (const uint64_t[]){(a), (b)}, 2)
#define console_print3(text, a, b, c)          console_format(text, (const uint64_t[]){(a), (b), (c)}, 3)
#define console_print4(text, a, b, c, d) \
	console_format(text, (const uint64_t[]){(a), (b), (c), (d)}, 4)

void console_format(const char *text, const uint64_t *values, uint32_t count);
void console_text(const char *text);

#endif
