// SPDX-License-Identifier: MIT OR Apache-2.0
/* The VFS by its operations: paths, both file systems, descriptions and their sharing, and
 * every limit and error. */
#include "vfs_fixture.h"

#include "blocks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READ      OPEN_FLAG_READ
#define WRITE     OPEN_FLAG_WRITE
#define CREATE    OPEN_FLAG_CREATE
#define DIRECTORY OPEN_FLAG_DIRECTORY

static struct client *me;

static int setup(void **state)
{
	(void)state;
	fixture_new();
	me = client_find(1);
	estate_commit();
	return 0;
}

/* --- short forms ----------------------------------------------------------------------------- */

static status_t open_status(uint64_t directory, const char *path, uint64_t flags, uint64_t *id)
{
	struct vfs_opened opened = {0};
	status_t status = vfs_open(me, directory, flags, text_bytes(path), &opened);

	*id = opened.id;
	estate_commit();
	return status;
}

static uint64_t open_ok(uint64_t directory, const char *path, uint64_t flags)
{
	uint64_t id;

	assert_int_equal(open_status(directory, path, flags, &id), OK);
	return id;
}

static void assert_open(const char *path, uint64_t flags, status_t expected)
{
	uint64_t id;

	assert_int_equal(open_status(0, path, flags, &id), expected);
}

static void close_ok(uint64_t id)
{
	assert_int_equal(client_close(me, id), OK);
	estate_commit();
}

static void write_ok(uint64_t id, const char *text)
{
	size_t done;

	assert_int_equal(vfs_write(me, id, text_bytes(text), &done), OK);
	assert_int_equal(done, strlen(text));
	estate_commit();
}

static void assert_reads(uint64_t id, const char *expected)
{
	char text[MESSAGE_BYTES + 1];
	size_t done;

	assert_int_equal(vfs_read(me, id, text, MESSAGE_BYTES, &done), OK);
	text[done] = 0;
	assert_string_equal(text, expected);
	estate_commit();
}

static void make_file(const char *path, const char *text)
{
	uint64_t id = open_ok(0, path, WRITE | CREATE);

	write_ok(id, text);
	close_ok(id);
}

static void assert_file(const char *path, const char *text)
{
	uint64_t id = open_ok(0, path, READ);

	assert_reads(id, text);
	close_ok(id);
}

static status_t make_directory(const char *path)
{
	status_t status = vfs_mkdir(me, 0, text_bytes(path));

	estate_commit();
	return status;
}

static status_t link_to(const char *target, const char *path)
{
	status_t status = vfs_symlink(me, 0, text_bytes(target), text_bytes(path));

	estate_commit();
	return status;
}

static status_t link_file(const char *from, const char *to, bool follow)
{
	struct vfs_name old = {.path = text_bytes(from)};
	struct vfs_name new = {.path = text_bytes(to)};
	status_t status = vfs_link(me, &old, follow, &new);

	estate_commit();
	return status;
}

static status_t remove_file(const char *path)
{
	status_t status = vfs_unlink(me, 0, false, text_bytes(path));

	estate_commit();
	return status;
}

static status_t remove_directory(const char *path)
{
	status_t status = vfs_unlink(me, 0, true, text_bytes(path));

	estate_commit();
	return status;
}

static status_t move(const char *from, const char *to)
{
	status_t status = vfs_rename(me, 0, text_bytes(from), 0, text_bytes(to));

	estate_commit();
	return status;
}

static uint64_t type_of(const char *path, bool follow)
{
	struct file_attributes a;
	status_t status = vfs_stat_path(me, 0, follow, text_bytes(path), &a);

	return status == OK ? a.type : (uint64_t)status;
}

/* The names of a directory, each with a blank behind, as few at a time as `room` allows. */
static void list(const char *path, size_t room, char *names)
{
	uint64_t id = open_ok(0, path, READ | DIRECTORY);
	uint8_t buffer[MESSAGE_BYTES];
	uint64_t cookie = 0;
	size_t size;

	*names = 0;
	for (;;) {
		assert_int_equal(vfs_readdir(me, id, cookie, buffer, room, &size), OK);
		if (size == 0)
			break;
		for (size_t at = 0; at < size;) {
			struct directory_entry e;

			memcpy(&e, buffer + at, sizeof(e));
			names += sprintf(names, "%.*s ", (int)e.name_size,
				(const char *)buffer + at + sizeof(e));
			cookie = e.next_cookie;
			at += (sizeof(e) + e.name_size + 7) / 8 * 8;
		}
	}
	close_ok(id);
}

