// SPDX-License-Identifier: MIT OR Apache-2.0
/* Partition tables: MBR with logical partitions, and GPT (UEFI 2.10, chapter 5), whose backup is
 * taken if the first is damaged. What lies on the disk is not believed: partitions outside of the
 * disk are left out, and so are those that overlap one before them.
 * Tests: tests/host/lib/partition_test.c; fuzzer: tests/fuzz/partition.c */
#pragma once

#include <craton/runtime.h>

#define PARTITIONS_MOST 16u

struct partition {
	uint64_t offset; /* bytes */
	uint64_t size;
	uint32_t number; /* as people count: from 1 on; logical ones from 5 on */
	char type[32];   /* what it is for, in words, or its number */
};

struct partition_disk {
	void *self;
	uint64_t size;   /* bytes */
	uint32_t sector; /* bytes: 512 to 4096 */
	/* Reads whole sectors, at most 4096 bytes. */
	status_t (*read)(void *self, uint64_t offset, void *bytes, size_t size);
};

/* The disk's partitions; `*count` 0: it has no table. ERR_IO, ERR_CORRUPT: it has none that is
 * whole.
 */
[[nodiscard]] status_t partitions_find(const struct partition_disk *disk,
	struct partition partitions[PARTITIONS_MOST], uint32_t *count);
