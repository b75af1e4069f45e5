// SPDX-License-Identifier: MIT OR Apache-2.0
/* ext4 in the VFS: see ext4fs.h. Operations are ext4's own; here are the numbers and types of the
 * VFS, and nodes that are released. Contents: ext4fs_page.c. */
#include "ext4fs_internal.h"

#include "wall_time.h"

#include <craton/estate.h>
#include <craton/random.h>

#define MODE_TYPE      0170000u
#define MODE_REGULAR   0100000u
#define MODE_DIRECTORY 0040000u
#define MODE_LINK      0120000u
#define MODE_DEVICE    0020000u

static_assert(EXT4_LATER == FILE_LATER);

struct mounted mounted[EXT4FS_MOST];

static struct mounted *of(const struct volume *v)
{
	struct mounted *m = mounted;

	while (m->volume != volume_index(v))
		m++;
	return m;
}

static struct ext4 *fs_of(const struct volume *v)
{
	return of(v)->fs;
}

static struct ext4_name name_of(struct name name)
{
	return (struct ext4_name){name.text, name.size};
}

static enum file_type type_of(uint16_t mode)
{
	switch (mode & MODE_TYPE) {
	case MODE_REGULAR:
		return FILE_TYPE_REGULAR;
	case MODE_DIRECTORY:
		return FILE_TYPE_DIRECTORY;
	case MODE_LINK:
		return FILE_TYPE_SYMLINK;
	default:
		return FILE_TYPE_DEVICE;
	}
}

/* --- looking ------------------------------------------------------------------------------------
 */

static status_t lookup(struct volume *v, uint64_t directory, struct name name, uint64_t *node)
{
	uint32_t inode = 0;
	status_t status = ext4_lookup(fs_of(v), (uint32_t)directory, name_of(name), &inode);

	*node = inode;
	return status;
}

static status_t parent(struct volume *v, uint64_t directory, uint64_t *node)
{
	return lookup(v, directory, (struct name){"..", 2}, node);
}

static status_t attributes(struct volume *v, uint64_t node, struct file_attributes *a)
{
	struct ext4_attributes e = {0};
	status_t status = ext4_attributes(fs_of(v), (uint32_t)node, &e);

	*a = (struct file_attributes){
		.inode = node,
		.type = type_of(e.mode),
		.links = e.links,
		.size = e.size,
		.accessed_ns = e.accessed_ns,
		.modified_ns = e.modified_ns,
		.changed_ns = e.changed_ns,
	};
	return status;
}

static status_t next(
	struct volume *v, uint64_t directory, uint64_t *cookie, struct directory_item *item)
{
	struct ext4_entry entry;
	struct ext4_attributes a;
	status_t status = ext4_next(fs_of(v), (uint32_t)directory, cookie, &entry);

