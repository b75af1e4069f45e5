// SPDX-License-Identifier: MIT OR Apache-2.0
/* struct file_engine in terms of the module's calls, in place of engines.c: engines that run as
 * WASM. What the module answers is checked as far as this process relies on it; the VFS checks the
 * rest as it does with any process. */
#include "host.h"

#include "../engines.h"

#define KINDS 8u

static_assert(MODULE_TEXT_MOST >= sizeof(((struct filesystem_channel *)nullptr)->second));

/* The engine's own handle says nothing: the module knows what is open. */
#define OPENED ((void *)1)

static void put_name(uint8_t *to, uint32_t *to_size, size_t most, struct name name)
{
	ASSERT(name.size <= most);
	memcpy(to, name.text, name.size);
	*to_size = (uint32_t)name.size;
}

static void put_first(struct name name)
{
	put_name(module_area->first, &module_area->first_size, sizeof(module_area->first), name);
}

static void put_second(struct name name)
{
	put_name(module_area->second, &module_area->second_size, sizeof(module_area->second), name);
}

/* --- the volume ---------------------------------------------------------------------------------
 */

static void reset(void *, uint64_t size, bool read_only)
{
	(void)module_call(MODULE_RESET, size, read_only, 0);
}

static void resume(void *)
{
	(void)module_call(MODULE_RESUME, 0, 0, 0);
}

static bool work(void *)
{
	return module_call(MODULE_WORK, 0, 0, 0) != 0;
}

static void io_done(void *, uint64_t id, status_t status)
{
	(void)module_call(MODULE_IO_DONE, id, (uint64_t)status, 0);
}

static bool is_quiet(const void *)
{
	return module_call(MODULE_IS_QUIET, 0, 0, 0) != 0;
}

static bool is_idle(const void *)
{
	return module_call(MODULE_IS_IDLE, 0, 0, 0) != 0;
}

static bool is_tidy(const void *)
{
	return module_call(MODULE_IS_TIDY, 0, 0, 0) != 0;
}

static bool is_read_only(const void *)
{
	return module_call(MODULE_IS_READ_ONLY, 0, 0, 0) != 0;
}

static uint32_t block_size(const void *)
{
	return (uint32_t)module_call(MODULE_BLOCK_SIZE, 0, 0, 0);
}

static const char *trouble(const void *)
{
	static char text[sizeof(((struct filesystem_channel *)nullptr)->trouble)];
	uint32_t size = 0;

	if (module_call(MODULE_TROUBLE, 0, 0, 0) != 0)
		size = module_area->second_size;
	if (size > sizeof(text) - 1)
		size = sizeof(text) - 1;
	memcpy(text, module_area->second, size);
	text[size] = 0;
	return text;
}

static status_t mount(void *)
{
	return module_call(MODULE_MOUNT, 0, 0, 0);
}

static status_t unmount(void *)
{
	return module_call(MODULE_UNMOUNT, 0, 0, 0);
}

static status_t space(void *, uint64_t *total, uint64_t *used)
{
	status_t status = module_call(MODULE_SPACE, 0, 0, 0);

	*total = module_area->numbers[0];
	*used = module_area->numbers[1];
	return status;
}

static status_t sync(void *, uint64_t *ticket)
{
	status_t status = module_call(MODULE_SYNC, *ticket, 0, 0);

	*ticket = module_area->numbers[0];
	return status;
}

static status_t tidy(void *, uint64_t *cursor)
{
	status_t status = module_call(MODULE_TIDY, *cursor, 0, 0);

	*cursor = module_area->numbers[0];
	return status;
}

/* --- looking ------------------------------------------------------------------------------------
 */

static status_t lookup(void *, uint64_t directory, struct name name, uint64_t *node)
{
	status_t status;

	put_first(name);
	status = module_call(MODULE_LOOKUP, directory, 0, 0);
	*node = module_area->numbers[0];
	return status;
}

static status_t parent(void *, uint64_t directory, uint64_t *node)
{
	status_t status = module_call(MODULE_PARENT, directory, 0, 0);

	*node = module_area->numbers[0];
	return status;
}

static status_t attributes(void *, uint64_t node, struct file_attributes *result)
{
	status_t status = module_call(MODULE_ATTRIBUTES, node, 0, 0);

	*result = module_area->attributes;
	return status;
}

static status_t next(void *, uint64_t directory, uint64_t *cookie, struct directory_item *item)
{
	status_t status = module_call(MODULE_NEXT, directory, *cookie, 0);
	const struct filesystem_item *from = &module_area->item;

	*cookie = module_area->numbers[0];
	if (status != OK)
		return status;
	if (from->name_size > NAME_MOST)
		return ERR_CORRUPT;
	item->node = from->node;
	item->inode = from->inode;
	item->type = (enum file_type)from->type;
	item->name_size = from->name_size;
	memcpy(item->name, from->name, from->name_size);
	item->name[from->name_size] = 0;
	return OK;
}

