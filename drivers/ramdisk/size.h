// SPDX-License-Identifier: MIT OR Apache-2.0
/* The size that somebody asks for. Tests: tests/host/drivers/ramdisk_test.c */
#pragma once

#include <craton/runtime.h>

#define SIZE_STEP 0x200000u             /* bytes: sizes are rounded up to it */
#define SIZE_MOST ((uint64_t)128 << 20) /* bytes */

/* "64M", "4096K", "1G", or a number of bytes. ERR_INVALID_ARGUMENT: it is no such text, or nothing;
 * ERR_RANGE: more than SIZE_MOST. */
[[nodiscard]] status_t size_parse(const char *text, uint64_t *size);
