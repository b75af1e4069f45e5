// SPDX-License-Identifier: MIT OR Apache-2.0
/* Volumes whose bytes were changed: each is refused, or answers with errors; nothing is read or
 * written out of bounds (sanitizers), nothing goes on for ever. */
#include "estate_host.h"
#include "ext4_volume.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS    1500u
#define DEPTH     4u
#define REGULAR   0100644u
#define DIRECTORY 0040755u

static const char *const forms[] = {
	"-b 1024 -O ^metadata_csum,^64bit", /* nothing protects these */
	"-b 4096 -O ^metadata_csum",
	"-b 1024 -O ^metadata_csum,^has_journal",
	"-b 1024",
	"-t ext3 -b 1024",
};
#define FORMS (sizeof(forms) / sizeof(forms[0]))

/* Files of the host, so that the volume has all that there is. */
static void fill(const char *form)
{
	char options[600];
	char folder[64];
	char command[600];

	(void)snprintf(folder, sizeof(folder), "/tmp/ext4-tree-%d", (int)volume_random());
	(void)snprintf(command, sizeof(command),
		"mkdir -p %s/d/e && cd %s && head -c 300000 /dev/urandom >big && ln -s big soft && "
		"ln big hard && ln -s $(head -c 200 /dev/zero | tr '\\0' x) long && cd d && "
		"for i in $(seq 300); do echo $i >'a file with a long name '$i; done",
		folder, folder);
	assert_int_equal(system(command), 0);
	(void)snprintf(options, sizeof(options), "%s -d %s", form, folder);
	volume_make(options, 6144);
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	assert_int_equal(system(command), 0);
	disk_keep();
}

/* Most of what matters lies in the first part. */
static void change(void)
{
	for (unsigned changes = 1 + volume_random() % 6; changes > 0; changes--) {
		uint64_t part = volume_random() % 4 == 0 ? disk_size() : 400000;
		uint64_t at = volume_random() % part;
		uint8_t bytes[4];

		if (volume_random() % 4 == 0)
			at = 1024 + at % 1024;
		disk_read_now(at, bytes, sizeof(bytes));
		bytes[volume_random() % 4] =
			volume_random() % 2 == 0 ? (uint8_t)volume_random()
						 : (uint8_t)(volume_random() % 2 == 0 ? 0 : 0xff);
		disk_write_now(at, bytes, sizeof(bytes));
	}
}

static void read_file(uint32_t inode, uint64_t size)
{
	static uint8_t bytes[16384];

	for (uint64_t at = 0; at < size && at < 400000; at += sizeof(bytes)) {
		if (volume_read(inode, at, bytes, sizeof(bytes)) != OK)
			return;
	}
}

static void walk(uint32_t directory, unsigned depth)
{
	struct ext4_entry entry;
	uint64_t cookie = 0;

	for (unsigned count = 0; count < 2000; count++) {
		struct ext4_attributes a;
		char target[256];
		size_t done;
		uint32_t found;

		if (VOLUME_DO(ext4_next(volume, directory, &cookie, &entry)) != OK)
			return;
		(void)VOLUME_DO(ext4_lookup(
			volume, directory, (struct name){entry.name, entry.size}, &found));
		if (VOLUME_DO(ext4_attributes(volume, entry.inode, &a)) != OK)
			continue;
		(void)VOLUME_DO(
			ext4_read_link(volume, entry.inode, 0, target, sizeof(target), &done));
		if ((a.mode & 0xf000) == 0x8000 && count % 16 == 0)
			read_file(entry.inode, a.size);
		if ((a.mode & 0xf000) == 0x4000 && depth < DEPTH)
			walk(entry.inode, depth + 1);
	}
}

static void change_volume(void)
{
	static uint8_t bytes[60000];
	uint32_t directory = EXT4_ROOT;
	uint32_t inode;
	uint64_t ticket = 0;

	(void)volume_find("d", &directory);
	for (unsigned i = 0; i < 20; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "new %u", i);
		if (VOLUME_DO(ext4_create(volume, directory, name_of(name),
			    i % 4 == 0 ? DIRECTORY : REGULAR, name_of(""), &inode)) == OK)
			(void)volume_write(inode, 0, bytes, sizeof(bytes));
	}
	if (volume_find("big", &inode) == OK)
		(void)VOLUME_DO(ext4_set_size(volume, inode, 5000));
	(void)VOLUME_DO(ext4_remove(volume, EXT4_ROOT, name_of("hard")));
	(void)VOLUME_DO(ext4_remove(volume, EXT4_ROOT, name_of("big")));
	(void)VOLUME_DO(ext4_rename(volume, directory, name_of("e"), EXT4_ROOT, name_of("moved")));
	(void)VOLUME_DO(ext4_sync(volume, &ticket));
	(void)VOLUME_DO(ext4_unmount(volume));
}

