// SPDX-License-Identifier: MIT OR Apache-2.0
/* ISO 9660 (ECMA-119), Joliet, and Rock Ridge (IEEE P1281 and P1282) on the device. Numbers stand
 * there twice; the little-endian ones are read. */
#pragma once

#include <craton/runtime.h>

#define SECTOR           2048u
#define FIRST_DESCRIPTOR 16u /* sector */
#define DESCRIPTORS_MOST 32u
#define STANDARD         "CD001"

enum descriptor_type : uint8_t {
	DESCRIPTOR_PRIMARY = 1,
	DESCRIPTOR_SUPPLEMENTARY = 2,
	DESCRIPTOR_END = 255,
};

struct record {
	uint8_t size; /* of the record; 0: the next one is in the next sector */
	uint8_t attribute_blocks;
	uint32_t block;
	uint32_t block_big;
	uint32_t bytes;
	uint32_t bytes_big;
	uint8_t time[7]; /* years since 1900, month, day, hour, minute, second, zone in quarters */
	uint8_t flags;
	uint8_t unit;
	uint8_t gap;
	uint16_t volume;
	uint16_t volume_big;
	uint8_t name_size;
	uint8_t name[];
} __attribute__((packed));
static_assert(sizeof(struct record) == 33);

#define RECORD_DIRECTORY 0x02u
#define RECORD_GOES_ON   0x80u /* the file has another record behind this one */

/* Of either type. */
struct descriptor {
	uint8_t type;
	char standard[5];
	uint8_t version;
	uint8_t flags;
	char system[32];
	char label[32];
	uint8_t reserved[8];
	uint32_t blocks;
	uint32_t blocks_big;
	uint8_t escapes[32]; /* which character set */
	uint8_t set[8];
	uint16_t block_size;
	uint16_t block_size_big;
	uint8_t paths[24];
	uint8_t root[34]; /* a record */
} __attribute__((packed));
static_assert(sizeof(struct descriptor) == 190);

/* An entry of what Rock Ridge puts behind a record's name. */
struct extension {
	char kind[2];
	uint8_t size;
	uint8_t version;
	uint8_t data[];
} __attribute__((packed));

#define EXTENSIONS_MOST 64u /* of a record */
#define AREAS_MOST      8u  /* in which they lie */
