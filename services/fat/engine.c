// SPDX-License-Identifier: MIT OR Apache-2.0
/* FAT as an engine of files, and the volume as a whole: see fat.h. */
#include "buffer.h"
#include "commit.h"
#include "fat.h"
#include "file.h"
#include "grow.h"
#include "mount.h"
#include "node.h"
#include "table.h"

#include <craton/print.h>
#include <exfat/exfat.h>

/* --- trouble -----------------------------------------------------------------------------------
 */

/* The first reason stays. */
void fat_note_trouble(struct fat *fs, const char *what, uint64_t number)
{
	if (fs->trouble[0] == 0)
		print_to(fs->trouble, sizeof(fs->trouble), "%s (%llu)", what,
			(unsigned long long)number);
}

status_t fat_corrupt(struct fat *fs, const char *what, uint64_t where)
{
	fat_note_trouble(fs, what, where);
	fs->read_only = true;
	return ERR_CORRUPT;
}

/* --- the volume --------------------------------------------------------------------------------
 */

static void *open_variant(struct engine_parameters p, const struct variant *variant)
{
	struct fat *fs = engine_carve(&p, sizeof(*fs));

	if (fs == nullptr)
		return nullptr;
	fs->environment = p.environment;
	fs->variant = variant;
	fs->boot = engine_carve(&p, CHUNK);
	fs->info = engine_carve(&p, CHUNK);
	fs->stage = engine_carve(&p, STAGE_SIZE);
	fs->zeros = engine_carve(&p, STAGE_SIZE);
	fs->shadows = engine_carve(&p, (size_t)SHADOWS * CHUNK);
	fs->bytes = engine_carve(&p, (size_t)BUFFERS * CHUNK);
	fs->own = engine_carve(&p, variant->own_size);
	fs->map = p.memory;
	fs->map_size = (uint32_t)p.memory_size;
	return fs->own != nullptr ? fs : nullptr;
}

static void *open_fat(struct engine_parameters p)
{
	return open_variant(p, &fat_variant);
}

static void *open_exfat(struct engine_parameters p)
{
	return open_variant(p, &exfat_variant);
}

static void reset(void *self, uint64_t volume_size, bool read_only)
{
	struct fat *fs = self;

	fs->volume_size = volume_size;
	fs->read_only = read_only;
	fs->seed = (uint64_t)fs->environment->random(fs->environment->self) << 32 |
		   fs->environment->random(fs->environment->self);
}

static void resume(void *self)
{
	struct fat *fs = self;

	if (fs->mount.phase == MOUNT_NONE)
		return;
	fat_mount_resume(fs);
	fat_buffers_resume(fs);
	commit_resume(fs);
	grow_resume(fs);
	fs->search.left = 0;
	fs->measured.start = 0;
	if (fs->variant->resume != nullptr)
		fs->variant->resume(fs);
	fs->cuts++;
	fs->changes++; /* some were undone: how far a search came means nothing */
}

static bool work(void *self)
{
	struct fat *fs = self;
	bool again = false;

	if (fs->mount.phase == MOUNT_DONE || fs->mount.phase == UNMOUNT_SYNC) {
		again = chains_work(fs);
		again = grow_work(fs) || again;
		if (fs->variant->work != nullptr)
			again = fs->variant->work(fs) || again;
	}
	again = fat_buffers_work(fs) || again;
	return commit_work(fs) || again;
}

static void io_done(void *self, uint64_t id, status_t status)
{
	struct fat *fs = self;
	uint64_t own = id & (((uint64_t)1 << IO_OWNER_SHIFT) - 1);

	switch (id >> IO_OWNER_SHIFT) {
	case IO_READ:
		fat_buffer_io_done(fs, own, status);
		break;
	case IO_WRITE:
	case IO_FLUSH:
		commit_io_done(fs, id, status);
		break;
	case IO_MOUNT:
		fat_mount_io_done(fs, id, status);
		break;
	case IO_ZERO:
		grow_io_done(fs, own, status);
		break;
	case IO_VARIANT:
		fs->variant->io_done(fs, own, status);
		break;
	default:
		break;
	}
}

static bool is_quiet(const void *self)
{
	const struct fat *fs = self;

	return !fs->mount.io_is_under_way && !fs->growth.is_under_way && fs->cache.reading == 0 &&
	       (fs->variant->is_quiet == nullptr || fs->variant->is_quiet(fs)) &&
	       commit_is_quiet(fs);
}

static bool is_idle(const void *self)
{
	const struct fat *fs = self;
	bool is_left = fs->cache.changed > 0 || fs->nodes.idle > 0 ||
		       (fs->loose_count > 0 && !fs->read_only);

	return is_quiet(fs) && (fs->commit.failed || !is_left);
}

static bool is_tidy(const void *self)
{
	const struct fat *fs = self;
	bool may = fs->mount.phase == MOUNT_DONE || fs->mount.phase == UNMOUNT_SYNC;

	return !may || fs->nodes.idle == 0;
}

static status_t tidy(void *fs, uint64_t *cursor)
{
	return nodes_tidy(fs, cursor);
}

static status_t mount_self(void *fs)
{
	return fat_mount_volume(fs);
}

static status_t unmount_self(void *fs)
{
	return fat_unmount_volume(fs);
}