	if (status == OK && entry.type == 0) {
		status = ext4_attributes(fs_of(v), entry.inode, &a);
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

static status_t read(
	struct volume *v, uint64_t node, uint64_t offset, void *buffer, size_t size, size_t *done)
{
	status_t status = ext4_read_link(fs_of(v), (uint32_t)node, offset, buffer, size, done);

	return status == ERR_INVALID_ARGUMENT ? ERR_NOT_SUPPORTED : status; /* a device */
}

static status_t space(struct volume *v, uint64_t *total, uint64_t *used)
{
	struct ext4_space s = {0};
	status_t status = ext4_space(fs_of(v), &s);

	*total = s.total;
	*used = s.total - s.free;
	return status;
}

/* --- nodes that are kept ------------------------------------------------------------------------
 */

static bool take_release(struct mounted *m, uint64_t node)
{
	struct releases *r = m->releases;

	for (uint32_t i = 0; i < r->count; i++) {
		if (r->nodes[i] != node)
			continue;
		ESTATE_SET(r->nodes[i], r->nodes[r->count - 1]);
		ESTATE_SET(r->count, r->count - 1);
		return true;
	}
	return false;
}

static status_t retain(struct volume *v, uint64_t node)
{
	struct mounted *m = of(v);

	if (take_release(m, node))
		return OK;
	if (m->releases->count >= RELEASES_MOST - RELEASES_SPARE)
		return FILE_LATER; /* those come first */
	return ext4_retain(m->fs, (uint32_t)node);
}

/* It may need blocks that are not there: it is done soon. */
static void release(struct volume *v, uint64_t node)
{
	struct releases *r = of(v)->releases;

	ASSERT(r->count < RELEASES_MOST);
	ESTATE_SET(r->nodes[r->count], (uint32_t)node);
	ESTATE_SET(r->count, r->count + 1);
}

/* A file without names is deleted now: its pages go, too. */
static status_t release_now(const struct mounted *m, uint32_t node)
{
	struct ext4_attributes a = {0};
	status_t status = ext4_attributes(m->fs, node, &a);

	if (status == OK)
		status = ext4_release(m->fs, node);
	if (status == OK && a.links == 0)
		cache_forget(volume_at(m->volume), node);
	return status;
}

/* What is on its way goes on first; what cannot be deleted stays on the disk. */
static bool do_releases(struct mounted *m)
{
	struct releases *r = m->releases;
	bool some = false;

	for (uint32_t i = 0; i < r->count;) {
		uint32_t node = r->nodes[i];
		status_t status =
			ext4fs_page_is_under_way(m, node) ? EXT4_LATER : release_now(m, node);

		if (status == EXT4_LATER) {
			estate_rollback();
			i++;
			continue;
		}
		(void)take_release(m, node);
		estate_commit();
		some = true;
	}
	return some;
}

/* --- changing -----------------------------------------------------------------------------------
 */

static uint16_t mode_of(enum file_type type)
{
	switch (type) {
	case FILE_TYPE_DIRECTORY:
		return MODE_DIRECTORY | 0755;
	case FILE_TYPE_SYMLINK:
		return MODE_LINK | 0777;
	default:
		return MODE_REGULAR | 0644;
	}
}

/* The number may be that of a file that was deleted, of which pages are still there. */
static status_t create(struct volume *v, uint64_t directory, struct name name, enum file_type type,
	struct name target, uint64_t *node)
{
	uint32_t inode = 0;
	status_t status = ext4_create(fs_of(v), (uint32_t)directory, name_of(name), mode_of(type),
		name_of(target), &inode);

	*node = inode;
	if (status == OK)
		cache_forget(v, inode);
	return status;
}

static status_t set_size(struct volume *v, uint64_t node, uint64_t size)
{
	return ext4_set_size(fs_of(v), (uint32_t)node, size);
}

static status_t set_times(struct volume *v, uint64_t node, uint64_t accessed, uint64_t modified)
{
	return ext4_set_times(fs_of(v), (uint32_t)node, accessed, modified);
}

static status_t link(struct volume *v, uint64_t node, struct entry_name name)
{
	return ext4_link(fs_of(v), (uint32_t)node, (uint32_t)name.directory, name_of(name.name));
}

static status_t remove_name(struct volume *v, uint64_t node, struct entry_name name)
{
	(void)node;
	return ext4_remove(fs_of(v), (uint32_t)name.directory, name_of(name.name));
}

static status_t rename_node(struct volume *v, uint64_t node, struct entry_name from,
	struct entry_name to, uint64_t replaced)
{
	(void)node;
	(void)replaced;
	return ext4_rename(fs_of(v), (uint32_t)from.directory, name_of(from.name),
		(uint32_t)to.directory, name_of(to.name));
}

static status_t reserve(struct volume *v, uint64_t node, uint64_t offset, uint64_t size)
{
	return ext4_reserve(fs_of(v), (uint32_t)node, offset, size);
}

static status_t sync_volume(struct volume *v, uint64_t node, uint64_t *ticket)
{
	(void)node;
	return ext4_sync(fs_of(v), ticket);
}

static status_t fill(struct volume *v, const struct page_transfer *transfer)
{
	return ext4fs_page_begin(of(v), transfer, false);
}

static status_t write_back(struct volume *v, const struct page_transfer *transfer)
{
	return ext4fs_page_begin(of(v), transfer, true);
}

const struct file_system_ops ext4fs_ops = {
	.name = "ext4",
	.lookup = lookup,
	.parent = parent,
	.attributes = attributes,
	.next = next,
	.read = read,
	.space = space,
	.retain = retain,
	.release = release,
	.create = create,
	.set_size = set_size,
	.set_times = set_times,
	.link = link,
	.remove = remove_name,
	.rename = rename_node,
	.fill = fill,
	.write_back = write_back,
	.reserve = reserve,
	.sync = sync_volume,
};

/* --- what ext4 stands on ------------------------------------------------------------------------
 */

static bool start(void *self, const struct ext4_io *io)
{
	static const uint32_t operations[] = {
		[EXT4_IO_READ] = BLOCK_OPERATION_READ,
		[EXT4_IO_WRITE] = BLOCK_OPERATION_WRITE,
		[EXT4_IO_FLUSH] = BLOCK_OPERATION_FLUSH,
	};
	const struct mounted *m = self;
	struct block_slot request = {
		.operation = operations[io->kind],
		.id = io->id,
		.unit = m->unit,
		.offset = io->offset,
		.size = io->size,
		.flags = io->lasting ? BLOCK_LASTING : 0,
	};
	struct drive_bytes bytes = {0};

	if (io->kind != EXT4_IO_FLUSH)
		bytes = (struct drive_bytes){
			m->object, (uint64_t)((const uint8_t *)io->bytes - m->memory)};
	return drive_begin(&request, bytes);
}

static uint64_t now(void *self)
{
	(void)self;
	return wall_time();
}

static uint32_t random_word(void *self)
{
	uint32_t word;

	(void)self;
	random_fill(&word, sizeof(word));
	return word;
}

/* --- volumes ------------------------------------------------------------------------------------
 */

bool ext4fs_open(uint8_t *const memory[EXT4FS_MOST])
{
	ext4fs_pages_open();
	for (unsigned i = 0; i < EXT4FS_MOST; i++) {
		struct mounted *m = &mounted[i];

		*m = (struct mounted){
			.environment = {m, start, now, random_word},
			.memory = memory[i],
			.volume = UINT32_MAX,
		};
		m->releases = estate_allocate(sizeof(*m->releases), 64);
		m->fs = ext4_open(&(struct ext4_parameters){
			.environment = &m->environment,
			.memory = m->memory,
			.memory_size = EXT4FS_MEMORY,
		});
		if (m->releases == nullptr || m->fs == nullptr)
			return false;
	}
	return true;
}

void ext4fs_bind(unsigned index, uint32_t volume, uint64_t unit, uint64_t object)
{
	mounted[index].volume = volume;
	mounted[index].unit = unit;
	mounted[index].object = object;
}

void ext4fs_begin(unsigned index, uint64_t size, bool read_only)
{
	ESTATE_SET(mounted[index].releases->count, 0);
	ext4_reset(mounted[index].fs, size, read_only);
}

void ext4fs_resume(unsigned index)
{
	ext4_resume(mounted[index].fs);
}

status_t ext4fs_mount(unsigned index)
{
	return ext4_mount(mounted[index].fs);
}

status_t ext4fs_unmount(unsigned index)
{
	return mounted[index].releases->count > 0 ? FILE_LATER : ext4_unmount(mounted[index].fs);
}

status_t ext4fs_settle(unsigned index)
{
	return ext4_is_quiet(mounted[index].fs) ? OK : FILE_LATER;
}

const char *ext4fs_trouble(unsigned index)
{
	return ext4_trouble(mounted[index].fs);
}

bool ext4fs_is_read_only(unsigned index)
{
	return ext4_is_read_only(mounted[index].fs);
}

void ext4fs_io_done(unsigned index, uint64_t id, status_t status)
{
	if (!ext4fs_page_io_done(&mounted[index], id, status))
		ext4_io_done(mounted[index].fs, id, status);
}

bool ext4fs_work(unsigned index)
{
	struct mounted *m = &mounted[index];
	bool again = ext4fs_pages_work(m);

	again = do_releases(m) || again;
	return ext4_work(m->fs) || again;
}

bool ext4fs_is_busy(unsigned index)
{
	return mounted[index].releases->count > 0 || !ext4_is_idle(mounted[index].fs);
}
