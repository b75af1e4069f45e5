// SPDX-License-Identifier: MIT OR Apache-2.0
/* The VFS service: takes requests apart and calls the operations of vfs.h. A handler that answers
 * FILE_LATER has left the request as it was (later.h). */
#include "drive.h"
#include "enginefs.h"
#include "later.h"
#include "mounts.h"
#include "share.h"
#include "vfs.h"

#include <abi/syscall.h>
#include <craton/estate.h>
#include <craton/print.h>
#include <craton/random.h>
#include <craton/service.h>

#define ESTATE_VERSION 6u
#define SESSIONS       256u
#define DESCRIPTIONS   2048u
#define CLIENTS        256u
#define PIPES          256u
#define NODES          4096u
#define LOCKS          1024u
#define BLOCKS_SHARE   4u /* tmpfs may take this part of the memory */
#define BLOCKS_MOST    32768u
#define BLOCK_BYTES    4096u
#define FOLLOW         1u /* flag of stat_path and link */
#define OF_DIRECTORY   1u /* flag of unlink */
#define DEVICE_SHIFT   56u
#define CLOSE_WORD     5u /* of a request: a number to give back besides */

/* --- requests -------------------------------------------------------------------------------- */

static bool is_manager(const struct request *request)
{
	return request->badge == 0;
}

/* The first `size` bytes that came with a request. */
static status_t take_bytes(const struct request *request, uint64_t size, struct vfs_bytes *bytes)
{
	if (size > request->size)
		return ERR_PROTOCOL;
	*bytes = (struct vfs_bytes){request->bytes, size};
	return OK;
}

/* Sends `size` bytes, which are in place, and their number as the first result. */
static void reply_bytes(struct request *request, size_t size)
{
	request->words[0] = size;
	request->reply_size = size;
}

static void reply_struct(struct request *request, const void *data, size_t size)
{
	memcpy(request->bytes, data, size);
	reply_bytes(request, size);
}

static status_t open_handler(struct request *request, struct client *c)
{
	struct vfs_opened opened = {0};
	struct vfs_bytes path;
	status_t status = take_bytes(request, request->words[2], &path);

	if (status == OK)
		status = vfs_open(c, request->words[0], request->words[1], path, &opened);
	if (status != OK)
		return status;
	request->words[0] = opened.id;
	request->words[1] = opened.attributes.type;
	request->words[2] = opened.attributes.size;
	request->words[3] = opened.loaded;
	request->words[4] = opened.slot;
	request->words[5] = opened.stamp;
	memcpy(request->bytes, &opened.attributes, sizeof(opened.attributes));
	request->reply_size = sizeof(opened.attributes);
	return OK;
}

static status_t close_handler(struct request *request, struct client *c)
{
	return client_close(c, request->words[0]);
}

/* Where the bytes of a request are, at most `*size` of them. */
static status_t data_of(struct request *request, const struct client *c, uint64_t place,
	uint8_t **data, size_t *size)
{
	size_t room = place == DATA_PLACE_WINDOW ? MEMORY_SHARED_UNIT : MESSAGE_BYTES;

	*data = place == DATA_PLACE_WINDOW ? client_window(c) : request->bytes;
	*size = *size < room ? *size : room;
	return *data != nullptr && place <= DATA_PLACE_WINDOW ? OK : ERR_PROTOCOL;
}

static void reply_data(
	struct request *request, struct client *c, uint64_t id, uint64_t place, size_t done)
{
	request->words[0] = done;
	request->words[1] = vfs_stamp(c, id);
	request->reply_size = place == DATA_PLACE_MESSAGE ? done : 0;
}

static status_t read_handler(struct request *request, struct client *c)
{
	uint64_t id = request->words[0];
	uint64_t place = request->words[2];
	size_t size = request->words[1];
	size_t done = 0;
	uint8_t *data;
	status_t status = data_of(request, c, place, &data, &size);

	if (status == OK)
		status = vfs_read(c, id, data, size, &done);
	if (status == OK)
		reply_data(request, c, id, place, done);
	return status;
}

