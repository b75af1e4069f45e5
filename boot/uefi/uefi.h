// SPDX-License-Identifier: MIT OR Apache-2.0
// What the parts of the UEFI loader share. Sections named in comments are of UEFI 2.10.
#pragma once

#include "boot/handover.h"

#include <efi.h>

struct uefi {
	EFI_HANDLE image;
	EFI_SYSTEM_TABLE *system;
	EFI_BOOT_SERVICES *boot;
};

extern struct uefi uefi;

// Reads a whole file of the volume that the loader came from. The memory is of `kind` and begins
// at a page. ERR_NOT_FOUND, ERR_NO_MEMORY, ERR_IO; `report` says which file.
[[nodiscard]] status_t file_read(const CHAR16 *path, const char *name, uint32_t kind,
	const void **data, uint64_t *size, struct report *report);

// The mode that the firmware has set; all zero if there is no screen that can be written to.
void graphics_describe(struct boot_framebuffer *framebuffer);

// Gets a buffer for the memory map and checks that it can be converted to `map`.
[[nodiscard]] status_t memory_prepare(const struct ranges *map, struct report *report);

// Leaves the boot services and fills `map`. Only on failure does the console still work.
[[nodiscard]] status_t memory_leave(struct ranges *map, struct report *report);
