// SPDX-License-Identifier: MIT OR Apache-2.0
/* ISO 9660 as an engine of files, and the volume as a whole: see iso9660.h. */
#include "iso9660.h"
#include "record.h"

#include <craton/print.h>

#define MODE_TYPE      0170000u
#define MODE_LINK      0120000u
#define MODE_REGULAR   0100000u
#define MODE_DIRECTORY 0040000u
#define DIRECTORY_MOST 0x4000000u /* bytes */
#define PIECES_MOST    64u        /* records of a file */
#define LEAST_SIZE     ((FIRST_DESCRIPTOR + 2) * SECTOR)
#define DATA_BLOCK     512u

void iso_note_trouble(struct iso *fs, const char *what, uint64_t number)
{
	if (fs->trouble[0] == 0)
		print_to(fs->trouble, sizeof(fs->trouble), "%s (%llu)", what,
			(unsigned long long)number);
}

status_t iso_corrupt(struct iso *fs, const char *what, uint64_t where)
{
	iso_note_trouble(fs, what, where);
	return ERR_CORRUPT;
}

/* --- the volume --------------------------------------------------------------------------------
 */

static void *open_state(struct engine_parameters p)
{
	struct iso *fs = engine_carve(&p, sizeof(*fs));

	if (fs == nullptr)
		return nullptr;
	fs->environment = p.environment;
	fs->bytes = engine_carve(&p, (size_t)BUFFERS * SECTOR);
	return fs->bytes != nullptr ? fs : nullptr;
}

static void reset(void *self, uint64_t volume_size, bool read_only)
{
	struct iso *fs = self;

	(void)read_only; /* always */
	fs->volume_size = volume_size;
}

static void resume(void *fs)
{
	sectors_resume(fs);
}

static bool work(void *fs)
{
	sectors_work(fs);
	return false;
}

static void io_done(void *fs, uint64_t id, status_t status)
{
	sector_io_done(fs, id, status);
}

static bool is_quiet(const void *fs)
{
	return sectors_are_quiet(fs);
}

/* --- mounting ----------------------------------------------------------------------------------
 */

static bool is_joliet(const struct descriptor *d)
{
	return d->escapes[0] == '%' && d->escapes[1] == '/' &&
	       (d->escapes[2] == '@' || d->escapes[2] == 'C' || d->escapes[2] == 'E');
}

static bool is_block_size(uint32_t size)
{
	return size == 512 || size == 1024 || size == SECTOR;
}

static status_t take_descriptor(struct iso *fs, const struct descriptor *d, enum names names)
{
	struct record root;

	memcpy(&root, d->root, sizeof(root));
	if (!is_block_size(d->block_size) || root.bytes > DIRECTORY_MOST)
		return iso_corrupt(fs, "a descriptor contradicts itself", d->block_size);
	fs->names = names;
	fs->block_size = d->block_size;
	fs->block_shift = (uint32_t)__builtin_ctz(d->block_size);
	fs->blocks = d->blocks;
	fs->root_block = root.block + root.attribute_blocks;
	fs->root_bytes = root.bytes;
	return OK;
}

static uint64_t place_of_block(const struct iso *fs, uint32_t block)
{
	return (uint64_t)block << fs->block_shift;
}

/* Joliet's tree is taken if the first one has no Rock Ridge. */
static status_t read_descriptors(struct iso *fs)
{
	const uint8_t *bytes;
	const struct descriptor *joliet = nullptr;
	struct entry root;

	for (uint32_t i = 0; i < DESCRIPTORS_MOST; i++) {
		const struct descriptor *d;

		TRY(sector_get(fs, FIRST_DESCRIPTOR + i, &bytes));
		d = (const struct descriptor *)bytes;
		if (memcmp(d->standard, STANDARD, sizeof(d->standard)) != 0 ||
			d->type == DESCRIPTOR_END)
			break;
		if (d->type == DESCRIPTOR_PRIMARY)
			TRY(take_descriptor(fs, d, NAMES_PLAIN));
		else if (d->type == DESCRIPTOR_SUPPLEMENTARY && is_joliet(d))
			joliet = d;
	}
	if (fs->block_size == 0)
		return ERR_BAD_IMAGE;
	TRY(record_at(fs, place_of_block(fs, fs->root_block), &root));
	TRY(record_find_rock_ridge(fs, &root));
	return fs->names == NAMES_PLAIN && joliet != nullptr
		       ? take_descriptor(fs, joliet, NAMES_JOLIET)
		       : OK;
}

