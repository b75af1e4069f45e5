// SPDX-License-Identifier: MIT OR Apache-2.0
// What each way of booting offers to the common code. boot/pvh and boot/uefi implement it.
#pragma once

#include "boot/report.h"

// Zeroed, page-aligned physical memory, which is mapped at its own address while the loader
// runs. In the kernel's memory map it has `kind` (MEMORY_KIND_LOADER, _KERNEL or _BUNDLE).
// ERR_NO_MEMORY: there is not so much.
[[nodiscard]] status_t platform_allocate(uint64_t size, uint32_t kind, uint64_t *physical);

// One page, as above, but executable while the loader's own page tables are active.
[[nodiscard]] status_t platform_allocate_code(uint64_t *physical);

// The end of the highest physical memory.
uint64_t platform_memory_end(void);

// Writes to where a person reads the loader's messages. `\n` ends a line.
void platform_print(const char *text);
