// SPDX-License-Identifier: MIT OR Apache-2.0
/* Engines of files within the VFS: random operations beside a model, kills, power cuts, volumes
 * that lie. Each case by itself: vfs_engine_cases_test.c. VFS_CUTS: how often the power goes. */
#include "vfs_engine_volume.h"

#include "vfs_drive.h"
#include "vfs_remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CUTS    500u
#define HOSTILE 60u /* changed volumes of each form */

static void test_random(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FORMS; i++) {
		begin(i, &forms[i]);
		for (unsigned steps = 0; steps < 1200; steps++)
			step();
		end();
	}
}

static void test_kills(void **state)
{
	(void)state;
	kills = 0;
	for (unsigned i = 0; i < FORMS; i++) {
		begin(i + 10, &forms[i]);
		kill_most = 400;
		for (unsigned steps = 0; steps < 500; steps++)
			step();
		let_go();
		assert_int_equal(unmount_disk(), OK);
		assert_int_equal(mount_disk(), OK);
		end();
	}
	printf("%u kills, and %u of the engine's process\n", kills, remote_host_kills());
	assert_true(kills > 300);
}

/* Only what was not touched since the last sync is known. */
static void test_cuts(void **state)
{
	const char *wanted = getenv("VFS_CUTS");
	unsigned cuts = wanted != NULL ? (unsigned)atoi(wanted) : CUTS;

	(void)state;
	for (unsigned cut = 0; cut < cuts; cut++) {
		begin(cut + 100, &forms[cut % FORMS]);
		for (unsigned i = (unsigned)rand() % 80; i > 0; i--)
			step();
		for (unsigned i = (unsigned)rand() % 20; i > 0; i--) {
			(void)drive_host_finish((unsigned)rand());
			drive();
		}
		drive_host_cut();
		begin_machine();
		kill_most = cut % 3 == 0 ? 300 : 0; /* while it mends */
		assert_int_equal(mount_disk(), OK);
		kill_most = 0;
		for (unsigned i = 0; i < FILES; i++) {
			if (!is_touched[i])
				check_file(i, &lasting[i]);
		}
		assert_int_equal(unmount_disk(), OK);
		check_disk();
	}
}

/* --- volumes that lie ---------------------------------------------------------------------------
 */

static void spoil(const char *file)
{
	FILE *f = fopen(file, "r+b");
	static const int few[] = {1, 4, 30, 300};

	assert_non_null(f);
	for (int n = few[rand() % 4]; n > 0; n--) {
		long at = rand() % (form->mebibytes < 12 ? 40000 : 700000);

		if (form == &disc)
			at = 32768 + rand() % 40000;

		(void)fseek(f, at, SEEK_SET);
		(void)fputc(rand() % 3 == 0 ? 0xff : rand(), f);
	}
	(void)fclose(f);
}

/* Whatever is answered: it is answered. */
static void try_all(void)
{
	uint64_t id;
	uint64_t words[6] = {0, 0, 0};

	for (unsigned i = 0; i < FILES; i++) {
		const char *name = name_of(i);

		if (open_name(name, FLAGS, &id) == OK) {
			uint64_t at[6] = {id, (uint64_t)rand() % 4 * 9000, 5000, DATA_PLACE_WINDOW};

			(void)ask(VFS_READ_AT, at, "", 0);
			(void)ask(VFS_WRITE_AT, at, "", 0);
			at[1] = (uint64_t)rand() % FILE_MOST;
			(void)ask(VFS_SET_SIZE, at, "", 0);
			(void)ask(VFS_CLOSE, at, "", 0);
		}
		words[2] = strlen(name);
		if (rand() % 2 != 0)
			(void)ask(VFS_UNLINK, words, name, strlen(name));
	}
	for (unsigned i = 0; i < 2; i++) {
		const char *name = i == 0 ? "/mnt" : "/mnt/d";
		uint64_t read[6] = {0};

		if (open_name(name, OPEN_FLAG_READ | OPEN_FLAG_DIRECTORY, &read[0]) != OK)
			continue;
		(void)ask(VFS_READDIR, read, "", 0);
		(void)ask(VFS_CLOSE, read, "", 0);
	}
	(void)ask(VFS_SYNC, words, "", 0);
}

static void try_changed(const char *good)
{
	char copy[200];

	(void)snprintf(copy, sizeof(copy), "cp %s %%s", good);
	shell(copy);
	spoil(path);
	begin_machine();
	drive_host_load(path);
	if (mount_disk() == OK)
		try_all();
	(void)unmount_disk();
}

static void test_hostile_disc(void **state)
{
	char good[80];

	(void)state;
	begin_disc();
	for (unsigned i = 1; i < 15; i++) {
		uint64_t id;
		bool is_there = i == 1 || i == 2 || i == 4 || i == 5 || i == 7 || i == 3 ||
				i == 6 || i == 12;

		assert_int_equal(
			open_name(name_of(i), OPEN_FLAG_READ, &id), is_there ? OK : ERR_NOT_FOUND);
		if (is_there)
			close_id(id);
	}
	assert_int_equal(unmount_disk(), OK);
	(void)snprintf(good, sizeof(good), "%s.good", path);
	drive_host_save(good);
	drive_host_allow_shared(true);
	for (unsigned n = 0; n < 5 * HOSTILE; n++)
		try_changed(good);
	drive_host_allow_shared(false);
	(void)unlink(good);
	(void)unlink(path);
}

static void test_hostile(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FORMS; i++) {
		char good[80];

		begin(i + 500, &forms[i]);
		for (unsigned steps = 0; steps < 60; steps++)
			step();
		let_go();
		assert_int_equal(unmount_disk(), OK);
		(void)snprintf(good, sizeof(good), "%s.good", path);
		drive_host_save(good);
		drive_host_allow_shared(true);
		for (unsigned n = 0; n < HOSTILE; n++)
			try_changed(good);
		drive_host_allow_shared(false);
		(void)unlink(good);
		(void)unlink(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_kills),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_hostile_disc),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
