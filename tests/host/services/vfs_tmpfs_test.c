// SPDX-License-Identifier: MIT OR Apache-2.0
/* Names and nodes of tmpfs (tmpfs.c, tmpfs_node.c, tmpfs_entry.c). */
#include "vfs_forms.h"

#include "blocks.h"

#include <stdio.h>
#include <string.h>

static void test_files(void **state)
{
	uint64_t id;
	uint64_t at;

	(void)state;
	assert_open("/tmp/f", READ, ERR_NOT_FOUND);
	assert_open("/tmp/f/", WRITE | CREATE, ERR_IS_DIRECTORY);
	id = open_ok(0, "/tmp/f", READ | WRITE | CREATE | OPEN_FLAG_EXCLUSIVE);
	assert_open("/tmp/f", WRITE | CREATE | OPEN_FLAG_EXCLUSIVE, ERR_EXISTS);
	write_ok(id, "0123456789");
	assert_int_equal(vfs_seek(me, id, -4, 1, &at), OK);
	assert_int_equal(at, 6);
	write_ok(id, "xy");
	assert_int_equal(vfs_seek(me, id, -3, 2, &at), OK);
	assert_reads(id, "y89");
	assert_int_equal(vfs_seek(me, id, -1, 0, &at), ERR_INVALID_ARGUMENT);
	assert_int_equal(vfs_seek(me, id, INT64_MAX, 1, &at), ERR_INVALID_ARGUMENT);
	assert_int_equal(vfs_seek(me, id, 0, 3, &at), ERR_INVALID_ARGUMENT);
	assert_int_equal(vfs_set_flags(me, id, OPEN_FLAG_APPEND), OK);
	assert_int_equal(vfs_set_flags(me, id, OPEN_FLAG_READ), ERR_INVALID_ARGUMENT);
	assert_int_equal(vfs_seek(me, id, 0, 0, &at), OK);
	write_ok(id, "end");
	assert_file("/tmp/f", "012345xy89end");
	assert_open("/tmp/f", READ | OPEN_FLAG_TRUNCATE, ERR_ACCESS);
	close_ok(open_ok(0, "/tmp/f", WRITE | OPEN_FLAG_TRUNCATE));
	assert_file("/tmp/f", "");
}

static void test_removed_file_lives_while_open(void **state)
{
	uint64_t before = blocks_used();
	uint64_t id;
	struct file_attributes a;

	(void)state;
	make_file("/tmp/f", "still here");
	id = open_ok(0, "/tmp/f", READ);
	assert_int_equal(remove_file("/tmp/f"), OK);
	assert_open("/tmp/f", READ, ERR_NOT_FOUND);
	assert_reads(id, "still here");
	assert_int_equal(vfs_stat(me, id, &a), OK);
	assert_int_equal(a.links, 0);
	assert_true(blocks_used() > before);
	close_ok(id);
	assert_int_equal(blocks_used(), before);
}

static void test_directories(void **state)
{
	uint64_t id;
	uint64_t file;

	(void)state;
	assert_int_equal(make_directory("/tmp/d/"), OK);
	assert_int_equal(make_directory("/tmp/d"), ERR_EXISTS);
	assert_int_equal(make_directory("/tmp/x/y"), ERR_NOT_FOUND);
	make_file("/tmp/d/f", "f");
	assert_int_equal(make_directory("/tmp/d/f/x"), ERR_NOT_DIRECTORY);
	assert_int_equal(remove_directory("/tmp/d"), ERR_NOT_EMPTY);
	assert_int_equal(remove_directory("/tmp/d/f"), ERR_NOT_DIRECTORY);
	assert_int_equal(remove_file("/tmp/d"), ERR_IS_DIRECTORY);
	assert_int_equal(remove_directory("/tmp"), ERR_BUSY);
	assert_int_equal(remove_directory("/tmp/d/."), ERR_INVALID_ARGUMENT);
	assert_int_equal(remove_directory("/"), ERR_INVALID_ARGUMENT);
	assert_int_equal(make_directory("/"), ERR_EXISTS);
	id = open_ok(0, "/tmp/d", READ | DIRECTORY);
	assert_int_equal(remove_file("/tmp/d/f"), OK);
	assert_int_equal(remove_directory("/tmp/d"), OK);
	assert_int_equal(open_status(id, "new", WRITE | CREATE, &file), ERR_NOT_FOUND);
	assert_int_equal(make_directory("/tmp/d"), OK);
}