static status_t read_link(
	void *, uint64_t node, uint64_t offset, void *bytes, size_t size, size_t *done)
{
	status_t status = module_call(MODULE_READ_LINK, node, offset, size);

	*done = module_area->second_size;
	if (*done > size || *done > sizeof(module_area->second))
		return ERR_CORRUPT;
	memcpy(bytes, module_area->second, *done);
	return status;
}

static status_t take_run(status_t status, struct engine_run *run)
{
	run->offset = module_area->numbers[0];
	run->size = (uint32_t)module_area->numbers[1];
	run->is_hole = module_area->numbers[2] != 0;
	return status;
}

static status_t map(void *, uint64_t node, uint64_t offset, uint32_t size, struct engine_run *run)
{
	return take_run(module_call(MODULE_MAP, node, offset, size), run);
}

static status_t map_write(
	void *, uint64_t node, uint64_t offset, uint32_t size, struct engine_run *run)
{
	return take_run(module_call(MODULE_MAP_WRITE, node, offset, size), run);
}

/* --- changing -----------------------------------------------------------------------------------
 */

static status_t retain(void *, uint64_t node)
{
	return module_call(MODULE_RETAIN, node, 0, 0);
}

static status_t release(void *, uint64_t node)
{
	return module_call(MODULE_RELEASE, node, 0, 0);
}

static status_t create(
	void *, struct entry_name entry, enum file_type type, struct name target, uint64_t *node)
{
	status_t status;

	put_first(entry.name);
	put_second(target);
	status = module_call(MODULE_CREATE, entry.directory, type, 0);
	*node = module_area->numbers[0];
	return status;
}

static status_t link(void *, uint64_t node, struct entry_name entry)
{
	put_first(entry.name);
	return module_call(MODULE_LINK, node, entry.directory, 0);
}

static status_t remove_name(void *, struct entry_name entry)
{
	put_first(entry.name);
	return module_call(MODULE_REMOVE, entry.directory, 0, 0);
}

static status_t rename_node(void *, struct entry_name from, struct entry_name to)
{
	put_first(from.name);
	put_second(to.name);
	return module_call(MODULE_RENAME, from.directory, to.directory, 0);
}

static status_t set_times(void *, uint64_t node, uint64_t accessed, uint64_t modified)
{
	return module_call(MODULE_SET_TIMES, node, accessed, modified);
}

static status_t set_access(void *, uint64_t node, uint32_t mode, uint32_t owner, uint32_t group)
{
	return module_call(MODULE_SET_ACCESS, node, mode, (uint64_t)group << 32 | owner);
}

static status_t set_size(void *, uint64_t node, uint64_t size)
{
	return module_call(MODULE_SET_SIZE, node, size, 0);
}

static status_t reserve(void *, uint64_t node, uint64_t offset, uint64_t size)
{
	return module_call(MODULE_RESERVE, node, offset, size);
}

static status_t written(void *, uint64_t node, uint64_t offset, uint32_t size)
{
	return module_call(MODULE_WRITTEN, node, offset, size);
}

/* --- engines ------------------------------------------------------------------------------------
 */

static struct file_engine engines[KINDS];
static uint64_t opened_kind; /* the last that was asked for: open() is told of none */

static void *open(struct engine_parameters parameters)
{
	return module_open((uint32_t)opened_kind, parameters.environment, parameters.memory,
		       parameters.memory_size)
		       ? OPENED
		       : nullptr;
}

static const struct file_engine looking = {
	.open = open,
	.reset = reset,
	.resume = resume,
	.work = work,
	.io_done = io_done,
	.is_quiet = is_quiet,
	.is_idle = is_idle,
	.is_tidy = is_tidy,
	.mount = mount,
	.unmount = unmount,
	.trouble = trouble,
	.is_read_only = is_read_only,
	.block_size = block_size,
	.space = space,
	.sync = sync,
	.lookup = lookup,
	.parent = parent,
	.attributes = attributes,
	.next = next,
	.read_link = read_link,
	.retain = retain,
	.release = release,
	.map = map,
};

static void add_changes(struct file_engine *engine)
{
	engine->create = create;
	engine->remove = remove_name;
	engine->rename = rename_node;
	engine->set_times = set_times;
	engine->set_size = set_size;
	engine->reserve = reserve;
	engine->map_write = map_write;
	engine->written = written;
}

void engines_begin(uint8_t *memory, size_t size)
{
	module_begin(memory, size);
}

size_t engines_own_memory(void)
{
	return MODULE_OWN;
}

const struct file_engine *engine_of_kind(uint64_t kind)
{
	const struct module_engine *described = &module_area->engine;
	struct file_engine *engine;

	if (kind >= KINDS || !module_describe((uint32_t)kind))
		return nullptr;
	engine = &engines[kind];
	*engine = looking;
	opened_kind = kind;
	engine->root = described->root;
	engine->has_aliases = described->has_aliases != 0;
	if (described->is_writable != 0)
		add_changes(engine);
	if (described->has_access != 0)
		engine->set_access = set_access;
	if (described->has_link != 0)
		engine->link = link;
	if (described->has_tidy != 0)
		engine->tidy = tidy;
	return engine;
}
