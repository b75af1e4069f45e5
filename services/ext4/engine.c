// SPDX-License-Identifier: MIT OR Apache-2.0
/* ext4 as an engine of files: its operations with the types of the system. Nodes are inodes. */
#include "ext4.h"
#include "fs.h"

static enum file_type type_of(uint16_t mode)
{
	switch (mode & MODE_TYPE) {
	case MODE_REGULAR:
		return FILE_TYPE_REGULAR;
	case MODE_DIRECTORY:
		return FILE_TYPE_DIRECTORY;
	case MODE_SYMLINK:
		return FILE_TYPE_SYMLINK;
	default:
		return FILE_TYPE_DEVICE;
	}
}

static uint16_t mode_of(enum file_type type)
{
	switch (type) {
	case FILE_TYPE_DIRECTORY:
		return MODE_DIRECTORY | 0755;
	case FILE_TYPE_SYMLINK:
		return MODE_SYMLINK | 0777;
	default:
		return MODE_REGULAR | 0644;
	}
}

/* --- the volume ---------------------------------------------------------------------------------
 */

static void *open_state(struct engine_parameters parameters)
{
	return ext4_open(parameters);
}

static void reset(void *fs, uint64_t volume_size, bool read_only)
{
	ext4_reset(fs, volume_size, read_only);
}

static void resume(void *fs)
{
	ext4_resume(fs);
}

static bool work(void *fs)
{
	return ext4_work(fs);
}

static void io_done(void *fs, uint64_t id, status_t status)
{
	ext4_io_done(fs, id, status);
}

static bool is_quiet(const void *fs)
{
	return ext4_is_quiet(fs);
}

static bool is_idle(const void *fs)
{
	return ext4_is_idle(fs);
}

static status_t mount_volume(void *fs)
{
	return ext4_mount(fs);
}

static status_t unmount_volume(void *fs)
{
	return ext4_unmount(fs);
}

static const char *trouble(const void *fs)
{
	return ext4_trouble(fs);
}

static bool is_read_only(const void *fs)
{
	return ext4_is_read_only(fs);
}

static uint32_t block_size(const void *fs)
{
	return ext4_block_size(fs);
}

static status_t space(void *fs, uint64_t *total, uint64_t *used)
{
	struct ext4_space s = {0};
	status_t status = ext4_space(fs, &s);

	*total = s.total;
	*used = s.total - s.free;
	return status;
}

static status_t sync_volume(void *fs, uint64_t *ticket)
{
	return ext4_sync(fs, ticket);
}

/* --- looking ------------------------------------------------------------------------------------
 */

static status_t lookup(void *fs, uint64_t directory, struct name name, uint64_t *node)
{
	uint32_t inode = 0;
	status_t status = ext4_lookup(fs, (uint32_t)directory, name, &inode);

	*node = inode;
	return status;
}

static status_t parent(void *fs, uint64_t directory, uint64_t *node)
{
	return lookup(fs, directory, (struct name){"..", 2}, node);
}

static status_t attributes(void *fs, uint64_t node, struct file_attributes *a)
{
	struct ext4_attributes e = {0};
	status_t status = ext4_attributes(fs, (uint32_t)node, &e);

	*a = (struct file_attributes){
		.inode = node,
		.type = type_of(e.mode),
		.links = e.links,
		.size = e.size,
		.accessed_ns = e.accessed_ns,
		.modified_ns = e.modified_ns,
		.changed_ns = e.changed_ns,
		.mode = e.mode,
		.owner = e.owner,
		.group = e.group,
	};
	return status;
}

static status_t next(void *fs, uint64_t directory, uint64_t *cookie, struct directory_item *item)
{
	struct ext4_entry entry;
	struct ext4_attributes a;
	status_t status = ext4_next(fs, (uint32_t)directory, cookie, &entry);

	if (status == OK && entry.type == 0) {
		status = ext4_attributes(fs, entry.inode, &a);
		entry.type = a.mode;
	}
	if (status != OK)
		return status;
	item->node = entry.inode;
	item->inode = entry.inode;
	item->type = type_of(entry.type);
	item->name_size = entry.size;
	memcpy(item->name, entry.name, entry.size);
	item->name[entry.size] = 0;
	return OK;
}

