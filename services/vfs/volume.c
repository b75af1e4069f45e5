// SPDX-License-Identifier: MIT OR Apache-2.0
/* Mounted volumes: see volume.h. */
#include "volume.h"

static struct volume volumes[VOLUMES_MOST];
static uint32_t count;

void volumes_clear(void)
{
	memset(volumes, 0, sizeof(volumes));
	count = 0;
}

void volume_mount(const struct file_system_ops *ops, uint64_t root, bool is_read_only,
	struct place at, const char *name)
{
	if (count == VOLUMES_MOST)
		runtime_abort("too many volumes");
	volumes[count++] = (struct volume){
		.ops = ops,
		.kind = ops->name,
		.root = root,
		.parent_volume = at.volume,
		.parent_node = at.node,
		.name = name,
		.is_read_only = is_read_only,
	};
}

void volume_set(uint32_t index, const struct volume *volume)
{
	volumes[index] = *volume;
	if (count <= index)
		count = index + 1;
}

bool volume_is_there(uint32_t index)
{
	return index < count && volumes[index].ops != nullptr;
}

uint32_t volume_count(void)
{
	return count;
}

struct volume *volume_at(uint32_t index)
{
	return &volumes[index];
}

uint32_t volume_index(const struct volume *volume)
{
	return (uint32_t)(volume - volumes);
}

struct place place_root(void)
{
	return (struct place){.node = volumes[0].root};
}

bool place_is_same(struct place a, struct place b)
{
	return a.volume == b.volume && a.node == b.node;
}

bool volume_mounted(struct place directory, struct name name, uint32_t *index)
{
	for (uint32_t i = count - 1; i > 0; i--) {
		const struct volume *v = &volumes[i];

		if (v->ops != nullptr && v->parent_volume == directory.volume &&
			v->parent_node == directory.node && strlen(v->name) == name.size &&
			memcmp(v->name, name.text, name.size) == 0) {
			*index = i;
			return true;
		}
	}
	return false;
}

bool place_is_mount(struct place place)
{
	return volumes[place.volume].root == place.node;
}

/* Where none are kept: what a copy of the file shall have. */
static uint32_t mode_of(const struct file_attributes *a)
{
	if (a->mode != 0)
		return a->mode & ACCESS_MODE;
	return a->type == FILE_TYPE_DIRECTORY ? 0755 : 0644;
}

status_t place_attributes(struct place place, struct file_attributes *a)
{
	struct volume *v = &volumes[place.volume];
	status_t status = v->ops->attributes(v, place.node, a);

	a->device = place.volume + 1;
	a->writable = !v->is_read_only;
	a->mode = mode_of(a);
	return status;
}

status_t place_lookup(struct place directory, struct name name, struct place *place)
{
	struct volume *v = &volumes[directory.volume];
	uint32_t mounted;

	*place = directory;
	if (!volume_mounted(directory, name, &mounted))
		return v->ops->lookup(v, directory.node, name, &place->node);
	*place = (struct place){.volume = mounted, .node = volumes[mounted].root};
	return OK;
}

status_t place_parent(struct place directory, struct place *parent)
{
	struct volume *v = &volumes[directory.volume];

	*parent = directory;
	if (place_is_same(directory, place_root()))
		return OK;
	if (!place_is_mount(directory))
		return v->ops->parent(v, directory.node, &parent->node);
	*parent = (struct place){.volume = v->parent_volume, .node = v->parent_node};
	return OK;
}

bool place_is_read_only(struct place place)
{
	return volumes[place.volume].is_read_only;
}