static void test_lists_while_changing(void **state)
{
	uint8_t buffer[48];
	struct directory_entry e;
	uint64_t id;
	size_t size;

	(void)state;
	for (char name[] = "/tmp/a"; name[5] <= 'e'; name[5]++)
		make_file(name, "");
	assert_list("/tmp", "a b c d e ");
	id = open_ok(0, "/tmp", READ);
	assert_int_equal(vfs_readdir(me, id, 0, buffer, sizeof(buffer), &size), OK);
	memcpy(&e, buffer, sizeof(e));
	remove_file("/tmp/b");
	assert_int_equal(vfs_readdir(me, id, e.next_cookie, buffer, sizeof(buffer), &size), OK);
	assert_int_equal(buffer[sizeof(e)], 'c');
	assert_int_equal(vfs_readdir(me, id, UINT64_MAX, buffer, sizeof(buffer), &size), OK);
	assert_int_equal(size, 0);
	assert_int_equal(vfs_readdir(me, id, UINT64_MAX >> 1, buffer, sizeof(buffer), &size), OK);
	assert_int_equal(size, 0);
	make_file("/tmp/b", "");
	assert_list("/tmp", "a c d e b ");
}

static void test_rename(void **state)
{
	uint64_t used;

	(void)state;
	make_directory("/tmp/d");
	make_directory("/tmp/e");
	make_file("/tmp/f", "f");
	make_file("/tmp/g", "g");
	assert_int_equal(move("/tmp/f", "/tmp/d/h"), OK);
	assert_file("/tmp/d/h", "f");
	assert_int_equal(move("/tmp/f", "/tmp/i"), ERR_NOT_FOUND);
	used = blocks_used();
	assert_int_equal(move("/tmp/d/h", "/tmp/g"), OK);
	assert_int_equal(blocks_used(), used - 1);
	assert_file("/tmp/g", "f");
	assert_int_equal(move("/tmp/g", "/tmp/g"), OK);
	assert_int_equal(move("/tmp/g", "/tmp/d"), ERR_IS_DIRECTORY);
	assert_int_equal(move("/tmp/d", "/tmp/g"), ERR_NOT_DIRECTORY);
	assert_int_equal(move("/tmp/g", "/tmp/new/"), ERR_IS_DIRECTORY);
	assert_int_equal(move("/tmp/d", "/tmp/d/x"), ERR_INVALID_ARGUMENT);
	assert_int_equal(move("/tmp/d", "/tmp/e/"), OK);
	assert_list("/tmp", "g e ");
	make_directory("/tmp/d");
	make_file("/tmp/e/f", "x");
	assert_int_equal(move("/tmp/d", "/tmp/e"), ERR_NOT_EMPTY);
	assert_int_equal(move("/tmp/g", "/home/g"), ERR_CROSS_DEVICE);
	assert_int_equal(move("/tmp", "/other"), ERR_BUSY);
	assert_int_equal(move("/tmp/d", "/home"), ERR_BUSY);
}

static void assert_links(const char *path, uint64_t links, uint64_t inode)
{
	struct file_attributes a;

	assert_int_equal(vfs_stat_path(me, 0, false, text_bytes(path), &a), OK);
	assert_int_equal(a.links, links);
	assert_int_equal(a.inode, inode);
}

