// SPDX-License-Identifier: MIT OR Apache-2.0
// Builds x86-64 page tables with four levels (Intel SDM volume 3, section 4.5).
// Tests: tests/host/boot_paging_test.c
#pragma once

#include "boot/report.h"

#define PAGE_WRITE      (UINT64_C(1) << 1)
#define PAGE_GLOBAL     (UINT64_C(1) << 8)
#define PAGE_NO_EXECUTE (UINT64_C(1) << 63)

enum page_level : unsigned { PAGE_4K = 1, PAGE_2M = 2, PAGE_1G = 3 };

// Tables come from a zeroed pool whose addresses are physical addresses as well.
struct page_builder {
	uint64_t *root;
	uint64_t next; // first unused page of the pool
	uint64_t end;
};

// Takes the root table from the pool of `size` bytes at `pool`.
void page_builder_begin(struct page_builder *builder, uint64_t pool, uint64_t size);

// Maps [address, address + size) to `physical` with pages of one size, to which all three are
// aligned. Nothing may be mapped there yet. ERR_NO_MEMORY: the pool is used up.
[[nodiscard]] status_t page_map(struct page_builder *builder, uint64_t address, uint64_t physical,
	uint64_t size, uint64_t flags, enum page_level level);

// How many tables the mapping of [address, address + size) needs at most, without the root.
uint64_t page_tables_needed(uint64_t address, uint64_t size, enum page_level level);
