// SPDX-License-Identifier: MIT OR Apache-2.0
// The boot bundle: one file that holds kernel, first task, services and applications.
// Format: struct bundle_header and bundle_entry in abi/structs.toml; made by tools/mkbundle.py.
// Tests: tests/host/boot_bundle_test.c, tests/fuzz/boot_bundle.c
#pragma once

#include "boot/report.h"

struct bundle {
	const uint8_t *base;
	uint64_t size; // of the bundle; the memory it came in may be longer
	uint64_t count;
};

struct bundle_file {
	const char *name;
	const uint8_t *data;
	uint64_t size;
};

// Checks header and table of the `size` bytes at `base`, which the bundle borrows, so that
// bundle_find() may trust them. The files' contents are not read.
// ERR_BAD_IMAGE: malformed or damaged. ERR_VERSION: of another interface.
[[nodiscard]] status_t bundle_open(
	struct bundle *bundle, const void *base, uint64_t size, struct report *report);

// Compares files with their hashes, and finds set bits in the gaps after them: all files, or only
// those that run before anything else could check them (kernel, init). ERR_CORRUPT.
[[nodiscard]] status_t bundle_check(const struct bundle *bundle, bool all, struct report *report);

// ERR_NOT_FOUND: there is no such file.
[[nodiscard]] status_t bundle_find(
	const struct bundle *bundle, const char *name, struct bundle_file *file);
