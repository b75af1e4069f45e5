// SPDX-License-Identifier: MIT OR Apache-2.0
/* Engines of files within the VFS: names, directories, mounts and disks that fail, each by itself.
 */
#include "vfs_engine_volume.h"

#include "blocks.h"
#include "vfs_drive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Whether a directory, which has few, shows a name, spelled just so. */
static bool shows(const char *directory, const char *name)
{
	uint64_t words[6] = {0, OPEN_FLAG_READ | OPEN_FLAG_DIRECTORY, strlen(directory)};
	uint64_t read[6] = {0};
	uint8_t bytes[MESSAGE_BYTES];
	uint64_t size;
	bool is_shown = false;

	assert_int_equal(ask(VFS_OPEN, words, directory, strlen(directory)), OK);
	read[0] = c->results[0];
	assert_int_equal(ask(VFS_READDIR, read, "", 0), OK);
	size = c->results[0];
	memcpy(bytes, c->reply, sizeof(bytes));
	for (uint64_t at = 0; at < size;) {
		struct directory_entry entry;

		memcpy(&entry, bytes + at, sizeof(entry));
		if (entry.name_size == strlen(name) &&
			memcmp(bytes + at + sizeof(entry), name, entry.name_size) == 0)
			is_shown = true;
		at += (sizeof(entry) + entry.name_size + 7) & ~7ul;
	}
	close_id(read[0]);
	return is_shown;
}

static void test_spelling(void **state)
{
	static const char *const names[] = {"Some File.text", "some file.TEXT", "SOME File.text",
		"NAME.TXT", "name.txt", "Name.Txt", "NAME.TXT"};
	uint64_t id;

	(void)state;
	for (unsigned i = 4; i < 10; i++) {
		begin(1, &forms[i]);
		for (unsigned n = 1; n < sizeof(names) / sizeof(names[0]); n++) {
			char both[128];
			uint64_t words[6] = {0, 0, 5 + strlen(names[n - 1])};

			(void)snprintf(
				both, sizeof(both), "/mnt/%s/mnt/%s", names[n - 1], names[n]);
			words[3] = strlen(both);
			if (n == 1) {
				assert_int_equal(open_name("/mnt/Some File.text", FLAGS, &id), OK);
				close_id(id);
			}
			assert_int_equal(ask(VFS_RENAME, words, both, strlen(both)), OK);
			assert_true(shows("/mnt", names[n]));
			assert_false(shows("/mnt", names[n - 1]));
			assert_int_equal(open_name("/mnt/nAmE.tXt", OPEN_FLAG_READ, &id),
				n < 3 ? ERR_NOT_FOUND : OK);
			if (n >= 3)
				close_id(id);
		}
		assert_int_equal(unmount_disk(), OK);
		check_disk();
	}
}

static status_t rename_path(const char *both, size_t first)
{
	uint64_t words[6] = {0, 0, first, strlen(both)};

	return ask(VFS_RENAME, words, both, strlen(both));
}

static void open_path(const char *name)
{
	uint64_t id;

	assert_int_equal(open_name(name, OPEN_FLAG_READ, &id), OK);
	close_id(id);
}

/* Directories know what holds them, also where nothing on the volume says so. */
static void test_parents(void **state)
{
	uint64_t words[6] = {0, 8};

	(void)state;
	for (unsigned i = 0; i < FORMS; i++) {
		begin(i + 40, &forms[i]);
		assert_int_equal(ask(VFS_MKDIR, words, "/mnt/d/e", 8), OK);
		write_some(1);
		for (unsigned n = 0; n < 20; n++) {
			kill_most = 40;
			open_path("/mnt/d/e/../../file1");
			assert_int_equal(rename_path("/mnt/d/e/mnt/g", 8), OK);
			open_path("/mnt/g/../file1");
			assert_int_equal(rename_path("/mnt/d/mnt/g/d", 6), OK);
			open_path("/mnt/g/d/../../file1");
			kill_most = 0;
			assert_int_equal(rename_path("/mnt/g/mnt/g/d/x", 6), ERR_INVALID_ARGUMENT);
			kill_most = 40;
			assert_int_equal(rename_path("/mnt/g/d/mnt/d", 8), OK);
			open_path("/mnt/d/../file1");
			assert_int_equal(rename_path("/mnt/g/mnt/d/e", 6), OK);
		}
		end();
	}
}

static void write_at(unsigned i, uint64_t offset)
{
	struct file *f = &files[i];
	uint64_t words[6] = {0, offset, 10, DATA_PLACE_WINDOW};

	assert_int_equal(open_name(name_of(i), FLAGS, &words[0]), OK);
	memset(window_of(c), 'x', 10);
	assert_int_equal(ask(VFS_WRITE_AT, words, "", 0), OK);
	memset(f->bytes + offset, 'x', 10);
	f->size = offset + 10 > f->size ? offset + 10 : f->size;
	close_id(words[0]);
}

