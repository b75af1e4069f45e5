// SPDX-License-Identifier: MIT OR Apache-2.0
/* Pipes as the VFS sees them: ends, mappings, programs that are killed, limits, restarts. The bytes
 * are the programs' own matter: pipe_ring_test.c. */
#include "pipe.h"
#include "share_host.h"
#include "vfs_fixture.h"

#include "blocks.h"

#include <string.h>

#define ARENA 0x400000000000u

static struct client *me;
static uint64_t in;
static uint64_t out;

static int setup(void **state)
{
	(void)state;
	fixture_new();
	me = client_find(1);
	estate_commit();
	return 0;
}

static void close_ok(struct client *c, uint64_t id)
{
	assert_int_equal(client_close(c, id), OK);
	estate_commit();
}

/* A pipe, mapped at both its numbers. */
static struct pipe_shared *make_pipe(void)
{
	uint64_t end;

	assert_int_equal(client_attach(me, ARENA, false), OK);
	assert_int_equal(vfs_pipe(me, &in, &out), OK);
	assert_int_equal(vfs_map_pipe(me, in, &end), OK);
	assert_int_equal(end, PIPE_END_READ);
	assert_int_equal(vfs_map_pipe(me, out, &end), OK);
	assert_int_equal(end, PIPE_END_WRITE);
	estate_commit();
	assert_ptr_equal(share_host_lent(1, client_place(me, in)),
		share_host_lent(1, client_place(me, out)));
	return share_host_lent(1, client_place(me, in));
}

static void test_operations(void **state)
{
	struct pipe_shared *pipe = make_pipe();
	struct file_attributes a;
	uint64_t offset;
	char text[8];
	size_t done;

	(void)state;
	assert_non_null(pipe);
	pipe->written = 7;
	assert_int_equal(vfs_stat(me, in, &a), OK);
	assert_int_equal(a.type, FILE_TYPE_PIPE);
	assert_int_equal(a.size, 7);
	pipe->read = 8;
	assert_int_equal(vfs_stat(me, in, &a), OK);
	assert_int_equal(a.size, 0);
	assert_int_equal(vfs_read(me, in, text, 8, &done), ERR_NOT_SUPPORTED);
	assert_int_equal(vfs_write(me, out, text_bytes("x"), &done), ERR_NOT_SUPPORTED);
	assert_int_equal(vfs_seek(me, in, 0, 0, &offset), ERR_NOT_SUPPORTED);
	assert_int_equal(vfs_set_size(me, out, 0), ERR_NOT_SUPPORTED);
	assert_int_equal(vfs_set_times(me, out, 0, 0), ERR_NOT_SUPPORTED);
	assert_int_equal(vfs_set_flags(me, in, OPEN_FLAG_NONBLOCK), OK);
	assert_int_equal(pipe->nonblock[PIPE_END_READ], 1);
	assert_int_equal(pipe->nonblock[PIPE_END_WRITE], 0);
	assert_int_equal(vfs_set_flags(me, in, 0), OK);
	assert_int_equal(pipe->nonblock[PIPE_END_READ], 0);
}

static void test_mapping_needs_an_arena(void **state)
{
	uint64_t end;

	(void)state;
	assert_int_equal(vfs_pipe(me, &in, &out), OK);
	assert_int_equal(vfs_map_pipe(me, in, &end), ERR_NOT_SUPPORTED);
	assert_int_equal(vfs_map_pipe(me, 99, &end), ERR_INVALID_HANDLE);
	close_ok(me, in);
	close_ok(me, out);
}

/* An end is closed with its last number, and both sides are told. */
static void test_ends(void **state)
{
	struct pipe_shared *pipe = make_pipe();
	uint64_t other;
	unsigned wakes;

	(void)state;
	assert_int_equal(vfs_share(1, out, 2, &other), OK);
	close_ok(me, out);
	assert_null(share_host_lent(1, client_place(me, out)));
	assert_int_equal(pipe->closed[PIPE_END_WRITE], 0);
	wakes = share_host_wakes();
	close_ok(client_known(2), other);
	assert_int_equal(pipe->closed[PIPE_END_WRITE], 1);
	assert_int_equal(pipe->closed[PIPE_END_READ], 0);
	assert_int_equal(pipe->data_event, 1);
	assert_int_equal(share_host_wakes(), wakes + 2);
	close_ok(me, in);
	assert_null(share_host_lent(1, client_place(me, in)));
}

static void test_reader_leaves(void **state)
{
	struct pipe_shared *pipe = make_pipe();

	(void)state;
	close_ok(me, in);
	assert_int_equal(pipe->closed[PIPE_END_READ], 1);
	assert_int_equal(pipe->room_event, 1);
}

/* A program that was killed while it held a lock; those of others stay. */
static void test_locks_of_the_dead(void **state)
{
	struct pipe_shared *pipe = make_pipe();
	uint64_t other;
	unsigned wakes;

	(void)state;
	assert_int_equal(vfs_share(1, out, 2, &other), OK);
	pipe->write_lock = 2 | PIPE_WAITERS;
	pipe->read_lock = 1;
	wakes = share_host_wakes();
	close_ok(client_known(2), other);
	assert_int_equal(pipe->write_lock, 0);
	assert_int_equal(share_host_wakes(), wakes + 1);
	assert_int_equal(pipe->read_lock, 1);
}

static void test_scribbling(void **state)
{
	struct pipe_shared *pipe = make_pipe();
	struct file_attributes a;

	(void)state;
	memset(pipe, 0xff, MEMORY_SHARED_UNIT);
	assert_int_equal(vfs_stat(me, in, &a), OK);
	close_ok(me, out);
	close_ok(me, in);
	pipe = make_pipe();
	for (size_t i = 0; i < sizeof(*pipe); i++)
		assert_int_equal(((const uint8_t *)pipe)[i], 0);
}

static void test_run_out(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FIXTURE_PIPES; i++)
		assert_int_equal(vfs_pipe(me, &in, &out), OK);
	assert_int_equal(vfs_pipe(me, &in, &out), ERR_TOO_MANY);
	close_ok(me, 1);
	assert_int_equal(vfs_pipe(me, &in, &out), ERR_TOO_MANY);
	close_ok(me, 2);
	share_host_exhaust(true);
	assert_int_equal(vfs_pipe(me, &in, &out), ERR_QUOTA);
	share_host_exhaust(false);
	assert_int_equal(vfs_pipe(me, &in, &out), OK);
}

static void test_restart(void **state)
{
	struct pipe_shared *pipe = make_pipe();

	(void)state;
	pipe->written = 5;
	fixture_restart();
	me = client_known(1);
	assert_int_equal(pipe->written, 5);
	close_ok(me, out);
	assert_int_equal(pipe->closed[PIPE_END_WRITE], 1);
	close_ok(me, in);
	assert_int_equal(vfs_pipe(me, &in, &out), OK);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_operations),
		TEST(test_mapping_needs_an_arena),
		TEST(test_ends),
		TEST(test_reader_leaves),
		TEST(test_locks_of_the_dead),
		TEST(test_scribbling),
		TEST(test_run_out),
		TEST(test_restart),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
