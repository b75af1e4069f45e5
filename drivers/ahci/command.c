// SPDX-License-Identifier: MIT OR Apache-2.0
/* See command.h. */
#include "command.h"

#define FIS_BYTES    20u
#define AT_REGIONS   0x80u /* in a command's table */
#define HEADER_WRITE (1u << 6)
#define ONE_REGION   (1u << 16)

enum { FIS_TO_DEVICE = 0x27, FIS_IS_COMMAND = 0x80, DEVICE_LBA = 0x40, DISCARD_TRIM = 1 };

struct header {
	uint32_t flags; /* and how many regions */
	uint32_t transferred;
	uint64_t table;
	uint32_t reserved[4];
};
static_assert(sizeof(struct header) == 32);

struct region {
	uint64_t physical;
	uint32_t reserved;
	uint32_t last; /* of its bytes */
};
static_assert(sizeof(struct region) == 16);

/* Register FIS (Serial ATA 3.0, 10.3.4). */
static void lay_fis(uint8_t fis[FIS_BYTES], const struct ata_request *r)
{
	memset(fis, 0, FIS_BYTES);
	fis[0] = FIS_TO_DEVICE;
	fis[1] = FIS_IS_COMMAND;
	fis[2] = r->command;
	fis[3] = r->command == ATA_DATASET ? DISCARD_TRIM : 0;
	fis[7] = DEVICE_LBA;
	for (unsigned i = 0; i < 3; i++) {
		fis[4 + i] = (uint8_t)(r->sector >> i * 8);
		fis[8 + i] = (uint8_t)(r->sector >> (24 + i * 8));
	}
	fis[12] = (uint8_t)r->sectors;
	fis[13] = (uint8_t)(r->sectors >> 8);
}

void command_lay(
	uint8_t *memory, uint64_t physical, uint32_t slot, const struct ata_request *request)
{
	uint32_t at = AT_TABLES + slot * TABLE_BYTES;
	struct header *header = (struct header *)(memory + AT_LIST) + slot;
	struct region *region = (struct region *)(memory + at + AT_REGIONS);

	*header = (struct header){
		.flags = FIS_BYTES / 4 | (request->is_write ? HEADER_WRITE : 0) |
			 request->part_count * ONE_REGION,
		.table = physical + at,
	};
	lay_fis(memory + at, request);
	for (uint32_t i = 0; i < request->part_count; i++)
		region[i] = (struct region){
			.physical = request->parts[i].physical, .last = request->parts[i].size - 1};
}

static_assert(AT_REGIONS + BLOCK_PIECES * sizeof(struct region) <= TABLE_BYTES);

void command_lay_discard(
	uint8_t *memory, uint64_t physical, uint32_t slot, uint64_t sector, uint32_t sectors)
{
	uint32_t at = AT_RANGES + slot * RANGE_BYTES;
	uint64_t *range = (uint64_t *)(memory + at);

	memset(range, 0, RANGE_BYTES);
	for (unsigned i = 0; i < RANGE_BYTES / sizeof(*range) && sectors > 0; i++) {
		uint32_t count = sectors < UINT16_MAX ? sectors : UINT16_MAX;

		range[i] = sector | (uint64_t)count << 48;
		sector += count;
		sectors -= count;
	}
	command_lay(memory, physical, slot,
		&(struct ata_request){
			.command = ATA_DATASET,
			.is_write = true,
			.sectors = 1,
			.part_count = 1,
			.parts = {{physical + at, RANGE_BYTES}},
		});
}

/* --- IDENTIFY DEVICE (ATA8-ACS, 7.16) -----------------------------------------------------------
 */

enum {
	WORD_CAPABILITIES = 49,
	WORD_SUPPORTED = 82,
	WORD_SUPPORTED_MORE = 83,
	WORD_SUPPORTED_EXTENSION = 84,
	WORD_SECTORS = 100,
	WORD_SECTOR_KIND = 106,
	WORD_SECTOR_SIZE = 117,
	WORD_DATASET = 169,
};

static uint32_t word(const uint8_t *answer, unsigned number)
{
	return answer[number * 2] | (uint32_t)answer[number * 2 + 1] << 8;
}

static bool bit(const uint8_t *answer, unsigned number, unsigned which)
{
	return (word(answer, number) >> which & 1) != 0;
}

status_t ata_disk_read(const uint8_t *answer, struct ata_disk *disk)
{
	uint32_t long_words = word(answer, WORD_SECTOR_SIZE) | word(answer, WORD_SECTOR_SIZE + 1)
								       << 16;

	*disk = (struct ata_disk){
		.sector = bit(answer, WORD_SECTOR_KIND, 14) && bit(answer, WORD_SECTOR_KIND, 12) &&
					  long_words <= 2048
				  ? long_words * 2
				  : 512,
		.has_cache = bit(answer, WORD_SUPPORTED, 5),
		.can_force = bit(answer, WORD_SUPPORTED_EXTENSION, 6),
		.can_discard = bit(answer, WORD_DATASET, 0),
	};
	for (unsigned i = 0; i < 4; i++)
		disk->sectors |= (uint64_t)word(answer, WORD_SECTORS + i) << i * 16;
	if (!bit(answer, WORD_CAPABILITIES, 8) || !bit(answer, WORD_SUPPORTED_MORE, 10) ||
		disk->sector < 512 || (disk->sector & (disk->sector - 1)) != 0 ||
		disk->sectors > (uint64_t)1 << 48)
		return ERR_NOT_SUPPORTED;
	return OK;
}
