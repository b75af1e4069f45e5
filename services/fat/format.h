// SPDX-License-Identifier: MIT OR Apache-2.0
/* FAT12, FAT16 and FAT32 on the device (Microsoft's "FAT: General Overview of On-Disk Format" 1.03,
 * and ECMA-107). All numbers are little-endian. */
#pragma once

#include <craton/runtime.h>

#define SECTOR_LEAST 512u
#define SECTOR_MAGIC 0xaa55u

/* The boot sector, where both forms have what follows the common part at different places. */
struct boot_sector {
	uint8_t jump[3];
	char system[8];
	uint16_t sector_size;
	uint8_t sectors_per_cluster;
	uint16_t reserved_sectors;
	uint8_t tables;
	uint16_t root_entries;
	uint16_t sectors_16;
	uint8_t media;
	uint16_t table_sectors_16;
	uint16_t sectors_per_track;
	uint16_t heads;
	uint32_t hidden_sectors;
	uint32_t sectors_32;
	union {
		struct {
			uint8_t drive;
			uint8_t state; /* STATE_DIRTY */
			uint8_t signature;
			uint32_t serial;
			char label[11];
			char type[8];
		} __attribute__((packed)) small;
		struct {
			uint32_t table_sectors;
			uint16_t flags; /* TABLE_NOT_MIRRORED, and which one is in use */
			uint16_t version;
			uint32_t root_cluster;
			uint16_t info_sector;
			uint16_t backup_sector;
			uint8_t reserved[12];
			uint8_t drive;
			uint8_t state;
			uint8_t signature;
			uint32_t serial;
			char label[11];
			char type[8];
		} __attribute__((packed)) large;
		uint8_t rest[474];
	};
	uint16_t magic;
} __attribute__((packed));
static_assert(sizeof(struct boot_sector) == 512);

#define STATE_DIRTY        1u
#define TABLE_NOT_MIRRORED 0x80u
#define TABLE_IN_USE       0x0fu

/* FAT32: how many clusters are free, so that nobody has to count; not to be believed. */
struct info_sector {
	uint32_t first_magic; /* INFO_FIRST */
	uint8_t reserved[480];
	uint32_t second_magic; /* INFO_SECOND */
	uint32_t free_clusters;
	uint32_t next_free;
	uint8_t reserved_too[12];
	uint32_t third_magic; /* INFO_THIRD */
} __attribute__((packed));
static_assert(sizeof(struct info_sector) == 512);

#define INFO_FIRST  0x41615252u
#define INFO_SECOND 0x61417272u
#define INFO_THIRD  0xaa550000u

/* An entry of a directory. */
struct dirent {
	uint8_t name[11]; /* the first byte: ENTRY_END, ENTRY_FREE or ENTRY_E5 */
	uint8_t attributes;
	uint8_t case_flags;
	uint8_t created_10ms;
	uint16_t created_time;
	uint16_t created_date;
	uint16_t accessed_date;
	uint16_t start_high;
	uint16_t modified_time;
	uint16_t modified_date;
	uint16_t start_low;
	uint32_t size;
} __attribute__((packed));
static_assert(sizeof(struct dirent) == 32);

#define ENTRY_SIZE     32u
#define ENTRY_END      0x00u /* and all behind it are free */
#define ENTRY_FREE     0xe5u
#define ENTRY_E5       0x05u /* stands for 0xe5 */
#define ATTR_READ_ONLY 0x01u
#define ATTR_LABEL     0x08u
#define ATTR_DIRECTORY 0x10u
#define ATTR_ARCHIVE   0x20u
#define ATTR_LONG      0x0fu
#define ATTR_LONG_MASK 0x3fu
#define CASE_BASE      0x08u /* shown in small letters */
#define CASE_EXTENSION 0x10u
#define DIRECTORY_MOST 65536u /* entries */

/* A piece of a long name; pieces lie before the entry, the last one first. */
struct long_entry {
	uint8_t order; /* from 1; LONG_LAST */
	uint8_t text_1[10];
	uint8_t attributes; /* ATTR_LONG */
	uint8_t type;
	uint8_t checksum; /* of the short name */
	uint8_t text_2[12];
	uint16_t start;
	uint8_t text_3[4];
} __attribute__((packed));
static_assert(sizeof(struct long_entry) == 32);

#define LONG_LAST   0x40u
#define LONG_ORDER  0x3fu
#define LONG_UNITS  13u  /* of UTF-16 in a piece */
#define LONG_MOST   255u /* of a name */
#define LONG_PIECES 20u

/* Entries of the table, as if all were of 32 bits. */
#define CLUSTER_FIRST 2u
#define CLUSTER_FREE  0u
#define CLUSTER_BAD   0x0ffffff7u
#define CLUSTER_END   0x0fffffffu
#define CLUSTER_MASK  0x0fffffffu
