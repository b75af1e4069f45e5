// SPDX-License-Identifier: MIT OR Apache-2.0
// A map of physical memory: ranges in ascending order that never overlap; neighbours of the
// same kind are one range. Tests: tests/host/boot_ranges_test.c
#pragma once

#include "abi/abi.h"

struct ranges {
	struct memory_range *items; // borrowed
	uint64_t count;
	uint64_t capacity;
};

// Makes [base, base + size) of this kind, whatever it was before. Ranges wrap nowhere: what goes
// past the end of the address space is cut off. Usable memory shrinks to whole pages, all
// other kinds grow to them. ERR_NO_MEMORY: the array is full; nothing was changed.
[[nodiscard]] status_t ranges_set(
	struct ranges *ranges, uint64_t base, uint64_t size, uint32_t kind);

// Finds `size` bytes of usable memory in [from, to), lowest address first. The alignment is a
// power of two. ERR_NO_MEMORY: there are none.
[[nodiscard]] status_t ranges_find(const struct ranges *ranges, uint64_t size, uint64_t align,
	uint64_t from, uint64_t to, uint64_t *base);

// The end of the highest range that is memory (usable, ACPI, loader, kernel, bundle); 0: none.
uint64_t ranges_memory_end(const struct ranges *ranges);