static status_t read_at_handler(struct request *request, struct client *c)
{
	uint64_t id = request->words[0];
	uint64_t place = request->words[3];
	size_t size = request->words[2];
	size_t done = 0;
	uint8_t *data;
	status_t status = data_of(request, c, place, &data, &size);

	if (status == OK)
		status = vfs_read_at(c, id, request->words[1], data, size, &done);
	if (status == OK)
		reply_data(request, c, id, place, done);
	return status;
}

/* The bytes that a client wants written. A window may change meanwhile: they are copied once. */
static status_t take_data(struct request *request, const struct client *c, uint64_t place,
	size_t size, struct vfs_bytes *bytes)
{
	size_t most = size;
	uint8_t *data;
	status_t status = data_of(request, c, place, &data, &most);

	*bytes = (struct vfs_bytes){data, size};
	if (status != OK || most < size)
		return ERR_PROTOCOL;
	return place == DATA_PLACE_MESSAGE ? take_bytes(request, size, bytes) : OK;
}

static status_t write_handler(struct request *request, struct client *c)
{
	struct vfs_bytes bytes;
	size_t done = 0;
	status_t status = take_data(request, c, request->words[2], request->words[1], &bytes);

	if (status == OK)
		status = vfs_write(c, request->words[0], bytes, &done);
	if (status == OK)
		request->words[0] = done;
	return status;
}

static status_t write_at_handler(struct request *request, struct client *c)
{
	struct vfs_bytes bytes;
	size_t done = 0;
	status_t status = take_data(request, c, request->words[3], request->words[2], &bytes);

	if (status == OK)
		status = vfs_write_at(c, request->words[0], request->words[1], bytes, &done);
	if (status == OK)
		request->words[0] = done;
	return status;
}

static status_t attach_handler(struct request *request, struct client *c)
{
	return client_attach(c, request->words[0], request->words[1] != 0);
}

static status_t seek_handler(struct request *request, struct client *c)
{
	return vfs_seek(c, request->words[0], (int64_t)request->words[1], request->words[2],
		&request->words[0]);
}

static status_t stat_handler(struct request *request, struct client *c)
{
	uint64_t id = request->words[0];
	struct file_attributes attributes;
	status_t status = vfs_stat(c, id, &attributes);

	if (status != OK)
		return status;
	reply_struct(request, &attributes, sizeof(attributes));
	request->words[1] = vfs_stamp(c, id);
	return OK;
}

static status_t stat_path_handler(struct request *request, struct client *c)
{
	bool follow = (request->words[1] & FOLLOW) != 0;
	struct file_attributes attributes;
	struct vfs_bytes path;
	status_t status = take_bytes(request, request->words[2], &path);

	if (status == OK)
		status = vfs_stat_path(c, request->words[0], follow, path, &attributes);
	if (status == OK)
		reply_struct(request, &attributes, sizeof(attributes));
	return status;
}

static status_t readdir_handler(struct request *request, struct client *c)
{
	size_t done = 0;
	status_t status = vfs_readdir(
		c, request->words[0], request->words[1], request->bytes, MESSAGE_BYTES, &done);

	if (status == OK)
		reply_bytes(request, done);
	return status;
}

static status_t mkdir_handler(struct request *request, struct client *c)
{
	struct vfs_bytes path;
	status_t status = take_bytes(request, request->words[1], &path);

	return status == OK ? vfs_mkdir(c, request->words[0], path) : status;
}

static status_t unlink_handler(struct request *request, struct client *c)
{
	bool of_directory = (request->words[1] & OF_DIRECTORY) != 0;
	struct vfs_bytes path;
	status_t status = take_bytes(request, request->words[2], &path);

	return status == OK ? vfs_unlink(c, request->words[0], of_directory, path) : status;
}

/* Two texts, one after the other. */
static status_t take_two(const struct request *request, uint64_t first_size, uint64_t size,
	struct vfs_bytes *first, struct vfs_bytes *second)
{
	status_t status = take_bytes(request, size, first);