static void test_hard_links(void **state)
{
	struct file_attributes a;
	uint64_t used;

	(void)state;
	make_directory("/tmp/d");
	make_file("/tmp/f", "one");
	assert_int_equal(vfs_stat_path(me, 0, true, text_bytes("/tmp/f"), &a), OK);
	assert_links("/tmp/f", 1, a.inode);
	assert_int_equal(link_file("/tmp/f", "/tmp/d/g", true), OK);
	assert_int_equal(link_file("/tmp/d/g", "/tmp/h", true), OK);
	assert_list("/tmp", "d f h ");
	assert_links("/tmp/f", 3, a.inode);
	assert_links("/tmp/d/g", 3, a.inode);
	make_file("/tmp/h", "two");
	assert_file("/tmp/d/g", "two");

	assert_int_equal(move("/tmp/f", "/tmp/d/g"), OK); /* two names of one file: nothing */
	assert_links("/tmp/f", 3, a.inode);
	assert_int_equal(move("/tmp/h", "/tmp/i"), OK);
	assert_list("/tmp", "d f i ");
	fixture_restart();
	me = client_find(1);
	used = blocks_used();
	assert_int_equal(remove_file("/tmp/f"), OK);
	assert_int_equal(remove_file("/tmp/i"), OK);
	assert_links("/tmp/d/g", 1, a.inode);
	assert_file("/tmp/d/g", "two");
	assert_int_equal(blocks_used(), used);
	make_file("/tmp/x", "x");
	assert_int_equal(move("/tmp/x", "/tmp/d/g"), OK);
	assert_int_equal(blocks_used(), used);
	assert_int_equal(remove_file("/tmp/d/g"), OK);
	assert_int_equal(blocks_used(), used - 1);
}

static void test_bad_hard_links(void **state)
{
	struct file_attributes a;

	(void)state;
	make_directory("/tmp/d");
	make_file("/tmp/f", "f");
	assert_int_equal(link_file("/tmp/d", "/tmp/e", true), ERR_IS_DIRECTORY);
	assert_int_equal(link_file("/tmp/f", "/tmp/d", true), ERR_EXISTS);
	assert_int_equal(link_file("/tmp/f", "/tmp/f", true), ERR_EXISTS);
	assert_int_equal(link_file("/tmp/f", "/tmp/e/", true), ERR_NOT_FOUND);
	assert_int_equal(link_file("/tmp/none", "/tmp/e", true), ERR_NOT_FOUND);
	assert_int_equal(link_file("/tmp/f", "/tmp/none/e", true), ERR_NOT_FOUND);
	assert_int_equal(link_file("/tmp/f", "/home/f", true), ERR_CROSS_DEVICE);
	assert_int_equal(link_file("/bin/ls", "/tmp/ls", true), ERR_CROSS_DEVICE);
	assert_int_equal(link_file("/bin/ls", "/bin/dir", true), ERR_READ_ONLY);

	assert_int_equal(link_to("f", "/tmp/l"), OK);
	assert_int_equal(link_file("/tmp/l", "/tmp/followed", true), OK);
	assert_int_equal(link_file("/tmp/l", "/tmp/link", false), OK);
	assert_int_equal(type_of("/tmp/followed", false), FILE_TYPE_REGULAR);
	assert_int_equal(type_of("/tmp/link", false), FILE_TYPE_SYMLINK);
	assert_int_equal(vfs_stat_path(me, 0, false, text_bytes("/tmp/link"), &a), OK);
	assert_int_equal(a.links, 2);
}

/* As many as nodes; all but the roots' are free. */
static void test_names_run_out(void **state)
{
	char path[32];

	(void)state;
	make_file("/tmp/f", "f");
	for (unsigned i = 1; i < FIXTURE_NODES; i++) {
		sprintf(path, "/tmp/%u", i);
		assert_int_equal(link_file("/tmp/f", path, true), OK);
	}
	assert_int_equal(link_file("/tmp/f", "/tmp/more", true), ERR_NO_SPACE);
	assert_open("/tmp/more", WRITE | CREATE, ERR_NO_SPACE);
	assert_int_equal(move("/tmp/1", "/tmp/more"), OK);
	assert_int_equal(move("/tmp/f", "/tmp/more"), OK);
	assert_int_equal(remove_file("/tmp/2"), OK);
	assert_open("/tmp/last", WRITE | CREATE, OK);
}

