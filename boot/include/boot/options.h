// SPDX-License-Identifier: MIT OR Apache-2.0
// Boot options: words `name=value` on one line. Options of kernel and user space stand in the
// same table, so that a mistyped word is refused whoever would read it.
// Tests: tests/host/boot_options_test.c
#pragma once

#include "boot/report.h"

#define OPTIONS_LENGTH_MAX 4095

struct options {
	bool relocate;      // kaslr: kernel and first task at random addresses
	bool fixed_entropy; // entropy=fixed
	bool check_all;     // verify=all: every file of the bundle
	bool help;
};

// Reads a zero-terminated line. `cmd=` takes the rest of it, spaces included.
// ERR_INVALID_ARGUMENT: unknown word or value; `report->subject` points to it in the line.
[[nodiscard]] status_t options_parse(
	struct options *options, const char *line, struct report *report);

// Calls `print` with pieces of text that explain every option.
void options_explain(void (*print)(const char *text));

// Makes one line of a text file with `size` bytes: line ends become spaces, and what follows a `#`
// at the start of a line is left out. ERR_TOO_LONG: `line` has no room for it.
[[nodiscard]] status_t options_join(
	char *line, uint64_t line_size, const char *text, uint64_t size, struct report *report);
