// SPDX-License-Identifier: MIT OR Apache-2.0
// Messages on the first serial port (16550), without interrupts.
#include "boot/cpu.h"
#include "boot/platform.h"

enum { COM1 = 0x3f8, LINE_CONTROL = 3, FIFO_CONTROL = 2, INTERRUPTS = 1, LINE_STATUS = 5 };
enum { DIVISOR_ACCESS = 0x80, EIGHT_BITS = 3, TRANSMIT_EMPTY = 0x20, SPINS = 100000 };

static void set_up(void)
{
	cpu_out8(COM1 + INTERRUPTS, 0);
	cpu_out8(COM1 + LINE_CONTROL, DIVISOR_ACCESS);
	cpu_out8(COM1, 1); // 115200 baud
	cpu_out8(COM1 + INTERRUPTS, 0);
	cpu_out8(COM1 + LINE_CONTROL, EIGHT_BITS);
	cpu_out8(COM1 + FIFO_CONTROL, 1);
}

static void put(char c)
{
	for (int i = 0; i < SPINS && !(cpu_in8(COM1 + LINE_STATUS) & TRANSMIT_EMPTY); i++)
		;
	cpu_out8(COM1, (uint8_t)c);
}

void platform_print(const char *text)
{
	static bool ready;
	if (!ready)
		set_up();
	ready = true;
	for (; *text != '\0'; text++) {
		if (*text == '\n')
			put('\r');
		put(*text);
	}
}
