// SPDX-License-Identifier: MIT OR Apache-2.0
/* The memory of a RAM disk: objects of the memory service, which outlive the driver and are known
 * by keys, and those of clients, which bytes come from and go to. A new instance finds its own
 * under the same keys, at the same addresses. Tests: tests/host/drivers/ramdisk_test.c */
#pragma once

#include <craton/runtime.h>

/* Whether there may be `size` bytes more. ERR_QUOTA: they are more than half of the memory that is
 * free. */
[[nodiscard]] status_t contents_check(uint64_t size);

/* Makes, or finds, `size` bytes (a multiple of SIZE_STEP), zeroed when they are new. ERR_NO_MEMORY,
 * ERR_TOO_MANY: what there is of them stays. */
[[nodiscard]] status_t contents_open(uint64_t size);

/* Gives them back, however much there is of them. */
void contents_drop(uint64_t size);

/* After contents_open(); `offset` is below the size. */
[[nodiscard]] uint8_t *contents_at(uint64_t offset);

/* The bytes of an object of `size` bytes that a client offers, mapped at its first use in this
 * instance. ERR_RANGE: there can be no object with this number; else what the memory service says.
 */
[[nodiscard]] status_t guest_bytes(uint64_t object, uint64_t size, uint8_t **bytes);

/* The client takes its object back: the number can become another's. */
void guest_forget(uint64_t object);
