// SPDX-License-Identifier: MIT OR Apache-2.0
/* The boot sector: see boot.h. How many clusters there are says which form it is. */
#include "boot.h"

#include "mount.h"
#include "table.h"

#define MOST_12 4084u
#define MOST_16 65524u
#define MOST_32 0x0ffffff5u

static bool is_power(uint32_t value)
{
	return value != 0 && (value & (value - 1)) == 0;
}

static bool looks_like_fat(const struct boot_sector *b)
{
	return b->magic == SECTOR_MAGIC && (b->jump[0] == 0xeb || b->jump[0] == 0xe9) &&
	       is_power(b->sector_size) && b->sector_size >= SECTOR_LEAST &&
	       b->sector_size <= CHUNK && is_power(b->sectors_per_cluster) &&
	       b->reserved_sectors > 0 && b->tables > 0 && (b->media == 0xf0 || b->media >= 0xf8) &&
	       (b->sectors_16 != 0 || b->sectors_32 != 0);
}

static uint32_t shift_of(uint32_t size)
{
	return (uint32_t)__builtin_ctz(size);
}

static void find_tables(struct geometry *g, const struct boot_sector *b, uint64_t size)
{
	uint64_t first = (uint64_t)b->reserved_sectors * g->sector_size;
	uint32_t used = b->large.flags & TABLE_IN_USE;
	bool one = g->bits == 32 && (b->large.flags & TABLE_NOT_MIRRORED) != 0 && used < b->tables;

	g->table_size = size;
	g->tables = one ? 1 : b->tables;
	for (uint32_t i = 0; i < g->tables; i++)
		g->table_offsets[i] = first + size * (one ? used : i);
}

static uint32_t bits_for(uint64_t clusters)
{
	if (clusters <= MOST_12)
		return 12;
	return clusters <= MOST_16 ? 16 : 32;
}

static status_t place_parts(struct fat *fs, const struct boot_sector *b)
{
	struct geometry *g = &fs->g;
	bool is_large = b->table_sectors_16 == 0;
	uint64_t table_sectors = is_large ? b->large.table_sectors : b->table_sectors_16;
	uint64_t sectors = b->sectors_16 != 0 ? b->sectors_16 : b->sectors_32;
	uint64_t root =
		((uint64_t)b->root_entries * ENTRY_SIZE + g->sector_size - 1) / g->sector_size;
	uint64_t data = b->reserved_sectors + b->tables * table_sectors + root;
	uint64_t clusters = data < sectors ? (sectors - data) / b->sectors_per_cluster : 0;

	if (clusters == 0 || clusters > MOST_32 || table_sectors == 0 ||
		sectors > fs->volume_size / g->sector_size)
		return ERR_CORRUPT;
	g->bits = is_large ? 32 : bits_for(clusters);
	if (g->bits == 32 && !is_large)
		return ERR_CORRUPT;
	g->clusters = (uint32_t)clusters + CLUSTER_FIRST;
	if ((uint64_t)g->clusters * g->bits > table_sectors * g->sector_size * 8)
		return ERR_CORRUPT;
	g->root_offset = (data - root) * g->sector_size;
	g->root_size = root * g->sector_size;
	g->data_offset = data * g->sector_size;
	find_tables(g, b, table_sectors * g->sector_size);
	g->count_offset = g->table_offsets[0];
	g->count_size = g->table_size;
	return OK;
}

/* Of the large form only. */
static status_t find_root(struct fat *fs, const struct boot_sector *b)
{
	struct geometry *g = &fs->g;
	uint32_t info = b->large.info_sector;

	if (g->bits != 32)
		return g->root_size > 0 ? OK : ERR_CORRUPT;
	if (b->large.version != 0) {
		fat_note_trouble(fs, "a version of FAT32 that is not known", b->large.version);
		return ERR_NOT_SUPPORTED;
	}
	g->root_cluster = b->large.root_cluster;
	g->info_offset = info != 0 && info < b->reserved_sectors ? info * g->sector_size : 0;
	return g->root_cluster >= CLUSTER_FIRST && g->root_cluster < g->clusters &&
			       g->root_size == 0
		       ? OK
		       : ERR_CORRUPT;
}

static status_t check(struct fat *fs, const struct boot_sector *b)
{
	struct geometry *g = &fs->g;
	status_t status;

	if (!looks_like_fat(b))
		return ERR_BAD_IMAGE;
	*g = (struct geometry){
		.sector_size = b->sector_size,
		.cluster_size = (uint32_t)b->sector_size * b->sectors_per_cluster,
		.directory_most = DIRECTORY_MOST,
		.size_most = UINT32_MAX,
	};
	g->cluster_shift = shift_of(g->cluster_size);
	if (b->tables > TABLES_MOST || g->cluster_size > CLUSTER_MOST) {
		fat_note_trouble(
			fs, "more tables, or larger clusters, than are known", g->cluster_size);
		return ERR_NOT_SUPPORTED;
	}
	status = place_parts(fs, b);
	if (status == OK)
		status = find_root(fs, b);
	if (status == ERR_CORRUPT)
		fat_note_trouble(fs, "the boot sector contradicts itself, or the disk's size", 0);
	return status;
}

status_t boot_read(struct fat *fs)
{
	TRY(fat_mount_transfer(fs, ENGINE_READ, 0, fs->boot, CHUNK));
	return check(fs, (const struct boot_sector *)fs->boot);
}

/* --- the mark ----------------------------------------------------------------------------------
 */

static uint8_t *state_of(const struct fat *fs)
{
	struct boot_sector *boot = (struct boot_sector *)fs->boot;

	return fs->g.bits == 32 ? &boot->large.state : &boot->small.state;
}

bool boot_is_marked(const struct fat *fs)
{
	return (*state_of(fs) & STATE_DIRTY) != 0;
}

void boot_set_mark(struct fat *fs, bool in_use)
{
	uint8_t *state = state_of(fs);

	*state = (uint8_t)(in_use ? *state | STATE_DIRTY : *state & ~STATE_DIRTY);
}

/* --- the count ---------------------------------------------------------------------------------
 */

status_t info_read(struct fat *fs)
{
	if (fs->g.info_offset == 0)
		return OK;
	return fat_mount_transfer(fs, ENGINE_READ, fs->g.info_offset, fs->info, fs->g.sector_size);
}

status_t info_write(struct fat *fs)
{
	struct info_sector *info = (struct info_sector *)fs->info;

	if (fs->g.info_offset == 0 || info->first_magic != INFO_FIRST ||
		info->second_magic != INFO_SECOND)
		return OK;
	info->free_clusters = fs->free_clusters;
	info->next_free = cluster_is_sound(fs, fs->next_free) ? fs->next_free : CLUSTER_FIRST;
	return fat_mount_transfer(fs, ENGINE_WRITE, fs->g.info_offset, fs->info, fs->g.sector_size);
}