static void assert_list(const char *path, const char *expected)
{
	char names[4096];

	list(path, MESSAGE_BYTES, names);
	assert_string_equal(names, expected);
	list(path, sizeof(struct directory_entry) + 16, names);
	assert_string_equal(names, expected);
}

/* --- the bundle ------------------------------------------------------------------------------ */

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
	assert_list("/", "app bin-x bin kernel share home tmp var ");
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
	static const struct vfs_sizes sizes = {8, 2, 1, 8, 8};

	(void)state;
	fixture_bundle()[0] ^= 1;
	estate_host_new(1 << 20);
	assert_true(vfs_start(&sizes, fixture_bundle(), fixture_bundle_size()));
	me = client_find(1);
	assert_list("/", "home tmp var ");
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

/* --- paths ----------------------------------------------------------------------------------- */

static void test_paths_stay_below_their_directory(void **state)
{
	uint64_t tmp;
	uint64_t id;

	(void)state;
	make_directory("/tmp/a");
	make_file("/tmp/a/f", "f");
	make_file("/tmp/g", "g");
	tmp = open_ok(0, "/tmp/a", READ | DIRECTORY);
	assert_int_equal(open_status(tmp, "f", READ, &id), OK);
	assert_int_equal(open_status(tmp, "./../a/f", READ, &id), ERR_ACCESS);
	assert_int_equal(open_status(tmp, "..", READ, &id), ERR_ACCESS);
	assert_int_equal(open_status(tmp, "/tmp/g", READ, &id), ERR_ACCESS);
	link_to("../g", "/tmp/a/up");
	link_to("/tmp/g", "/tmp/a/absolute");
	link_to("f", "/tmp/a/inside");
	assert_int_equal(open_status(tmp, "up", READ, &id), ERR_ACCESS);
	assert_int_equal(open_status(tmp, "absolute", READ, &id), ERR_ACCESS);
	assert_int_equal(open_status(tmp, "inside", READ, &id), OK);
	assert_file("/tmp/a/up", "g");
	assert_file("/tmp/a/absolute", "g");
	assert_file("/../../tmp/a/../g", "g");
	assert_file("/tmp/../bin/cat", "program cat");
}

static void test_bad_paths(void **state)
{
	char text[MESSAGE_BYTES + 2];
	struct vfs_opened opened;

	(void)state;
	assert_open("", READ, ERR_NOT_FOUND);
	memset(text, 'a', sizeof(text));
	text[256] = 0;
	assert_open(text, READ, ERR_TOO_LONG);
	assert_int_equal(vfs_open(me, 0, READ,
				 (struct vfs_bytes){(uint8_t *)text, MESSAGE_BYTES + 1}, &opened),
		ERR_TOO_LONG);
	assert_int_equal(
		vfs_open(me, 0, READ, (struct vfs_bytes){(const uint8_t *)"a\0b", 3}, &opened),
		ERR_INVALID_ARGUMENT);
	assert_int_equal(vfs_open(me, 99, READ, text_bytes("x"), &opened), ERR_INVALID_HANDLE);
	assert_int_equal(vfs_open(me, open_ok(0, "/bin/cat", READ), READ, text_bytes("x"), &opened),
		ERR_NOT_DIRECTORY);
	assert_open("/tmp/x", 1u << 20, ERR_INVALID_ARGUMENT);
}

