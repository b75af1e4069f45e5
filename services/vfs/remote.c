// SPDX-License-Identifier: MIT OR Apache-2.0
/* Engines of files in processes of their own: see remote.h. Requests to the disk: remote_disk.c. */
#include "remote.h"

#include "remote_internal.h"

#include <craton/estate.h>
#include <craton/service.h>
#include <filesystem/engines.h>

#define KINDS_MOST 8u
#define SILENCE_NS 200000000u /* how long one that did not answer is left alone */
#define ERROR_MOST 4095

static struct remote remotes[REMOTES_MOST];
static struct file_engine kinds[KINDS_MOST];
static unsigned remote_count;

/* --- transactions -------------------------------------------------------------------------------
 */

/* What the process is told: that the last transaction has ended, and how. */
static void tell_end(struct remote *r, uint64_t transaction, bool is_kept)
{
	if (is_kept)
		__atomic_store_n(&r->channel->committed, transaction, __ATOMIC_RELEASE);
	__atomic_store_n(&r->channel->ended, transaction, __ATOMIC_RELEASE);
}

/* One that was undone: something may wait for that. One that was kept is seen with the next call,
 * or when the process looks by itself. */
static void transaction_ended(bool is_kept)
{
	for (unsigned i = 0; i < remote_count; i++) {
		struct remote *r = &remotes[i];

		if (r->open == 0)
			continue;
		tell_end(r, r->open, is_kept);
		r->open = 0;
		if (!is_kept)
			remote_signal(r->index);
	}
}

/* The number is not used again, whatever becomes of the transaction. */
static void begin_transaction(struct remote *r)
{
	r->open = ++r->state->begun;
	r->steps = 0;
	ESTATE_SET(r->state->committed, r->open);
	estate_when_ended(transaction_ended);
}

/* --- calls --------------------------------------------------------------------------------------
 */

static uint32_t mix(uint32_t hash, const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		hash = (hash ^ ((const uint8_t *)bytes)[i]) * 0x1000193u;
	return hash;
}

/* The same for the same operation, so that one that kills the process is known when it comes again
 * (lib/service/suspect.h). Never 0. */
static uint32_t sequence_of(const struct remote *r, uint32_t method, const uint64_t words[6])
{
	uint32_t hash = mix(0x811c9dc5u ^ method, words + 2, 4 * sizeof(words[0]));

	hash = mix(hash, r->channel->first, r->channel->first_size);
	hash = mix(hash, r->channel->second, r->channel->second_size);
	return (hash ^ hash >> 24) & SERVICE_SEQUENCE_MASK ?: 1;
}

static status_t ask(struct remote *r, uint32_t method, uint64_t words[6])
{
	status_t status;

	if (r->silent_until > time_now())
		return ERR_AGAIN;
	r->channel->time_offset_ns = r->environment->now(r->environment->self) - time_now();
	status = remote_call(r->index, method, sequence_of(r, method, words), words);
	if (status != ERR_DEADLINE)
		return status;
	r->silent_until = time_now() + SILENCE_NS;
	return ERR_AGAIN;
}

/* The process wants to know whether a file is clean. OK: it is told with the same step again. */
static status_t tell_clean(struct remote *r)
{
	struct filesystem_channel *c = r->channel;
	uint64_t node = c->wanted_clean;
	status_t status = r->environment->clean(r->environment->self, node);

	if (status == FILE_LATER || c->clean_count >= FILESYSTEM_NODES)
		return FILE_LATER;
	c->clean_nodes[c->clean_count] = node;
	c->clean_statuses[c->clean_count++] = (uint64_t)-status;
	return OK;
}

static void forget_nodes(struct remote *r)
{
	const struct filesystem_channel *c = r->channel;
	uint32_t count = c->forgotten_count;

	for (uint32_t i = 0; i < count && i < FILESYSTEM_NODES; i++)
		r->environment->forget(r->environment->self, c->forgotten[i]);
}

static status_t checked(status_t status)
{
	if (status == ERR_AGAIN)
		return FILE_LATER;
	if (status > 0 || status < -ERROR_MOST || status == ERR_CRASHED || status == ERR_PROTOCOL ||
		status == ERR_NO_METHOD)
		return ERR_IO; /* nothing of the volume can be reached */
	return status;
}

/* An operation: `words` from 2 on are its arguments, and what comes back. */
static status_t perform(struct remote *r, uint32_t method, uint64_t words[6], bool changes)
{
	uint64_t own[6];
	status_t status;

	r->channel->clean_count = 0;
	if (changes && r->open == 0)
		begin_transaction(r);
	r->has_items = r->has_items && !changes;
	do {
		memcpy(own, words, sizeof(own));
		own[0] = changes ? r->open : 0;
		own[1] = changes ? r->steps + 1 : 0;
		r->channel->wanted_clean = 0;
		status = ask(r, method, own);
	} while (status == ERR_AGAIN && r->channel->wanted_clean != 0 && tell_clean(r) == OK);
	memcpy(words, own, sizeof(own));
	if (status != OK)
		return checked(status);
	if (changes) {
		r->steps++;
		forget_nodes(r);
	}
	return OK;
}

