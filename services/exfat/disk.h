// SPDX-License-Identifier: MIT OR Apache-2.0
/* exFAT on the device (Microsoft's "exFAT file system specification", version 1.00; numbers of
 * sections are of it). All numbers are little-endian. */
#pragma once

#include <fat/format.h>

/* The first sector of a boot region (3.1). */
struct exfat_boot {
	uint8_t jump[3];
	char name[8];
	uint8_t zero[53];
	uint64_t partition_offset;
	uint64_t sectors;
	uint32_t table_sector;
	uint32_t table_sectors;
	uint32_t heap_sector;
	uint32_t clusters;
	uint32_t root_cluster;
	uint32_t serial;
	uint16_t revision;
	uint16_t flags; /* VOLUME_ */
	uint8_t sector_shift;
	uint8_t cluster_shift; /* in sectors */
	uint8_t tables;
	uint8_t drive;
	uint8_t percent_in_use; /* PERCENT_UNKNOWN */
	uint8_t reserved[7];
	uint8_t code[390];
	uint16_t magic; /* SECTOR_MAGIC */
} __attribute__((packed));
static_assert(sizeof(struct exfat_boot) == 512);

#define EXFAT_NAME         "EXFAT   "
#define EXFAT_JUMP         "\xeb\x76\x90"
#define VOLUME_DIRTY       0x0002u
#define PERCENT_UNKNOWN    0xffu
#define REVISION_MAJOR     1u
#define SECTOR_SHIFT_MOST  12u
#define CLUSTER_SHIFT_MOST 25u /* in bytes */

#define REGION_SECTORS 12u /* the last one has the sum of the others (3.4) */

/* Kinds of entries (6.2.1). */
#define TYPE_END       0x00u
#define TYPE_GONE      0x05u /* of a file that was removed */
#define TYPE_IN_USE    0x80u
#define TYPE_SECONDARY 0x40u
#define TYPE_BENIGN    0x20u
#define TYPE_BITMAP    0x81u
#define TYPE_UPCASE    0x82u
#define TYPE_LABEL     0x83u
#define TYPE_FILE      0x85u
#define TYPE_STREAM    0xc0u
#define TYPE_NAME      0xc1u

/* 7.1, 7.2; what any entry with clusters has, too (6.3, 6.4). */
struct exfat_table_entry {
	uint8_t type;
	uint8_t flags; /* of a bitmap: the second one */
	uint8_t reserved[2];
	uint32_t sum; /* of an up-case table */
	uint8_t reserved_too[12];
	uint32_t start;
	uint64_t size;
} __attribute__((packed));

/* 7.4 */
struct exfat_file_entry {
	uint8_t type;
	uint8_t secondaries;
	uint16_t sum;
	uint16_t attributes;
	uint16_t reserved;
	uint32_t created;
	uint32_t modified;
	uint32_t accessed;
	uint8_t created_10ms;
	uint8_t modified_10ms;
	uint8_t created_zone;
	uint8_t modified_zone;
	uint8_t accessed_zone;
	uint8_t reserved_too[7];
} __attribute__((packed));

/* 7.6 */
struct exfat_stream_entry {
	uint8_t type;
	uint8_t flags; /* STREAM_ */
	uint8_t reserved;
	uint8_t name_units;
	uint16_t name_hash;
	uint16_t reserved_too;
	uint64_t valid;
	uint32_t reserved_three;
	uint32_t start;
	uint64_t size;
} __attribute__((packed));

#define STREAM_HAS_CLUSTERS 1u
#define STREAM_IS_RUN       2u /* they lie side by side; the table says nothing of them */

/* 7.7 */
#define NAME_UNITS 15u

struct exfat_name_entry {
	uint8_t type;
	uint8_t flags;
	uint16_t units[NAME_UNITS];
} __attribute__((packed));

union exfat_entry {
	uint8_t bytes[ENTRY_SIZE];
	uint8_t type;
	struct dirent any;
	struct exfat_table_entry table;
	struct exfat_file_entry file;
	struct exfat_stream_entry stream;
	struct exfat_name_entry name;
};
static_assert(sizeof(union exfat_entry) == ENTRY_SIZE);

#define SET_MOST             19u      /* entries of a file */
#define EXFAT_DIRECTORY_MOST 8388608u /* entries: 256 MiB */
#define UPCASE_UNITS         65536u
#define UPCASE_RUN           0xffffu /* so many units, as follows, are their own capitals (7.2.5.1) */