	if (status != OK || first_size > size)
		return ERR_PROTOCOL;
	*second = (struct vfs_bytes){first->data + first_size, size - first_size};
	first->size = first_size;
	return OK;
}

static status_t rename_handler(struct request *request, struct client *c)
{
	struct vfs_bytes from;
	struct vfs_bytes to;
	status_t status = take_two(request, request->words[2], request->words[3], &from, &to);

	if (status != OK)
		return status;
	return vfs_rename(c, request->words[0], from, request->words[1], to);
}

static status_t link_handler(struct request *request, struct client *c)
{
	uint64_t *words = request->words;
	bool follow = (words[4] & FOLLOW) != 0;
	struct vfs_name from = {.directory = words[0]};
	struct vfs_name to = {.directory = words[1]};
	status_t status = take_two(request, words[2], words[3], &from.path, &to.path);

	return status == OK ? vfs_link(c, &from, follow, &to) : status;
}

static status_t symlink_handler(struct request *request, struct client *c)
{
	struct vfs_bytes target;
	struct vfs_bytes path;
	status_t status = take_two(request, request->words[1], request->words[2], &target, &path);

	return status == OK ? vfs_symlink(c, request->words[0], target, path) : status;
}

static status_t readlink_handler(struct request *request, struct client *c)
{
	uint8_t target[MESSAGE_BYTES];
	struct vfs_bytes path;
	size_t done = 0;
	status_t status = take_bytes(request, request->words[1], &path);

	if (status == OK)
		status = vfs_readlink(c, request->words[0], path, target, sizeof(target), &done);
	if (status == OK)
		reply_struct(request, target, done);
	return status;
}

static status_t set_size_handler(struct request *request, struct client *c)
{
	return vfs_set_size(c, request->words[0], request->words[1]);
}

static status_t set_times_handler(struct request *request, struct client *c)
{
	return vfs_set_times(c, request->words[0], request->words[1], request->words[2]);
}

static status_t set_access_handler(struct request *request, struct client *c)
{
	return vfs_set_access(
		c, request->words[0], request->words[1], request->words[2], request->words[3]);
}

static status_t watch_handler(struct request *request, struct client *c)
{
	return vfs_watch(c, request->words[0], request->words[1], &request->words[0]);
}

static status_t set_flags_handler(struct request *request, struct client *c)
{
	return vfs_set_flags(c, request->words[0], request->words[1]);
}

static status_t lock_handler(struct request *request, struct client *c)
{
	const uint64_t *words = request->words;

	return vfs_lock(c, words[0], words[1], words[2], words[3]);
}

static status_t pipe_handler(struct request *request, struct client *c)
{
	return vfs_pipe(c, &request->words[0], &request->words[1]);
}

static status_t dup_handler(struct request *request, struct client *c)
{
	return vfs_dup(c, request->words[0], &request->words[0]);
}

static status_t map_pipe_handler(struct request *request, struct client *c)
{
	return vfs_map_pipe(c, request->words[0], &request->words[0]);
}

static status_t volume_handler(struct request *request, struct client *c)
{
	struct volume_status volume;
	status_t status = vfs_volume(request->words[0], &volume);

	(void)c;
	if (status == OK)
		reply_struct(request, &volume, sizeof(volume));
	return status;
}

static status_t mount_handler(struct request *request, struct client *c)
{
	uint64_t *words = request->words;
	static uint8_t copy[MESSAGE_BYTES]; /* the message page is needed for the disk's driver */
	struct vfs_bytes device;
	struct vfs_name at = {.directory = words[0]};
	status_t status = take_two(request, words[2], words[3], &device, &at.path);

	if (status == OK && !client_may_mount(c))
		status = ERR_ACCESS;
	if (status != OK)
		return status;
	memcpy(copy, request->bytes, request->size);
	device.data = copy + (device.data - request->bytes);
	at.path.data = copy + (at.path.data - request->bytes);
	status = mounts_add(c, at, device, words[1]);
	memcpy(request->bytes, copy, request->size); /* it may be set aside */
	return status;
}

