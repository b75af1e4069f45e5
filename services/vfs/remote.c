// SPDX-License-Identifier: MIT OR Apache-2.0
/* Engines of files in processes of their own: see remote.h. Requests to the disk: remote_disk.c. */
#include "remote.h"

#include "remote_internal.h"

#include <craton/estate.h>
#include <craton/service.h>
#include <filesystem/engines.h>

#define KINDS_MOST 8u
#define LITTLE_NS  20000000u  /* patience with one that did not answer, at first; it doubles */
#define LOST_NS    320000000u /* when it was silent for about ten seconds */
#define SILENCE    20u        /* it is left alone for so many times that */
#define ERROR_MOST 4095
#define RUN_MOST   0x10000u /* bytes */

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
		tell_end(r, r->open, is_kept && r->steps > 0);
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
	estate_when_ended(transaction_ended);
}

/* --- calls --------------------------------------------------------------------------------------
 */

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 32;
}

static bool has_first(uint32_t method)
{
	return method == FILESYSTEM_LOOKUP ||
	       (method >= FILESYSTEM_CREATE && method <= FILESYSTEM_RENAME);
}

/* The same for the same operation, so that one that kills the process is known when it comes again
 * (lib/service/suspect.h). Never 0. */
static uint32_t sequence_of(const struct remote *r, uint32_t method, const uint64_t words[6])
{
	uint64_t hash = mix(method, words[2]);

	for (unsigned i = 3; i < 6; i++)
		hash = mix(hash, words[i]);
	if (has_first(method))
		hash = name_key(r->first, hash);
	hash = (hash ^ hash >> 24) & SERVICE_SEQUENCE_MASK;
	return hash != 0 ? (uint32_t)hash : 1;
}

/* It was asked with this patience, in vain. */
static void note_silence(struct remote *r, uint64_t patience)
{
	uint64_t next = patience * 2 < REMOTE_PATIENCE_NS ? patience * 2 : REMOTE_PATIENCE_NS;

	r->patience = r->patience == 0 ? LITTLE_NS : next;
	r->silent_until = time_now() + SILENCE * r->patience;
	r->has_waiters = true;
}

static void end_silence(struct remote *r)
{
	r->patience = 0;
	r->silent_until = 0;
}

/* After some time of silence what needs it fails, so that nobody waits for ever. */
static status_t silence_of(struct remote *r)
{
	r->has_waiters = true;
	return r->patience >= LOST_NS ? ERR_CRASHED : ERR_AGAIN;
}

static status_t ask(struct remote *r, uint32_t method, uint64_t words[6])
{
	uint64_t patience = r->patience != 0 ? r->patience : REMOTE_PATIENCE_NS;
	status_t status;

	if (r->silent_until > time_now())
		return silence_of(r);
	r->channel->time_offset_ns = r->environment->now(r->environment->self) - time_now();
	status = remote_call(r->index, method, sequence_of(r, method, words), patience, words);
	if (status != ERR_DEADLINE) {
		end_silence(r);
		return status;
	}
	note_silence(r, patience);
	return silence_of(r);
}

bool remote_is_silent(const void *fs)
{
	const struct remote *r = fs;

	return r->patience != 0;
}

void remote_heard(void *fs)
{
	end_silence(fs);
}

/* The process wants to know whether a file is clean. OK: it is told with the same step again. */
static status_t tell_clean(struct remote *r, uint64_t node)
{
	struct filesystem_channel *c = r->channel;
	status_t status;

	if (node == 0 || r->told == FILESYSTEM_NODES)
		return FILE_LATER;
	status = r->environment->clean(r->environment->self, node);
	if (status == FILE_LATER)
		return FILE_LATER;
	c->clean_nodes[r->told] = node;
	c->clean_statuses[r->told] = (uint64_t)-status;
	c->clean_count = ++r->told;
	return OK;
}

static bool may_forget(uint32_t method)
{
	return method == FILESYSTEM_CREATE || method == FILESYSTEM_REMOVE ||
	       method == FILESYSTEM_RENAME || method == FILESYSTEM_RELEASE ||
	       method == FILESYSTEM_TIDY;
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

/* What was told of directories, and where contents lie. Room that is made, and contents that are
 * written, leave what has a place there. */
static void forget_answers(struct remote *r, uint32_t method)
{
	r->has_items = false;
	if (method != FILESYSTEM_WRITTEN && method != FILESYSTEM_RESERVE)
		r->run.method = 0;
}

/* An operation: `words` from 2 on are its arguments, and what comes back. */
static status_t perform(struct remote *r, uint32_t method, uint64_t words[6], bool changes)
{
	uint64_t own[6];
	status_t status;

	r->channel->clean_count = 0;
	r->told = 0;
	if (changes && r->open == 0)
		begin_transaction(r);
	if (changes)
		forget_answers(r, method);
	do {
		memcpy(own, words, sizeof(own));
		own[0] = changes ? r->open : 0;
		own[1] = changes ? r->steps + 1 : 0;
		r->channel->wanted_clean = 0;
		status = ask(r, method, own);
	} while (status == ERR_AGAIN &&
		 tell_clean(r, __atomic_load_n(&r->channel->wanted_clean, __ATOMIC_RELAXED)) == OK);
	memcpy(words, own, sizeof(own));
	if (status != OK)
		return checked(status);
	if (changes && r->steps++ == 0)
		ESTATE_SET(r->state->committed, r->open); /* if the transaction here is kept */
	if (may_forget(method))
		forget_nodes(r);
	return OK;
}

/* The VFS has checked what a name can be; a target fits a message. */
static void put_first(struct remote *r, struct name name)
{
	r->first = name;
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
	forget_answers(r, FILESYSTEM_BEGIN);
	end_silence(r);
	tell_end(r, r->state->begun, true);
	if (status == OK)
		status = remote_call(r->index, FILESYSTEM_BEGIN, 1, REMOTE_PATIENCE_NS, words);
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
		*ticket = words[2];
	return status;
}

static status_t tidy(void *fs, uint64_t *cursor)
{
	uint64_t words[6] = {0, 0, *cursor};
	status_t status = change(fs, FILESYSTEM_TIDY, words);

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
	status = look(fs, FILESYSTEM_NEXT, words);
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
	status = look(r, method, words);
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

	return change(fs, FILESYSTEM_RETAIN, words);
}

static status_t release(void *fs, uint64_t node)
{
	uint64_t words[6] = {0, 0, node};

	return change(fs, FILESYSTEM_RELEASE, words);
}

static status_t create(
	void *fs, struct entry_name entry, enum file_type type, struct name target, uint64_t *node)
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
