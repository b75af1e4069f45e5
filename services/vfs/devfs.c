// SPDX-License-Identifier: MIT OR Apache-2.0
/* Devices: see devfs.h. A node is DEVFS_ROOT, or FIRST + the index of a device. */
#include "devfs.h"

#include "fixed_names.h"

#include <craton/random.h>

#define FIRST (DEVFS_ROOT + 1)

enum device { DEVICE_NULL, DEVICE_RANDOM, DEVICE_TTY, DEVICE_ZERO, DEVICE_COUNT };

static const struct {
	const char *name;
	enum file_type type;
} devices[DEVICE_COUNT] = {
	[DEVICE_NULL] = {"null", FILE_TYPE_DEVICE},
	[DEVICE_RANDOM] = {"random", FILE_TYPE_DEVICE},
	[DEVICE_TTY] = {"tty", FILE_TYPE_TERMINAL},
	[DEVICE_ZERO] = {"zero", FILE_TYPE_DEVICE},
};

static enum file_type type_of(uint64_t node)
{
	return node == DEVFS_ROOT ? FILE_TYPE_DIRECTORY : devices[node - FIRST].type;
}

static status_t lookup(struct volume *v, uint64_t directory, struct name name, uint64_t *node)
{
	(void)v;
	(void)directory;
	for (uint64_t i = 0; i < DEVICE_COUNT; i++) {
		*node = FIRST + i;
		if (strlen(devices[i].name) == name.size &&
			memcmp(devices[i].name, name.text, name.size) == 0)
			return OK;
	}
	return ERR_NOT_FOUND;
}

static status_t attributes(struct volume *v, uint64_t node, struct file_attributes *a)
{
	(void)v;
	*a = (struct file_attributes){.inode = node, .type = type_of(node), .links = 1};
	return OK;
}

static status_t next(
	struct volume *v, uint64_t directory, uint64_t *cookie, struct directory_item *item)
{
	(void)v;
	(void)directory;
	if (*cookie >= DEVICE_COUNT)
		return ERR_NOT_FOUND;
	item->node = FIRST + *cookie;
	item->inode = item->node;
	item->type = devices[*cookie].type;
	item->name_size = strlen(devices[*cookie].name);
	memcpy(item->name, devices[*cookie].name, item->name_size + 1);
	++*cookie;
	return OK;
}

static status_t read(
	struct volume *v, uint64_t node, uint64_t offset, void *buffer, size_t size, size_t *done)
{
	(void)v;
	(void)offset;
	*done = size;
	switch (node - FIRST) {
	case DEVICE_RANDOM:
		random_fill(buffer, size);
		break;
	case DEVICE_ZERO:
		memset(buffer, 0, size);
		break;
	default:
		*done = 0;
		break;
	}
	return OK;
}

static status_t write(struct volume *v, uint64_t node, uint64_t offset, const void *bytes,
	size_t size, size_t *done)
{
	(void)v;
	(void)node;
	(void)offset;
	(void)bytes;
	*done = size;
	return OK;
}

/* To cut off a device, as opening it may ask for, changes nothing. */
static status_t set_size(struct volume *v, uint64_t node, uint64_t size)
{
	(void)v;
	(void)node;
	(void)size;
	return OK;
}

const struct file_system_ops devfs_ops = {
	.name = "devfs",
	.lookup = lookup,
	.parent = fixed_parent,
	.attributes = attributes,
	.next = next,
	.read = read,
	.space = fixed_space,
	.create = fixed_create,
	.write = write,
	.set_size = set_size,
	.set_times = fixed_set_times,
	.remove = fixed_remove,
	.rename = fixed_rename,
};
