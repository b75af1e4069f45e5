// SPDX-License-Identifier: MIT OR Apache-2.0
/* A native program: prints what it was given, or does what its first argument says. */
#include <craton/native.h>
#include <craton/print.h>

static uint8_t pages[64u << 20]; /* more than the usual memory limit, once it is touched */

static void say(const char *text)
{
	if (native_write(1, text, strlen(text)) != OK)
		native_exit(1);
}

static int show(const struct native_program *program)
{
	char line[128];

	print_to(line, sizeof(line), "Hello from a native program, %d arguments.\n",
		program->argument_count);
	say(line);
	for (int i = 0; program->arguments[i] != nullptr; i++) {
		say(program->arguments[i]);
		say("\n");
	}
	for (int i = 0; program->environment[i] != nullptr; i++) {
		if (strncmp(program->environment[i], "NATIVE=", 7) == 0)
			say(program->environment[i]);
	}
	say("\ndirectory: ");
	say(program->directory);
	say("\n");
	return 0;
}

static int copy(void)
{
	char bytes[256];
	size_t done = 0;

	while (native_read(0, bytes, sizeof(bytes), &done) == OK && done > 0) {
		if (native_write(1, bytes, done) != OK)
			return 1;
	}
	return 0;
}

static int number(const char *digits)
{
	int value = 0;

	for (; *digits >= '0' && *digits <= '9'; digits++)
		value = value * 10 + (*digits - '0');
	return value;
}

int native_main(const struct native_program *program)
{
	const char *what = program->argument_count > 1 ? program->arguments[1] : "";

	if (strcmp(what, "exit") == 0 && program->argument_count > 2)
		return number(program->arguments[2]);
	if (strcmp(what, "copy") == 0)
		return copy();
	if (strcmp(what, "fault") == 0)
		*(volatile int *)0x1230 = 1;
	if (strcmp(what, "illegal") == 0)
		__builtin_trap();
	if (strcmp(what, "write-code") == 0)
		*(volatile uint8_t *)(uintptr_t)native_main = 0;
	if (strcmp(what, "run-data") == 0)
		((void (*)(void))(uintptr_t)pages)();
	if (strcmp(what, "eat") == 0)
		for (size_t i = 0; i < sizeof(pages); i += 4096)
			((volatile uint8_t *)pages)[i] = 1;
	if (strcmp(what, "loop") == 0)
		for (;;)
			__asm__ volatile("pause");
	return show(program);
}