static void try_volume(void)
{
	volume_open(false);
	volume_limit_turns(40000);
	if (VOLUME_DO(ext4_mount(volume)) != OK)
		return;
	walk(EXT4_ROOT, 0);
	change_volume();
}

static void test_changed(void **state)
{
	const char *wanted = getenv("EXT4_ROUNDS");
	unsigned rounds = wanted != NULL ? (unsigned)atoi(wanted) : ROUNDS;

	(void)state;
	for (unsigned i = 0; i < rounds; i++) {
		volume_seed(i);
		if (i % (rounds / FORMS) == 0 && i / (rounds / FORMS) < FORMS)
			fill(forms[i / (rounds / FORMS)]);
		disk_restore();
		change();
		try_volume();
	}
}

static bool contains(const char *text, const char *part)
{
	while (*text != 0 && strncmp(text, part, strlen(part)) != 0)
		text++;
	return *text != 0;
}

/* Every feature that is not known is named; nothing is written. */
static void test_features(void **state)
{
	static const struct {
		const char *options;
		const char *name;
		bool readable;
	} cases[] = {
		{"-O inline_data", "inline_data", false},
		{"-O encrypt", "encrypt", false},
		{"-O meta_bg,^resize_inode", "meta_bg", false},
		{"-O bigalloc", "bigalloc", false},
		{"-O quota", "quota", true},
		{"-O project,quota", "quota", true},
		{"-t ext3", "extents", true},
		{"-t ext2", "extents", true},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		status_t status;
		uint32_t inode;

		volume_make(cases[i].options, 16384);
		volume_open(false);
		status = VOLUME_DO(ext4_mount(volume));
		if (status != (cases[i].readable ? OK : ERR_NOT_SUPPORTED))
			fail_msg("%s: %d, %s", cases[i].options, (int)status, ext4_trouble(volume));
		if (!contains(ext4_trouble(volume), cases[i].name))
			fail_msg("%s: %s", cases[i].options, ext4_trouble(volume));
		if (!cases[i].readable)
			continue;
		assert_int_equal(volume_find("lost+found", &inode), OK);
		assert_int_equal(VOLUME_DO(ext4_create(volume, EXT4_ROOT, name_of("x"), REGULAR,
					 name_of(""), &inode)),
			ERR_READ_ONLY);
		volume_check();
	}
}

static void take_super(uint8_t super[1024])
{
	disk_read_now(1024, super, 1024);
}

/* The two superblocks of a volume: before it is mounted, and in use. */
static void two_supers(
	const char *options, unsigned kibibytes, uint8_t clean[1024], uint8_t used[1024])
{
	uint32_t inode;
	uint64_t ticket = 0;

	volume_make(options, kibibytes);
	take_super(clean);
	volume_open(false);
	assert_int_equal(VOLUME_DO(ext4_mount(volume)), OK);
	assert_int_equal(VOLUME_DO(ext4_create(
				 volume, EXT4_ROOT, name_of("x"), REGULAR, name_of(""), &inode)),
		OK);
	assert_int_equal(VOLUME_DO(ext4_sync(volume, &ticket)), OK);
	take_super(used);
	assert_memory_not_equal(clean, used, 512);
	assert_memory_not_equal(clean + 512, used + 512, 512);
}

static status_t mount_with(const uint8_t first[512], const uint8_t second[512], bool read_only)
{
	disk_write_now(1024, first, 512);
	disk_write_now(1536, second, 512);
	volume_open(read_only);
	return VOLUME_DO(ext4_mount(volume));
}

/* The power went between the two sectors of a superblock. */
static void test_torn(void **state)
{
	uint8_t clean[1024];
	uint8_t used[1024];
	uint32_t inode;

	(void)state;
	for (unsigned form = 0; form < 2; form++) {
		two_supers("-b 1024 -O metadata_csum,64bit", 20000, clean, used);
		assert_int_equal(mount_with(used, clean + 512, true), ERR_CORRUPT);
		assert_int_equal(form == 0 ? mount_with(used, clean + 512, false)
					   : mount_with(clean, used + 512, false),
			OK);
		assert_int_equal(volume_find("x", &inode), OK);
		volume_unmount();
		volume_check();
	}
	/* Something else changed. */
	two_supers("-b 1024 -O metadata_csum,64bit", 20000, clean, used);
	used[0] ^= 1; /* the number of inodes */
	assert_int_equal(mount_with(used, used + 512, false), ERR_CORRUPT);
	used[0] ^= 1;
	used[104] ^= 1; /* the volume's number */
	assert_int_equal(mount_with(used, used + 512, false), ERR_CORRUPT);
	/* No copy. */
	two_supers("-b 4096 -O metadata_csum,64bit", 20000, clean, used);
	assert_int_equal(mount_with(used, clean + 512, false), ERR_CORRUPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_features),
		cmocka_unit_test(test_torn),
		cmocka_unit_test(test_changed),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
