// SPDX-License-Identifier: MIT OR Apache-2.0
/* The boot bundle's file system: see bundlefs.h. The bundle's entries are in the order of their
 * names, so that the files of a directory are consecutive. A node is the index of an entry, and for
 * a directory also how much of that entry's name is its path with the slash behind; so a node's
 * number is made of both. */
#include "bundlefs.h"

#include <boot/bundle.h>
#include <craton/estate.h>
#include <craton/print.h>
#include <hash/blake2b.h>

#define SIZE_SHIFT  32u
#define DIRECTORY   ((uint64_t)1 << 63)
#define TEXT_OF(e)  ((const char *)(e)->name)
#define ENTRY_NAMES sizeof(((struct bundle_entry *)nullptr)->name)

static struct bundle bundle;
static uint8_t *checked; /* in the estate, by entry: its hash was right */

static const struct bundle_entry *entry_at(uint64_t index)
{
	return (const struct bundle_entry *)(bundle.base + sizeof(struct bundle_header)) + index;
}

static uint64_t directory_node(uint64_t first, size_t path_size)
{
	return DIRECTORY | (uint64_t)path_size << SIZE_SHIFT | first;
}

static uint64_t index_of(uint64_t node)
{
	return node & UINT32_MAX;
}

static size_t path_size_of(uint64_t node)
{
	return (node & ~DIRECTORY) >> SIZE_SHIFT;
}

static bool is_directory(uint64_t node)
{
	return (node & DIRECTORY) != 0;
}

bool bundlefs_open(const void *base, uint64_t size, uint64_t *root)
{
	struct report report;

	bundle = (struct bundle){0};
	if (bundle_open(&bundle, base, size, &report) != OK) {
		debug_print("vfs: %s\n", report.what);
		bundle = (struct bundle){0};
	}
	checked = estate_allocate(bundle.count, 8);
	*root = directory_node(0, 0);
	return checked != nullptr;
}

/* --- searching ------------------------------------------------------------------------------- */

struct path {
	char text[2 * ENTRY_NAMES];
	size_t size;
};

static void path_append(struct path *path, const char *text, size_t size)
{
	size_t room = sizeof(path->text) - 1 - path->size;

	size = size < room ? size : room;
	memcpy(path->text + path->size, text, size);
	path->size += size;
	path->text[path->size] = 0;
}

