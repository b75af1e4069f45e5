// SPDX-License-Identifier: MIT OR Apache-2.0
/* Partition tables: see partition.h. */
#include "partition.h"

#include <craton/print.h>
#include <hash/crc.h>

#define MBR_TABLE        446u
#define MBR_ENTRIES      4u
#define MBR_SIGNATURE    510u
#define MBR_PROTECTIVE   0xeeu
#define LOGICAL_FIRST    5u
#define LOGICAL_MOST     64u /* links of the chain that are followed */
#define GPT_HEADER_SIZE  92u
#define GPT_ENTRY_SIZE   128u
#define GPT_ENTRIES_MOST 128u
#define SECTOR_MOST      4096u

struct mbr_entry {
	uint8_t flags;
	uint8_t first_chs[3];
	uint8_t type;
	uint8_t last_chs[3];
	uint32_t first; /* sectors */
	uint32_t count;
};
static_assert(sizeof(struct mbr_entry) == 16);

struct gpt_header {
	uint8_t signature[8];
	uint32_t revision;
	uint32_t header_size;
	uint32_t header_crc;
	uint32_t reserved;
	uint64_t own_sector;
	uint64_t other_sector;
	uint64_t first_usable;
	uint64_t last_usable;
	uint8_t disk_id[16];
	uint64_t entries_sector;
	uint32_t entry_count;
	uint32_t entry_size;
	uint32_t entries_crc;
	uint32_t padding;
};

struct gpt_entry {
	uint8_t type[16];
	uint8_t id[16];
	uint64_t first;
	uint64_t last;
	uint64_t attributes;
	uint8_t name[72];
};
static_assert(sizeof(struct gpt_entry) == GPT_ENTRY_SIZE);

/* What is being found. */
struct finding {
	const struct partition_disk *disk;
	struct partition *partitions;
	uint32_t count;
	uint8_t sector[SECTOR_MOST];
};

/* --- collecting ---------------------------------------------------------------------------------
 */

static bool overlaps(const struct finding *f, uint64_t offset, uint64_t size)
{
	for (uint32_t i = 0; i < f->count; i++) {
		const struct partition *p = &f->partitions[i];

		if (offset < p->offset + p->size && p->offset < offset + size)
			return true;
	}
	return false;
}

static struct partition *add(struct finding *f, uint32_t number, uint64_t first, uint64_t sectors)
{
	uint64_t total = f->disk->size / f->disk->sector;
	struct partition *p = &f->partitions[f->count];

	if (f->count == PARTITIONS_MOST || first == 0 || sectors == 0 || first >= total ||
		sectors > total - first ||
		overlaps(f, first * f->disk->sector, sectors * f->disk->sector))
		return nullptr;
	*p = (struct partition){
		.offset = first * f->disk->sector,
		.size = sectors * f->disk->sector,
		.number = number,
	};
	f->count++;
	return p;
}

static status_t read_sector(struct finding *f, uint64_t sector)
{
	if (sector >= f->disk->size / f->disk->sector)
		return ERR_CORRUPT;
	return f->disk->read(f->disk->self, sector * f->disk->sector, f->sector, f->disk->sector);
}

/* --- MBR ----------------------------------------------------------------------------------------
 */

static bool has_signature(const struct finding *f)
{
	return f->sector[MBR_SIGNATURE] == 0x55 && f->sector[MBR_SIGNATURE + 1] == 0xaa;
}

/* A volume without a table can have the signature, too, but hardly these bytes. */
static bool is_table(const struct finding *f)
{
	struct mbr_entry entries[MBR_ENTRIES];

	memcpy(entries, f->sector + MBR_TABLE, sizeof(entries));
	for (unsigned i = 0; i < MBR_ENTRIES; i++) {
		if ((entries[i].flags & 0x7f) != 0)
			return false;
	}
	return has_signature(f);
}

static void take_table(const struct finding *f, struct mbr_entry entries[MBR_ENTRIES])
{
	memcpy(entries, f->sector + MBR_TABLE, MBR_ENTRIES * sizeof(*entries));
}

