// SPDX-License-Identifier: MIT OR Apache-2.0
/* See operations.h. Who calls is the VFS: what it says is checked all the same, once it is copied.
 */
#include "operations.h"

#define ITEMS_BYTES ((uint64_t)FILESYSTEM_ITEMS * sizeof(struct filesystem_item))

static_assert(FILESYSTEM_SLOTS_OFFSET >= sizeof(struct filesystem_channel));
static_assert(FILESYSTEM_ITEMS_OFFSET + ITEMS_BYTES <= MEMORY_SHARED_UNIT);

/* A text of the channel in memory of our own. */
static status_t take(
	const uint8_t *text, uint32_t size, uint32_t most, char *copy, struct name *name)
{
	if (size > most)
		return ERR_TOO_LONG;
	memcpy(copy, text, size);
	*name = (struct name){copy, size};
	return OK;
}

static status_t first_name(const struct filesystem_channel *c, struct name *name)
{
	static char copy[NAME_MOST];

	return c->first_size > 0 ? take(c->first, c->first_size, sizeof(copy), copy, name)
				 : ERR_INVALID_ARGUMENT;
}

static status_t second_text(const struct filesystem_channel *c, struct name *name)
{
	static char copy[sizeof(c->second)];

	return take(c->second, c->second_size, sizeof(copy), copy, name);
}

/* --- the volume ---------------------------------------------------------------------------------
 */

static status_t mount(struct filesystem_channel *c, uint64_t words[6])
{
	(void)c;
	(void)words;
	return volume.engine->mount(volume.fs);
}

static status_t unmount(struct filesystem_channel *c, uint64_t words[6])
{
	(void)c;
	(void)words;
	return volume.engine->unmount(volume.fs);
}

static status_t space(struct filesystem_channel *c, uint64_t words[6])
{
	(void)c;
	return volume.engine->space(volume.fs, &words[0], &words[1]);
}

static status_t sync(struct filesystem_channel *c, uint64_t words[6])
{
	(void)c;
	return volume.engine->sync(volume.fs, &words[2]);
}

static status_t tidy(struct filesystem_channel *c, uint64_t words[6])
{
	(void)c;
	return volume.engine->tidy != nullptr ? volume.engine->tidy(volume.fs, &words[2])
					      : ERR_NOT_FOUND;
}

/* --- looking ------------------------------------------------------------------------------------
 */

static status_t lookup(struct filesystem_channel *c, uint64_t words[6])
{
	struct name name;

	TRY(first_name(c, &name));
	return volume.engine->lookup(volume.fs, words[2], name, &words[0]);
}

static status_t parent(struct filesystem_channel *c, uint64_t words[6])
{
	(void)c;
	return volume.engine->parent(volume.fs, words[2], &words[0]);
}

static status_t attributes(struct filesystem_channel *c, uint64_t words[6])
{
	struct file_attributes a = {0};

	TRY(volume.engine->attributes(volume.fs, words[2], &a));
	memcpy(c->answer, &a, sizeof(a));
	return OK;
}

static struct filesystem_item *item_at(struct filesystem_channel *c, uint32_t index)
{
	return (struct filesystem_item *)((uint8_t *)c + FILESYSTEM_ITEMS_OFFSET) + index;
}

static void put_item(struct filesystem_item *to, const struct directory_item *from, uint64_t cookie)
{
	to->cookie = cookie;
	to->node = from->node;
	to->inode = from->inode;
	to->type = from->type;
	to->name_size = (uint32_t)from->name_size;
	memcpy(to->name, from->name, from->name_size);
}

/* As many as there are at once: what comes behind the first is a gift. */
static status_t next(struct filesystem_channel *c, uint64_t words[6])
{
	static struct directory_item item;
	uint64_t cookie = words[3];
	status_t status = OK;
	uint32_t count = 0;

	while (status == OK && count < FILESYSTEM_ITEMS) {
		status = volume.engine->next(volume.fs, words[2], &cookie, &item);
		if (status == OK)
			put_item(item_at(c, count++), &item, cookie);
	}
	c->item_count = count;
	return count > 0 ? OK : status;
}

static status_t read_link(struct filesystem_channel *c, uint64_t words[6])
{
	size_t size = words[4] < sizeof(c->answer) ? words[4] : sizeof(c->answer);
	size_t done = 0;
	status_t status =
		volume.engine->read_link(volume.fs, words[2], words[3], c->answer, size, &done);

	words[0] = done;
	return status;
}

static void put_run(const struct engine_run *run, uint64_t words[6])
{
	words[0] = run->offset;
	words[1] = run->size;
	words[2] = run->is_hole;
}

static status_t map(struct filesystem_channel *c, uint64_t words[6])
{
	struct engine_run run = {0};
	status_t status =
		volume.engine->map(volume.fs, words[2], words[3], (uint32_t)words[4], &run);

	(void)c;
	put_run(&run, words);
	return status;
}

static status_t map_write(struct filesystem_channel *c, uint64_t words[6])
{
	struct engine_run run = {0};
	status_t status =
		volume.engine->map_write(volume.fs, words[2], words[3], (uint32_t)words[4], &run);

	(void)c;
	put_run(&run, words);
	return status;
}

/* --- changing -----------------------------------------------------------------------------------
 */

