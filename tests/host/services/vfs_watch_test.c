// SPDX-License-Identifier: MIT OR Apache-2.0
/* Watches: what is told of what, limits, readers that do not read, restarts. */
#include "share_host.h"
#include "vfs_fixture.h"
#include "watch.h"

#include <pipe/ring.h>

#include <stdio.h>
#include <string.h>

#define ARENA 0x400000000000u
#define READ  OPEN_FLAG_READ
#define WRITE (OPEN_FLAG_READ | OPEN_FLAG_WRITE | OPEN_FLAG_CREATE)
#define ALL   127u

static struct client *me;

static int setup(void **state)
{
	(void)state;
	fixture_new();
	me = client_find(1);
	assert_int_equal(client_attach(me, ARENA, false), OK);
	assert_int_equal(vfs_mkdir(me, 0, text_bytes("/tmp/d")), OK);
	estate_commit();
	return 0;
}

static uint64_t open_ok(const char *path, uint64_t flags)
{
	struct vfs_opened opened;

	assert_int_equal(vfs_open(me, 0, flags, text_bytes(path), &opened), OK);
	estate_commit();
	return opened.id;
}

static void close_ok(uint64_t id)
{
	assert_int_equal(client_close(me, id), OK);
	estate_commit();
}

/* The number of the watch's reading end. */
static uint64_t watch_ok(const char *path, uint64_t events)
{
	uint64_t file = open_ok(path, READ);
	uint64_t id;
	uint64_t end;

	assert_int_equal(vfs_watch(me, file, events, &id), OK);
	assert_int_equal(vfs_map_pipe(me, id, &end), OK);
	assert_int_equal(end, PIPE_END_READ);
	estate_commit();
	close_ok(file);
	return id;
}

/* All that was told: kinds, and names or `#`. */
static const char *told(uint64_t id)
{
	static char text[4096];
	static uint8_t bytes[PIPE_BYTES];
	struct pipe_shared *pipe = share_host_lent(1, client_place(me, id));
	struct change_event event;
	size_t size;
	size_t length = 0;

	text[0] = 0;
	if (pipe_take(pipe, bytes, sizeof(bytes), &size) != OK)
		return text;
	for (size_t at = 0; at < size;) {
		memcpy(&event, bytes + at, sizeof(event));
		at += sizeof(event);
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%u:%.*s ",
			event.kind, event.name_size > 0 ? (int)event.name_size : 1,
			event.name_size > 0 ? (const char *)bytes + at
			: event.inode != 0  ? "#"
					    : "?");
		at += (event.name_size + 7) / 8 * 8;
	}
	return text;
}

static void test_names(void **state)
{
	uint64_t id = watch_ok("/tmp/d", ALL);
	struct vfs_name from = {0, text_bytes("/tmp/d/f")};
	struct vfs_name to = {0, text_bytes("/tmp/d/g")};

	(void)state;
	close_ok(open_ok("/tmp/d/f", WRITE));
	close_ok(open_ok("/tmp/d/f", WRITE));
	assert_string_equal(told(id), "1:f ");
	assert_int_equal(vfs_mkdir(me, 0, text_bytes("/tmp/d/e")), OK);
	assert_int_equal(vfs_mkdir(me, 0, text_bytes("/tmp/d/e")), ERR_EXISTS);
	assert_int_equal(vfs_mkdir(me, 0, text_bytes("/tmp/d/e/below")), OK);
	assert_int_equal(vfs_symlink(me, 0, text_bytes("x"), text_bytes("/tmp/d/l")), OK);
	assert_int_equal(vfs_link(me, &from, false, &to), OK);
	assert_string_equal(told(id), "1:e 1:l 1:g ");
	assert_int_equal(vfs_unlink(me, 0, false, text_bytes("/tmp/d/f")), OK);
	assert_int_equal(vfs_unlink(me, 0, true, text_bytes("/tmp/d/e")), ERR_NOT_EMPTY);
	assert_int_equal(vfs_rename(me, 0, text_bytes("/tmp/d/g"), 0, text_bytes("/tmp/d/h")), OK);
	assert_int_equal(vfs_rename(me, 0, text_bytes("/tmp/d/h"), 0, text_bytes("/tmp/d/h")), OK);
	assert_int_equal(vfs_rename(me, 0, text_bytes("/tmp/d/l"), 0, text_bytes("/tmp/l")), OK);
	assert_string_equal(told(id), "2:f 4:g 8:h 4:l ");
}

static void test_files(void **state)
{
	uint64_t file = open_ok("/tmp/d/f", WRITE);
	uint64_t directory = watch_ok("/tmp/d", ALL);
	uint64_t id = watch_ok("/tmp/d/f", ALL);
	size_t done;

	(void)state;
	assert_int_equal(vfs_write(me, file, text_bytes("abc"), &done), OK);
	assert_int_equal(vfs_write(me, file, text_bytes("abc"), &done), OK);
	assert_string_equal(told(directory), "16:# "); /* once until it is read */
	assert_int_equal(vfs_write(me, file, text_bytes(""), &done), OK);
	assert_string_equal(told(directory), "");
	assert_int_equal(vfs_set_size(me, file, 1), OK);
	assert_int_equal(vfs_set_times(me, file, 1, 1), OK);
	assert_int_equal(vfs_set_access(me, file, 0600, 1, 1), OK);
	assert_int_equal(vfs_set_size(me, file, 0), OK);
	assert_string_equal(told(directory), "16:# 32:# 16:# ");
	assert_string_equal(told(id), "16:# 32:# 16:# ");
	close_ok(open_ok("/tmp/d/f", WRITE | OPEN_FLAG_TRUNCATE));
	assert_string_equal(told(id), "16:# ");
	close_ok(file);
	assert_int_equal(vfs_unlink(me, 0, false, text_bytes("/tmp/d/f")), OK);
	assert_string_equal(told(id), "64:# ");
	/* Its number is not another file's as long as it is watched. */
	file = open_ok("/tmp/d/f", WRITE);
	assert_int_equal(vfs_write(me, file, text_bytes("abc"), &done), OK);
	assert_string_equal(told(id), "");
}

