// SPDX-License-Identifier: MIT OR Apache-2.0
/* Text: formatting into a buffer, and the kernel's console for messages of developers. */
#pragma once

#include <craton/runtime.h>
#include <stdarg.h>

/* Formats like snprintf: %s %u %d %x (64-bit values: %lu %ld %lx), %c, %%, with width and zero
 * padding. Always terminates; returns the length that was written, without the zero. */
[[gnu::format(printf, 3, 4)]] size_t print_to(char *buffer, size_t size, const char *format, ...);
size_t print_to_list(char *buffer, size_t size, const char *format, va_list arguments);

/* Writes to the kernel's console through the platform capability `console_handle` set below. */
[[gnu::format(printf, 1, 2)]] void debug_print(const char *format, ...);
void debug_print_init(handle_t platform);
