// SPDX-License-Identifier: MIT OR Apache-2.0
/* Programs as files: see procfs.h. A node is PROCFS_ROOT, or a program's number and what of it. */
#include "procfs.h"

#include "description.h"
#include "fixed_names.h"
#include "share.h"

#include <craton/print.h>

#define KIND_BITS 3u
#define TEXT_MOST 12288u /* of `descriptors`: 256 lines of 48 bytes */

enum kind { OF_PROGRAM, OF_NAME, OF_PARENT, OF_MEMORY, OF_DESCRIPTORS, KINDS };

static const char *const names[KINDS] = {nullptr, "name", "parent", "memory", "descriptors"};

static uint64_t node_of(uint64_t pid, enum kind kind)
{
	return pid << KIND_BITS | kind;
}

static enum kind kind_of(uint64_t node)
{
	return (enum kind)(node & ((1u << KIND_BITS) - 1));
}

/* nullptr: it is gone. */
static const struct client *program_of(uint64_t node)
{
	const struct client *c = client_known(node >> KIND_BITS);

	return c != nullptr && c->name[0] != 0 ? c : nullptr;
}

static bool is_directory(uint64_t node)
{
	return node == PROCFS_ROOT || kind_of(node) == OF_PROGRAM;
}

/* --- names ----------------------------------------------------------------------------------- */

static size_t number_text(uint64_t number, char text[24])
{
	return print_to(text, 24, "%lu", number);
}

/* ERR_NOT_FOUND: no number as it is written here. */
static status_t parse(struct name name, uint64_t *number)
{
	char text[24];

	*number = 0;
	for (size_t i = 0; i < name.size && i < 19; i++) {
		if (name.text[i] < '0' || name.text[i] > '9')
			return ERR_NOT_FOUND;
		*number = *number * 10 + (uint64_t)(name.text[i] - '0');
	}
	return number_text(*number, text) == name.size && memcmp(text, name.text, name.size) == 0
		       ? OK
		       : ERR_NOT_FOUND;
}

static status_t lookup(struct volume *v, uint64_t directory, struct name name, uint64_t *node)
{
	uint64_t pid;

	(void)v;
	if (directory == PROCFS_ROOT) {
		if (parse(name, &pid) != OK)
			return ERR_NOT_FOUND;
		*node = node_of(pid, OF_PROGRAM);
		return program_of(*node) != nullptr ? OK : ERR_NOT_FOUND;
	}
	if (program_of(directory) == nullptr)
		return ERR_NOT_FOUND;
	for (unsigned kind = OF_NAME; kind < KINDS; kind++) {
		*node = directory | kind;
		if (strlen(names[kind]) == name.size &&
			memcmp(names[kind], name.text, name.size) == 0)
			return OK;
	}
	return ERR_NOT_FOUND;
}

static status_t parent(struct volume *v, uint64_t directory, uint64_t *node)
{
	(void)v;
	(void)directory;
	*node = PROCFS_ROOT;
	return OK;
}

static status_t attributes(struct volume *v, uint64_t node, struct file_attributes *a)
{
	(void)v;
	if (node != PROCFS_ROOT && program_of(node) == nullptr)
		return ERR_NOT_FOUND;
	*a = (struct file_attributes){.inode = node, .links = 1};
	a->type = is_directory(node) ? FILE_TYPE_DIRECTORY : FILE_TYPE_DEVICE;
	return OK;
}

static void fill_item(struct directory_item *item, uint64_t node, const char *name, size_t size)
{
	item->node = node;
	item->inode = node;
	item->type = is_directory(node) ? FILE_TYPE_DIRECTORY : FILE_TYPE_DEVICE;
	item->name_size = size;
	memcpy(item->name, name, size);
	item->name[size] = 0;
}

/* The cookie is a client's place, or a kind. */
static status_t next(
	struct volume *v, uint64_t directory, uint64_t *cookie, struct directory_item *item)
{
	char text[24];

	(void)v;
	if (directory != PROCFS_ROOT) {
		if (program_of(directory) == nullptr || ++*cookie >= KINDS)
			return ERR_NOT_FOUND;
		fill_item(item, directory | *cookie, names[*cookie], strlen(names[*cookie]));
		return OK;
	}
	for (const struct client *c; (c = client_at(*cookie)) != nullptr;) {
		++*cookie;
		if (c->key == 0 || c->name[0] == 0)
			continue;
		fill_item(item, node_of(client_badge(c), OF_PROGRAM), text,
			number_text(client_badge(c), text));
		return OK;
	}
	return ERR_NOT_FOUND;
}

/* --- contents -------------------------------------------------------------------------------- */

static size_t memory_text(uint64_t pid, char *text, size_t room)
{
	struct share_use use;

	if (share_use_of(pid, &use) != OK)
		return 0;
	return print_to(text, room, "used %lu\npeak %lu\nlimit %lu\nfaults %lu\n", use.used,
		use.peak, use.limit, use.faults);
}

static const char *kind_text(const struct description *d)
{
	static const char *const types[] = {[FILE_TYPE_REGULAR] = "file",
		[FILE_TYPE_DIRECTORY] = "directory",
		[FILE_TYPE_DEVICE] = "device",
		[FILE_TYPE_TERMINAL] = "terminal"};

	if (is_pipe(d))
		return d->kind == DESCRIPTION_PIPE_READ ? "pipe-read" : "pipe-write";
	return d->type < sizeof(types) / sizeof(types[0]) && types[d->type] != nullptr
		       ? types[d->type]
		       : "other";
}

/* A line: the number, what it stands for, where that is (volume and inode, or the pipe), and the
 * offset. */
static size_t description_text(uint64_t id, const struct description *d, char *text, size_t room)
{
	if (is_pipe(d))
		return print_to(text, room, "%lu %s %u\n", id, kind_text(d), d->pipe);
	return print_to(text, room, "%lu %s %u:%lu %lu\n", id, kind_text(d), d->place.volume,
		d->place.node, d->offset);
}

static size_t descriptors_text(const struct client *c, char *text, size_t room)
{
	size_t size = 0;

	for (uint64_t id = 1; id <= CLIENT_NUMBERS; id++) {
		const struct description *d = client_description(c, id);

		if (d != nullptr && room - size > 64)
			size += description_text(id, d, text + size, room - size);
	}
	return size;
}

static size_t text_of(const struct client *c, enum kind kind, char *text, size_t room)
{
	switch (kind) {
	case OF_NAME:
		return print_to(text, room, "%s\n", c->name);
	case OF_PARENT:
		return print_to(text, room, "%lu\n", c->parent);
	case OF_MEMORY:
		return memory_text(client_badge(c), text, room);
	default:
		return descriptors_text(c, text, room);
	}
}

static status_t read(
	struct volume *v, uint64_t node, uint64_t offset, void *buffer, size_t size, size_t *done)
{
	static char text[TEXT_MOST];
	const struct client *c = program_of(node);
	size_t length;

	(void)v;
	if (c == nullptr)
		return ERR_NOT_FOUND;
	length = text_of(c, kind_of(node), text, sizeof(text));
	*done = 0;
	if (offset >= length)
		return OK;
	*done = length - offset < size ? length - offset : size;
	memcpy(buffer, text + offset, *done);
	return OK;
}

const struct file_system_ops procfs_ops = {
	.name = "procfs",
	.lookup = lookup,
	.parent = parent,
	.attributes = attributes,
	.next = next,
	.read = read,
	.space = fixed_space,
};