static void test_links(void **state)
{
	char text[8];
	size_t size;

	(void)state;
	make_directory("/tmp/d");
	make_file("/tmp/d/f", "f");
	assert_int_equal(link_to("d/f", "/tmp/l"), OK);
	assert_int_equal(link_to("d", "/tmp/e"), OK);
	assert_int_equal(link_to("loop", "/tmp/loop"), OK);
	assert_int_equal(link_to("", "/tmp/no"), ERR_NOT_FOUND);
	assert_int_equal(link_to("x", "/tmp/l"), ERR_EXISTS);
	assert_file("/tmp/l", "f");
	assert_file("/tmp/e/f", "f");
	assert_file("/tmp/e/../l", "f");
	assert_int_equal(type_of("/tmp/l", true), FILE_TYPE_REGULAR);
	assert_int_equal(type_of("/tmp/l", false), FILE_TYPE_SYMLINK);
	assert_int_equal(type_of("/tmp/e/", false), FILE_TYPE_DIRECTORY);
	assert_int_equal(type_of("/tmp/l/", false), (uint64_t)ERR_NOT_DIRECTORY);
	assert_int_equal(type_of("/tmp/loop", true), (uint64_t)ERR_LOOP);
	assert_int_equal(type_of("/tmp/loop", false), FILE_TYPE_SYMLINK);
	assert_open("/tmp/l", READ | OPEN_FLAG_NO_FOLLOW, ERR_LOOP);
	assert_int_equal(vfs_readlink(me, 0, text_bytes("/tmp/l"), text, 8, &size), OK);
	assert_memory_equal(text, "d/f", size);
	assert_int_equal(
		vfs_readlink(me, 0, text_bytes("/tmp/d"), text, 8, &size), ERR_INVALID_ARGUMENT);
	link_to("made", "/tmp/dangling");
	assert_open("/tmp/dangling", READ, ERR_NOT_FOUND);
	assert_open("/tmp/dangling", WRITE | CREATE | OPEN_FLAG_EXCLUSIVE, ERR_EXISTS);
	make_file("/tmp/dangling", "through");
	assert_file("/tmp/made", "through");
}

/* Sixteen links are followed, not more. */
static void test_link_chain(void **state)
{
	char name[32] = "/tmp/0";
	char target[32];

	(void)state;
	make_file(name, "end");
	for (int i = 1; i <= 17; i++) {
		sprintf(target, "%d", i - 1);
		sprintf(name, "/tmp/%d", i);
		assert_int_equal(link_to(target, name), OK);
	}
	assert_file("/tmp/16", "end");
	assert_open("/tmp/17", READ, ERR_LOOP);
}

/* --- tmpfs ----------------------------------------------------------------------------------- */

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
	assert_int_equal(count, FIXTURE_NODES - 3 + 1); /* three roots; the last was refused */
	assert_int_equal(make_directory("/tmp/d"), ERR_NO_SPACE);
	assert_int_equal(link_to("x", "/tmp/l"), ERR_NO_SPACE);
	assert_int_equal(remove_file("/tmp/7"), OK);
	assert_int_equal(make_directory("/tmp/d"), OK);
}

static void test_blocks_run_out(void **state)
{
	uint64_t id = open_ok(0, "/tmp/f", READ | WRITE | CREATE);
	uint8_t bytes[MESSAGE_BYTES] = {1};
	size_t done = 0;
	uint64_t size = 0;
	status_t status;

	(void)state;
	do {
		status = vfs_write(me, id, (struct vfs_bytes){bytes, sizeof(bytes)}, &done);
		size += status == OK ? done : 0;
		estate_commit();
	} while (status == OK);
	assert_int_equal(status, ERR_NO_SPACE);
	assert_int_equal(size, (FIXTURE_BLOCKS - 1) * BLOCK_SIZE); /* one for the map */
	assert_int_equal(link_to("x", "/tmp/l"), ERR_NO_SPACE);
	assert_int_equal(vfs_set_size(me, id, 1), OK);
	estate_commit();
	assert_int_equal(blocks_used(), 1);
	assert_int_equal(link_to("x", "/tmp/l"), OK);
}

/* Random writes, cuts and extensions, compared with an array. */
static void test_contents(void **state)
{
	static uint8_t model[6 << 20];
	uint64_t id = open_ok(0, "/tmp/f", READ | WRITE | CREATE);
	uint64_t size = 0;

	(void)state;
	memset(model, 0, sizeof(model));
	srand(1);
	for (int i = 0; i < 6000; i++) {
		static const uint64_t bases[] = {
			0, 4000, 8 * 4096 - 200, 1032 * 4096 - 300, 1100 * 4096};
		uint64_t offset = bases[(size_t)rand() % 5] + (uint64_t)rand() % 9000;
		size_t length = (size_t)rand() % MESSAGE_BYTES;
		uint8_t bytes[MESSAGE_BYTES];
		size_t done;

		memset(bytes, i, sizeof(bytes));
		if (rand() % 20 == 0) {
			assert_int_equal(vfs_set_size(me, id, offset), OK);
			if (offset < size)
				memset(model + offset, 0, size - offset);
			size = offset;
		} else if (rand() % 2 == 0) {
			assert_int_equal(vfs_write_at(me, id, offset,
						 (struct vfs_bytes){bytes, length}, &done),
				OK);
			assert_int_equal(done, length);
			memcpy(model + offset, bytes, length);
			if (length > 0 && offset + length > size)
				size = offset + length;
		} else {
			size_t expected = offset >= size ? 0 : size - offset;

			expected = expected < length ? expected : length;
			assert_int_equal(vfs_read_at(me, id, offset, bytes, length, &done), OK);
			assert_int_equal(done, expected);
			assert_memory_equal(bytes, model + offset, done);
		}
		estate_commit();
	}
	assert_int_equal(vfs_set_size(me, id, 0), OK);
	assert_int_equal(blocks_used(), 0);
}