static void test_long_names(void **state)
{
	char path[300] = "/tmp/";

	(void)state;
	memset(path + 5, 'n', 255);
	make_file(path, "long");
	assert_file(path, "long");
	path[260] = 'n';
	assert_open(path, WRITE | CREATE, ERR_TOO_LONG);
}

static void test_nodes_run_out(void **state)
{
	char path[32];
	int count = 0;
	uint64_t id;

	(void)state;
	do
		sprintf(path, "/tmp/%d", count++);
	while (open_status(0, path, WRITE | CREATE, &id) == OK && client_close(me, id) == OK);
	assert_open(path, WRITE | CREATE, ERR_NO_SPACE);
	assert_int_equal(count, FIXTURE_NODES - 4 + 1); /* four roots; the last was refused */
	assert_int_equal(make_directory("/tmp/d"), ERR_NO_SPACE);
	assert_int_equal(link_to("x", "/tmp/l"), ERR_NO_SPACE);
	assert_int_equal(remove_file("/tmp/7"), OK);
	assert_int_equal(make_directory("/tmp/d"), OK);
}

static void test_times(void **state)
{
	struct file_attributes a;
	uint64_t id;

	(void)state;
	make_file("/tmp/f", "f");
	id = open_ok(0, "/tmp/f", READ);
	assert_int_equal(vfs_set_times(me, id, UINT64_MAX, 12345), OK);
	assert_int_equal(vfs_stat(me, id, &a), OK);
	assert_int_equal(a.modified_ns, 12345);
	assert_true(a.accessed_ns != UINT64_MAX && a.changed_ns != 12345);
	assert_int_equal(a.device, 3);
	assert_int_equal(a.writable, 1);
}

static void test_access(void **state)
{
	struct file_attributes a;
	uint64_t id;

	(void)state;
	make_file("/tmp/f", "f");
	id = open_ok(0, "/tmp/f", READ);
	assert_int_equal(vfs_stat(me, id, &a), OK);
	assert_int_equal(a.mode, 0644);
	assert_int_equal(vfs_set_access(me, id, 0, ACCESS_LEAVE, 7), OK);
	assert_int_equal(vfs_set_access(me, id, ACCESS_LEAVE, 70000, ACCESS_LEAVE), OK);
	assert_int_equal(vfs_set_access(me, id, 010000, 1, 1), ERR_INVALID_ARGUMENT);
	assert_int_equal(vfs_set_access(me, id, 0, 1ul << 32, 1), ERR_INVALID_ARGUMENT);
	assert_int_equal(vfs_set_access(me, id + 100, 0, 1, 1), ERR_INVALID_HANDLE);
	assert_int_equal(vfs_stat(me, id, &a), OK);
	assert_int_equal(a.mode, 0);
	assert_int_equal(a.owner, 70000);
	assert_int_equal(a.group, 7);
	id = open_ok(0, "/dev/null", READ);
	assert_int_equal(vfs_set_access(me, id, 0, 1, 1), ERR_NOT_SUPPORTED);
	assert_int_equal(vfs_stat(me, open_ok(0, "/tmp", READ), &a), OK);
	assert_int_equal(a.mode, 0755);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_files),
		TEST(test_removed_file_lives_while_open),
		TEST(test_directories),
		TEST(test_lists_while_changing),
		TEST(test_rename),
		TEST(test_hard_links),
		TEST(test_bad_hard_links),
		TEST(test_names_run_out),
		TEST(test_long_names),
		TEST(test_nodes_run_out),
		TEST(test_times),
		TEST(test_access),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
