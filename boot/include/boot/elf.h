// SPDX-License-Identifier: MIT OR Apache-2.0
// ELF-64 images for x86-64: static, position-independent or not.
// (System V ABI, ELF-64 object file format; x86-64 psABI section 4.4 for the relocation.)
// Tests: tests/host/boot_elf_test.c, tests/fuzz/boot_elf.c
#pragma once

#include "boot/report.h"

#define ELF_SEGMENTS_MAX 8

struct elf_segment {
	uint64_t address;      // page-aligned, before sliding
	uint64_t size;         // bytes in memory, multiple of a page
	uint64_t rights;       // RIGHT_*; never both write and execute
	uint64_t data_address; // where the bytes from the file go
	uint64_t data_offset;  // in the file
	uint64_t data_size;
	bool constant; // nothing writes it once it is relocated
};

struct elf_image {
	const uint8_t *file; // borrowed
	uint64_t file_size;
	uint64_t entry; // before sliding
	uint64_t low;   // first address, page-aligned
	uint64_t size;  // bytes from `low` to the end, multiple of a page
	bool relocatable;
	uint64_t rela_address; // relocation table; size 0: none
	uint64_t rela_size;
	uint64_t segment_count;
	struct elf_segment segments[ELF_SEGMENTS_MAX]; // ascending, no page shared
};

// Reads headers and dynamic section, trusting nothing. ERR_BAD_IMAGE: `report` says why.
[[nodiscard]] status_t elf_parse(
	struct elf_image *image, const void *file, uint64_t size, struct report *report);

// Leaves out the zeroes at the image's end: `image->size` ends with the last byte that the file
// gives, so that elf_place needs no memory for large zeroed data. The segments keep their sizes.
// ERR_BAD_IMAGE: the relocation table lies there.
[[nodiscard]] status_t elf_leave_out_zeroes(struct elf_image *image, struct report *report);

// Copies the segments to `memory`, which holds `image->size` zeroed bytes and stands for
// `image->low`, and relocates them for an address `slide` higher.
// ERR_BAD_IMAGE: a relocation is of another kind or points outside.
[[nodiscard]] status_t elf_place(
	const struct elf_image *image, uint8_t *memory, uint64_t slide, struct report *report);