/* The first entry whose name is not before `text`. */
static uint64_t first_from(const char *text)
{
	uint64_t low = 0;
	uint64_t high = bundle.count;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (strcmp(TEXT_OF(entry_at(middle)), text) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool starts_with(uint64_t index, const char *text, size_t size)
{
	return index < bundle.count && strncmp(TEXT_OF(entry_at(index)), text, size) == 0;
}

static status_t lookup(struct volume *v, uint64_t directory, struct name name, uint64_t *node)
{
	struct path path = {.size = 0};
	uint64_t index;

	(void)v;
	if (name.size >= ENTRY_NAMES || bundle.count == 0)
		return ERR_NOT_FOUND;
	path_append(&path, TEXT_OF(entry_at(index_of(directory))), path_size_of(directory));
	path_append(&path, name.text, name.size);
	index = first_from(path.text);
	*node = index;
	if (index < bundle.count && strcmp(TEXT_OF(entry_at(index)), path.text) == 0)
		return OK;
	path_append(&path, "/", 1);
	index = first_from(path.text);
	*node = directory_node(index, path.size);
	return starts_with(index, path.text, path.size) ? OK : ERR_NOT_FOUND;
}

static status_t parent(struct volume *v, uint64_t directory, uint64_t *node)
{
	const char *text = TEXT_OF(entry_at(index_of(directory)));
	struct path path = {.size = 0};
	size_t size = path_size_of(directory);

	(void)v;
	*node = directory;
	if (size == 0)
		return OK;
	size--; /* its own slash */
	while (size > 0 && text[size - 1] != '/')
		size--;
	path_append(&path, text, size);
	*node = directory_node(first_from(path.text), size);
	return OK;
}

/* --- directories ----------------------------------------------------------------------------- */

/* The first entry behind a directory's files. */
static uint64_t end_of(uint64_t directory)
{
	const char *text = TEXT_OF(entry_at(index_of(directory)));
	struct path path = {.size = 0};

	path_append(&path, text, path_size_of(directory));
	path.text[path.size - 1] = '/' + 1;
	return first_from(path.text);
}

static status_t next(
	struct volume *v, uint64_t directory, uint64_t *cookie, struct directory_item *item)
{
	size_t path_size = path_size_of(directory);
	uint64_t index = index_of(directory) + *cookie;
	const char *name;

	(void)v;
	if (*cookie >= bundle.count ||
		!starts_with(index, TEXT_OF(entry_at(index_of(directory))), path_size))
		return ERR_NOT_FOUND;
	name = TEXT_OF(entry_at(index)) + path_size;
	item->name_size = 0;
	while (name[item->name_size] != 0 && name[item->name_size] != '/')
		item->name_size++;
	memcpy(item->name, name, item->name_size);
	item->name[item->name_size] = 0;
	if (name[item->name_size] == '/') {
		item->type = FILE_TYPE_DIRECTORY;
		item->node = directory_node(index, path_size + item->name_size + 1);
		index = end_of(item->node) - 1;
	} else {
		item->type = FILE_TYPE_REGULAR;
		item->node = index;
	}
	item->inode = item->node + 1;
	*cookie = index + 1 - index_of(directory);
	return OK;
}

/* --- files ----------------------------------------------------------------------------------- */

static status_t attributes(struct volume *v, uint64_t node, struct file_attributes *a)
{
	(void)v;
	*a = (struct file_attributes){
		.inode = node + 1,
		.type = is_directory(node) ? FILE_TYPE_DIRECTORY : FILE_TYPE_REGULAR,
		.links = 1,
		.size = is_directory(node) ? 0 : entry_at(node)->size,
	};
	return OK;
}

static status_t read(
	struct volume *v, uint64_t node, uint64_t offset, void *buffer, size_t size, size_t *done)
{
	const struct bundle_entry *entry = entry_at(node);

	(void)v;
	*done = 0;
	if (offset >= entry->size)
		return OK;
	*done = size < entry->size - offset ? size : entry->size - offset;
	memcpy(buffer, bundle.base + entry->offset + offset, *done);
	return OK;
}

static bool is_alike(const struct bundle_entry *a, const struct bundle_entry *b)
{
	return a->offset == b->offset && a->size == b->size &&
	       memcmp(a->hash, b->hash, sizeof(a->hash)) == 0;
}

/* Files with the same contents are stored once; the first of them stands for all. */
static uint64_t first_alike(uint64_t node)
{
	uint64_t first = 0;

	while (!is_alike(entry_at(first), entry_at(node)))
		first++;
	return first;
}

static status_t check(uint64_t node)
{
	const struct bundle_entry *entry = entry_at(node);
	uint8_t *is_checked = &checked[first_alike(node)];
	uint8_t digest[BLAKE2B_SIZE];

	if (*is_checked)
		return OK;
	blake2b(bundle.base + entry->offset, entry->size, digest);
	if (memcmp(digest, entry->hash, BLAKE2B_SIZE) != 0)
		return ERR_CORRUPT;
	ESTATE_SET(*is_checked, 1);
	return OK;
}

static status_t retain(struct volume *v, uint64_t node)
{
	(void)v;
	return is_directory(node) ? OK : check(node);
}

static status_t place(struct volume *v, uint64_t node, uint64_t *offset, uint64_t *size)
{
	(void)v;
	*offset = entry_at(node)->offset;
	*size = entry_at(node)->size;
	return check(node);
}

static status_t space(struct volume *v, uint64_t *total, uint64_t *used)
{
	(void)v;
	*total = bundle.size;
	*used = bundle.size;
	return OK;
}

const struct file_system_ops bundlefs_ops = {
	.name = "bundlefs",
	.lookup = lookup,
	.parent = parent,
	.attributes = attributes,
	.next = next,
	.read = read,
	.space = space,
	.retain = retain,
	.place = place,
};
