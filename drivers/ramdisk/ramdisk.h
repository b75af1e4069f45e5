// SPDX-License-Identifier: MIT OR Apache-2.0
/* A disk in memory, as lib/block sees it: requests are done when they begin.
 * Tests: tests/host/drivers/ramdisk_test.c */
#pragma once

#include <craton/block_server.h>

extern const struct block_driver ramdisk_driver;

/* Once in each instance, when the estate and lib/block are open: the disk that was there before, or
 * a new one of the size that `text` says (size.h), which is committed. Its contents are those of
 * the instance before. Errors: those of size.h and contents.h; then nothing can be
 * read or written. */
[[nodiscard]] status_t ramdisk_open(const char *text);
