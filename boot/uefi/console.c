// SPDX-License-Identifier: MIT OR Apache-2.0
// Messages on the firmware's console (section 12.4).
#include "boot/platform.h"
#include "uefi.h"

static void put(CHAR16 c)
{
	CHAR16 text[2] = {c, 0};
	SIMPLE_TEXT_OUTPUT_INTERFACE *console = uefi.system->ConOut;
	if (console)
		console->OutputString(console, text);
}

void platform_print(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\n')
			put(u'\r');
		put((CHAR16)(unsigned char)*text);
	}
}
