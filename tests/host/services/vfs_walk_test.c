// SPDX-License-Identifier: MIT OR Apache-2.0
/* Paths and symbolic links (walk.c). */
#include "vfs_forms.h"

#include <stdio.h>
#include <string.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_paths_stay_below_their_directory),
		TEST(test_bad_paths),
		TEST(test_links),
		TEST(test_link_chain),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
