// SPDX-License-Identifier: MIT OR Apache-2.0
/* Open descriptions, numbers and clients (description.c). */
#include "vfs_forms.h"

#include <string.h>

#define UNKEPT (FIXTURE_DESCRIPTIONS - FIXTURE_DESCRIPTIONS / 8)

static void test_rights_of_descriptions(void **state)
{
	char text[4];
	size_t done;
	uint64_t reader;
	uint64_t writer;
	uint64_t directory = open_ok(0, "/tmp", READ);

	(void)state;
	make_file("/tmp/f", "f");
	reader = open_ok(0, "/tmp/f", READ);
	writer = open_ok(0, "/tmp/f", WRITE);
	assert_int_equal(vfs_write(me, reader, text_bytes("x"), &done), ERR_ACCESS);
	assert_int_equal(vfs_set_size(me, reader, 0), ERR_ACCESS);
	assert_int_equal(vfs_read(me, writer, text, 4, &done), ERR_ACCESS);
	assert_int_equal(vfs_read(me, directory, text, 4, &done), ERR_IS_DIRECTORY);
	assert_int_equal(vfs_set_size(me, directory, 0), ERR_IS_DIRECTORY);
	assert_int_equal(vfs_read(me, 77, text, 4, &done), ERR_INVALID_HANDLE);
	assert_int_equal(vfs_read(me, UINT64_MAX, text, 4, &done), ERR_INVALID_HANDLE);
	assert_int_equal(client_close(me, 0), ERR_INVALID_HANDLE);
}

static void test_sharing(void **state)
{
	uint64_t id;
	uint64_t second;
	uint64_t other;
	char text[4];
	size_t done;

	(void)state;
	make_file("/tmp/f", "abcdef");
	id = open_ok(0, "/tmp/f", READ);
	assert_int_equal(vfs_dup(me, id, &second), OK);
	assert_int_equal(vfs_share(1, id, 2, &other), OK);
	assert_int_equal(vfs_read(me, id, text, 2, &done), OK);
	assert_int_equal(vfs_read(me, second, text, 2, &done), OK);
	assert_memory_equal(text, "cd", 2);
	close_ok(id);
	close_ok(second);
	assert_int_equal(vfs_read(client_known(2), other, text, 2, &done), OK);
	assert_memory_equal(text, "ef", 2);
	assert_int_equal(vfs_share(1, id, 2, &other), ERR_INVALID_HANDLE);
	assert_int_equal(vfs_share(9, 1, 2, &other), ERR_INVALID_HANDLE);
	assert_null(client_known(9));
}

static void test_numbers_run_out(void **state)
{
	uint64_t id = open_ok(0, "/tmp", READ);
	uint64_t last = 0;
	uint64_t ignored;

	(void)state;
	for (unsigned i = 1; i < CLIENT_NUMBERS; i++)
		assert_int_equal(vfs_dup(me, id, &last), OK);
	assert_int_equal(last, CLIENT_NUMBERS);
	assert_int_equal(vfs_dup(me, id, &ignored), ERR_TOO_MANY);
	assert_open("/tmp/f", WRITE | CREATE, ERR_TOO_MANY);
	assert_int_equal(vfs_pipe(me, &ignored, &ignored), ERR_TOO_MANY);
	close_ok(last);
	assert_int_equal(vfs_pipe(me, &ignored, &ignored), ERR_TOO_MANY);
	assert_open("/tmp/f", READ, ERR_NOT_FOUND);
	assert_int_equal(vfs_dup(me, id, &ignored), OK);
	while (client_first_number(me) != 0)
		close_ok(client_first_number(me));
	open_ok(0, "/tmp", READ);
}

static void test_descriptions_run_out(void **state)
{
	(void)state;
	for (unsigned i = 0; i < UNKEPT; i++)
		open_ok(0, "/tmp", READ);
	assert_open("/tmp", READ, ERR_TOO_MANY);
	close_ok(5);
	close_ok(9);
	open_ok(0, "/tmp", READ);
	open_ok(0, "/tmp", READ);
	assert_open("/tmp", READ, ERR_TOO_MANY);
}

/* Where one client has taken all that it can get, others still open some files. */
static void test_some_are_kept_for_clients_with_few(void **state)
{
	uint64_t id = open_ok(0, "/tmp", READ);
	uint64_t ignored;

	(void)state;
	for (unsigned i = 1; i < UNKEPT; i++)
		open_ok(0, "/tmp", READ);
	assert_open("/tmp", READ, ERR_TOO_MANY);
	assert_int_equal(vfs_pipe(me, &ignored, &ignored), ERR_TOO_MANY);
	assert_int_equal(vfs_dup(me, id, &ignored), OK);
	me = client_find(2);
	for (unsigned i = UNKEPT; i < FIXTURE_DESCRIPTIONS; i++)
		open_ok(0, "/tmp", READ);
	assert_open("/tmp", READ, ERR_TOO_MANY);
	me = client_find(1);
	close_ok(id);
	close_ok(2);
	assert_open("/tmp", READ, ERR_TOO_MANY);
	me = client_find(2);
	open_ok(0, "/tmp", READ);
}

static void test_clients_run_out(void **state)
{
	(void)state;
	for (uint64_t badge = 2; badge <= FIXTURE_CLIENTS; badge++)
		assert_non_null(client_find(badge * 8));
	assert_null(client_find(1000));
	assert_non_null(client_find(16));
	client_forget(client_known(16));
	assert_non_null(client_find(1000));
	assert_null(client_known(16));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rights_of_descriptions),
		TEST(test_sharing),
		TEST(test_numbers_run_out),
		TEST(test_descriptions_run_out),
		TEST(test_some_are_kept_for_clients_with_few),
		TEST(test_clients_run_out),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