/* The first question looks what there is. */
static status_t disk_handler(struct request *request, struct client *c)
{
	uint64_t left = request->words[0];
	uint64_t number = 0;
	const struct block_unit *unit;

	if (!client_may_mount(c))
		return ERR_ACCESS;
	if (left == 0)
		drive_look();
	for (unit = drive_next(&number); unit != nullptr && left > 0; left--) {
		number++;
		unit = drive_next(&number);
	}
	if (unit == nullptr)
		return ERR_NOT_FOUND;
	reply_struct(request, unit, sizeof(*unit));
	return OK;
}

static status_t unmount_handler(struct request *request, struct client *c)
{
	struct vfs_bytes path;
	status_t status = take_bytes(request, request->words[1], &path);

	if (status == OK && !is_manager(request) && !client_may_mount(c))
		status = ERR_ACCESS;
	if (status != OK)
		return status;
	return path.size == 0 ? mounts_remove_all()
			      : mounts_remove(c, (struct vfs_name){request->words[0], path},
					request->words[2]);
}

/* How far it has come stands in words 1 to 4. */
static status_t sync_handler(struct request *request, struct client *c)
{
	struct sync_progress progress;
	status_t status;

	memcpy(&progress, &request->words[1], sizeof(progress));
	status = vfs_sync(c, request->words[0], &progress);
	if (status == OK)
		progress = (struct sync_progress){0}; /* it is nobody's business */
	memcpy(&request->words[1], &progress, sizeof(progress));
	return status;
}

static_assert(sizeof(struct sync_progress) == 4 * sizeof(uint64_t));

typedef status_t (*client_handler)(struct request *request, struct client *client);

static const client_handler handlers[] = {
	[VFS_OPEN] = open_handler,
	[VFS_CLOSE] = close_handler,
	[VFS_READ] = read_handler,
	[VFS_WRITE] = write_handler,
	[VFS_READ_AT] = read_at_handler,
	[VFS_WRITE_AT] = write_at_handler,
	[VFS_SEEK] = seek_handler,
	[VFS_STAT] = stat_handler,
	[VFS_STAT_PATH] = stat_path_handler,
	[VFS_READDIR] = readdir_handler,
	[VFS_MKDIR] = mkdir_handler,
	[VFS_UNLINK] = unlink_handler,
	[VFS_RENAME] = rename_handler,
	[VFS_LINK] = link_handler,
	[VFS_SET_SIZE] = set_size_handler,
	[VFS_SET_TIMES] = set_times_handler,
	[VFS_SET_ACCESS] = set_access_handler,
	[VFS_WATCH] = watch_handler,
	[VFS_SET_FLAGS] = set_flags_handler,
	[VFS_LOCK] = lock_handler,
	[VFS_PIPE] = pipe_handler,
	[VFS_DUP] = dup_handler,
	[VFS_MAP_PIPE] = map_pipe_handler,
	[VFS_SYMLINK] = symlink_handler,
	[VFS_READLINK] = readlink_handler,
	[VFS_VOLUME] = volume_handler,
	[VFS_MOUNT] = mount_handler,
	[VFS_UNMOUNT] = unmount_handler,
	[VFS_SYNC] = sync_handler,
	[VFS_ATTACH] = attach_handler,
	[VFS_DISK] = disk_handler,
};

/* The number that a request gives back besides goes first: that it is gone already does not matter
 * if the request comes again, and it goes even if the request fails. */
static void close_besides(struct request *request)
{
	uint64_t id = request->words[CLOSE_WORD];
	struct client *c = id != 0 ? client_known(request->badge) : nullptr;

	request->words[CLOSE_WORD] = 0;
	if (c == nullptr)
		return;
	(void)!client_close(c, id);
	estate_commit();
}

static status_t client_request(struct request *request)
{
	struct client *c;

	close_besides(request);
	c = client_find(request->badge);
	return c != nullptr ? handlers[request->method](request, c) : ERR_TOO_MANY;
}

/* --- the process service's requests ---------------------------------------------------------- */

