// SPDX-License-Identifier: MIT OR Apache-2.0
/* Engines of files in processes of their own: see remote.h. Here are the operations; calls:
 * remote_calls.c, requests to the disk: remote_disk.c. */
#include "remote.h"

#include "remote_internal.h"

#include <craton/estate.h>
#include <craton/service.h>
#include <filesystem/engines.h>

#define KINDS_MOST 8u
#define RUN_MOST   0x100000u /* bytes */

struct remote remotes[REMOTES_MOST];
static struct file_engine kinds[KINDS_MOST];
unsigned remote_count;

/* --- the volume ---------------------------------------------------------------------------------
 */

static void reset(void *fs, uint64_t volume_size, bool read_only)
{
	struct remote *r = fs;
	uint64_t words[6] = {r->kind, volume_size, read_only};
	status_t status = remote_start(r->index);

	remote_disk_reset(r);
	remote_forget_answers(r, FILESYSTEM_BEGIN);
	remote_end_silence(r);
	remote_tell_end(r, r->state->begun, true);
	if (status == OK)
		status = remote_call(r->index, FILESYSTEM_BEGIN, 1, REMOTE_PATIENCE_NS, words);
	r->state->read_only = read_only;
	r->state->failed = status != OK;
}

/* What the instance before has not said, or said only half. */
static void resume(void *fs)
{
	struct remote *r = fs;

	remote_tell_end(r, r->state->begun, r->state->committed == r->state->begun);
	remote_signal(r->index);
}

void remote_end(void *fs)
{
	struct remote *r = fs;
	uint64_t words[6] = {0};

	/* If it does not answer it lets the memory go with its next instance, or volume. */
	(void)!remote_call(r->index, FILESYSTEM_END, 1, REMOTE_PATIENCE_NS, words);
	remote_disk_reset(r);
}

static bool work(void *fs)
{
	struct remote *r = fs;
	bool may_go_on = r->has_waiters && r->silent_until <= time_now();

	if (may_go_on)
		r->has_waiters = false;
	if (r->state->failed == 0)
		remote_disk_work(r);
	return may_go_on;
}

static void io_done(void *fs, uint64_t id, status_t status)
{
	remote_disk_done(fs, id, status);
}

static bool is_quiet(const void *fs)
{
	return remote_disk_is_quiet(fs);
}

/* The process looks after itself; what it begins it tells. */
static bool is_idle(const void *fs)
{
	const struct remote *r = fs;

	return !r->has_waiters && r->channel->is_tidy != 0;
}

static bool is_tidy(const void *fs)
{
	const struct remote *r = fs;

	return r->channel->is_tidy != 0;
}

static status_t mount(void *fs)
{
	struct remote *r = fs;
	uint64_t words[6] = {0};

	return r->state->failed != 0 ? ERR_IO : remote_look(fs, FILESYSTEM_MOUNT, words);
}

static status_t unmount(void *fs)
{
	uint64_t words[6] = {0};

	return remote_look(fs, FILESYSTEM_UNMOUNT, words);
}

