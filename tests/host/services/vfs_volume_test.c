// SPDX-License-Identifier: MIT OR Apache-2.0
/* What is mounted, and what a new instance finds (volume.c, vfs.c). */
#include "vfs_forms.h"

#include "blocks.h"

#include <string.h>

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
	assert_int_equal(vfs_volume(7, &v), ERR_NOT_FOUND);
	assert_int_equal(vfs_volume(UINT64_MAX, &v), ERR_NOT_FOUND);
}

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_volumes),
		TEST(test_restart),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