static status_t share_handler(struct request *request)
{
	uint64_t *words = request->words;

	return is_manager(request) ? vfs_share(words[0], words[1], words[2], &words[0])
				   : ERR_ACCESS;
}

/* One transaction for each number: a repeated request goes on where the last one ended. */
static status_t session_end_handler(struct request *request)
{
	uint64_t badge = request->words[0];
	struct client *c = client_known(badge);

	if (!is_manager(request) || badge == 0)
		return ERR_ACCESS;
	while (c != nullptr && client_first_number(c) != 0) {
		status_t status = client_close(c, client_first_number(c));

		(void)status; /* the number exists */
		estate_commit();
	}
	if (c != nullptr)
		client_forget(c);
	later_end(badge);
	service_session_end(badge);
	return OK;
}

static status_t program_begins_handler(struct request *request)
{
	struct client *c = is_manager(request) ? client_find(request->words[0]) : nullptr;
	uint64_t size = request->words[3];

	if (!is_manager(request))
		return ERR_ACCESS;
	if (size > request->size || size >= CLIENT_NAME)
		return ERR_TOO_LONG;
	if (c == nullptr)
		return ERR_TOO_MANY;
	client_is_program(
		c, request->words[1], request->words[2] != 0, request->bytes, (size_t)size);
	return OK;
}

static status_t program_handler(struct request *request)
{
	struct vfs_bytes path;
	status_t status = take_bytes(request, request->words[1], &path);

	if (!is_manager(request))
		return ERR_ACCESS;
	return status == OK ? vfs_program(path, &request->words[0], &request->words[1]) : status;
}

static status_t program_read_handler(struct request *request)
{
	static uint8_t contents[MESSAGE_BYTES];
	struct file_attributes attributes = {0};
	struct vfs_bytes path;
	size_t done = 0;
	status_t status = take_bytes(request, request->words[1], &path);

	if (!is_manager(request))
		return ERR_ACCESS;
	if (status == OK)
		status = vfs_program_read(
			path, request->words[0], contents, sizeof(contents), &attributes, &done);
	if (status != OK)
		return status;
	memcpy(request->bytes, contents, done);
	request->words[0] = attributes.size;
	request->words[1] = done;
	request->words[2] = attributes.device << DEVICE_SHIFT | attributes.inode;
	request->words[3] = attributes.changed_ns;
	request->reply_size = done;
	return OK;
}

/* --- the frame ------------------------------------------------------------------------------- */

/* A new request has no progress yet. */
static status_t sync_request(struct request *request)
{
	memset(&request->words[1], 0, sizeof(struct sync_progress));
	return later_run(request);
}

static status_t perform(struct request *request)
{
	switch (request->method) {
	case VFS_PROGRAM:
		return program_handler(request);
	case VFS_PROGRAM_READ:
		return program_read_handler(request);
	default:
		return client_request(request);
	}
}

static void notified(uint64_t bits)
{
	for (uint32_t i = 0; i < volume_count(); i++) {
		struct volume *v = volume_at(i);

		if (volume_is_there(i) && v->ops->event != nullptr)
			v->ops->event(v, bits);
	}
	enginefs_signalled(bits);
	mounts_notified(bits);
	(void)mounts_work();
	later_resume();
}

static uint64_t deadline(void)
{
	uint64_t cache = cache_deadline();
	uint64_t mounts = mounts_deadline();

	if (later_deadline() < cache)
		cache = later_deadline();
	return cache < mounts ? cache : mounts;
}

static void expired(uint64_t now)
{
	cache_expired(now);
	later_work();
	if (mounts_work() || later_deadline() <= now)
		later_resume();
}