static status_t mount_volume(void *self)
{
	struct iso *fs = self;
	status_t status;

	if (fs->is_mounted)
		return OK;
	if (fs->volume_size < LEAST_SIZE)
		return ERR_BAD_IMAGE;
	estate_save(fs, offsetof(struct iso, hand));
	fs->block_size = 0;
	status = read_descriptors(fs);
	if (status == ERR_NOT_FOUND)
		status = iso_corrupt(fs, "the root has no record", fs->root_block);
	fs->is_mounted = status == OK;
	return status;
}

static status_t unmount_volume(void *self)
{
	struct iso *fs = self;

	ESTATE_SET(fs->is_mounted, false);
	return OK;
}

static const char *trouble(const void *self)
{
	const struct iso *fs = self;

	return fs->trouble;
}

static bool is_read_only(const void *fs)
{
	(void)fs;
	return true;
}

static uint32_t block_size(const void *fs)
{
	(void)fs;
	return DATA_BLOCK;
}

static status_t space(void *self, uint64_t *total, uint64_t *used)
{
	const struct iso *fs = self;

	*total = fs->blocks << fs->block_shift;
	*used = *total;
	return OK;
}

static status_t sync_volume(void *fs, uint64_t *ticket)
{
	(void)fs;
	(void)ticket;
	return OK;
}

/* --- directories -------------------------------------------------------------------------------
 */

/* The root is block 0, wherever it lies. */
static uint64_t directory_node(const struct iso *fs, uint32_t block)
{
	return NODE_DIRECTORY | (block == fs->root_block ? 0 : block);
}

static uint64_t directory_place(const struct iso *fs, uint64_t node)
{
	return place_of_block(fs, (uint32_t)node != 0 ? (uint32_t)node : fs->root_block);
}

static bool is_directory(uint64_t node)
{
	return (node & NODE_DIRECTORY) != 0;
}

/* Its first two records are of itself and of what holds it. */
static status_t open_directory(struct iso *fs, uint64_t node, struct entry *self)
{
	status_t status = record_at(fs, directory_place(fs, node), self);

	if (status == ERR_NOT_FOUND || (status == OK && !record_is_directory(self)))
		return iso_corrupt(fs, "no directory", node & UINT32_MAX);
	return status;
}

/* The record at `*at`, which is behind it then; bytes, from the directory's start. */
static status_t next_entry(
	struct iso *fs, uint64_t node, uint64_t size, uint64_t *at, struct entry *entry)
{
	uint64_t place = directory_place(fs, node);

	for (;;) {
		status_t status = *at < size ? record_at(fs, place + *at, entry) : ERR_NOT_FOUND;

		if (status == OK) {
			*at += entry->record.size;
			return OK;
		}
		if (status != ERR_NOT_FOUND || *at >= size)
			return status;
		*at = (*at / SECTOR + 1) * SECTOR; /* the rest of the sector is empty */
	}
}

/* An entry that has a name, and may be shown. Of a file in pieces the first counts. */
static status_t find_next(
	struct iso *fs, uint64_t directory, uint64_t *at, struct entry *entry, struct details *d)
{
	struct entry self;
	struct entry piece;

	TRY(open_directory(fs, directory, &self));
	if (self.record.bytes > DIRECTORY_MOST)
		return iso_corrupt(fs, "a directory is too large", self.record.bytes);
	for (;;) {
		TRY(next_entry(fs, directory, self.record.bytes, at, entry));
		TRY(record_details(fs, entry, d));
		piece = *entry;
		while ((piece.record.flags & RECORD_GOES_ON) != 0)
			TRY(next_entry(fs, directory, self.record.bytes, at, &piece));
		if (!record_is_dots(entry) && !d->is_moved)
			return OK;
	}
}

