// SPDX-License-Identifier: MIT OR Apache-2.0
/* Random operations beside a model: to the end, with kills at any saved change, with power cuts, on
 * volumes that are nearly full, and with a device that fails. */
#include "estate_host.h"
#include "ext4_model.h"

#include <stdio.h>
#include <stdlib.h>

#define EXT4_CUTS 1000u

static unsigned base; /* added to each seed */

static const char *const forms[] = {
	"-b 1024",
	"-b 4096",
	"-b 1024 -O ^metadata_csum,^64bit",
	"-b 2048 -O ^extra_isize -I 128",
	"-b 1024 -O ^dir_index,^flex_bg",
};
#define FORMS (sizeof(forms) / sizeof(forms[0]))

static void start(const char *options, unsigned kibibytes, unsigned seed)
{
	volume_seed(base + seed);
	volume_make(options, kibibytes);
	volume_open(false);
	volume_mount();
	model_start();
}

static void finish(void)
{
	model_check();
	volume_unmount();
	volume_check();
	volume_open(false);
	volume_mount();
	model_check();
	volume_unmount();
}

static void test_random(void **state)
{
	(void)state;
	for (unsigned form = 0; form < FORMS; form++) {
		start(forms[form], 24576, form);
		for (unsigned i = 0; i < 2000; i++) {
			model_step();
			if (volume_random() % 50 == 0)
				model_sync();
		}
		finish();
	}
}

static void test_full(void **state)
{
	(void)state;
	for (unsigned form = 0; form < FORMS; form++) {
		start(forms[form], form == 1 ? 9000 : 4096, form + 100);
		for (unsigned i = 0; i < 1500; i++)
			model_step();
		finish();
	}
}

static void test_kills(void **state)
{
	unsigned before = volume_kills();

	(void)state;
	for (unsigned form = 0; form < FORMS; form++) {
		start(forms[form], 16384, form + 200);
		volume_set_kills(300);
		for (unsigned i = 0; i < 600; i++) {
			model_step();
			if (volume_random() % 40 == 0)
				model_sync();
		}
		volume_set_kills(0);
		finish();
	}
	printf("%u kills\n", volume_kills() - before);
}

static void cut_once(unsigned seed)
{
	volume_open(false);
	volume_mount();
	model_start();
	for (unsigned steps = 1 + volume_random() % 60; steps > 0; steps--) {
		model_step();
		if (volume_random() % 12 == 0)
			model_sync();
	}
	for (unsigned turns = volume_random() % 20; turns > 0; turns--)
		volume_turn();
	disk_cut(volume_random);
	volume_open(false);
	volume_mount();
	model_check_synced();
	volume_unmount();
	if (seed % 4 == 0)
		volume_check();
}

static void test_cuts(void **state)
{
	const char *wanted = getenv("EXT4_CUTS");
	unsigned cuts = wanted != NULL ? (unsigned)atoi(wanted) : EXT4_CUTS;

	(void)state;
	for (unsigned i = 0; i < cuts; i++) {
		if (i % 50 == 0) {
			volume_seed(base + i + 1000);
			volume_make(forms[i / 50 % FORMS], i / 50 % FORMS == 1 ? 12288 : 6144);
			disk_keep();
		}
		disk_restore();
		cut_once(i);
	}
	printf("%u cuts\n", cuts);
}

static void test_trouble(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 40; round++) {
		uint64_t ticket = 0;
		status_t status;

		start(forms[round % FORMS], 12288, round + 300);
		for (unsigned i = 0; i < 20; i++)
			model_step();
		model_sync();
		(void)VOLUME_DO(ext4_set_times(volume, EXT4_ROOT, 1, 2));
		disk_set_trouble(volume_random() % 3, 1);
		status = VOLUME_DO(ext4_sync(volume, &ticket));
		assert_true(status == OK || status == ERR_IO);
		disk_set_trouble(0, 0);
		disk_cut(volume_random);
		volume_open(false);
		volume_mount();
		model_check_synced();
		volume_unmount();
		volume_check();
	}
}

int main(void)
{
	const char *wanted = getenv("EXT4_SEED");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_kills),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_trouble),
	};

	base = wanted != NULL ? (unsigned)atoi(wanted) : 0;
	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
