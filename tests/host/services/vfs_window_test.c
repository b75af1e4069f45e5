// SPDX-License-Identifier: MIT OR Apache-2.0
/* Windows, the sheet, and what open loads: what clients share with the VFS. */
#include "share_host.h"
#include "sheet.h"
#include "vfs_fixture.h"

#include "blocks.h"

#include <string.h>

#define READ  OPEN_FLAG_READ
#define WRITE OPEN_FLAG_WRITE
#define LOAD  OPEN_FLAG_LOAD
#define ARENA 0x400000000000u

static struct client *me;

static int setup(void **state)
{
	(void)state;
	fixture_new();
	me = client_find(1);
	estate_commit();
	return 0;
}

static struct vfs_opened open_ok(const char *path, uint64_t flags)
{
	struct vfs_opened opened = {0};

	assert_int_equal(vfs_open(me, 0, flags, text_bytes(path), &opened), OK);
	estate_commit();
	return opened;
}

static void write_ok(uint64_t id, uint64_t offset, const char *text)
{
	size_t done;

	assert_int_equal(vfs_write_at(me, id, offset, text_bytes(text), &done), OK);
	assert_int_equal(done, strlen(text));
	estate_commit();
}

static void test_attach(void **state)
{
	(void)state;
	assert_null(client_window(me));
	assert_int_equal(client_attach(me, 0, true), ERR_RANGE);
	assert_int_equal(client_attach(me, ARENA + 4096, true), ERR_RANGE);
	assert_int_equal(client_attach(me, ABI_USER_ADDRESS_END + 1, true), ERR_RANGE);
	assert_int_equal(client_attach(me, ARENA, false), OK);
	assert_null(client_window(me));
	assert_int_equal(client_attach(me, ARENA, true), OK);
	estate_commit();
	assert_ptr_equal(share_host_lent(1, ARENA), client_window(me));
	assert_non_null(share_host_lent(1, ARENA + MEMORY_SHARED_UNIT));
	assert_int_equal(client_attach(me, ARENA, true), OK); /* asked again after a kill */
	assert_int_equal(client_attach(me, ARENA / 2, true), ERR_EXISTS);
	assert_int_equal(
		client_attach(client_find(BADGE_SERVICE + 3), ARENA, true), ERR_NOT_SUPPORTED);
	assert_int_equal(client_attach(client_find(0), ARENA, true), ERR_NOT_SUPPORTED);
}

static void test_attach_without_memory(void **state)
{
	(void)state;
	share_host_exhaust(true);
	assert_int_equal(client_attach(me, ARENA, true), ERR_QUOTA);
	assert_null(client_window(me));
	assert_int_equal(open_ok("/bin/cat", READ | LOAD).loaded, 0);
	share_host_exhaust(false);
	assert_int_equal(client_attach(me, ARENA, true), OK);
}

static void test_place_taken(void **state)
{
	(void)state;
	assert_int_equal(client_attach(me, ARENA, true), OK);
	estate_commit();
	/* Somebody else's sheet lies where this one's window would. */
	assert_int_equal(share_lend(SHARE_SHEET, 2, ARENA, RIGHT_READ), OK);
	assert_int_equal(client_attach(client_find(2), ARENA, true), ERR_ALREADY_MAPPED);
	assert_null(client_window(client_find(2)));
	assert_non_null(share_host_lent(2, ARENA)); /* and still does */
}

static void test_open_loads(void **state)
{
	struct vfs_opened opened;

	(void)state;
	assert_int_equal(client_attach(me, ARENA, true), OK);
	opened = open_ok("/bin/cat", READ | LOAD);
	assert_int_equal(opened.loaded, strlen("program cat"));
	assert_memory_equal(share_host_lent(1, ARENA), "program cat", opened.loaded);
	assert_int_equal(opened.attributes.size, opened.loaded);
	assert_int_equal(opened.slot, 0);
	assert_int_equal(open_ok("/bin/cat", READ).loaded, 0);
	assert_int_equal(open_ok("/bin", READ | LOAD).loaded, 0);
	assert_int_equal(open_ok("/tmp/new", WRITE | LOAD | OPEN_FLAG_CREATE).loaded, 0);
}

