// SPDX-License-Identifier: MIT OR Apache-2.0
// What a PVH monitor passes (Xen, public interface arch-x86/hvm/start_info.h, version 1).
#pragma once

#include <stdint.h>

#define PVH_MAGIC 0x336ec578

struct pvh_start_info {
	uint32_t magic;
	uint32_t version;
	uint32_t flags;
	uint32_t module_count;
	uint64_t modules;
	uint64_t command_line;
	uint64_t rsdp;
	uint64_t memory_map; // from version 1 on
	uint32_t memory_map_count;
	uint32_t reserved;
};

struct pvh_module {
	uint64_t base;
	uint64_t size;
	uint64_t command_line;
	uint64_t reserved;
};

struct pvh_memory {
	uint64_t base;
	uint64_t size;
	uint32_t type;
	uint32_t reserved;
};

// Types of memory, as in ACPI 6.5 section 15 (E820).
enum { PVH_USABLE = 1, PVH_RESERVED = 2, PVH_ACPI = 3, PVH_NVS = 4, PVH_BAD = 5 };
