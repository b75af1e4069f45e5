// SPDX-License-Identifier: MIT OR Apache-2.0
/* See vfs_callers.h. */
#include "vfs_callers.h"

#include "share_host.h"
#include "vfs_disk.h"

#include <stdlib.h>

[[noreturn]] void vfs_program_main(const void *argument);
#define program_main vfs_program_main
#include "../../../services/vfs/main.c"
#undef program_main

#define ARENA UINT64_C(0x400000000000)

/* In the estate, as in the service frame. */
struct session {
	uint32_t sequence;
	status_t status;
	uint64_t words[6];
	uint64_t size;
	uint8_t bytes[MESSAGE_BYTES];
};

struct caller callers[CALLERS];
static struct session *sessions;
static struct waiting table[WAITING_MOST];
static struct caller *late[CALLERS]; /* whose replies go out after the commit, in this order */
static unsigned late_count;

status_t share_open(void)
{
	return OK;
}

void debug_print_init(handle_t platform)
{
	(void)platform;
}

void service_run(const struct service *service)
{
	(void)service;
	abort();
}

void service_session_end(uint64_t badge)
{
	(void)badge;
}

/* --- the frame ------------------------------------------------------------------------------- */

static struct session *session_of(uint64_t badge)
{
	return &sessions[badge - 1];
}

static void remember(struct session *s, uint32_t sequence, status_t status, const uint64_t words[6],
	const void *bytes, size_t size)
{
	estate_save(s, offsetof(struct session, bytes) + size);
	s->sequence = sequence;
	s->status = status;
	memcpy(s->words, words, sizeof(s->words));
	s->size = size;
	memcpy(s->bytes, bytes, size);
}

status_t service_park(const struct request *request, struct parked *parked)
{
	*parked = (struct parked){1, request->badge, request->method, request->sequence};
	return SERVICE_PARKED;
}

void service_complete(struct parked *parked, status_t status, const uint64_t words[6],
	const void *bytes, size_t size)
{
	assert_true(status <= OK);
	assert_true(callers[parked->badge - 1].is_waiting);
	assert_int_equal(callers[parked->badge - 1].sequence, parked->sequence);
	remember(session_of(parked->badge), parked->sequence, status, words, bytes, size);
	late[late_count++] = &callers[parked->badge - 1];
	parked->reply = 0;
}

void service_forget(struct parked *parked)
{
	parked->reply = 0;
}

static void answer(
	struct caller *c, status_t status, const uint64_t words[6], const void *bytes, size_t size)
{
	c->is_waiting = false;
	c->status = status;
	memcpy(c->results, words, sizeof(c->results));
	c->reply_size = size;
	memcpy(c->reply, bytes, size);
	if (c->answered != nullptr)
		c->answered(c);
}

static void answer_from(struct caller *c, const struct session *s)
{
	answer(c, s->status, s->words, s->bytes, s->status == OK ? s->size : 0);
}

static void send_late_replies(void)
{
	estate_commit();
	for (unsigned i = 0; i < late_count; i++)
		answer_from(late[i], session_of(late[i]->badge));
	late_count = 0;
}

static void deliver(struct caller *c)
{
	static uint8_t bytes[MESSAGE_BYTES];
	struct session *s = session_of(c->badge);
	bool once = methods[c->method].restart_class == RESTART_ONCE;
	struct request request = {
		.badge = c->badge,
		.method = c->method,
		.sequence = c->sequence,
		.bytes = bytes,
		.size = c->size,
	};
	status_t status;

	memcpy(request.words, c->words, sizeof(request.words));
	memcpy(bytes, c->bytes, c->size);
	c->is_waiting = true;
	if (once && s->sequence == c->sequence) {
		answer_from(c, s);
		return;
	}
	status = methods[c->method].handler(&request);
	if (once && status != SERVICE_PARKED)
		remember(s, c->sequence, status, request.words, bytes,
			status == OK ? request.reply_size : 0);
	send_late_replies();
	if (status != SERVICE_PARKED)
		answer(c, status, request.words, bytes, status == OK ? request.reply_size : 0);
}

/* --- starting -------------------------------------------------------------------------------- */

static void mount(void)
{
	disk_mount();
	sessions = estate_allocate(CALLERS * sizeof(*sessions), 64);
	assert_non_null(sessions);
	assert_true(mounts_open());
	mounts_resume();
}