/* A stamp that is unchanged promises that the file is. */
static void test_stamps(void **state)
{
	struct vfs_opened a = open_ok("/tmp/a", READ | WRITE | OPEN_FLAG_CREATE);
	struct vfs_opened b = open_ok("/tmp/b", READ | WRITE | OPEN_FLAG_CREATE);
	uint32_t other = sheet_stamp(b.slot);
	uint32_t stamp = vfs_stamp(me, a.id);

	(void)state;
	assert_int_not_equal(a.slot, b.slot);
	assert_int_equal(stamp, sheet_stamp(a.slot));
	write_ok(a.id, 0, "text");
	assert_int_not_equal(stamp, vfs_stamp(me, a.id));
	stamp = vfs_stamp(me, a.id);
	assert_int_equal(vfs_set_size(me, a.id, 2), OK);
	assert_int_not_equal(stamp, vfs_stamp(me, a.id));
	stamp = vfs_stamp(me, a.id);
	assert_int_equal(vfs_set_times(me, a.id, 1, 2), OK);
	assert_int_not_equal(stamp, vfs_stamp(me, a.id));
	stamp = vfs_stamp(me, a.id);
	assert_int_equal(vfs_rename(me, 0, text_bytes("/tmp/a"), 0, text_bytes("/tmp/c")), OK);
	assert_int_not_equal(stamp, vfs_stamp(me, a.id));
	stamp = vfs_stamp(me, a.id);
	assert_int_equal(vfs_unlink(me, 0, false, text_bytes("/tmp/c")), OK);
	assert_int_not_equal(stamp, vfs_stamp(me, a.id));
	assert_int_equal(other, sheet_stamp(b.slot));
	assert_int_equal(vfs_stamp(me, 99), 0);
}

static void test_restart(void **state)
{
	static const char text[] = "written before the kill";
	struct vfs_opened file = open_ok("/tmp/a", READ | WRITE | OPEN_FLAG_CREATE);
	size_t done;

	(void)state;
	assert_int_equal(client_attach(me, ARENA, true), OK);
	write_ok(file.id, 0, text);
	fixture_restart();
	me = client_known(1);
	assert_ptr_equal(client_window(me), share_host_lent(1, ARENA));
	assert_int_equal(vfs_read_at(me, file.id, 0, client_window(me), 4096, &done), OK);
	assert_memory_equal(share_host_lent(1, ARENA), text, done);
	assert_int_equal(client_close(me, file.id), OK);
	client_forget(me);
	estate_commit();
	assert_null(share_host_lent(1, ARENA));
}

/* A client that has an arena for its pipes, but no window, needs no memory at a restart. */
static void test_restart_without_window(void **state)
{
	(void)state;
	assert_int_equal(client_attach(me, ARENA, false), OK);
	estate_commit();
	share_host_exhaust(true);
	fixture_restart();
	share_host_exhaust(false);
	me = client_known(1);
	assert_null(client_window(me));
	assert_int_equal(client_attach(me, ARENA, true), OK);
}

/* As much as a window holds fits into one transaction, also over what is there. */
static void test_largest_write(void **state)
{
	struct vfs_opened file = open_ok("/tmp/a", READ | WRITE | OPEN_FLAG_CREATE);
	uint8_t *window;
	size_t done;

	(void)state;
	assert_int_equal(client_attach(me, ARENA, true), OK);
	window = client_window(me);
	for (unsigned round = 1; round < 4; round++) {
		memset(window, (int)round, MEMORY_SHARED_UNIT);
		assert_int_equal(vfs_write_at(me, file.id, 100,
					 (struct vfs_bytes){window, MEMORY_SHARED_UNIT}, &done),
			OK);
		assert_int_equal(done, MEMORY_SHARED_UNIT);
		estate_commit();
		memset(window, 0, MEMORY_SHARED_UNIT);
		assert_int_equal(
			vfs_read_at(me, file.id, 100, window, MEMORY_SHARED_UNIT, &done), OK);
		assert_int_equal(done, MEMORY_SHARED_UNIT);
		for (size_t i = 0; i < done; i++)
			assert_int_equal(window[i], round);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_attach),
		TEST(test_attach_without_memory),
		TEST(test_place_taken),
		TEST(test_open_loads),
		TEST(test_stamps),
		TEST(test_restart),
		TEST(test_restart_without_window),
		TEST(test_largest_write),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
