// SPDX-License-Identifier: MIT OR Apache-2.0
/* Native programs: ELF files that are started like any other program, with arguments, environment,
 * working directory and descriptors from their parent. They have the capabilities of a program that
 * runs a WASM module, and no others. A fault ends the program. Link with libcraton and define
 * native_main. Tests: tests/system/native_test.py */
#pragma once

#include <craton/runtime.h>

#define NATIVE_ARGUMENTS 64

/* What the parent gave. Both lists end with a nullptr. */
struct native_program {
	int argument_count;
	char *arguments[NATIVE_ARGUMENTS + 1];
	char *environment[NATIVE_ARGUMENTS + 1];
	const char *directory;
	uint64_t pid;
};

/* The program. Its result is the exit status (0 to 255). */
int native_main(const struct native_program *program);

/* Ends the program. */
[[noreturn]] void native_exit(int status);

/* Writes all bytes to a descriptor that the program started with. ERR_NOT_FOUND: there is no such
 * descriptor; ERR_BROKEN_PIPE: nobody reads any more. */
[[nodiscard]] status_t native_write(uint32_t descriptor, const void *bytes, size_t size);

/* Reads at most `size` bytes; `*done` 0: the end. ERR_NOT_FOUND. */
[[nodiscard]] status_t native_read(uint32_t descriptor, void *bytes, size_t size, size_t *done);
