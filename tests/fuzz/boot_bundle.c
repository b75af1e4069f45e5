// SPDX-License-Identifier: MIT OR Apache-2.0
// Any bytes as a bundle. The table's hash is made right, or nothing behind it would be reached.
#include <stdlib.h>
#include <string.h>

#include "boot/bundle.h"
#include <hash/blake2b.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void make_plausible(struct bundle_header *header, uint64_t size)
{
	uint64_t room = (size - sizeof *header) / sizeof(struct bundle_entry);
	header->magic = BUNDLE_MAGIC;
	header->version = BUNDLE_VERSION;
	header->abi_hash = ABI_HASH;
	if (header->count <= room)
		blake2b(header + 1, header->count * sizeof(struct bundle_entry),
			header->entries_hash);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct report report;
	struct bundle bundle;
	struct bundle_file file;
	uint8_t *copy = malloc(size + 1);
	memcpy(copy, data, size);
	if (size >= sizeof(struct bundle_header))
		make_plausible((struct bundle_header *)copy, size);
	if (bundle_open(&bundle, copy, size, &report) == OK) {
		(void)bundle_check(&bundle, true, &report);
		(void)bundle_find(&bundle, "kernel", &file);
	}
	free(copy);
	return 0;
}
