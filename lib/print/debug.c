// SPDX-License-Identifier: MIT OR Apache-2.0
/* The kernel's console: see craton/print.h. */
#include <abi/syscall.h>
#include <craton/print.h>

static handle_t debug_platform;

void debug_print_init(handle_t platform)
{
	debug_platform = platform;
}

void debug_print(const char *format, ...)
{
	char buffer[256];
	va_list arguments;
	size_t length;
	status_t status;

	va_start(arguments, format);
	length = print_to_list(buffer, sizeof(buffer), format, arguments);
	va_end(arguments);
	if (debug_platform == 0)
		return;
	status = platform_debug_write(debug_platform, (uint64_t)(uintptr_t)buffer, length);
	(void)status; /* a message of developers: there is nobody to tell */
}
