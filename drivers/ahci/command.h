// SPDX-License-Identifier: MIT OR Apache-2.0
/* Commands of ATA disks (ATA8-ACS) and their form in memory (Serial ATA AHCI 1.3.1, chapter 4). */
#pragma once

#include <craton/block_server.h>

#define COMMANDS 32u

enum ata_command {
	ATA_READ = 0x25, /* READ DMA EXT */
	ATA_WRITE = 0x35,
	ATA_WRITE_FORCED = 0x3d, /* it ends when it lasts */
	ATA_DATASET = 0x06,      /* discard */
	ATA_FLUSH = 0xea,
	ATA_IDENTIFY = 0xec,
};

struct ata_request {
	uint8_t command;
	bool is_write;   /* bytes go to the disk */
	uint64_t sector; /* of the disk's own size */
	uint32_t sectors;
	uint32_t part_count;                   /* of its bytes; 0: none */
	struct block_part parts[BLOCK_PIECES]; /* even sizes, at most 4 MiB each */
};

/* What a disk says about itself (IDENTIFY DEVICE). */
struct ata_disk {
	uint64_t sectors;
	uint32_t sector; /* bytes: a power of two from 512 to 4096 */
	bool has_cache;
	bool can_force;
	bool can_discard;
};

/* Offsets in a port's unit of memory. */
enum {
	AT_LIST = 0,
	AT_RECEIVED = 0x400,
	AT_TABLES = 0x800, /* TABLE_BYTES for each command */
	AT_SCRATCH = 0x3000,
	AT_RANGES = 0x4000, /* RANGE_BYTES for each command */
	AT_END = AT_RANGES + COMMANDS * 512,
};
#define TABLE_BYTES   256u
#define SCRATCH_BYTES 0x1000u
#define RANGE_BYTES   512u
static_assert(AT_END <= MEMORY_SHARED_UNIT);

/* Writes the command at place `slot` of a port's memory. */
void command_lay(
	uint8_t *memory, uint64_t physical, uint32_t slot, const struct ata_request *request);

/* The same for sectors whose contents nobody needs: as many of them as one command can name. */
void command_lay_discard(
	uint8_t *memory, uint64_t physical, uint32_t slot, uint64_t sector, uint32_t sectors);

/* Reads the 512 bytes of the answer. ERR_NOT_SUPPORTED: a disk without 48-bit addresses or DMA. */
[[nodiscard]] status_t ata_disk_read(const uint8_t *answer, struct ata_disk *disk);
