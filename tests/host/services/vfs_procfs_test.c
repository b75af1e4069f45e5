// SPDX-License-Identifier: MIT OR Apache-2.0
/* Programs as files (procfs.c). */
#include "vfs_forms.h"

#include <string.h>

static struct client *begin(uint64_t pid, uint64_t parent, const char *name)
{
	struct client *c = client_find(pid);

	assert_non_null(c);
	client_is_program(c, parent, false, (const uint8_t *)name, strlen(name));
	estate_commit();
	return c;
}

static void test_names(void **state)
{
	(void)state;
	assert_list("/proc", ""); /* clients that are no programs are not there */
	(void)begin(33, 32, "cat");
	(void)begin(1000000007, 33, "wc");
	assert_list("/proc", "33 1000000007 ");
	assert_list("/proc/33", "name parent memory descriptors ");
	assert_int_equal(type_of("/proc", false), FILE_TYPE_DIRECTORY);
	assert_int_equal(type_of("/proc/33", false), FILE_TYPE_DIRECTORY);
	assert_int_equal(type_of("/proc/33/name", false), FILE_TYPE_DEVICE);
	assert_int_equal(type_of("/proc/33/../33/name", false), FILE_TYPE_DEVICE);
	assert_int_equal(type_of("/proc/../tmp", false), FILE_TYPE_DIRECTORY);
	for (unsigned i = 0; i < 8; i++) {
		static const char *const wrong[] = {"/proc/0", "/proc/34", "/proc/033", "/proc/+33",
			"/proc/33/x", "/proc/33/name ", "/proc/4294967329",
			"/proc/18446744073709551649"};

		assert_int_equal(type_of(wrong[i], false), (uint64_t)ERR_NOT_FOUND);
	}
	assert_int_equal(type_of("/proc/33/name/x", false), (uint64_t)ERR_NOT_DIRECTORY);
}

static void test_contents(void **state)
{
	struct client *c =
		begin(33, 32, "a name of exactly sixty-three bytes, the most that there can be");
	uint64_t id, read_end, write_end;

	(void)state;
	assert_reads(open_ok(0, "/proc/33/parent", READ), "32\n");
	assert_reads(open_ok(0, "/proc/33/name", READ),
		"a name of exactly sixty-three bytes, the most that there can be\n");
	assert_reads(open_ok(0, "/proc/33/memory", READ),
		"used 135168\npeak 270336\nlimit 1048576\nfaults 7\n");
	assert_reads(open_ok(0, "/proc/33/descriptors", READ), "");
	make_file("/tmp/x", "12345");
	{
		struct vfs_opened opened;

		assert_int_equal(vfs_open(c, 0, READ, text_bytes("/dev/null"), &opened), OK);
		assert_int_equal(vfs_pipe(c, &read_end, &write_end), OK);
		estate_commit();
	}
	id = open_ok(0, "/proc/33/descriptors", READ);
	{
		char text[200];
		size_t done;

		assert_int_equal(vfs_read_at(me, id, 0, text, sizeof(text) - 1, &done), OK);
		text[done] = 0;
		assert_memory_equal(text, "1 device ", 9);
		assert_true(done > 40);
		assert_string_equal(text + done - 30, "\n2 pipe-read 0\n3 pipe-write 0\n");
		assert_int_equal(vfs_read_at(me, id, 2, text, 3, &done), OK); /* a part of it */
		assert_memory_equal(text, "dev", 3);
	}
}

/* It goes, its open files too; the next with its place is another. */
static void test_end(void **state)
{
	struct client *c = begin(33, 32, "cat");
	uint64_t id = open_ok(0, "/proc/33/name", READ);
	uint8_t byte;
	size_t done;

	(void)state;
	client_forget(c);
	estate_commit();
	assert_int_equal(vfs_read(me, id, &byte, 1, &done), ERR_NOT_FOUND);
	assert_list("/proc", "");
	assert_int_equal(type_of("/proc/33", false), (uint64_t)ERR_NOT_FOUND);
	assert_non_null(client_find(33)); /* before it is told to be a program */
	estate_commit();
	assert_list("/proc", "");
}

static void test_nothing_can_be_changed(void **state)
{
	(void)state;
	(void)begin(33, 32, "cat");
	assert_open("/proc/33/name", WRITE, ERR_READ_ONLY);
	assert_open("/proc/33/new", WRITE | CREATE, ERR_READ_ONLY);
	assert_int_equal(make_directory("/proc/44"), ERR_READ_ONLY);
	assert_int_equal(remove_file("/proc/33/name"), ERR_READ_ONLY);
	assert_int_equal(remove_directory("/proc/33"), ERR_READ_ONLY);
	assert_int_equal(move("/proc/33/name", "/proc/33/x"), ERR_READ_ONLY);
	fixture_restart();
	assert_list("/proc", "33 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_names),
		TEST(test_contents),
		TEST(test_end),
		TEST(test_nothing_can_be_changed),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