int callers_setup(void **state)
{
	(void)state;
	later_init(perform, mounts_work, table);
	fixture_mount = mount;
	for (unsigned i = 0; i < CALLERS; i++) {
		later_end(i + 1);
		callers[i] = (struct caller){.badge = i + 1};
	}
	late_count = 0;
	fixture_new();
	for (unsigned i = 0; i < CALLERS; i++) {
		uint64_t words[6] = {ARENA, 1};

		call(&callers[i], VFS_ATTACH, words, "", 0);
		assert_int_equal(callers[i].status, OK);
	}
	return 0;
}

void callers_restart(bool keep_device, struct caller *gone)
{
	estate_kill = nullptr;
	disk_kill(keep_device);
	for (unsigned i = 0; i < CALLERS; i++) {
		later_end(i + 1);
	}
	late_count = 0;
	fixture_restart();
	if (gone != nullptr)
		gone->is_waiting = false;
	for (unsigned i = 0; i < CALLERS; i++) {
		if (callers[i].is_waiting)
			deliver(&callers[i]);
	}
}

/* --- events ---------------------------------------------------------------------------------- */

void call(
	struct caller *c, uint32_t method, const uint64_t words[6], const void *bytes, size_t size)
{
	assert_false(c->is_waiting);
	c->method = method;
	c->sequence++;
	memcpy(c->words, words, sizeof(c->words));
	memcpy(c->bytes, bytes, size);
	c->size = size;
	deliver(c);
}

/* What the loop of the service does when no message is there. */
static void idle(void)
{
	if (deadline() <= 1) {
		expired(time_now());
		send_late_replies();
	}
}

bool callers_device(unsigned choice)
{
	bool ended;

	idle();
	ended = disk_finish(choice);
	later_resume();
	send_late_replies();
	return ended;
}

/* The driver has signalled. */
void callers_drive(void)
{
	idle();
	notified(1);
	send_late_replies();
}

void callers_allow(struct caller *c)
{
	uint8_t name[] = "test";
	struct request request = {.method = VFS_PROGRAM_BEGINS,
		.words = {c->badge, 0, 1, 4},
		.bytes = name,
		.size = 4};

	assert_int_equal(methods[VFS_PROGRAM_BEGINS].handler(&request), OK);
	estate_commit();
}

void callers_wait(uint64_t nanoseconds)
{
	fixture_pass_time(nanoseconds);
	expired(time_now());
	send_late_replies();
}

status_t call_to_end(
	struct caller *c, uint32_t method, const uint64_t words[6], const void *bytes, size_t size)
{
	call(c, method, words, bytes, size);
	for (unsigned i = 0; c->is_waiting; i++) {
		assert_true(callers_device(i));
		assert_true(i < 100000);
	}
	return c->status;
}

/* --- forms ----------------------------------------------------------------------------------- */

status_t open_file(struct caller *c, const char *path, uint64_t flags, uint64_t *id)
{
	uint64_t words[6] = {0, flags, strlen(path)};
	status_t status = call_to_end(c, VFS_OPEN, words, path, strlen(path));

	*id = status == OK ? c->results[0] : 0;
	return status;
}

uint8_t *window_of(const struct caller *c)
{
	return share_host_lent(c->badge, ARENA);
}

status_t write_file(struct caller *c, uint64_t id, uint64_t offset, const void *bytes, size_t size)
{
	uint64_t words[6] = {id, offset, size, DATA_PLACE_WINDOW};

	memcpy(window_of(c), bytes, size);
	return call_to_end(c, VFS_WRITE_AT, words, "", 0);
}

status_t read_file(
	struct caller *c, uint64_t id, uint64_t offset, void *bytes, size_t size, size_t *done)
{
	uint64_t words[6] = {id, offset, size, DATA_PLACE_WINDOW};
	status_t status = call_to_end(c, VFS_READ_AT, words, "", 0);

	*done = status == OK ? c->results[0] : 0;
	memcpy(bytes, window_of(c), *done);
	return status;
}

status_t resize_file(struct caller *c, uint64_t id, uint64_t size)
{
	uint64_t words[6] = {id, size};

	return call_to_end(c, VFS_SET_SIZE, words, "", 0);
}

status_t sync_file(struct caller *c, uint64_t id)
{
	uint64_t words[6] = {id};

	return call_to_end(c, VFS_SYNC, words, "", 0);
}

status_t close_file(struct caller *c, uint64_t id)
{
	uint64_t words[6] = {id};

	return call_to_end(c, VFS_CLOSE, words, "", 0);
}

status_t unlink_file(struct caller *c, const char *path)
{
	uint64_t words[6] = {0, 0, strlen(path)};

	return call_to_end(c, VFS_UNLINK, words, path, strlen(path));
}
