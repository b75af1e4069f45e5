// SPDX-License-Identifier: MIT OR Apache-2.0
/* Devices (devfs.c), and what the operations make of files without contents. */
#include "vfs_forms.h"

#include <string.h>

#define SIZE 64u

static size_t read_bytes(uint64_t id, uint8_t bytes[SIZE])
{
	size_t done;

	memset(bytes, 0x5a, SIZE);
	assert_int_equal(vfs_read(me, id, bytes, SIZE, &done), OK);
	estate_commit();
	return done;
}

static bool is_zero(const uint8_t bytes[SIZE])
{
	for (size_t i = 0; i < SIZE; i++) {
		if (bytes[i] != 0)
			return false;
	}
	return true;
}

static void test_names(void **state)
{
	struct file_attributes a;

	(void)state;
	assert_list("/dev", "null random tty zero ");
	assert_list("/", "app bin-x bin kernel share home tmp var mnt dev proc ");
	assert_int_equal(type_of("/dev", false), FILE_TYPE_DIRECTORY);
	assert_int_equal(type_of("/dev/null", false), FILE_TYPE_DEVICE);
	assert_int_equal(type_of("/dev/random", false), FILE_TYPE_DEVICE);
	assert_int_equal(type_of("/dev/zero", false), FILE_TYPE_DEVICE);
	assert_int_equal(type_of("/dev/tty", false), FILE_TYPE_TERMINAL);
	assert_int_equal(type_of("/dev/nul", false), (uint64_t)ERR_NOT_FOUND);
	assert_int_equal(type_of("/dev/null/x", false), (uint64_t)ERR_NOT_DIRECTORY);
	assert_int_equal(type_of("/dev/../tmp", false), FILE_TYPE_DIRECTORY);
	assert_int_equal(vfs_stat_path(me, 0, true, text_bytes("/dev/zero"), &a), OK);
	assert_int_equal(a.size, 0);
	assert_int_equal(a.links, 1);
}

static void test_reading(void **state)
{
	uint64_t null = open_ok(0, "/dev/null", READ);
	uint64_t zero = open_ok(0, "/dev/zero", READ);
	uint64_t random = open_ok(0, "/dev/random", READ);
	uint8_t first[SIZE];
	uint8_t second[SIZE];

	(void)state;
	assert_int_equal(read_bytes(null, first), 0);
	assert_int_equal(read_bytes(zero, first), SIZE);
	assert_true(is_zero(first));
	assert_int_equal(read_bytes(random, first), SIZE);
	assert_int_equal(read_bytes(random, second), SIZE);
	assert_false(is_zero(first));
	assert_memory_not_equal(first, second, SIZE);
}

static void test_writing(void **state)
{
	static const char *const paths[] = {"/dev/null", "/dev/zero", "/dev/random"};
	uint8_t bytes[SIZE];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		uint64_t id = open_ok(0, paths[i], READ | WRITE | CREATE | OPEN_FLAG_TRUNCATE);

		write_ok(id, "gone");
		assert_int_equal(vfs_set_size(me, id, 10), ERR_INVALID_ARGUMENT);
		assert_int_equal(vfs_set_times(me, id, 1, 2), OK);
		close_ok(id);
	}
	assert_int_equal(read_bytes(open_ok(0, "/dev/zero", READ), bytes), SIZE);
	assert_true(is_zero(bytes));
}

/* Nothing of a device is put into the window when it is opened: it would be taken for contents. */
static void test_nothing_is_loaded(void **state)
{
	struct vfs_opened opened = {0};

	(void)state;
	assert_int_equal(client_attach(me, 0x400000000000u, true), OK);
	assert_int_equal(
		vfs_open(me, 0, READ | OPEN_FLAG_LOAD, text_bytes("/dev/zero"), &opened), OK);
	assert_int_equal(opened.loaded, 0);
	assert_int_equal(
		vfs_open(me, 0, READ | OPEN_FLAG_LOAD, text_bytes("/bin/ls"), &opened), OK);
	assert_int_equal(opened.loaded, 10);
	estate_commit();
}

static void test_rights(void **state)
{
	uint8_t bytes[SIZE] = {0};
	size_t done;
	uint64_t id = open_ok(0, "/dev/zero", WRITE);

	(void)state;
	assert_int_equal(vfs_read(me, id, bytes, SIZE, &done), ERR_ACCESS);
	id = open_ok(0, "/dev/zero", READ);
	assert_int_equal(
		vfs_write_at(me, id, 0, (struct vfs_bytes){bytes, SIZE}, &done), ERR_ACCESS);
	id = open_ok(0, "/dev/tty", READ | WRITE);
	assert_int_equal(vfs_read(me, id, bytes, SIZE, &done), ERR_NOT_SUPPORTED);
	id = open_ok(0, "/dev", READ);
	assert_int_equal(vfs_read(me, id, bytes, SIZE, &done), ERR_IS_DIRECTORY);
}

static void test_the_list_is_fixed(void **state)
{
	(void)state;
	make_file("/tmp/f", "f");
	assert_open("/dev/new", WRITE | CREATE, ERR_ACCESS);
	assert_open("/dev/null", WRITE | CREATE | OPEN_FLAG_EXCLUSIVE, ERR_EXISTS);
	assert_int_equal(make_directory("/dev/d"), ERR_ACCESS);
	assert_int_equal(remove_file("/dev/null"), ERR_ACCESS);
	assert_int_equal(remove_directory("/dev"), ERR_BUSY);
	assert_int_equal(move("/dev/null", "/dev/zero"), ERR_ACCESS);
	assert_int_equal(move("/dev/null", "/tmp/null"), ERR_CROSS_DEVICE);
	assert_int_equal(move("/tmp/f", "/dev/null"), ERR_CROSS_DEVICE);
	assert_int_equal(link_file("/dev/null", "/dev/nil", true), ERR_NOT_SUPPORTED);
	assert_list("/dev", "null random tty zero ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_names),
		TEST(test_reading),
		TEST(test_writing),
		TEST(test_nothing_is_loaded),
		TEST(test_rights),
		TEST(test_the_list_is_fixed),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