static bool is_extended(uint8_t type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

static const char *mbr_type(uint8_t type)
{
	switch (type) {
	case 0x01:
	case 0x04:
	case 0x06:
	case 0x0b:
	case 0x0c:
	case 0x0e:
		return "FAT";
	case 0x07:
		return "NTFS or exFAT";
	case 0x82:
		return "Linux swap";
	case 0x83:
		return "Linux";
	case 0xef:
		return "EFI system";
	default:
		return nullptr;
	}
}

static void add_mbr(
	struct finding *f, uint32_t number, const struct mbr_entry *entry, uint64_t base)
{
	struct partition *p = add(f, number, base + entry->first, entry->count);
	const char *type = mbr_type(entry->type);

	if (p != nullptr && type != nullptr)
		print_to(p->type, sizeof(p->type), "%s", type);
	else if (p != nullptr)
		print_to(p->type, sizeof(p->type), "type %x", (unsigned)entry->type);
}

/* A chain of tables: each has one partition, and the place of the next within the whole. */
static status_t find_logical(struct finding *f, uint64_t extended)
{
	uint64_t at = extended;
	status_t status = OK;

	for (uint32_t i = 0; status == OK && i < LOGICAL_MOST; i++) {
		struct mbr_entry entries[MBR_ENTRIES];

		status = read_sector(f, at);
		if (status != OK || !has_signature(f))
			return status;
		take_table(f, entries);
		if (entries[0].type != 0)
			add_mbr(f, LOGICAL_FIRST + i, &entries[0], at);
		if (!is_extended(entries[1].type) || extended + entries[1].first <= at)
			return OK;
		at = extended + entries[1].first;
	}
	return status;
}

static status_t find_mbr(struct finding *f)
{
	struct mbr_entry entries[MBR_ENTRIES];
	status_t status = OK;

	take_table(f, entries);
	for (uint32_t i = 0; i < MBR_ENTRIES; i++) {
		if (entries[i].type != 0 && !is_extended(entries[i].type))
			add_mbr(f, i + 1, &entries[i], 0);
	}
	for (uint32_t i = 0; status == OK && i < MBR_ENTRIES; i++) {
		if (is_extended(entries[i].type))
			status = find_logical(f, entries[i].first);
	}
	return status;
}

/* --- GPT ----------------------------------------------------------------------------------------
 */

static bool header_ok(const struct finding *f, struct gpt_header *header, uint64_t sector)
{
	uint32_t crc;

	memcpy(header, f->sector, sizeof(*header));
	if (memcmp(header->signature, "EFI PART", 8) != 0 ||
		header->header_size < GPT_HEADER_SIZE || header->header_size > f->disk->sector ||
		header->own_sector != sector || header->entry_size != GPT_ENTRY_SIZE ||
		header->entry_count == 0 || header->entry_count > GPT_ENTRIES_MOST)
		return false;
	crc = crc32(UINT32_MAX, f->sector, offsetof(struct gpt_header, header_crc));
	crc = crc32(crc, "\0\0\0", 4);
	crc = ~crc32(crc, f->sector + offsetof(struct gpt_header, reserved),
		header->header_size - offsetof(struct gpt_header, reserved));
	return crc == header->header_crc;
}

/* Calls `each` with every sector of the table of entries and how many of its bytes count. */
static status_t walk_entries(struct finding *f, const struct gpt_header *header,
	void (*each)(struct finding *f, void *self, uint64_t done, size_t size), void *self)
{
	uint64_t size = (uint64_t)header->entry_count * GPT_ENTRY_SIZE;
	status_t status = OK;

	for (uint64_t done = 0; status == OK && done < size; done += f->disk->sector) {
		uint64_t left = size - done;

		status = read_sector(f, header->entries_sector + done / f->disk->sector);
		if (status == OK)
			each(f, self, done, left < f->disk->sector ? left : f->disk->sector);
	}
	return status;
}

static void sum_entries(struct finding *f, void *crc, uint64_t done, size_t size)
{
	(void)done;
	*(uint32_t *)crc = crc32(*(uint32_t *)crc, f->sector, size);
}

struct gpt_type {
	uint32_t first; /* four bytes of the GUID tell those apart that people have */
	const char *name;
};

static const char *gpt_type(const uint8_t type[16])
{
	static const struct gpt_type types[] = {
		{0xc12a7328, "EFI system"},
		{0xebd0a0a2, "basic data"},
		{0x0fc63daf, "Linux"},
		{0x0657fd6d, "Linux swap"},
		{0x21686148, "BIOS boot"},
		{0x4f68bce3, "Linux root (x86-64)"},
		{0xe3c9e316, "reserved"},
	};
	uint32_t first;

	memcpy(&first, type, sizeof(first));
	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (types[i].first == first)
			return types[i].name;
	}
	return "other";
}

static void take_entries(struct finding *f, void *self, uint64_t done, size_t size)
{
	static const uint8_t none[16];

	(void)self;
	for (size_t at = 0; at + GPT_ENTRY_SIZE <= size; at += GPT_ENTRY_SIZE) {
		struct gpt_entry entry;
		struct partition *p;

		memcpy(&entry, f->sector + at, sizeof(entry));
		if (memcmp(entry.type, none, sizeof(none)) == 0 || entry.last < entry.first)
			continue;
		p = add(f, (uint32_t)((done + at) / GPT_ENTRY_SIZE) + 1, entry.first,
			entry.last - entry.first + 1);
		if (p != nullptr)
			print_to(p->type, sizeof(p->type), "%s", gpt_type(entry.type));
	}
}

static status_t find_gpt(struct finding *f, uint64_t sector)
{
	struct gpt_header header;
	uint32_t crc = UINT32_MAX;
	status_t status = read_sector(f, sector);

	if (status == OK && !header_ok(f, &header, sector))
		return ERR_CORRUPT;
	if (status == OK)
		status = walk_entries(f, &header, sum_entries, &crc);
	if (status == OK && ~crc != header.entries_crc)
		return ERR_CORRUPT;
	return status == OK ? walk_entries(f, &header, take_entries, nullptr) : status;
}

static bool is_protective(const struct finding *f)
{
	struct mbr_entry entries[MBR_ENTRIES];

	take_table(f, entries);
	for (unsigned i = 0; i < MBR_ENTRIES; i++) {
		if (entries[i].type == MBR_PROTECTIVE)
			return true;
	}
	return false;
}

status_t partitions_find(const struct partition_disk *disk,
	struct partition partitions[PARTITIONS_MOST], uint32_t *count)
{
	struct finding f = {.disk = disk, .partitions = partitions};
	status_t status;

	*count = 0;
	if (disk->sector < 512 || disk->sector > SECTOR_MOST || disk->size < 2ul * disk->sector)
		return OK;
	status = read_sector(&f, 0);
	if (status != OK || !is_table(&f))
		return status;
	if (is_protective(&f)) {
		status = find_gpt(&f, 1);
		if (status == ERR_CORRUPT) {
			f.count = 0;
			status = find_gpt(&f, disk->size / disk->sector - 1);
		}
	} else {
		status = find_mbr(&f);
	}
	*count = f.count;
	return status;
}
