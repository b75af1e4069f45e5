// SPDX-License-Identifier: MIT OR Apache-2.0
/* A volume that others made and check: files, directories, links, in all block sizes. */
#include "estate_host.h"
#include "ext4_volume.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REGULAR   0100644u
#define DIRECTORY 0040755u
#define SYMLINK   0120777u

static const struct name none = {"", 0};

static uint32_t make(uint32_t directory, const char *name, uint16_t mode)
{
	uint32_t inode;

	assert_int_equal(
		VOLUME_DO(ext4_create(volume, directory, name_of(name), mode, none, &inode)), OK);
	return inode;
}

static void check_all(void)
{
	volume_unmount();
	volume_check();
	volume_open(false);
	volume_mount();
}

static void test_files(void)
{
	static uint8_t bytes[200000];
	static uint8_t back[200000];
	uint32_t inode;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 31 + i / 977);
	inode = make(EXT4_ROOT, "file", REGULAR);
	assert_int_equal(volume_write(inode, 0, bytes, sizeof(bytes)), OK);
	assert_int_equal(volume_write(inode, 1000000, bytes, 5000), OK);
	check_all();
	assert_int_equal(volume_find("file", &inode), OK);
	assert_int_equal(volume_read(inode, 0, back, sizeof(back)), OK);
	assert_memory_equal(bytes, back, sizeof(back));
	assert_int_equal(volume_read(inode, 1000000, back, 5000), OK);
	assert_memory_equal(bytes, back, 5000);
	assert_int_equal(volume_read(inode, 500000, back, 1), OK);
	assert_int_equal(back[0], 0);
	assert_int_equal(VOLUME_DO(ext4_set_size(volume, inode, 100)), OK);
	check_all();
	assert_int_equal(VOLUME_DO(ext4_remove(volume, EXT4_ROOT, name_of("file"))), OK);
	assert_int_equal(volume_find("file", &inode), ERR_NOT_FOUND);
}

static void test_directories(void)
{
	uint32_t directory = make(EXT4_ROOT, "many", DIRECTORY);
	uint32_t inode;
	char name[64];

	for (unsigned i = 0; i < 3000; i++) {
		(void)snprintf(name, sizeof(name), "a file with a long name %u", i * 7919);
		(void)make(directory, name, REGULAR);
	}
	check_all();
	for (unsigned i = 0; i < 3000; i++) {
		(void)snprintf(name, sizeof(name), "many/a file with a long name %u", i * 7919);
		assert_int_equal(volume_find(name, &inode), OK);
	}
	assert_int_equal(volume_find("many", &directory), OK);
	assert_int_equal(VOLUME_DO(ext4_remove(volume, EXT4_ROOT, name_of("many"))), ERR_NOT_EMPTY);
	for (unsigned i = 0; i < 3000; i++) {
		(void)snprintf(name, sizeof(name), "a file with a long name %u", i * 7919);
		assert_int_equal(VOLUME_DO(ext4_remove(volume, directory, name_of(name))), OK);
	}
	check_all();
	assert_int_equal(VOLUME_DO(ext4_remove(volume, EXT4_ROOT, name_of("many"))), OK);
}

static void test_names(void)
{
	uint32_t a = make(EXT4_ROOT, "a", DIRECTORY);
	uint32_t b = make(a, "b", DIRECTORY);
	uint32_t f = make(b, "f", REGULAR);
	uint32_t link;
	char target[300];
	char back[300];
	size_t done;

	memset(target, 'x', sizeof(target));
	assert_int_equal(VOLUME_DO(ext4_link(volume, f, EXT4_ROOT, name_of("hard"))), OK);
	assert_int_equal(
		VOLUME_DO(ext4_create(volume, a, name_of("soft"), SYMLINK, name_of("b/f"), &link)),
		OK);
	assert_int_equal(VOLUME_DO(ext4_create(volume, a, name_of("long"), SYMLINK,
				 (struct name){target, sizeof(target)}, &link)),
		OK);
	assert_int_equal(
		VOLUME_DO(ext4_rename(volume, EXT4_ROOT, name_of("a"), b, name_of("in itself"))),
		ERR_INVALID_ARGUMENT);
	assert_int_equal(
		VOLUME_DO(ext4_rename(volume, a, name_of("b"), EXT4_ROOT, name_of("up"))), OK);
	assert_int_equal(
		VOLUME_DO(ext4_rename(volume, EXT4_ROOT, name_of("hard"), a, name_of("soft"))), OK);
	check_all();
	assert_int_equal(volume_find("a/long", &link), OK);
	assert_int_equal(VOLUME_DO(ext4_read_link(volume, link, 0, back, sizeof(back), &done)), OK);
	assert_int_equal(done, sizeof(target));
	assert_memory_equal(target, back, done);
	assert_int_equal(volume_find("up/f", &f), OK);
	assert_int_equal(volume_find("a/soft", &link), OK);
	assert_int_equal(link, f);
	assert_int_equal(VOLUME_DO(ext4_remove(volume, EXT4_ROOT, name_of("a"))), ERR_NOT_EMPTY);
	assert_int_equal(
		VOLUME_DO(ext4_create(volume, EXT4_ROOT, name_of("a"), REGULAR, none, &link)),
		ERR_EXISTS);
}

/* Blocks of attributes are shared by inodes, and go with the last. */
static void test_attributes(void **state)
{
	(void)state;
	volume_make("-b 1024", 8192);
	volume_open(false);
	volume_mount();
	(void)make(EXT4_ROOT, "one", REGULAR);
	volume_unmount();
	volume_shell("head -c 700 /dev/urandom | base64 -w0 | head -c 700 >/tmp/ext4-value && "
		     "/sbin/debugfs -w -R 'ea_set -f /tmp/ext4-value one user.x' %s 2>/dev/null; "
		     "rm -f /tmp/ext4-value");
	volume_check();
	volume_open(false);
	volume_mount();
	assert_int_equal(VOLUME_DO(ext4_remove(volume, EXT4_ROOT, name_of("one"))), OK);
	volume_unmount();
	volume_check();
}

static void run_with(const char *options, unsigned kibibytes)
{
	volume_make(options, kibibytes);
	volume_open(false);
	volume_mount();
	test_files();
	check_all();
	test_directories();
	check_all();
	test_names();
	volume_unmount();
	volume_check();
}

static void test_4k(void **state)
{
	(void)state;
	run_with("-b 4096", 65536);
}

static void test_1k(void **state)
{
	(void)state;
	run_with("-b 1024", 32768);
}

static void test_2k_plain(void **state)
{
	(void)state;
	run_with("-b 2048 -O ^metadata_csum,^64bit", 32768);
}

static void test_no_journal(void **state)
{
	(void)state;
	run_with("-b 4096 -O ^has_journal,^dir_index", 32768);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_4k),
		cmocka_unit_test(test_1k),
		cmocka_unit_test(test_2k_plain),
		cmocka_unit_test(test_no_journal),
		cmocka_unit_test(test_attributes),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