static status_t retain(struct filesystem_channel *c, uint64_t words[6])
{
	(void)c;
	return volume.engine->retain(volume.fs, words[2]);
}

static status_t release(struct filesystem_channel *c, uint64_t words[6])
{
	(void)c;
	return volume.engine->release(volume.fs, words[2]);
}

static status_t create(struct filesystem_channel *c, uint64_t words[6])
{
	struct entry_name entry = {.directory = words[2]};
	struct name target;

	TRY(first_name(c, &entry.name));
	TRY(second_text(c, &target));
	return volume.engine->create(volume.fs, entry, (enum file_type)words[3], target, &words[0]);
}

static status_t link(struct filesystem_channel *c, uint64_t words[6])
{
	struct entry_name entry = {.directory = words[3]};

	if (volume.engine->link == nullptr)
		return ERR_NOT_SUPPORTED;
	TRY(first_name(c, &entry.name));
	return volume.engine->link(volume.fs, words[2], entry);
}

static status_t remove_name(struct filesystem_channel *c, uint64_t words[6])
{
	struct entry_name entry = {.directory = words[2]};

	TRY(first_name(c, &entry.name));
	return volume.engine->remove(volume.fs, entry);
}

static status_t rename_node(struct filesystem_channel *c, uint64_t words[6])
{
	struct entry_name from = {.directory = words[2]};
	struct entry_name to = {.directory = words[3]};

	TRY(first_name(c, &from.name));
	TRY(second_text(c, &to.name));
	if (to.name.size == 0 || to.name.size > NAME_MOST)
		return ERR_INVALID_ARGUMENT;
	return volume.engine->rename(volume.fs, from, to);
}

static status_t set_times(struct filesystem_channel *c, uint64_t words[6])
{
	(void)c;
	return volume.engine->set_times(volume.fs, words[2], words[3], words[4]);
}

static status_t set_access(struct filesystem_channel *c, uint64_t words[6])
{
	(void)c;
	if (volume.engine->set_access == nullptr)
		return ERR_NOT_SUPPORTED;
	return volume.engine->set_access(
		volume.fs, words[2], (uint32_t)words[3], (uint32_t)words[4], (uint32_t)words[5]);
}

static status_t set_size(struct filesystem_channel *c, uint64_t words[6])
{
	(void)c;
	return volume.engine->set_size(volume.fs, words[2], words[3]);
}

static status_t reserve(struct filesystem_channel *c, uint64_t words[6])
{
	(void)c;
	return volume.engine->reserve(volume.fs, words[2], words[3], words[4]);
}

static status_t written(struct filesystem_channel *c, uint64_t words[6])
{
	(void)c;
	return volume.engine->written(volume.fs, words[2], words[3], (uint32_t)words[4]);
}

/* --- all ----------------------------------------------------------------------------------------
 */

static const struct operation operations[] = {
	[FILESYSTEM_MOUNT] = {mount, OPERATION_ALONE},
	[FILESYSTEM_UNMOUNT] = {unmount, OPERATION_ALONE},
	[FILESYSTEM_SPACE] = {space, OPERATION_LOOKS},
	[FILESYSTEM_SYNC] = {sync, OPERATION_CHANGES},
	[FILESYSTEM_TIDY] = {tidy, OPERATION_CHANGES},
	[FILESYSTEM_LOOKUP] = {lookup, OPERATION_LOOKS},
	[FILESYSTEM_PARENT] = {parent, OPERATION_LOOKS},
	[FILESYSTEM_ATTRIBUTES] = {attributes, OPERATION_LOOKS},
	[FILESYSTEM_NEXT] = {next, OPERATION_LOOKS},
	[FILESYSTEM_READ_LINK] = {read_link, OPERATION_LOOKS},
	[FILESYSTEM_RETAIN] = {retain, OPERATION_CHANGES},
	[FILESYSTEM_RELEASE] = {release, OPERATION_CHANGES},
	[FILESYSTEM_CREATE] = {create, OPERATION_CHANGES},
	[FILESYSTEM_LINK] = {link, OPERATION_CHANGES},
	[FILESYSTEM_REMOVE] = {remove_name, OPERATION_CHANGES},
	[FILESYSTEM_RENAME] = {rename_node, OPERATION_CHANGES},
	[FILESYSTEM_SET_TIMES] = {set_times, OPERATION_CHANGES},
	[FILESYSTEM_SET_ACCESS] = {set_access, OPERATION_CHANGES},
	[FILESYSTEM_SET_SIZE] = {set_size, OPERATION_CHANGES},
	[FILESYSTEM_RESERVE] = {reserve, OPERATION_CHANGES},
	[FILESYSTEM_MAP] = {map, OPERATION_LOOKS},
	[FILESYSTEM_MAP_WRITE] = {map_write, OPERATION_LOOKS},
	[FILESYSTEM_WRITTEN] = {written, OPERATION_CHANGES},
};

/* What only engines of volumes that are changed have. */
static bool is_offered(uint32_t method)
{
	return volume.engine->create != nullptr || method < FILESYSTEM_CREATE ||
	       method == FILESYSTEM_MAP;
}

const struct operation *operation_of(uint32_t method)
{
	if (method >= sizeof(operations) / sizeof(operations[0]) ||
		operations[method].perform == nullptr || !is_offered(method))
		return nullptr;
	return &operations[method];
}