/* The VFS has checked what a name can be; a target fits a message. */
static void put_first(struct remote *r, struct name name)
{
	r->channel->first_size = (uint32_t)name.size;
	memcpy(r->channel->first, name.text, name.size);
}

static void put_second(struct remote *r, struct name text)
{
	r->channel->second_size = (uint32_t)text.size;
	if (text.size > 0)
		memcpy(r->channel->second, text.text, text.size);
}

static_assert(sizeof((struct filesystem_channel){}.second) >= MESSAGE_BYTES);

static status_t look(void *fs, uint32_t method, uint64_t words[6])
{
	return perform(fs, method, words, false);
}

static status_t change(void *fs, uint32_t method, uint64_t words[6])
{
	return perform(fs, method, words, true);
}

/* --- the volume ---------------------------------------------------------------------------------
 */

static void reset(void *fs, uint64_t volume_size, bool read_only)
{
	struct remote *r = fs;
	uint64_t words[6] = {r->kind, volume_size, read_only};
	status_t status = remote_start(r->index);

	remote_disk_reset(r);
	r->has_items = false;
	r->silent_until = 0;
	if (status == OK)
		status = remote_call(r->index, FILESYSTEM_BEGIN, 1, words);
	r->state->read_only = read_only;
	r->state->failed = status != OK;
}

/* What the instance before has not said, or said only half. */
static void resume(void *fs)
{
	struct remote *r = fs;

	tell_end(r, r->state->begun, r->state->committed == r->state->begun);
	remote_signal(r->index);
}

void remote_end(void *fs)
{
	struct remote *r = fs;
	uint64_t words[6] = {0};

	/* If it does not answer it lets the memory go with its next instance, or volume. */
	(void)!remote_call(r->index, FILESYSTEM_END, 1, words);
	remote_disk_reset(r);
}

static bool work(void *fs)
{
	struct remote *r = fs;
	bool was_silent = r->silent_until != 0 && r->silent_until <= time_now();

	if (was_silent)
		r->silent_until = 0;
	remote_disk_work(r);
	return was_silent;
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

	return r->silent_until == 0 && r->channel->is_tidy != 0;
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

	return r->state->failed != 0 ? ERR_IO : look(fs, FILESYSTEM_MOUNT, words);
}

static status_t unmount(void *fs)
{
	uint64_t words[6] = {0};

	return look(fs, FILESYSTEM_UNMOUNT, words);
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
	status_t status = look(fs, FILESYSTEM_SPACE, words);

	*total = words[0];
	*used = words[1];
	return status;
}

/* The ticket is there with FILE_LATER, too. */
static status_t sync(void *fs, uint64_t *ticket)
{
	uint64_t words[6] = {0, 0, *ticket};
	status_t status = change(fs, FILESYSTEM_SYNC, words);

	if (status == OK || status == FILE_LATER)
		*ticket = words[0];
	return status;
}

static status_t tidy(void *fs, uint64_t *cursor)
{
	uint64_t words[6] = {0, 0, *cursor};
	status_t status = change(fs, FILESYSTEM_TIDY, words);

	if (words[0] > *cursor && words[0] < UINT32_MAX)
		*cursor = words[0];
	return status;
}

/* --- looking ------------------------------------------------------------------------------------
 */

static status_t lookup(void *fs, uint64_t directory, struct name name, uint64_t *node)
{
	uint64_t words[6] = {0, 0, directory};
	status_t status;

	put_first(fs, name);
	status = look(fs, FILESYSTEM_LOOKUP, words);
	*node = words[0];
	return status;
}

static status_t parent(void *fs, uint64_t directory, uint64_t *node)
{
	uint64_t words[6] = {0, 0, directory};
	status_t status = look(fs, FILESYSTEM_PARENT, words);

	*node = words[0];
	return status;
}

