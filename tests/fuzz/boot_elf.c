// SPDX-License-Identifier: MIT OR Apache-2.0
// Any bytes as an ELF image, placed if it was accepted.
#include <stdlib.h>
#include <string.h>

#include "boot/elf.h"

#define MEMORY_MAX (UINT64_C(16) << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void place(const struct elf_image *image)
{
	struct report report;
	uint8_t *memory;
	if (image->size > MEMORY_MAX)
		return;
	memory = malloc(image->size > 0 ? image->size : 1);
	memset(memory, 0, image->size);
	(void)elf_place(image, memory, 0x1234000, &report);
	free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_image image;
	struct report report;
	if (elf_parse(&image, data, size, &report) != OK)
		return 0;
	place(&image);
	if (elf_leave_out_zeroes(&image, &report) == OK)
		place(&image);
	return 0;
}