static void test_wanted(void **state)
{
	uint64_t id = watch_ok("/tmp/d", CHANGE_KIND_REMOVED);
	uint64_t file = open_ok("/tmp/d/f", READ | OPEN_FLAG_CREATE);
	uint64_t null = open_ok("/dev/null", READ);
	uint64_t read_id;
	uint64_t write_id;

	(void)state;
	assert_int_equal(vfs_unlink(me, 0, false, text_bytes("/tmp/d/f")), OK);
	assert_string_equal(told(id), "2:f ");
	assert_int_equal(vfs_watch(me, file, 0, &read_id), ERR_INVALID_ARGUMENT);
	assert_int_equal(vfs_watch(me, file, CHANGE_KIND_LOST, &read_id), ERR_INVALID_ARGUMENT);
	assert_int_equal(vfs_watch(me, 99, ALL, &read_id), ERR_INVALID_HANDLE);
	assert_int_equal(vfs_watch(me, null, ALL, &read_id), ERR_NOT_SUPPORTED);
	assert_int_equal(vfs_watch(me, id, ALL, &read_id), ERR_NOT_SUPPORTED);
	assert_int_equal(vfs_pipe(me, &read_id, &write_id), OK);
	assert_int_equal(vfs_watch(me, write_id, ALL, &read_id), ERR_NOT_SUPPORTED);
}

/* Pipes run out first in the fixture; the places of watches are all the same again. */
static void test_limits(void **state)
{
	uint64_t ids[FIXTURE_PIPES];
	uint64_t file = open_ok("/tmp/d", READ);
	uint64_t id;

	(void)state;
	for (unsigned turn = 0; turn < 2 * WATCHES_MOST; turn++) {
		for (unsigned i = 0; i < FIXTURE_PIPES; i++)
			ids[i] = watch_ok("/tmp/d", ALL);
		assert_int_equal(vfs_watch(me, file, ALL, &id), ERR_TOO_MANY);
		estate_rollback();
		for (unsigned i = 0; i < FIXTURE_PIPES; i++)
			close_ok(ids[i]);
	}
	for (unsigned i = 0; i < WATCHES_OF_CLIENT; i++) {
		assert_int_equal(watch_check_room(1), OK);
		watch_make((struct place){.volume = 1, .node = 1}, ALL, 0, 1);
	}
	assert_int_equal(watch_check_room(1), ERR_QUOTA);
	for (unsigned i = WATCHES_OF_CLIENT; i < WATCHES_MOST; i++) {
		assert_int_equal(watch_check_room(i), OK);
		watch_make((struct place){.volume = 1, .node = 1}, ALL, 0, i);
	}
	assert_int_equal(watch_check_room(1000), ERR_TOO_MANY);
	estate_rollback();
}

/* Whoever does not read is told that something was lost, and loses nothing else. */
static void test_full(void **state)
{
	uint64_t id = watch_ok("/tmp/d", ALL);
	struct pipe_shared *pipe = share_host_lent(1, client_place(me, id));
	const char *text;

	(void)state;
	close_ok(open_ok("/tmp/d/f", WRITE));
	pipe->written += PIPE_BYTES - 40; /* as if there were more */
	close_ok(open_ok("/tmp/d/g", WRITE));
	assert_int_equal(pipe->written, PIPE_BYTES);
	pipe->read = PIPE_BYTES - 16;
	text = told(id);
	assert_string_equal(text, "128:? "); /* though nothing else happens */
	close_ok(open_ok("/tmp/d/h", WRITE));
	text = told(id);
	assert_string_equal(text, "1:h ");
	pipe->read = pipe->written + 5; /* nonsense */
	close_ok(open_ok("/tmp/d/i", WRITE));
	pipe->read = pipe->written;
	close_ok(open_ok("/tmp/d/j", WRITE));
	assert_string_equal(told(id), "128:? 1:j ");
}

static void test_restart(void **state)
{
	uint64_t id = watch_ok("/tmp/d", ALL);

	(void)state;
	close_ok(open_ok("/tmp/d/f", WRITE));
	fixture_restart();
	me = client_find(1);
	close_ok(open_ok("/tmp/d/g", WRITE));
	assert_string_equal(told(id), "1:f 1:g ");
	close_ok(id);
	id = watch_ok("/tmp/d", ALL);
	close_ok(open_ok("/tmp/d/h", WRITE));
	assert_string_equal(told(id), "1:h ");
}

/* It holds what it watches, and lets it go. */
static void test_holds(void **state)
{
	uint64_t id;
	uint64_t total;
	struct volume_status before;
	struct volume_status after;

	(void)state;
	assert_int_equal(vfs_volume(2, &before), OK);
	total = before.used;
	for (unsigned i = 0; i < 3 * FIXTURE_NODES; i++) {
		close_ok(open_ok("/tmp/d/f", WRITE));
		id = watch_ok("/tmp/d/f", ALL);
		assert_int_equal(vfs_unlink(me, 0, false, text_bytes("/tmp/d/f")), OK);
		estate_commit();
		close_ok(id);
	}
	assert_int_equal(vfs_volume(2, &after), OK);
	assert_int_equal(after.used, total);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_names),
		TEST(test_files),
		TEST(test_wanted),
		TEST(test_limits),
		TEST(test_full),
		TEST(test_restart),
		TEST(test_holds),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