static uint64_t node_of(const struct iso *fs, const struct entry *entry, const struct details *d)
{
	if (d->child != 0)
		return directory_node(fs, d->child);
	return record_is_directory(entry)
		       ? directory_node(fs, entry->record.block + entry->record.attribute_blocks)
		       : entry->place;
}

static enum file_type type_of(const struct entry *entry, const struct details *d)
{
	if (record_is_directory(entry) || d->child != 0)
		return FILE_TYPE_DIRECTORY;
	if (!d->has_mode || (d->mode & MODE_TYPE) == MODE_REGULAR)
		return FILE_TYPE_REGULAR;
	return (d->mode & MODE_TYPE) == MODE_LINK ? FILE_TYPE_SYMLINK : FILE_TYPE_DEVICE;
}

/* How far such a search came; what was looked at does not change. */
static struct search *search_of(struct iso *fs, uint64_t directory, uint64_t key)
{
	struct search *s;

	for (s = fs->searches; s < fs->searches + SEARCHES; s++) {
		if (s->directory == directory && s->key == key)
			return s;
	}
	s = &fs->searches[fs->oldest_search++ % SEARCHES];
	*s = (struct search){.directory = directory, .key = key};
	return s;
}

static status_t lookup(void *self, uint64_t directory, struct name name, uint64_t *node)
{
	struct iso *fs = self;
	struct search *s = search_of(fs, directory, name_key(name, 1));
	struct entry entry;
	struct details d;
	char text[NAME_MOST + 1];
	status_t status;

	for (;;) {
		uint64_t at = s->at;

		status = find_next(fs, directory, &at, &entry, &d);
		if (status != OK)
			break;
		if (record_name(fs, &entry, &d, text) == name.size &&
			memcmp(text, name.text, name.size) == 0) {
			*node = node_of(fs, &entry, &d);
			return OK;
		}
		s->at = at;
	}
	return status;
}

static status_t parent(void *self, uint64_t directory, uint64_t *node)
{
	struct iso *fs = self;
	struct entry entry;
	struct details d;

	TRY(open_directory(fs, directory, &entry));
	TRY(record_at(fs, entry.place + entry.record.size, &entry));
	TRY(record_details(fs, &entry, &d));
	*node = directory_node(
		fs, d.parent != 0 ? d.parent : entry.record.block + entry.record.attribute_blocks);
	return OK;
}

/* Entries whose names cannot be shown are left out. */
static status_t next(void *self, uint64_t directory, uint64_t *cookie, struct directory_item *item)
{
	struct iso *fs = self;
	struct entry entry;
	struct details d;

	do {
		TRY(find_next(fs, directory, cookie, &entry, &d));
		item->name_size = record_name(fs, &entry, &d, item->name);
	} while (item->name_size == 0);
	item->node = node_of(fs, &entry, &d);
	item->inode = item->node;
	item->type = type_of(&entry, &d);
	return OK;
}

/* --- files -------------------------------------------------------------------------------------
 */

static status_t open_file(struct iso *fs, uint64_t node, struct entry *entry)
{
	status_t status;

	if (is_directory(node))
		return open_directory(fs, node, entry);
	status = record_at(fs, node, entry);
	return status == ERR_NOT_FOUND ? iso_corrupt(fs, "no file", node) : status;
}

/* A file of several records lies in several places, one behind the other. */
static status_t next_piece(struct iso *fs, struct entry *entry, unsigned *count)
{
	uint64_t behind = entry->place + entry->record.size;
	status_t status;

	if ((entry->record.flags & RECORD_GOES_ON) == 0)
		return ERR_NOT_FOUND;
	if (++*count > PIECES_MOST)
		return iso_corrupt(fs, "a file has too many pieces", entry->place);
	status = record_at(fs, behind, entry);
	if (status == ERR_NOT_FOUND)
		status = record_at(fs, (behind / SECTOR + 1) * SECTOR, entry);
	return status == ERR_NOT_FOUND ? iso_corrupt(fs, "a file lacks a piece", behind) : status;
}