static status_t attributes(void *fs, uint64_t node, struct file_attributes *a)
{
	const struct remote *r = fs;
	uint64_t words[6] = {0, 0, node};
	status_t status = look(fs, FILESYSTEM_ATTRIBUTES, words);

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

/* An entry that came with one before. */
static const struct filesystem_item *find_item(
	const struct remote *r, uint64_t directory, uint64_t cookie)
{
	const struct filesystem_item *items = items_of(r);

	if (!r->has_items || r->items_directory != directory)
		return nullptr;
	if (cookie == r->items_cookie)
		return &items[0];
	for (uint32_t i = 1; i < r->item_count; i++) {
		if (items[i - 1].cookie == cookie)
			return &items[i];
	}
	return nullptr;
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

static status_t next(
	void *fs, uint64_t directory, uint64_t *cookie, struct directory_item *item)
{
	struct remote *r = fs;
	uint64_t words[6] = {0, 0, directory, *cookie};
	const struct filesystem_item *found = find_item(r, directory, *cookie);
	status_t status;

	if (found != nullptr)
		return take_item(found, cookie, item);
	r->has_items = false;
	status = look(fs, FILESYSTEM_NEXT, words);
	if (status != OK)
		return status;
	r->item_count = r->channel->item_count < FILESYSTEM_ITEMS ? r->channel->item_count
								  : FILESYSTEM_ITEMS;
	r->items_directory = directory;
	r->items_cookie = *cookie;
	r->has_items = r->item_count > 0;
	return r->has_items ? take_item(items_of(r), cookie, item) : ERR_IO;
}

static status_t read_link(
	void *fs, uint64_t node, uint64_t offset, void *bytes, size_t size, size_t *done)
{
	const struct remote *r = fs;
	size_t most = size < sizeof(r->channel->answer) ? size : sizeof(r->channel->answer);
	uint64_t words[6] = {0, 0, node, offset, most};
	status_t status = look(fs, FILESYSTEM_READ_LINK, words);

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

static status_t map(void *fs, uint64_t node, uint64_t offset, uint32_t size, struct engine_run *run)
{
	uint64_t words[6] = {0, 0, node, offset, size};
	status_t status = look(fs, FILESYSTEM_MAP, words);

	return status == OK ? take_run(words, size, run) : status;
}

static status_t map_write(
	void *fs, uint64_t node, uint64_t offset, uint32_t size, struct engine_run *run)
{
	uint64_t words[6] = {0, 0, node, offset, size};
	status_t status = look(fs, FILESYSTEM_MAP_WRITE, words);

	return status == OK ? take_run(words, size, run) : status;
}

/* --- changing -----------------------------------------------------------------------------------
 */

static status_t retain(void *fs, uint64_t node)
{
	uint64_t words[6] = {0, 0, node};

	return change(fs, FILESYSTEM_RETAIN, words);
}

static status_t release(void *fs, uint64_t node)
{
	uint64_t words[6] = {0, 0, node};

	return change(fs, FILESYSTEM_RELEASE, words);
}

static status_t create(void *fs, struct entry_name entry, enum file_type type, struct name target,
	uint64_t *node)
{
	uint64_t words[6] = {0, 0, entry.directory, type};
	status_t status;

	put_first(fs, entry.name);
	put_second(fs, target);
	status = change(fs, FILESYSTEM_CREATE, words);
	*node = words[0];
	return status;
}

static status_t link(void *fs, uint64_t node, struct entry_name entry)
{
	uint64_t words[6] = {0, 0, node, entry.directory};

	put_first(fs, entry.name);
	return change(fs, FILESYSTEM_LINK, words);
}

static status_t remove_name(void *fs, struct entry_name entry)
{
	uint64_t words[6] = {0, 0, entry.directory};

	put_first(fs, entry.name);
	return change(fs, FILESYSTEM_REMOVE, words);
}

static status_t rename_node(void *fs, struct entry_name from, struct entry_name to)
{
	uint64_t words[6] = {0, 0, from.directory, to.directory};

	put_first(fs, from.name);
	put_second(fs, to.name);
	return change(fs, FILESYSTEM_RENAME, words);
}

static status_t set_times(void *fs, uint64_t node, uint64_t accessed, uint64_t modified)
{
	uint64_t words[6] = {0, 0, node, accessed, modified};

	return change(fs, FILESYSTEM_SET_TIMES, words);
}

static status_t set_size(void *fs, uint64_t node, uint64_t size)
{
	uint64_t words[6] = {0, 0, node, size};

	return change(fs, FILESYSTEM_SET_SIZE, words);
}

static status_t reserve(void *fs, uint64_t node, uint64_t offset, uint64_t size)
{
	uint64_t words[6] = {0, 0, node, offset, size};

	return change(fs, FILESYSTEM_RESERVE, words);
}

static status_t written(void *fs, uint64_t node, uint64_t offset, uint32_t size)
{
	uint64_t words[6] = {0, 0, node, offset, size};

	return change(fs, FILESYSTEM_WRITTEN, words);
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
	if (engine->link == nullptr)
		kinds[kind].link = nullptr;
	return &kinds[kind];
}

void *remote_choose(unsigned index, unsigned kind, const struct engine_environment *environment,
	uint8_t *memory)
{
	struct remote *r = &remotes[index];

	r->kind = kind;
	r->environment = environment;
	r->memory = memory;
	if (r->channel == nullptr)
		r->channel = (struct filesystem_channel *)remote_channel(index);
	return r->channel != nullptr ? r : nullptr;
}
