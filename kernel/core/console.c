// SPDX-License-Identifier: MIT OR Apache-2.0
/* Text for the kernel console: see console.h. */
#include <arch/machine.h>
#include <kernel/console.h>
#include <kernel/crash.h>

static void put(char byte)
{
	arch_console_put(byte);
	crash_note(byte);
}

static void put_number(uint64_t value, uint64_t base)
{
	char digits[20];
	uint32_t count = 0;

	do {
		digits[count++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value != 0);
	if (base == 16) {
		put('0');
		put('x');
	}
	while (count > 0)
		put(digits[--count]);
}

void console_text(const char *text)
{
	while (*text != 0)
		put(*text++);
}

void console_format(const char *text, const uint64_t *values, uint32_t count)
{
	uint32_t next = 0;

	for (; *text != 0; text++) {
		if (text[0] == '{' && (text[1] == 'x' || text[1] == 'd') && text[2] == '}' &&
			next < count) {
			put_number(values[next++], text[1] == 'x' ? 16 : 10);
			text += 2;
		} else {
			put(*text);
		}
	}
}
