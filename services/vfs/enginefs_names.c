// SPDX-License-Identifier: MIT OR Apache-2.0
/* See enginefs_names.h. Each name, and each node, has one place where it can be. */
#include "enginefs_names.h"

#include "enginefs.h"

#include <craton/estate.h>

#define NAMES_MOST      256u
#define ATTRIBUTES_MOST 256u
#define LENGTH_MOST     48u /* longer names are not kept */

struct known_name {
	uint64_t directory;
	uint64_t node;
	bool is_used;
	bool exists;
	uint8_t size;
	char text[LENGTH_MOST];
};

struct known_attributes {
	bool is_used;
	uint64_t node;
	struct file_attributes attributes;
};

static struct known_name names[ENGINEFS_MOST][NAMES_MOST];
static struct known_attributes attributes[ENGINEFS_MOST][ATTRIBUTES_MOST];

static struct known_name *place_of(unsigned index, struct entry_name name)
{
	uint64_t key = name_key(name.name, 0xcbf29ce484222325u ^ name.directory);

	return &names[index][(key ^ key >> 32) % NAMES_MOST];
}

static bool is_at(const struct known_name *known, struct entry_name name)
{
	return known->is_used && known->directory == name.directory &&
	       known->size == name.name.size &&
	       memcmp(known->text, name.name.text, name.name.size) == 0;
}

static struct known_attributes *attributes_of(unsigned index, uint64_t node)
{
	return &attributes[index][(node ^ node >> 16) % ATTRIBUTES_MOST];
}

void names_forget_volume(unsigned index)
{
	memset(names[index], 0, sizeof(names[index]));
	memset(attributes[index], 0, sizeof(attributes[index]));
}

status_t names_find(unsigned index, struct entry_name name, uint64_t *node)
{
	const struct known_name *known = place_of(index, name);

	if (name.name.size > LENGTH_MOST || !is_at(known, name))
		return FILE_LATER;
	*node = known->node;
	return known->exists ? OK : ERR_NOT_FOUND;
}

void names_add(unsigned index, struct entry_name name, status_t status, uint64_t node)
{
	struct known_name *known = place_of(index, name);

	if (name.name.size > LENGTH_MOST || !estate_is_clean() ||
		(status != OK && status != ERR_NOT_FOUND))
		return;
	*known = (struct known_name){
		.directory = name.directory,
		.node = node,
		.is_used = true,
		.exists = status == OK,
		.size = (uint8_t)name.name.size,
	};
	memcpy(known->text, name.name.text, name.name.size);
}

static void forget_names(unsigned index, uint64_t directory)
{
	for (unsigned i = 0; i < NAMES_MOST; i++) {
		if (names[index][i].directory == directory)
			names[index][i].is_used = false;
	}
}

void names_change(unsigned index, struct entry_name name, bool has_aliases)
{
	place_of(index, name)->is_used = false;
	if (has_aliases)
		forget_names(index, name.directory);
	names_change_attributes(index, name.directory);
}

bool names_attributes(unsigned index, uint64_t node, struct file_attributes *a)
{
	const struct known_attributes *known = attributes_of(index, node);

	if (!known->is_used || known->node != node)
		return false;
	*a = known->attributes;
	return true;
}

void names_add_attributes(unsigned index, uint64_t node, const struct file_attributes *a)
{
	if (estate_is_clean())
		*attributes_of(index, node) = (struct known_attributes){true, node, *a};
}

void names_change_attributes(unsigned index, uint64_t node)
{
	attributes_of(index, node)->is_used = false;
}

void names_forget(unsigned index, uint64_t node)
{
	for (unsigned i = 0; i < NAMES_MOST; i++) {
		struct known_name *known = &names[index][i];

		if (known->node == node || known->directory == node)
			known->is_used = false;
	}
	names_change_attributes(index, node);
}