/* What is behind the first bytes does not come to light, whatever is written behind it. */
static void test_part_written(void **state)
{
	static const uint64_t offsets[] = {9000, 6, 30000, 300, 20006, 4096, 500, 8192, 20000};

	(void)state;
	for (unsigned turn = 0; turn < 9; turn++) {
		begin_machine();
		make_disk(&part_written);
		memset(files, 0, sizeof(files));
		assert_int_equal(mount_disk(), OK);
		for (unsigned i = 1; i < 9; i++) {
			files[i].exists = i % 3 != 0;
			files[i].size = i % 3 != 0 ? 20006 : 0;
			memcpy(files[i].bytes, "1\n2\n3\n", 6);
			files[i].access[0] = 0644;
			check_file(i, &files[i]);
		}
		kill_most = turn % 2 != 0 ? 200 : 0;
		for (unsigned i = 1; i < 9; i++) {
			if (files[i].exists)
				write_at(i, offsets[(turn + i) % 9]);
			if (files[i].exists && i > 4)
				write_at(i, offsets[turn] + 1000);
		}
		end();
	}
}

/* A disk that fails for a while: who asks hears of it, and asks with success later. */
static void test_read_again(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FORMS; i++) {
		uint64_t id;

		begin(1, &forms[i]);
		write_some(3);
		assert_int_equal(unmount_disk(), OK);
		assert_int_equal(mount_disk(), OK);
		drive_host_fail(100);
		assert_int_equal(open_name("/mnt/d/file3", OPEN_FLAG_READ, &id), ERR_IO);
		assert_int_equal(open_name("/mnt/d/file3", OPEN_FLAG_READ, &id), ERR_IO);
		drive_host_fail(0);
		check_file(3, &files[3]);
		assert_int_equal(unmount_disk(), OK);
		check_disk();
	}
}

/* Killed while it comes and goes. */
static void test_mount_kills(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FORMS; i++) {
		begin(i + 20, &forms[i]);
		write_some(3);
		assert_int_equal(unmount_disk(), OK);
		for (unsigned n = 0; n < 40; n++) {
			kill_most = 60;
			assert_int_equal(mount_disk(), OK);
			check_file(3, &files[3]);
			assert_int_equal(unmount_disk(), OK);
		}
		kill_most = 0;
		check_disk();
	}
	shell("head -c 12M /dev/urandom >%s");
	drive_host_load(path);
	(void)unlink(path);
	for (unsigned n = 0; n < 40; n++) {
		kill_most = 30;
		assert_int_equal(mount_disk(), ERR_BAD_IMAGE);
	}
	kill_most = 0;
}

/* --- sectors that cannot be moved ---------------------------------------------------------------
 */

#define LARGE_PAGES 150u /* more than two runs */

static uint8_t large[LARGE_PAGES][BLOCK_SIZE];

static void write_large(uint64_t id, unsigned first, unsigned end, uint8_t salt)
{
	uint64_t words[6] = {id, 0, BLOCK_SIZE, DATA_PLACE_WINDOW};

	for (unsigned i = first; i < end; i++) {
		for (unsigned n = 0; n < BLOCK_SIZE; n++)
			large[i][n] = (uint8_t)(n * 7 + (n >> 8) * i + salt + (n % 2 == 0 ? i : 0));
		memcpy(window_of(c), large[i], BLOCK_SIZE);
		words[1] = (uint64_t)i * BLOCK_SIZE;
		assert_int_equal(ask(VFS_WRITE_AT, words, "", 0), OK);
	}
}

/* All pages can be read but one, or UINT32_MAX: all. */
static void check_large(uint64_t id, unsigned bad)
{
	uint64_t words[6] = {id, 0, BLOCK_SIZE, DATA_PLACE_WINDOW};

	for (unsigned i = 0; i < LARGE_PAGES; i++) {
		words[1] = (uint64_t)i * BLOCK_SIZE;
		assert_int_equal(ask(VFS_READ_AT, words, "", 0), i == bad ? ERR_IO : OK);
		if (i != bad)
			assert_memory_equal(window_of(c), large[i], BLOCK_SIZE);
	}
}

static uint64_t mount_and_open(uint64_t flags)
{
	uint64_t id;

	assert_int_equal(mount_disk(), OK);
	assert_int_equal(open_name("/mnt/large", flags, &id), OK);
	return id;
}

/* A sector loses no neighbour of its page, whatever is killed meanwhile. */
static void test_bad_sector(void **state)
{
	static const unsigned kinds[] = {0, 1, 4, 6, 9};

	(void)state;
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		uint64_t id, words[6] = {0};
		size_t bad;

		begin(i + 70, &forms[kinds[i]]);
		assert_int_equal(open_name("/mnt/large", FLAGS, &id), OK);
		write_large(id, 0, LARGE_PAGES, 1);
		kill_most = 200;
		assert_int_equal(ask(VFS_SYNC, words, "", 0), OK);
		kill_most = 0;
		close_id(id);
		assert_int_equal(unmount_disk(), OK);
		bad = drive_host_find(large[77]);
		drive_host_spoil(bad + 512);
		id = mount_and_open(OPEN_FLAG_READ);
		kill_most = 200;
		check_large(id, 77);
		kill_most = 0;
		drive_host_spoil(SIZE_MAX);
		check_large(id, UINT32_MAX);
		close_id(id);
		drive_host_spoil(bad + 512);
		assert_int_equal(open_name("/mnt/large", FLAGS, &id), OK);
		write_large(id, 72, 84, 99);
		words[0] = id;
		assert_int_equal(ask(VFS_SYNC, words, "", 0), ERR_IO);
		(void)drive_host_find(large[76]);
		(void)drive_host_find(large[78]);
		drive_host_spoil(SIZE_MAX);
		assert_int_equal(ask(VFS_SYNC, words, "", 0), OK);
		close_id(id);
		assert_int_equal(unmount_disk(), OK);
		id = mount_and_open(OPEN_FLAG_READ);
		check_large(id, UINT32_MAX);
		close_id(id);
		assert_int_equal(unmount_disk(), OK);
	}
}