static void test_far_offsets(void **state)
{
	uint64_t id = open_ok(0, "/tmp/f", READ | WRITE | CREATE);
	uint64_t most = (8 + 1024 + 1024 * 1024) * (uint64_t)BLOCK_SIZE;
	size_t done;
	char text[4];

	(void)state;
	assert_int_equal(vfs_write_at(me, id, UINT64_MAX, text_bytes("x"), &done), ERR_RANGE);
	assert_int_equal(vfs_write_at(me, id, most, text_bytes("x"), &done), ERR_RANGE);
	assert_int_equal(vfs_write_at(me, id, most - 2, text_bytes("xyz"), &done), OK);
	assert_int_equal(done, 2);
	assert_int_equal(vfs_read_at(me, id, most - 2, text, 4, &done), OK);
	assert_int_equal(done, 2);
	assert_int_equal(vfs_read_at(me, id, UINT64_MAX, text, 4, &done), OK);
	assert_int_equal(done, 0);
	assert_int_equal(vfs_set_size(me, id, most + 1), ERR_RANGE);
	assert_int_equal(vfs_set_size(me, id, 0), OK);
	assert_int_equal(blocks_used(), 0);
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

static void test_volumes(void **state)
{
	struct volume_status v;

	(void)state;
	assert_int_equal(vfs_volume(0, &v), OK);
	assert_string_equal((const char *)v.path, "/");
	assert_int_equal(v.read_only, 1);
	assert_int_equal(vfs_volume(2, &v), OK);
	assert_string_equal((const char *)v.path, "/tmp");
	assert_string_equal((const char *)v.name, "tmpfs");
	assert_int_equal(v.total, FIXTURE_BLOCKS * BLOCK_SIZE);
	assert_int_equal(vfs_volume(4, &v), ERR_NOT_FOUND);
	assert_int_equal(vfs_volume(UINT64_MAX, &v), ERR_NOT_FOUND);
}

/* --- descriptions ---------------------------------------------------------------------------- */

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
	for (unsigned i = 0; i < FIXTURE_DESCRIPTIONS; i++)
		open_ok(0, "/tmp", READ);
	assert_open("/tmp", READ, ERR_TOO_MANY);
	close_ok(5);
	close_ok(9);
	open_ok(0, "/tmp", READ);
	open_ok(0, "/tmp", READ);
	assert_open("/tmp", READ, ERR_TOO_MANY);
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

/* --- the next instance ----------------------------------------------------------------------- */

static void test_restart(void **state)
{
	uint64_t id;

	(void)state;
	make_directory("/tmp/d");
	make_file("/tmp/d/f", "kept");
	id = open_ok(0, "/tmp/d/f", READ | WRITE);
	write_ok(id, "K");
	fixture_restart();
	me = client_known(1);
	assert_reads(id, "ept");
	assert_file("/tmp/d/f", "Kept");
	assert_list("/tmp", "d ");
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bundle),
		TEST(test_bundle_lists),
		TEST(test_bundle_is_read_only),
		TEST(test_damaged_file),
		TEST(test_damaged_bundle),
		TEST(test_program),
		TEST(test_paths_stay_below_their_directory),
		TEST(test_bad_paths),
		TEST(test_links),
		TEST(test_link_chain),
		TEST(test_files),
		TEST(test_rights_of_descriptions),
		TEST(test_removed_file_lives_while_open),
		TEST(test_directories),
		TEST(test_lists_while_changing),
		TEST(test_rename),
		TEST(test_hard_links),
		TEST(test_bad_hard_links),
		TEST(test_names_run_out),
		TEST(test_long_names),
		TEST(test_nodes_run_out),
		TEST(test_blocks_run_out),
		TEST(test_contents),
		TEST(test_far_offsets),
		TEST(test_times),
		TEST(test_volumes),
		TEST(test_sharing),
		TEST(test_numbers_run_out),
		TEST(test_descriptions_run_out),
		TEST(test_clients_run_out),
		TEST(test_restart),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
