// SPDX-License-Identifier: MIT OR Apache-2.0
/* The boot regions (3.1): the backup is read if the sum of the main one is wrong; then the volume
 * is not written to. */
#include "boot.h"

#include <fat/mount.h>

enum boot_position : uint8_t { LOOK, MAIN, BACKUP_512, BACKUP_4096, NONE };

static const struct exfat_boot *boot_of(const struct fat *fs)
{
	return (const struct exfat_boot *)fs->boot;
}

static bool looks_like_exfat(const struct exfat_boot *b)
{
	return b->magic == SECTOR_MAGIC && memcmp(b->jump, EXFAT_JUMP, sizeof(b->jump)) == 0 &&
	       memcmp(b->name, EXFAT_NAME, sizeof(b->name)) == 0;
}

/* --- regions ------------------------------------------------------------------------------------
 */

static uint32_t rotated(uint32_t sum)
{
	return sum << 31 | sum >> 1;
}

/* 3.4: what changes while a volume is in use is left out. */
static bool has_sum(const uint8_t *region, uint32_t sector_size)
{
	uint32_t size = (REGION_SECTORS - 1) * sector_size;
	uint32_t sum = 0;
	uint32_t said;

	for (uint32_t i = 0; i < size; i++) {
		if (i == offsetof(struct exfat_boot, flags) ||
			i == offsetof(struct exfat_boot, flags) + 1 ||
			i == offsetof(struct exfat_boot, percent_in_use))
			continue;
		sum = rotated(sum) + region[i];
	}
	for (uint32_t i = 0; i < sector_size; i += sizeof(said)) {
		memcpy(&said, region + size + i, sizeof(said));
		if (said != sum)
			return false;
	}
	return true;
}

static uint32_t sector_shift_of(const struct fat *fs)
{
	uint32_t shift = boot_of(fs)->sector_shift;

	if (fs->mount.position != MAIN)
		return fs->mount.position == BACKUP_512 ? 9 : SECTOR_SHIFT_MOST;
	return shift >= 9 && shift <= SECTOR_SHIFT_MOST ? shift : 9;
}

/* ERR_CORRUPT: it is none. */
static status_t read_region(struct fat *fs)
{
	uint32_t shift = sector_shift_of(fs);
	uint32_t size = REGION_SECTORS << shift;
	uint64_t offset = fs->mount.position == MAIN ? 0 : size;
	const struct exfat_boot *b = (const struct exfat_boot *)fs->stage;

	if (offset + size > fs->volume_size)
		return ERR_CORRUPT;
	TRY(fat_mount_transfer(fs, ENGINE_READ, offset, fs->stage, size));
	if (!looks_like_exfat(b) || b->sector_shift != shift || !has_sum(fs->stage, 1u << shift))
		return ERR_CORRUPT;
	memcpy(fs->boot, fs->stage, CHUNK);
	return OK;
}

static void go_on(struct fat *fs)
{
	ESTATE_SET(fs->mount.position, fs->mount.position + 1);
	estate_commit();
}

static status_t find_region(struct fat *fs)
{
	while (fs->mount.position < NONE) {
		status_t status = read_region(fs);

		if (status == OK && fs->mount.position > MAIN) {
			fs->read_only = true;
			fat_note_trouble(fs, "its boot region is damaged: the backup is used", 0);
		}
		if (status != ERR_CORRUPT)
			return status;
		go_on(fs);
	}
	return ERR_CORRUPT;
}

/* --- what it says -------------------------------------------------------------------------------
 */

static bool is_sound(const struct fat *fs, const struct exfat_boot *b)
{
	uint64_t sectors = fs->volume_size >> b->sector_shift;
	uint64_t heap_sectors = (uint64_t)b->clusters << b->cluster_shift;
	uint64_t table_end = (uint64_t)b->table_sector + b->table_sectors;

	return b->sectors <= sectors && b->table_sector >= 2 * REGION_SECTORS &&
	       table_end <= b->heap_sector && b->clusters > 0 &&
	       b->heap_sector + heap_sectors <= b->sectors &&
	       ((uint64_t)b->clusters + CLUSTER_FIRST) * 4 <= (uint64_t)b->table_sectors
								      << b->sector_shift &&
	       b->root_cluster >= CLUSTER_FIRST && b->root_cluster - CLUSTER_FIRST < b->clusters;
}

static status_t check(struct fat *fs, const struct exfat_boot *b)
{
	status_t status = OK;

	if (b->revision >> 8 != REVISION_MAJOR) {
		fat_note_trouble(fs, "a version of exFAT that is not known", b->revision);
		status = ERR_NOT_SUPPORTED;
	} else if (b->tables != 1) {
		fat_note_trouble(fs, "more than one table", b->tables);
		status = ERR_NOT_SUPPORTED;
	} else if (b->sector_shift + b->cluster_shift > CLUSTER_SHIFT_MOST ||
		   b->clusters > CLUSTER_BAD - CLUSTER_FIRST - 1) {
		fat_note_trouble(fs, "more clusters, or larger ones, than are known", b->clusters);
		status = ERR_NOT_SUPPORTED;
	} else if (!is_sound(fs, b)) {
		fat_note_trouble(fs, "the boot sector contradicts itself, or the disk's size", 0);
		status = ERR_CORRUPT;
	}
	return status;
}

static void fill_geometry(struct geometry *g, const struct exfat_boot *b)
{
	uint32_t shift = b->sector_shift;

	*g = (struct geometry){
		.bits = 32,
		.is_wide = true,
		.sector_size = 1u << shift,
		.cluster_size = 1u << (shift + b->cluster_shift),
		.cluster_shift = shift + b->cluster_shift,
		.clusters = b->clusters + CLUSTER_FIRST,
		.root_cluster = b->root_cluster,
		.tables = 1,
		.table_offsets = {(uint64_t)b->table_sector << shift},
		.table_size = (uint64_t)b->table_sectors << shift,
		.data_offset = (uint64_t)b->heap_sector << shift,
		.directory_most = EXFAT_DIRECTORY_MOST,
		.size_most = (uint64_t)INT32_MAX << (shift + b->cluster_shift),
	};
}

status_t exfat_boot_read(struct fat *fs)
{
	status_t status;

	if (fs->mount.position == LOOK) {
		TRY(fat_mount_transfer(fs, ENGINE_READ, 0, fs->boot, CHUNK));
		if (!looks_like_exfat(boot_of(fs)))
			return ERR_BAD_IMAGE;
		go_on(fs);
	}
	status = find_region(fs);
	if (status == ERR_CORRUPT)
		fat_note_trouble(fs, "both boot regions are damaged", 0);
	if (status == OK)
		status = check(fs, boot_of(fs));
	if (status == OK)
		fill_geometry(&fs->g, boot_of(fs));
	return status;
}

/* --- the mark -----------------------------------------------------------------------------------
 */

bool exfat_is_marked(const struct fat *fs)
{
	return (boot_of(fs)->flags & VOLUME_DIRTY) != 0;
}

void exfat_set_mark(struct fat *fs, bool in_use)
{
	struct exfat_boot *b = (struct exfat_boot *)fs->boot;
	uint64_t taken = b->clusters - fs->free_clusters;

	b->flags = (uint16_t)(in_use ? b->flags | VOLUME_DIRTY : b->flags & ~VOLUME_DIRTY);
	b->percent_in_use = in_use ? PERCENT_UNKNOWN : (uint8_t)(taken * 100 / b->clusters);
}