/* The driver refuses to write to a volume that is mounted for reading: from before the first look,
 * through kills, until it is unmounted. The disk asserts that it is asked for no write. */
static void test_mount_for_reading(void **state)
{
	uint64_t id;

	(void)state;
	for (unsigned i = 0; i < FORMS; i++) {
		begin(i + 30, &forms[i]);
		write_some(3);
		assert_false(drive_host_is_protected());
		assert_int_equal(unmount_disk(), OK);
		for (unsigned n = 0; n < 10; n++) {
			kill_most = n > 0 ? 100 + n * 20 : 0; /* a step needs some */
			assert_int_equal(mount_disk_for_reading(), OK);
			assert_true(drive_host_is_protected());
			check_file(3, &files[3]);
			assert_int_equal(
				open_name(name_of(1), OPEN_FLAG_CREATE | OPEN_FLAG_WRITE, &id),
				ERR_READ_ONLY);
			assert_int_equal(unmount_disk(), OK);
			assert_false(drive_host_is_protected());
		}
		kill_most = 0;
		assert_int_equal(mount_disk(), OK);
		assert_false(drive_host_is_protected());
		check_disk();
	}
}

static void test_busy(void **state)
{
	uint64_t id;

	(void)state;
	begin(1, &forms[0]);
	assert_int_equal(mount_disk(), ERR_BUSY);
	write_some(1);
	assert_int_equal(open_name(name_of(1), OPEN_FLAG_READ, &id), OK);
	assert_int_equal(unmount_disk(), ERR_BUSY);
	close_id(id);
	assert_int_equal(unmount_disk(), OK);
	assert_int_equal(unmount_disk(), ERR_INVALID_ARGUMENT);
	assert_int_equal(open_name(name_of(1), OPEN_FLAG_READ, &id), ERR_NOT_FOUND);
	check_disk();
}

static void make_many(const struct form *wanted, const char *like, unsigned many, unsigned rounds)
{
	begin(1, wanted);
	for (unsigned i = 0; i < many * rounds; i++) {
		char name[64];
		uint64_t id;

		(void)snprintf(name, sizeof(name), like, i % many);
		assert_int_equal(open_name(name, FLAGS, &id), OK);
		close_id(id);
	}
	end();
}

/* More files are opened and closed than can be kept, none of which needs the disk; and more with
 * alike names than have short ones with a number of one digit. */
static void test_many(void **state)
{
	(void)state;
	make_many(&forms[1], "/mnt/d/many%u", 1300, 3);
	make_many(&forms[5], "/mnt/d/many%u", 1300, 2);
	make_many(&forms[4], "/mnt/d/all begin alike %u.text", 400, 2);
	make_many(&forms[8], "/mnt/d/all begin alike %u.text", 1300, 2);
	make_many(&forms[9], "/mnt/d/all begin alike, and have names of many entries %u.text", 400,
		2);
}

static void test_no_file_system(void **state)
{
	uint64_t words[6] = {0, 0, 3, 7};

	(void)state;
	begin(1, &forms[0]);
	assert_int_equal(unmount_disk(), OK);
	shell("head -c 12M /dev/urandom >%s");
	drive_host_load(path);
	(void)unlink(path);
	assert_int_equal(mount_disk(), ERR_BAD_IMAGE);
	assert_int_equal(mount_disk(), ERR_BAD_IMAGE);
	assert_int_equal(ask(VFS_MOUNT, words, "vdb/mnt", 7), ERR_NOT_FOUND);
	assert_int_equal(ask(VFS_MOUNT, words, "vda/nix", 7), ERR_NOT_FOUND);
	make_disk(&forms[1]);
	drive_host_fail(100);
	assert_int_equal(mount_disk(), ERR_IO);
	drive_host_fail(0);
	assert_int_equal(mount_disk(), OK);
	assert_int_equal(unmount_disk(), OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_no_file_system),
		cmocka_unit_test(test_spelling),
		cmocka_unit_test(test_parents),
		cmocka_unit_test(test_part_written),
		cmocka_unit_test(test_read_again),
		cmocka_unit_test(test_mount_kills),
		cmocka_unit_test(test_bad_sector),
		cmocka_unit_test(test_mount_for_reading),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