static const char *trouble(const void *fs)
{
	static char text[sizeof((struct filesystem_channel){}.trouble)];
	const struct remote *r = fs;

	if (r->state->failed != 0)
		return "its file system does not start";
	memcpy(text, r->channel->trouble, sizeof(text));
	text[sizeof(text) - 1] = 0;
	for (char *c = text; *c != 0; c++) {
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
	return text;
}

static bool is_read_only(const void *fs)
{
	const struct remote *r = fs;

	return r->channel->is_read_only != 0;
}

static uint32_t block_size(const void *fs)
{
	const struct remote *r = fs;
	uint32_t size = r->channel->block_size;
	bool can_be = size >= 512 && size <= 4096 && (size & (size - 1)) == 0;

	return can_be ? size : 512;
}

static status_t space(void *fs, uint64_t *total, uint64_t *used)
{
	uint64_t words[6] = {0};
	status_t status = remote_look(fs, FILESYSTEM_SPACE, words);

	*total = words[0];
	*used = words[1];
	return status;
}

/* The ticket is there with FILE_LATER, too. */
static status_t sync(void *fs, uint64_t *ticket)
{
	uint64_t words[6] = {0, 0, *ticket};
	status_t status = remote_change(fs, FILESYSTEM_SYNC, words);

	if (status == OK || status == FILE_LATER)
		*ticket = words[2];
	return status;
}

static status_t tidy(void *fs, uint64_t *cursor)
{
	uint64_t words[6] = {0, 0, *cursor};
	status_t status = remote_change(fs, FILESYSTEM_TIDY, words);

	if (words[2] > *cursor && words[2] < UINT32_MAX)
		*cursor = words[2];
	return status;
}

/* --- looking ------------------------------------------------------------------------------------
 */

static status_t lookup(void *fs, uint64_t directory, struct name name, uint64_t *node)
{
	uint64_t words[6] = {0, 0, directory};
	status_t status;

	remote_put_first(fs, name);
	status = remote_look(fs, FILESYSTEM_LOOKUP, words);
	*node = words[0];
	return status;
}

static status_t parent(void *fs, uint64_t directory, uint64_t *node)
{
	uint64_t words[6] = {0, 0, directory};
	status_t status = remote_look(fs, FILESYSTEM_PARENT, words);

	*node = words[0];
	return status;
}

static status_t attributes(void *fs, uint64_t node, struct file_attributes *a)
{
	const struct remote *r = fs;
	uint64_t words[6] = {0, 0, node};
	status_t status = remote_look(fs, FILESYSTEM_ATTRIBUTES, words);

	if (status != OK)
		return status;
	memcpy(a, r->channel->answer, sizeof(*a));
	return a->type <= FILE_TYPE_DEVICE && a->size <= INT64_MAX ? OK : ERR_IO;
}

static const struct filesystem_item *items_of(const struct remote *r)
{
	return (const struct filesystem_item *)((const uint8_t *)r->channel +
						FILESYSTEM_ITEMS_OFFSET);
}

/* The number of an entry that came with one before; FILESYSTEM_ITEMS: it did not. */
static uint32_t find_item(const struct remote *r, uint64_t directory, uint64_t cookie)
{
	const struct filesystem_item *items = items_of(r);

	if (!r->has_items || r->items_directory != directory)
		return FILESYSTEM_ITEMS;
	if (cookie == r->items_cookie)
		return 0;
	for (uint32_t i = 1; i < r->item_count; i++) {
		if (items[i - 1].cookie == cookie)
			return i;
	}
	return FILESYSTEM_ITEMS;
}

static status_t take_item(
	const struct filesystem_item *from, uint64_t *cookie, struct directory_item *item)
{
	uint32_t size = from->name_size;
	uint32_t type = from->type;

	if (size == 0 || size > NAME_MOST || type > FILE_TYPE_DEVICE)
		return ERR_IO;
	item->node = from->node;
	item->inode = from->inode;
	item->type = type;
	item->name_size = size;
	memcpy(item->name, from->name, size);
	item->name[size] = 0;
	*cookie = from->cookie;
	return memchr(item->name, 0, size) == nullptr && memchr(item->name, '/', size) == nullptr
		       ? OK
		       : ERR_IO;
}

static status_t next(void *fs, uint64_t directory, uint64_t *cookie, struct directory_item *item)
{
	struct remote *r = fs;
	uint64_t words[6] = {0, 0, directory, *cookie};
	uint32_t found = find_item(r, directory, *cookie);
	status_t status;

	if (found < FILESYSTEM_ITEMS)
		return take_item(items_of(r) + found, cookie, item);
	r->has_items = false;
	status = remote_look(fs, FILESYSTEM_NEXT, words);
	if (status != OK)
		return status;
	r->item_count = r->channel->item_count < FILESYSTEM_ITEMS ? r->channel->item_count
								  : FILESYSTEM_ITEMS;
	r->items_directory = directory;
	r->items_cookie = *cookie;
	r->has_items = r->item_count > 0 && r->open == 0;
	return r->item_count > 0 ? take_item(items_of(r), cookie, item) : ERR_IO;
}

static status_t read_link(
	void *fs, uint64_t node, uint64_t offset, void *bytes, size_t size, size_t *done)
{
	const struct remote *r = fs;
	size_t most = size < sizeof(r->channel->answer) ? size : sizeof(r->channel->answer);
	uint64_t words[6] = {0, 0, node, offset, most};
	status_t status = remote_look(fs, FILESYSTEM_READ_LINK, words);

	if (status != OK)
		return status;
	if (words[0] > most)
		return ERR_IO;
	*done = words[0];
	memcpy(bytes, r->channel->answer, *done);
	return OK;
}

static status_t take_run(const uint64_t words[6], uint32_t size, struct engine_run *run)
{
	*run = (struct engine_run){
		.offset = words[0], .size = (uint32_t)words[1], .is_hole = words[2] != 0};
	return words[1] > 0 && words[1] <= size && words[0] <= INT64_MAX ? OK : ERR_IO;
}

/* A part of the run that is known. */
static bool find_run(const struct remote *r, uint32_t method, uint64_t node, uint64_t offset,
	uint32_t size, struct engine_run *run)
{
	const struct known_run *known = &r->run;
	uint64_t into = offset - known->offset;

	if (known->method != method || known->node != node || offset < known->offset ||
		into >= known->run.size)
		return false;
	*run = known->run;
	run->offset += into;
	run->size -= (uint32_t)into;
	if (run->size > size)
		run->size = size;
	return true;
}

/* More than what is asked for, as what comes next most likely lies behind it. */
static status_t ask_run(struct remote *r, uint32_t method, uint64_t node, uint64_t offset,
	uint32_t size, struct engine_run *run)
{
	uint32_t most = size < RUN_MOST ? RUN_MOST : size;
	uint64_t words[6] = {0, 0, node, offset, most};
	status_t status;

	if (find_run(r, method, node, offset, size, run))
		return OK;
	r->run.method = 0;
	status = remote_look(r, method, words);
	if (status == OK)
		status = take_run(words, most, run);
	if (status != OK)
		return status;
	if (!run->is_hole && r->open == 0)
		r->run = (struct known_run){method, node, offset, *run};
	if (run->size > size)
		run->size = size;
	return OK;
}

static status_t map(void *fs, uint64_t node, uint64_t offset, uint32_t size, struct engine_run *run)
{
	return ask_run(fs, FILESYSTEM_MAP, node, offset, size, run);
}

static status_t map_write(
	void *fs, uint64_t node, uint64_t offset, uint32_t size, struct engine_run *run)
{
	return ask_run(fs, FILESYSTEM_MAP_WRITE, node, offset, size, run);
}

/* --- changing -----------------------------------------------------------------------------------
 */

static status_t retain(void *fs, uint64_t node)
{
	uint64_t words[6] = {0, 0, node};

	return remote_change(fs, FILESYSTEM_RETAIN, words);
}

static status_t release(void *fs, uint64_t node)
{
	uint64_t words[6] = {0, 0, node};

	return remote_change(fs, FILESYSTEM_RELEASE, words);
}

static status_t create(
	void *fs, struct entry_name entry, enum file_type type, struct name target, uint64_t *node)
{
	uint64_t words[6] = {0, 0, entry.directory, type};
	status_t status;

	remote_put_first(fs, entry.name);
	remote_put_second(fs, target);
	status = remote_change(fs, FILESYSTEM_CREATE, words);
	*node = words[0];
	return status;
}

static status_t link(void *fs, uint64_t node, struct entry_name entry)
{
	uint64_t words[6] = {0, 0, node, entry.directory};

	remote_put_first(fs, entry.name);
	return remote_change(fs, FILESYSTEM_LINK, words);
}

static status_t remove_name(void *fs, struct entry_name entry)
{
	uint64_t words[6] = {0, 0, entry.directory};

	remote_put_first(fs, entry.name);
	return remote_change(fs, FILESYSTEM_REMOVE, words);
}

static status_t rename_node(void *fs, struct entry_name from, struct entry_name to)
{
	uint64_t words[6] = {0, 0, from.directory, to.directory};

	remote_put_first(fs, from.name);
	remote_put_second(fs, to.name);
	return remote_change(fs, FILESYSTEM_RENAME, words);
}

static status_t set_times(void *fs, uint64_t node, uint64_t accessed, uint64_t modified)
{
	uint64_t words[6] = {0, 0, node, accessed, modified};

	return remote_change(fs, FILESYSTEM_SET_TIMES, words);
}

static status_t set_access(void *fs, uint64_t node, uint32_t mode, uint32_t owner, uint32_t group)
{
	uint64_t words[6] = {0, 0, node, mode, owner, group};

	return remote_change(fs, FILESYSTEM_SET_ACCESS, words);
}

static status_t set_size(void *fs, uint64_t node, uint64_t size)
{
	uint64_t words[6] = {0, 0, node, size};

	return remote_change(fs, FILESYSTEM_SET_SIZE, words);
}

static status_t reserve(void *fs, uint64_t node, uint64_t offset, uint64_t size)
{
	uint64_t words[6] = {0, 0, node, offset, size};

	return remote_change(fs, FILESYSTEM_RESERVE, words);
}

static status_t written(void *fs, uint64_t node, uint64_t offset, uint32_t size)
{
	uint64_t words[6] = {0, 0, node, offset, size};

	return remote_change(fs, FILESYSTEM_WRITTEN, words);
}

/* --- start --------------------------------------------------------------------------------------
 */

static const struct file_engine template = {
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
	.tidy = tidy,
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

bool remote_open(unsigned count)
{
	ASSERT(count <= REMOTES_MOST);
	for (unsigned i = 0; i < count; i++) {
		remotes[i] = (struct remote){
			.index = i, .state = estate_allocate(sizeof(struct remote_state), 64)};
		if (remotes[i].state == nullptr)
			return false;
	}
	remote_count = count;
	return true;
}

const struct file_engine *remote_engine(unsigned kind)
{
	const struct file_engine *engine = engine_of_kind(kind);

	kinds[kind] = template;
	kinds[kind].name = engine->name;
	kinds[kind].root = engine->root;
	kinds[kind].has_aliases = engine->has_aliases;
	if (engine->link == nullptr)
		kinds[kind].link = nullptr;
	return &kinds[kind];
}

bool remote_prepare(unsigned index)
{
	struct remote *r = &remotes[index];

	if (r->channel == nullptr)
		r->channel = (struct filesystem_channel *)remote_channel(index);
	return r->channel != nullptr;
}

void *remote_choose(unsigned index, unsigned kind, const struct engine_environment *environment,
	uint8_t *memory)
{
	struct remote *r = &remotes[index];

	r->kind = kind;
	r->environment = environment;
	r->memory = memory;
	return r;
}