static status_t read_link(
	void *fs, uint64_t node, uint64_t offset, void *bytes, size_t size, size_t *done)
{
	status_t status = ext4_read_link(fs, (uint32_t)node, offset, bytes, size, done);

	return status == ERR_INVALID_ARGUMENT ? ERR_NOT_SUPPORTED : status; /* a device */
}

/* --- changing -----------------------------------------------------------------------------------
 */

static void forget(const struct ext4 *fs, uint64_t node)
{
	fs->environment->forget(fs->environment->self, node);
}

static status_t retain(void *fs, uint64_t node)
{
	return ext4_retain(fs, (uint32_t)node);
}

/* A file without names is deleted now: its pages go, too. */
static status_t release(void *fs, uint64_t node)
{
	struct ext4_attributes a = {0};
	status_t status = ext4_attributes(fs, (uint32_t)node, &a);

	if (status == OK)
		status = ext4_release(fs, (uint32_t)node);
	if (status == OK && a.links == 0)
		forget(fs, node);
	return status;
}

/* The number may be that of a file that was deleted, of which pages are still there. */
static status_t create(
	void *fs, struct entry_name name, enum file_type type, struct name target, uint64_t *node)
{
	uint32_t inode = 0;
	status_t status =
		ext4_create(fs, (uint32_t)name.directory, name.name, mode_of(type), target, &inode);

	*node = inode;
	if (status == OK)
		forget(fs, inode);
	return status;
}

static status_t link(void *fs, uint64_t node, struct entry_name name)
{
	return ext4_link(fs, (uint32_t)node, (uint32_t)name.directory, name.name);
}

static status_t remove_name(void *fs, struct entry_name name)
{
	return ext4_remove(fs, (uint32_t)name.directory, name.name);
}

static status_t rename_node(void *fs, struct entry_name from, struct entry_name to)
{
	return ext4_rename(
		fs, (uint32_t)from.directory, from.name, (uint32_t)to.directory, to.name);
}

static status_t set_times(void *fs, uint64_t node, uint64_t accessed, uint64_t modified)
{
	return ext4_set_times(fs, (uint32_t)node, accessed, modified);
}

static status_t set_access(void *fs, uint64_t node, uint32_t mode, uint32_t owner, uint32_t group)
{
	return ext4_set_access(fs, (uint32_t)node, mode, owner, group);
}

/* --- contents -----------------------------------------------------------------------------------
 */

static status_t set_size(void *fs, uint64_t node, uint64_t size)
{
	return ext4_set_size(fs, (uint32_t)node, size);
}

static status_t reserve(void *fs, uint64_t node, uint64_t offset, uint64_t size)
{
	return ext4_reserve(fs, (uint32_t)node, offset, size);
}

static status_t map(void *fs, uint64_t node, uint64_t offset, uint32_t size, struct engine_run *run)
{
	return ext4_map(fs, (uint32_t)node, offset, size, run);
}

static status_t map_write(
	void *fs, uint64_t node, uint64_t offset, uint32_t size, struct engine_run *run)
{
	return ext4_map_write(fs, (uint32_t)node, offset, size, run);
}

/* In whole blocks. */
static status_t written(void *fs, uint64_t node, uint64_t offset, uint32_t size)
{
	uint32_t block = ext4_block_size(fs);

	return ext4_written(fs, (uint32_t)node, offset, (size + block - 1) / block * block);
}

const struct file_engine ext4_engine = {
	.name = "ext4",
	.root = EXT4_ROOT,
	.open = open_state,
	.reset = reset,
	.resume = resume,
	.work = work,
	.io_done = io_done,
	.is_quiet = is_quiet,
	.is_idle = is_idle,
	.mount = mount_volume,
	.unmount = unmount_volume,
	.trouble = trouble,
	.is_read_only = is_read_only,
	.block_size = block_size,
	.space = space,
	.sync = sync_volume,
	.lookup = lookup,
	.parent = parent,
	.attributes = attributes,
	.next = next,
	.read_link = read_link,
	.retain = retain,
	.release = release,
	.create = create,
	.link = link,
	.remove = remove_name,
	.rename = rename_node,
	.set_times = set_times,
	.set_access = set_access,
	.set_size = set_size,
	.reserve = reserve,
	.map = map,
	.map_write = map_write,
	.written = written,
};
