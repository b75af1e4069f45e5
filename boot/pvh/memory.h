// SPDX-License-Identifier: MIT OR Apache-2.0
// The loader's own view of physical memory while it runs.
#pragma once

#include "boot/ranges.h"
#include "start_info.h"

#define PVH_MAPPED_END UINT64_C(0x100000000) // what entry.S has mapped

// Reads the monitor's map. ERR_NO_MEMORY: it has too many entries.
[[nodiscard]] status_t memory_begin(const struct pvh_memory *map, uint64_t count);

// Takes [base, base + size) out of what is free.
[[nodiscard]] status_t memory_reserve(uint64_t base, uint64_t size, uint32_t kind);

// Copies the map as it is now. ERR_NO_MEMORY: `ranges` is too small.
[[nodiscard]] status_t memory_copy(struct ranges *ranges);