static const char *trouble(const void *self)
{
	const struct fat *fs = self;

	return fs->trouble;
}

static bool is_read_only(const void *self)
{
	const struct fat *fs = self;

	return fs->read_only || fs->commit.failed;
}

static uint32_t block_size(const void *self)
{
	const struct fat *fs = self;

	return fs->g.sector_size;
}

static status_t space(void *self, uint64_t *total, uint64_t *used)
{
	const struct fat *fs = self;
	uint64_t clusters = fs->g.clusters - CLUSTER_FIRST;

	*total = clusters << fs->g.cluster_shift;
	*used = (clusters - fs->free_clusters) << fs->g.cluster_shift;
	return OK;
}

static status_t sync_self(void *fs, uint64_t *ticket)
{
	return commit_sync(fs, ticket);
}

/* --- files -------------------------------------------------------------------------------------
 */

static status_t lookup(void *self, uint64_t directory, struct name name, uint64_t *node)
{
	struct fat *fs = self;

	return fs->variant->lookup(fs, directory, name, node);
}

static status_t parent(void *self, uint64_t directory, uint64_t *node)
{
	struct fat *fs = self;

	return fs->variant->parent(fs, directory, node);
}

static status_t attributes(void *fs, uint64_t node, struct file_attributes *a)
{
	return file_attributes(fs, node, a);
}

static status_t next(void *self, uint64_t directory, uint64_t *cookie, struct directory_item *item)
{
	struct fat *fs = self;

	return fs->variant->next(fs, directory, cookie, item);
}

static status_t read_link(
	void *fs, uint64_t node, uint64_t offset, void *bytes, size_t size, size_t *done)
{
	(void)fs;
	(void)node;
	(void)offset;
	(void)bytes;
	(void)size;
	*done = 0;
	return ERR_NOT_SUPPORTED; /* there are no links */
}

static status_t retain(void *fs, uint64_t node)
{
	struct node *n;
	status_t status = node_get(fs, node, &n);

	if (status == OK)
		node_set_retained(fs, n, true);
	return status;
}

static status_t release(void *self, uint64_t node)
{
	struct fat *fs = self;
	struct node *n = node_find(fs, node);

	if (n == nullptr)
		return OK;
	if (grow_is_busy(fs, node))
		return FILE_LATER;
	node_set_retained(fs, n, false);
	if (n->place == 0) /* so nothing of it is written any more when its clusters are freed */
		fs->environment->forget(fs->environment->self, node);
	return OK;
}

static status_t create(
	void *self, struct entry_name name, enum file_type type, struct name target, uint64_t *node)
{
	struct fat *fs = self;

	(void)target;
	return fs->variant->create(fs, name, type, node);
}

static status_t remove_name(void *self, struct entry_name name)
{
	struct fat *fs = self;

	return fs->variant->remove(fs, name);
}

static status_t rename_node(void *self, struct entry_name from, struct entry_name to)
{
	struct fat *fs = self;

	return fs->variant->rename(fs, from, to);
}

static status_t set_times(void *fs, uint64_t node, uint64_t accessed, uint64_t modified)
{
	return file_set_times(fs, node, accessed, modified);
}

static status_t set_size(void *fs, uint64_t node, uint64_t size)
{
	return file_set_size(fs, node, size);
}

static status_t reserve(void *fs, uint64_t node, uint64_t offset, uint64_t size)
{
	return file_reserve(fs, node, offset, size);
}

static status_t map(void *fs, uint64_t node, uint64_t offset, uint32_t size, struct engine_run *run)
{
	return file_map(fs, node, offset, size, run);
}

static status_t map_write(
	void *fs, uint64_t node, uint64_t offset, uint32_t size, struct engine_run *run)
{
	return file_map_write(fs, node, offset, size, run);
}

static status_t written(void *fs, uint64_t node, uint64_t offset, uint32_t size)
{
	return file_written(fs, node, offset, size);
}

/* They differ in the variant that open() chooses. */
#define ENGINE(engine_name, engine_open)      \
	{                                     \
		.name = (engine_name),        \
		.open = (engine_open),        \
		.root = NODE_ROOT,            \
		.has_aliases = true,          \
		.reset = reset,               \
		.resume = resume,             \
		.work = work,                 \
		.io_done = io_done,           \
		.is_quiet = is_quiet,         \
		.is_idle = is_idle,           \
		.is_tidy = is_tidy,           \
		.tidy = tidy,                 \
		.mount = mount_self,          \
		.unmount = unmount_self,      \
		.trouble = trouble,           \
		.is_read_only = is_read_only, \
		.block_size = block_size,     \
		.space = space,               \
		.sync = sync_self,            \
		.lookup = lookup,             \
		.parent = parent,             \
		.attributes = attributes,     \
		.next = next,                 \
		.read_link = read_link,       \
		.retain = retain,             \
		.release = release,           \
		.create = create,             \
		.remove = remove_name,        \
		.rename = rename_node,        \
		.set_times = set_times,       \
		.set_size = set_size,         \
		.reserve = reserve,           \
		.map = map,                   \
		.map_write = map_write,       \
		.written = written,           \
	}

const struct file_engine fat_engine = ENGINE("fat", open_fat);
const struct file_engine exfat_engine = ENGINE("exfat", open_exfat);
