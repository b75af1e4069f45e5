// SPDX-License-Identifier: MIT OR Apache-2.0
/* The boot bundle's file system, and programs in it (bundlefs.c). */
#include "vfs_forms.h"

#include <string.h>

static void test_bundle(void **state)
{
	uint64_t id = open_ok(0, "/share/text/LICENSE", READ);
	char text[8];
	size_t done;

	(void)state;
	assert_int_equal(vfs_read_at(me, id, 8, text, 8, &done), OK);
	assert_memory_equal(text, "the lice", done);
	assert_int_equal(vfs_read_at(me, id, 1000, text, 8, &done), OK);
	assert_int_equal(done, 0);
	assert_reads(id, "text of the licence");
	assert_reads(id, "");
	assert_file("bin/cat", "program cat");
	assert_file("//app/./sub//deep/../deep/leaf", "leaf");
	assert_int_equal(type_of("/bin", true), FILE_TYPE_DIRECTORY);
	assert_int_equal(type_of("/bin-x", true), FILE_TYPE_REGULAR);
	assert_int_equal(type_of("/bin/", true), FILE_TYPE_DIRECTORY);
	assert_int_equal(type_of("/bi", true), (uint64_t)ERR_NOT_FOUND);
	assert_int_equal(type_of("/bin/cat/", true), (uint64_t)ERR_NOT_DIRECTORY);
	assert_int_equal(type_of("/bin/cat/x", true), (uint64_t)ERR_NOT_DIRECTORY);
	assert_int_equal(type_of("/none/x", true), (uint64_t)ERR_NOT_FOUND);
}

static void test_bundle_lists(void **state)
{
	(void)state;
	assert_list("/", "app bin-x bin kernel share home tmp var mnt dev proc ");
	assert_list("/bin", "cat ls ");
	assert_list("/app", "sub ");
	assert_list("/app/sub/deep", "leaf ");
	assert_list("/tmp", "");
}

static void test_bundle_is_read_only(void **state)
{
	(void)state;
	assert_open("/bin/cat", WRITE, ERR_READ_ONLY);
	assert_open("/bin/new", WRITE | CREATE, ERR_READ_ONLY);
	assert_open("/bin", WRITE, ERR_IS_DIRECTORY);
	assert_open("/bin/cat", READ | DIRECTORY, ERR_NOT_DIRECTORY);
	assert_int_equal(make_directory("/new"), ERR_READ_ONLY);
	assert_int_equal(make_directory("/bin"), ERR_EXISTS);
	assert_int_equal(remove_file("/bin/cat"), ERR_READ_ONLY);
	assert_int_equal(move("/bin/cat", "/bin/dog"), ERR_READ_ONLY);
	assert_int_equal(move("/bin/cat", "/tmp/dog"), ERR_READ_ONLY);
	assert_int_equal(link_to("x", "/l"), ERR_READ_ONLY);
	assert_int_equal(vfs_set_times(me, open_ok(0, "/bin/cat", READ), 1, 1), ERR_READ_ONLY);
}

static void test_damaged_file(void **state)
{
	(void)state;
	fixture_bundle()[3 * 4096] ^= 1; /* bin/cat */
	assert_open("/bin/cat", READ, ERR_CORRUPT);
	assert_file("/bin/ls", "program ls");
	fixture_bundle()[3 * 4096] ^= 1;
	assert_file("/bin/cat", "program cat");
	fixture_bundle()[3 * 4096] ^= 1; /* remembered: not checked again */
	fixture_restart();
	me = client_find(1);
	assert_file("/bin/cat", "qrogram cat");
}

static void test_damaged_bundle(void **state)
{
	static const struct vfs_sizes sizes = {8, 2, 1, 8, 8, 8};

	(void)state;
	fixture_bundle()[0] ^= 1;
	estate_host_new(1 << 20);
	assert_true(vfs_start(&sizes, fixture_bundle(), fixture_bundle_size()));
	me = client_find(1);
	assert_list("/", "home tmp var mnt dev proc ");
	assert_open("/bin", READ, ERR_NOT_FOUND);
	make_file("/tmp/x", "x");
}

static void test_program(void **state)
{
	uint64_t offset;
	uint64_t size;

	(void)state;
	assert_int_equal(vfs_program(text_bytes("/bin/ls"), &offset, &size), OK);
	assert_int_equal(offset, 4 * 4096);
	assert_int_equal(size, 10);
	assert_int_equal(vfs_program(text_bytes("/bin"), &offset, &size), ERR_IS_DIRECTORY);
	assert_int_equal(vfs_program(text_bytes("/bin/x"), &offset, &size), ERR_NOT_FOUND);
	make_file("/tmp/own", "x");
	assert_int_equal(vfs_program(text_bytes("/tmp/own"), &offset, &size), ERR_NOT_SUPPORTED);
	link_to("/bin/cat", "/tmp/link");
	assert_int_equal(vfs_program(text_bytes("/tmp/link"), &offset, &size), OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bundle),
		TEST(test_bundle_lists),
		TEST(test_bundle_is_read_only),
		TEST(test_damaged_file),
		TEST(test_damaged_bundle),
		TEST(test_program),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