static const struct service_method methods[] = {
	[VFS_OPEN] = {later_run, RESTART_ONCE},
	[VFS_CLOSE] = {later_run, RESTART_ONCE},
	[VFS_READ] = {later_run, RESTART_ONCE},
	[VFS_WRITE] = {later_run, RESTART_ONCE},
	[VFS_READ_AT] = {later_run, RESTART_PURE},
	[VFS_WRITE_AT] = {later_run, RESTART_REPLAY},
	[VFS_SEEK] = {later_run, RESTART_ONCE},
	[VFS_STAT] = {later_run, RESTART_PURE},
	[VFS_STAT_PATH] = {later_run, RESTART_PURE},
	[VFS_READDIR] = {later_run, RESTART_PURE},
	[VFS_MKDIR] = {later_run, RESTART_ONCE},
	[VFS_UNLINK] = {later_run, RESTART_ONCE},
	[VFS_RENAME] = {later_run, RESTART_ONCE},
	[VFS_LINK] = {later_run, RESTART_ONCE},
	[VFS_SET_SIZE] = {later_run, RESTART_REPLAY},
	[VFS_SET_TIMES] = {later_run, RESTART_REPLAY},
	[VFS_SET_ACCESS] = {later_run, RESTART_REPLAY},
	[VFS_WATCH] = {later_run, RESTART_ONCE},
	[VFS_SET_FLAGS] = {later_run, RESTART_REPLAY},
	[VFS_LOCK] = {later_run, RESTART_REPLAY},
	[VFS_PIPE] = {later_run, RESTART_ONCE},
	[VFS_DUP] = {later_run, RESTART_ONCE},
	[VFS_MAP_PIPE] = {later_run, RESTART_REPLAY},
	[VFS_SYMLINK] = {later_run, RESTART_ONCE},
	[VFS_READLINK] = {later_run, RESTART_PURE},
	[VFS_SHARE] = {share_handler, RESTART_ONCE},
	[VFS_SESSION_END] = {session_end_handler, RESTART_REPLAY},
	[VFS_PROGRAM] = {later_run, RESTART_PURE},
	[VFS_PROGRAM_READ] = {later_run, RESTART_PURE},
	[VFS_VOLUME] = {later_run, RESTART_PURE},
	[VFS_MOUNT] = {later_run, RESTART_ONCE},
	[VFS_UNMOUNT] = {later_run, RESTART_ONCE},
	[VFS_PROGRAM_BEGINS] = {program_begins_handler, RESTART_REPLAY},
	[VFS_ATTACH] = {later_run, RESTART_REPLAY},
	[VFS_SYNC] = {sync_request, RESTART_ONCE},
	[VFS_DISK] = {later_run, RESTART_PURE},
};

/* No part of the state, but the estate has room for it and the instance has not. */
static void open_waiting(void)
{
	struct waiting *table = estate_allocate(WAITING_MOST * sizeof(*table), 64);

	if (table == nullptr)
		runtime_abort("the estate is too small");
	later_init(perform, mounts_work, table);
}

void program_main(const void *argument)
{
	const struct process_start *start = argument;
	struct vfs_sizes sizes = {DESCRIPTIONS, CLIENTS, PIPES, NODES, 0, LOCKS};

	debug_print_init(start->handles[PROCESS_SLOT_PLATFORM]);
	random_init(start);
	if (share_open() != OK)
		runtime_abort("no memory to share");
	estate_open((void *)PROCESS_ESTATE_ADDRESS, start->estate_size, ESTATE_VERSION);
	sizes.blocks = BLOCKS_MOST;
	if (start->memory_total / BLOCKS_SHARE / BLOCK_BYTES < BLOCKS_MOST)
		sizes.blocks = (uint32_t)(start->memory_total / BLOCKS_SHARE / BLOCK_BYTES);
	if (!vfs_start(&sizes, (const void *)PROCESS_BUNDLE_ADDRESS, start->bundle_size))
		runtime_abort("the estate is too small");
	if (!mounts_open())
		runtime_abort("mounted volumes cannot be kept");
	open_waiting();
	mounts_resume();
	cache_resume();
	(void)mounts_work();
	service_run(&(struct service){
		.start = start,
		.methods = methods,
		.method_count = sizeof(methods) / sizeof(methods[0]),
		.session_count = SESSIONS,
		.notified = notified,
		.deadline = deadline,
		.expired = expired,
	});
}