static status_t size_of(struct iso *fs, struct entry entry, uint64_t *size)
{
	unsigned pieces = 0;
	status_t status = OK;

	*size = 0;
	while (status == OK) {
		*size += entry.record.bytes;
		status = next_piece(fs, &entry, &pieces);
	}
	return status == ERR_NOT_FOUND ? OK : status;
}

static status_t attributes(void *self, uint64_t node, struct file_attributes *a)
{
	struct iso *fs = self;
	struct entry entry;
	struct details d;
	uint64_t modified;

	TRY(open_file(fs, node, &entry));
	TRY(record_details(fs, &entry, &d));
	modified = d.modified_ns != 0 ? d.modified_ns : record_time(entry.record.time);
	*a = (struct file_attributes){
		.inode = node,
		.type = is_directory(node) ? FILE_TYPE_DIRECTORY : type_of(&entry, &d),
		.links = d.links != 0 ? d.links : 1,
		.modified_ns = modified,
		.accessed_ns = d.accessed_ns != 0 ? d.accessed_ns : modified,
		.changed_ns = d.changed_ns != 0 ? d.changed_ns : modified,
		.mode = d.mode,
		.owner = d.owner,
		.group = d.group,
	};
	if (a->type == FILE_TYPE_REGULAR)
		return size_of(fs, entry, &a->size);
	if (a->type == FILE_TYPE_SYMLINK) {
		char target[MESSAGE_BYTES];
		size_t size;

		TRY(record_link(fs, &entry, target, sizeof(target), &size));
		a->size = size;
	}
	return OK;
}

static status_t read_link(
	void *self, uint64_t node, uint64_t offset, void *bytes, size_t size, size_t *done)
{
	struct iso *fs = self;
	struct entry entry;
	char target[MESSAGE_BYTES];
	size_t all;

	*done = 0;
	TRY(open_file(fs, node, &entry));
	if (fs->names != NAMES_ROCK_RIDGE)
		return ERR_NOT_SUPPORTED;
	TRY(record_link(fs, &entry, target, sizeof(target), &all));
	if (offset >= all)
		return OK;
	*done = size < all - offset ? size : (size_t)(all - offset);
	memcpy(bytes, target + offset, *done);
	return OK;
}

static status_t retain(void *fs, uint64_t node)
{
	(void)fs;
	(void)node;
	return OK;
}

static status_t map(
	void *self, uint64_t node, uint64_t offset, uint32_t size, struct engine_run *run)
{
	struct iso *fs = self;
	struct entry entry;
	unsigned pieces = 0;
	uint64_t left;
	uint64_t place;

	TRY(open_file(fs, node, &entry));
	while (offset >= entry.record.bytes) {
		status_t status = next_piece(fs, &entry, &pieces);

		if (status == ERR_NOT_FOUND)
			return iso_corrupt(fs, "a file is too short", node);
		TRY(status);
		offset -= entry.record.bytes;
	}
	if (entry.record.unit != 0 || entry.record.gap != 0) {
		iso_note_trouble(fs, "a file lies in turns with others", node);
		return ERR_NOT_SUPPORTED;
	}
	left = (entry.record.bytes - offset + DATA_BLOCK - 1) / DATA_BLOCK * DATA_BLOCK;
	place = place_of_block(fs, entry.record.block + entry.record.attribute_blocks) + offset;
	*run = (struct engine_run){.offset = place, .size = left < size ? (uint32_t)left : size};
	if (place > fs->volume_size || run->size > fs->volume_size - place)
		return iso_corrupt(fs, "a file is behind the end", node);
	return OK;
}

const struct file_engine iso9660_engine = {
	.name = "iso9660",
	.root = NODE_DIRECTORY, /* block 0: see directory_place() */
	.open = open_state,
	.reset = reset,
	.resume = resume,
	.work = work,
	.io_done = io_done,
	.is_quiet = is_quiet,
	.is_idle = is_quiet,
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
	.release = retain,
	.map = map,
};
