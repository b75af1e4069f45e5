// SPDX-License-Identifier: MIT OR Apache-2.0
/* Files on a device: pages are filled and written back later, out of order, sometimes not at all.
 */
#include "blocks.h"
#include "cache.h"
#include "sheet.h"
#include "vfs_callers.h"
#include "vfs_disk.h"

#include <stdlib.h>
#include <string.h>

#define READ   OPEN_FLAG_READ
#define WRITE  OPEN_FLAG_WRITE
#define CREATE OPEN_FLAG_CREATE
#define PAGE   BLOCK_SIZE

/* More pages than may be changed at once. */
#define OTHER_FILES 5u
#define OTHER_PAGES 40u

static struct caller *const a = &callers[0];
static struct caller *const b = &callers[1];

static uint64_t open_ok(struct caller *c, const char *path, uint64_t flags)
{
	uint64_t id;

	assert_int_equal(open_file(c, path, flags, &id), OK);
	return id;
}

/* A file with `pages` pages whose bytes are their numbers, on the device and not in the cache. */
static void make_file(const char *path, unsigned pages)
{
	uint64_t id = open_ok(a, path, READ | WRITE | CREATE);
	uint8_t bytes[PAGE];

	for (unsigned i = 0; i < pages; i++) {
		memset(bytes, (int)i + 1, PAGE);
		assert_int_equal(write_file(a, id, i * PAGE, bytes, PAGE), OK);
	}
	assert_int_equal(sync_file(a, id), OK);
	assert_int_equal(close_file(a, id), OK);
}

/* tmpfs takes all blocks: clean pages have to go. */
static void squeeze(void)
{
	uint64_t id = open_ok(b, "/tmp/large", READ | WRITE | CREATE);
	static uint8_t bytes[MEMORY_SHARED_UNIT];
	uint64_t offset = 0;

	while (write_file(b, id, offset, bytes, PAGE) == OK)
		offset += PAGE;
	assert_int_equal(b->status, ERR_NO_SPACE);
	assert_int_equal(cache_clean_bytes(), 0);
	assert_true(blocks_left() >= CACHE_KEPT);
	assert_int_equal(close_file(b, id), OK);
	assert_int_equal(unlink_file(b, "/tmp/large"), OK);
}

static void start_read(struct caller *c, uint64_t id, uint64_t offset, uint64_t size)
{
	uint64_t words[6] = {id, offset, size, DATA_PLACE_WINDOW};

	call(c, VFS_READ_AT, words, "", 0);
}

static void start_sync(struct caller *c, uint64_t id)
{
	uint64_t words[6] = {id};

	call(c, VFS_SYNC, words, "", 0);
}

static void assert_pages(const struct caller *c, unsigned first, unsigned pages)
{
	assert_int_equal(c->status, OK);
	assert_int_equal(c->results[0], pages * PAGE);
	for (size_t i = 0; i < pages * PAGE; i++)
		assert_int_equal(window_of(c)[i], first + i / PAGE + 1);
}

/* --- reading --------------------------------------------------------------------------------- */

static void test_reads_wait(void **state)
{
	uint64_t id;

	(void)state;
	make_file("/disk/f", 8);
	squeeze();
	id = open_ok(a, "/disk/f", READ);
	start_read(a, id, PAGE, 4 * PAGE);
	assert_true(a->is_waiting);
	assert_int_equal(disk_pending(), 1); /* all pages in one run */
	/* Others are served meanwhile. */
	assert_int_equal(close_file(b, open_ok(b, "/bin/cat", READ)), OK);
	assert_true(callers_device(0));
	assert_false(a->is_waiting);
	assert_pages(a, 1, 4);
	assert_int_equal(disk_fills(), 4);
	start_read(a, id, PAGE, 4 * PAGE); /* they are there now */
	assert_false(a->is_waiting);
	assert_pages(a, 1, 4);
	assert_int_equal(disk_fills(), 4);
}

static void test_one_fill_for_all(void **state)
{
	uint64_t id;
	uint64_t other;

	(void)state;
	make_file("/disk/f", 1);
	squeeze();
	id = open_ok(a, "/disk/f", READ);
	other = open_ok(b, "/disk/f", READ);
	start_read(a, id, 0, PAGE);
	start_read(b, other, 0, PAGE);
	assert_int_equal(disk_pending(), 1);
	assert_true(callers_device(0));
	assert_pages(a, 0, 1);
	assert_pages(b, 0, 1);
}

static void test_read_ahead(void **state)
{
	uint64_t id;

	(void)state;
	make_file("/disk/f", 40);
	squeeze();
	id = open_ok(a, "/disk/f", READ);
	start_read(a, id, 0, PAGE);
	while (a->is_waiting)
		assert_true(callers_device(0));
	assert_int_equal(disk_fills(), 1);
	start_read(a, id, PAGE, PAGE);
	while (a->is_waiting)
		assert_true(callers_device(0));
	(void)callers_device(0); /* idle: it begins to read ahead */
	assert_int_equal(disk_fills(), 2 + 16);
	while (callers_device(0))
		;
	start_read(a, id, 2 * PAGE, 8 * PAGE);
	assert_false(a->is_waiting);
	assert_pages(a, 2, 8);
	(void)callers_device(0);            /* half of that is used up: it begins with the rest */
	assert_int_equal(disk_fills(), 40); /* in as many runs as free blocks allow */
	/* Who reads here and there gets nothing ahead. */
	while (callers_device(0))
		;
	squeeze();
	start_read(a, id, 30 * PAGE, PAGE);
	assert_true(callers_device(0));
	start_read(a, id, 10 * PAGE, PAGE);
	while (callers_device(0))
		;
	assert_pages(a, 10, 1);
	assert_int_equal(disk_fills(), 42);
}

/* Pages of a run that cannot be moved are the only ones. */
static void test_part_of_a_run(void **state)
{
	uint64_t id;
	unsigned failed = 0;

	(void)state;
	make_file("/disk/f", 30);
	squeeze();
	id = open_ok(a, "/disk/f", READ);
	disk_set_trouble(0, 30);
	start_read(a, id, 0, 8 * PAGE);
	assert_int_equal(disk_pending(), 1);
	assert_true(callers_device(0));
	assert_false(a->is_waiting);
	assert_int_equal(a->status, ERR_IO);
	disk_set_trouble(0, 0);
	for (unsigned i = 0; i < 8; i++) {
		unsigned before = disk_fills();

		start_read(a, id, (uint64_t)(7 - i) * PAGE, PAGE);
		while (a->is_waiting)
			assert_true(callers_device(0));
		assert_pages(a, 7 - i, 1);
		failed += disk_fills() - before;
	}
	assert_in_range(failed, 1, 7);
}

static void test_read_error(void **state)
{
	uint64_t id;

	(void)state;
	make_file("/disk/f", 2);
	squeeze();
	id = open_ok(a, "/disk/f", READ);
	disk_set_trouble(0, 100);
	start_read(a, id, 0, PAGE);
	assert_true(callers_device(0));
	assert_false(a->is_waiting);
	assert_int_equal(a->status, ERR_IO);
	disk_set_trouble(0, 0); /* tried again, not remembered */
	start_read(a, id, 0, PAGE);
	assert_true(callers_device(0));
	assert_pages(a, 0, 1);
}

/* A caller that is gone, or was interrupted and asks again, is not answered twice. */
static void test_cancelled(void **state)
{
	uint64_t id;

	(void)state;
	make_file("/disk/f", 2);
	squeeze();
	id = open_ok(a, "/disk/f", READ);
	start_read(a, id, 0, PAGE);
	assert_true(a->is_waiting);
	a->is_waiting = false;
	start_read(a, id, PAGE, PAGE);
	assert_true(a->is_waiting);
	while (a->is_waiting)
		assert_true(callers_device(0));
	assert_pages(a, 1, 1);
	assert_false(callers_device(0));
}

/* --- writing --------------------------------------------------------------------------------- */

static void test_nothing_is_written_at_once(void **state)
{
	uint64_t id = open_ok(a, "/disk/f", READ | WRITE | CREATE);

	(void)state;
	assert_int_equal(write_file(a, id, 100, "text", 4), OK);
	assert_int_equal(disk_writes(), 0);
	callers_wait(CACHE_AGE_NS / 2);
	assert_int_equal(disk_writes(), 0);
	callers_wait(CACHE_AGE_NS);
	assert_int_equal(disk_writes(), 1);
	disk_finish_all();
	assert_memory_equal(disk_platter(disk_find("f")), "\0\0\0", 3);
	assert_memory_equal(disk_platter(disk_find("f")) + 100, "text", 4);
	callers_wait(CACHE_AGE_NS * 3);
	assert_int_equal(disk_writes(), 1);
}

static void test_part_of_a_page(void **state)
{
	uint64_t id;
	uint8_t bytes[3 * PAGE];
	size_t done;

	(void)state;
	make_file("/disk/f", 3);
	squeeze();
	id = open_ok(a, "/disk/f", READ | WRITE);
	memset(bytes, 0x77, sizeof(bytes));
	assert_int_equal(write_file(a, id, PAGE - 10, bytes, PAGE + 20), OK);
	assert_int_equal(disk_fills(), 2); /* the page in the middle is replaced */
	assert_int_equal(read_file(a, id, 0, bytes, 3 * PAGE, &done), OK);
	assert_int_equal(done, 3 * PAGE);
	for (size_t i = 0; i < done; i++) {
		bool is_new = i >= PAGE - 10 && i < 2 * PAGE + 10;

		assert_int_equal(bytes[i], is_new ? 0x77 : i / PAGE + 1);
	}
}

static void test_sync(void **state)
{
	uint64_t id = open_ok(a, "/disk/f", READ | WRITE | CREATE);
	uint8_t bytes[2 * PAGE];

	(void)state;
	memset(bytes, 1, sizeof(bytes));
	assert_int_equal(write_file(a, id, 0, bytes, sizeof(bytes)), OK);
	start_sync(a, id);
	assert_true(a->is_waiting);
	assert_int_equal(disk_pending(), 1);
	/* What others write meanwhile does not keep it. */
	b->answered = nullptr;
	assert_int_equal(write_file(b, open_ok(b, "/disk/f", WRITE), 5 * PAGE, "x", 1), OK);
	while (a->is_waiting)
		assert_true(callers_device(0));
	assert_int_equal(a->status, OK);
	assert_memory_equal(disk_lasting(disk_find("f")), bytes, sizeof(bytes));
	start_sync(a, 0);
	while (a->is_waiting)
		assert_true(callers_device(0));
	assert_int_equal(disk_lasting(disk_find("f"))[5 * PAGE], 'x');
}

static void test_sync_of_memory(void **state)
{
	uint64_t id = open_ok(a, "/tmp/f", WRITE | CREATE);

	(void)state;
	start_sync(a, id);
	assert_false(a->is_waiting);
	assert_int_equal(a->status, OK);
	start_sync(a, 99);
	assert_int_equal(a->status, ERR_INVALID_HANDLE);
}

/* Each description is told of a failed write once, and the bytes are tried again. */
static void test_write_error(void **state)
{
	uint64_t id = open_ok(a, "/disk/f", READ | WRITE | CREATE);
	uint64_t other = open_ok(b, "/disk/f", READ | WRITE);

	(void)state;
	assert_int_equal(write_file(a, id, 0, "text", 4), OK);
	disk_set_trouble(0, 100);
	assert_int_equal(sync_file(a, id), ERR_IO);
	disk_set_trouble(0, 0);
	assert_int_equal(sync_file(a, id), OK);
	assert_memory_equal(disk_lasting(disk_find("f")), "text", 4);
	assert_int_equal(sync_file(b, other), ERR_IO);
	assert_int_equal(sync_file(b, other), OK);
	assert_int_equal(sync_file(b, open_ok(b, "/disk/f", READ)), OK);
}

/* A reply that is lost by a kill is the same when it is asked for again. */
static void test_write_error_is_not_lost(void **state)
{
	uint64_t id = open_ok(a, "/disk/f", READ | WRITE | CREATE);

	(void)state;
	assert_int_equal(write_file(a, id, 0, "text", 4), OK);
	disk_set_trouble(0, 100);
	assert_int_equal(sync_file(a, id), ERR_IO);
	a->is_waiting = true;
	callers_restart(true, nullptr);
	assert_false(a->is_waiting);
	assert_int_equal(a->status, ERR_IO);
}

/* A volume whose device takes nothing more is emptied without writing. */
static void test_give_up(void **state)
{
	uint64_t id = open_ok(a, "/disk/f", READ | WRITE | CREATE);
	uint32_t volume = 0;
	bool again;

	(void)state;
	assert_true(volume_mounted(place_root(), (struct name){"disk", 4}, &volume));
	assert_int_equal(write_file(a, id, 0, "text", 4), OK);
	disk_set_trouble(0, 1000);
	assert_int_equal(sync_file(a, id), ERR_IO);
	assert_int_equal(close_file(a, id), OK);
	assert_false(cache_is_held(volume));
	assert_int_equal(cache_empty(volume), ERR_IO);
	cache_give_up(volume);
	for (unsigned i = 0; i < 10 && cache_empty(volume) != OK; i++) {
		estate_commit();
		(void)!cache_work(&again);
	}
	assert_int_equal(cache_empty(volume), OK);
	estate_commit();
}

/* The volume could be unmounted: all that was changed was written. */
static bool is_emptied(void)
{
	uint32_t volume = 0;
	status_t status;
	bool again;

	assert_true(volume_mounted(place_root(), (struct name){"disk", 4}, &volume));
	do {
		status = cache_empty(volume);
		estate_commit();
		if (status == FILE_LATER && !callers_device(0))
			(void)!cache_work(&again);
	} while (status == FILE_LATER);
	return status == OK;
}

/* A file that the device does not take hinders no other: neither by its pages nor when it is gone.
 */
static void test_others_go_on(void **state)
{
	uint64_t id = open_ok(a, "/disk/f", READ | WRITE | CREATE);

	(void)state;
	assert_int_equal(write_file(a, id, 0, "text", 4), OK);
	disk_set_trouble(0, 100);
	assert_int_equal(sync_file(a, id), ERR_IO);
	disk_set_trouble(0, 0);
	for (unsigned i = 0; i < OTHER_FILES; i++) {
		char path[] = "/disk/0";
		uint8_t bytes[PAGE] = {1};
		uint64_t other;

		path[6] = (char)('0' + i);
		other = open_ok(b, path, READ | WRITE | CREATE);
		for (unsigned k = 0; k < OTHER_PAGES; k++)
			assert_int_equal(write_file(b, other, k * PAGE, bytes, PAGE), OK);
		assert_int_equal(close_file(b, other), OK);
	}
	assert_int_equal(close_file(a, id), OK);
	assert_int_equal(unlink_file(a, "/disk/f"), OK);
	id = open_ok(a, "/disk/g", READ | WRITE | CREATE);
	assert_int_equal(write_file(a, id, 0, "last", 4), OK);
	assert_int_equal(sync_file(a, id), OK);
	assert_int_equal(close_file(a, id), OK);
	assert_true(is_emptied());
	assert_memory_equal(disk_lasting(disk_find("g")), "last", 4);
}

static void test_full_disk(void **state)
{
	uint64_t id = open_ok(a, "/disk/f", READ | WRITE | CREATE);
	uint8_t bytes[PAGE] = {1};

	(void)state;
	disk_set_capacity(2);
	assert_int_equal(write_file(a, id, 0, bytes, PAGE), OK);
	assert_int_equal(write_file(a, id, PAGE, bytes, PAGE), OK);
	assert_int_equal(write_file(a, id, 2 * PAGE, bytes, 1), ERR_NO_SPACE);
	assert_int_equal(disk_size(disk_find("f")), 2 * PAGE);
	assert_int_equal(write_file(a, id, 100, bytes, 10), OK); /* where it has room */
	assert_int_equal(sync_file(a, id), OK);
}

/* A writer is slowed down when too much is not written yet, and stopped when nothing can be. */
static void test_throttle(void **state)
{
	uint64_t id = open_ok(a, "/disk/f", READ | WRITE | CREATE);
	uint64_t words[6] = {id, 0, PAGE, DATA_PLACE_WINDOW};
	unsigned written = 0;

	(void)state;
	for (; !a->is_waiting; words[1] += PAGE) {
		call(a, VFS_WRITE_AT, words, "", 0);
		written += !a->is_waiting;
	}
	assert_true(written > 10 && written <= FIXTURE_BLOCKS / 4);
	assert_true(disk_pending() > 0);
	assert_true(callers_device(0));
	while (a->is_waiting)
		assert_true(callers_device(0));
	assert_int_equal(a->status, OK);
	disk_set_trouble(0, 100);
	for (unsigned i = 0; i < DISK_PAGES && a->status == OK; i++) {
		words[1] = i * PAGE;
		(void)call_to_end(a, VFS_WRITE_AT, words, "", 0);
	}
	assert_int_equal(a->status, ERR_IO);
	disk_set_trouble(0, 0);
	assert_int_equal(call_to_end(b, VFS_SYNC, (uint64_t[6]){0}, "", 0), OK);
	assert_int_equal(call_to_end(a, VFS_WRITE_AT, words, "", 0), OK);
}

/* The bytes of a page that is being written stay as they are; who wants to change them waits. */
static void test_stable_pages(void **state)
{
	uint64_t id = open_ok(a, "/disk/f", READ | WRITE | CREATE);
	uint64_t other = open_ok(b, "/disk/f", READ | WRITE);
	uint64_t words[6] = {other, 0, 4, DATA_PLACE_WINDOW};

	(void)state;
	assert_int_equal(write_file(a, id, 0, "text", 4), OK);
	start_sync(a, id);
	memcpy(window_of(b), "more", 4);
	call(b, VFS_WRITE_AT, words, "", 0);
	assert_true(b->is_waiting);
	while (a->is_waiting)
		assert_true(callers_device(0)); /* the disk compares the bytes */
	assert_false(b->is_waiting);
	assert_memory_equal(disk_lasting(disk_find("f")), "text", 4);
	assert_int_equal(sync_file(b, other), OK);
	assert_memory_equal(disk_lasting(disk_find("f")), "more", 4);
}

/* What the device was told is known to the next instance. */
static void test_killed_while_it_tells_the_device(void **state)
{
	static jmp_buf dead;
	uint64_t id = open_ok(a, "/disk/f", READ | WRITE | CREATE);
	uint64_t other = open_ok(b, "/disk/f", READ | WRITE);

	(void)state;
	assert_int_equal(write_file(a, id, 0, "text", 4), OK);
	disk_dies_at_write = &dead;
	if (setjmp(dead) == 0)
		start_sync(a, id);
	disk_dies_at_write = nullptr;
	callers_restart(true, a);
	assert_int_equal(disk_pending(), 1);
	memcpy(window_of(b), "more", 4);
	call(b, VFS_WRITE_AT, (uint64_t[6]){other, 0, 4, DATA_PLACE_WINDOW}, "", 0);
	assert_true(b->is_waiting);
	assert_true(callers_device(0));
	assert_int_equal(b->status, OK);
	assert_int_equal(sync_file(b, other), OK);
	assert_memory_equal(disk_lasting(disk_find("f")), "more", 4);
}

/* --- size ------------------------------------------------------------------------------------ */

static void test_cut_and_grow(void **state)
{
	uint64_t id;
	uint8_t bytes[4 * PAGE];
	size_t done;

	(void)state;
	make_file("/disk/f", 8);
	squeeze();
	id = open_ok(a, "/disk/f", READ | WRITE);
	assert_int_equal(resize_file(a, id, PAGE + 5), OK);
	assert_int_equal(resize_file(a, id, 3 * PAGE), OK);
	assert_int_equal(read_file(a, id, 0, bytes, sizeof(bytes), &done), OK);
	assert_int_equal(done, 3 * PAGE);
	for (size_t i = 0; i < done; i++)
		assert_int_equal(bytes[i], i < PAGE ? 1 : i < PAGE + 5 ? 2 : 0);
	assert_int_equal(sync_file(a, id), OK);
	assert_memory_equal(disk_lasting(disk_find("f")), bytes, done);
}

/* What lies behind the end on the device never comes to light. */
static void test_grow_over_rubbish(void **state)
{
	uint64_t id = open_ok(a, "/disk/f", READ | WRITE | CREATE);
	uint8_t bytes[2 * PAGE];
	size_t done;

	(void)state;
	assert_int_equal(write_file(a, id, 0, "text", 4), OK);
	assert_int_equal(sync_file(a, id), OK);
	memset(disk_platter(disk_find("f")) + 4, 0xdd, PAGE - 4);
	squeeze();
	assert_int_equal(write_file(a, id, PAGE + 4, "x", 1), OK);
	assert_int_equal(sync_file(a, id), OK);
	squeeze();
	assert_int_equal(read_file(a, id, 0, bytes, sizeof(bytes), &done), OK);
	assert_int_equal(done, PAGE + 5);
	for (size_t i = 4; i < PAGE + 4; i++)
		assert_int_equal(bytes[i], 0);
}

static void test_cut_waits_for_writes(void **state)
{
	uint64_t id = open_ok(a, "/disk/f", READ | WRITE | CREATE);
	uint64_t other = open_ok(b, "/disk/f", WRITE);
	uint8_t bytes[2 * PAGE] = {1};

	(void)state;
	assert_int_equal(write_file(a, id, 0, bytes, sizeof(bytes)), OK);
	start_sync(a, id);
	call(b, VFS_SET_SIZE, (uint64_t[6]){other, 0}, "", 0);
	assert_true(b->is_waiting);
	while (b->is_waiting)
		assert_true(callers_device(1));
	assert_int_equal(b->status, OK);
	while (a->is_waiting)
		assert_true(callers_device(0));
	while (callers_device(0))
		;
	assert_int_equal(blocks_used(), 0);
}

/* --- names ----------------------------------------------------------------------------------- */

static void test_unlinked_while_open(void **state)
{
	uint64_t id = open_ok(a, "/disk/f", READ | WRITE | CREATE);
	char text[5] = "";
	size_t done;

	(void)state;
	assert_int_equal(write_file(a, id, 0, "text", 4), OK);
	assert_int_equal(unlink_file(b, "/disk/f"), OK);
	assert_int_equal(disk_nodes_used(), 1);
	assert_int_equal(write_file(a, id, 4, "s", 1), OK);
	assert_int_equal(read_file(a, id, 0, text, 5, &done), OK);
	assert_memory_equal(text, "texts", 5);
	assert_int_equal(sync_file(a, id), OK);
	assert_int_equal(close_file(a, id), OK);
	assert_int_equal(disk_nodes_used(), 0);
	(void)callers_device(0);
	assert_int_equal(blocks_used(), 0);
}

/* A node is not deleted, so its number not used again, while it is being written. */
static void test_unlinked_while_written(void **state)
{
	uint64_t id = open_ok(a, "/disk/f", WRITE | CREATE);

	(void)state;
	assert_int_equal(write_file(a, id, 0, "text", 4), OK);
	assert_int_equal(close_file(a, id), OK);
	callers_wait(2 * CACHE_AGE_NS);
	assert_int_equal(disk_pending(), 1);
	call(a, VFS_UNLINK, (uint64_t[6]){0, 0, 7}, "/disk/f", 7);
	assert_false(a->is_waiting);
	assert_int_equal(a->status, OK);
	assert_int_equal(disk_nodes_used(), 1);
	assert_true(callers_device(0));
	assert_int_equal(disk_nodes_used(), 0);
	(void)callers_device(0);
	assert_int_equal(blocks_used(), 0);
}

static void test_replaced(void **state)
{
	uint64_t words[6] = {0, 0, 7, 14};
	char text[4];
	size_t done;

	(void)state;
	make_file("/disk/f", 1);
	make_file("/disk/g", 2);
	assert_int_equal(call_to_end(a, VFS_RENAME, words, "/disk/f/disk/g", 14), OK);
	assert_int_equal(disk_nodes_used(), 1);
	assert_int_equal(read_file(a, open_ok(a, "/disk/g", READ), PAGE - 1, text, 4, &done), OK);
	assert_int_equal(done, 1);
	(void)callers_device(0);
	assert_int_equal(blocks_used(), 1);
}

/* Names and attributes may take time, too. */
static void test_everything_later(void **state)
{
	char text[8];
	size_t done;
	uint64_t id;

	(void)state;
	disk_set_trouble(60, 0);
	for (unsigned i = 0; i < 30; i++) {
		id = open_ok(a, "/disk/f", READ | WRITE | CREATE);
		assert_int_equal(write_file(a, id, i, "text", 4), OK);
		assert_int_equal(read_file(a, id, i, text, 4, &done), OK);
		assert_memory_equal(text, "text", done);
		assert_int_equal(sync_file(a, id), OK);
		assert_int_equal(close_file(a, id), OK);
		assert_int_equal(open_file(a, "/disk/f", WRITE | CREATE | OPEN_FLAG_EXCLUSIVE, &id),
			ERR_EXISTS);
		assert_int_equal(unlink_file(a, "/disk/f"), OK);
		assert_int_equal(open_file(a, "/disk/f", READ, &id), ERR_NOT_FOUND);
	}
	assert_int_equal(disk_nodes_used(), 0);
}

static void test_symlink_and_list(void **state)
{
	uint64_t words[6] = {0, 7, 14};
	uint64_t id;
	unsigned entries = 0;
	uint64_t cookie = 0;

	(void)state;
	make_file("/disk/f", 1);
	disk_set_trouble(50, 0);
	assert_int_equal(call_to_end(a, VFS_SYMLINK, words, "/disk/f/disk/l", 14), OK);
	id = open_ok(a, "/disk/l", READ);
	assert_int_equal(a->results[2], PAGE);
	id = open_ok(a, "/disk", READ | OPEN_FLAG_DIRECTORY);
	for (;;) {
		assert_int_equal(call_to_end(a, VFS_READDIR, (uint64_t[6]){id, cookie}, "", 0), OK);
		if (a->results[0] == 0)
			break;
		for (size_t at = 0; at < a->results[0]; entries++) {
			struct directory_entry e;

			memcpy(&e, a->reply + at, sizeof(e));
			cookie = e.next_cookie;
			at += (sizeof(e) + e.name_size + 7) / 8 * 8;
		}
	}
	assert_int_equal(entries, 2);
}

/* --- the table, the sheet, the volume ----------------------------------------------------------
 */

static void test_stamps(void **state)
{
	uint64_t id = open_ok(a, "/disk/f", READ | WRITE | CREATE);
	uint32_t slot = (uint32_t)a->results[4];
	uint32_t stamp = (uint32_t)a->results[5];

	(void)state;
	assert_true(slot > 0 && slot < SHEET_WORDS);
	assert_int_equal(sheet_stamp(slot), stamp);
	assert_int_equal(write_file(a, id, 0, "text", 4), OK);
	assert_int_not_equal(sheet_stamp(slot), stamp);
	stamp = sheet_stamp(slot);
	assert_int_equal(resize_file(a, id, 2), OK);
	assert_int_not_equal(sheet_stamp(slot), stamp);
	stamp = sheet_stamp(slot);
	assert_int_equal(close_file(a, id), OK);
	assert_int_equal(unlink_file(a, "/disk/f"), OK);
	(void)callers_device(0);
	assert_int_not_equal(sheet_stamp(slot), stamp); /* for the next file there */
}

static void test_space(void **state)
{
	struct volume_status v;
	uint64_t index = 0;

	(void)state;
	disk_set_capacity(100);
	make_file("/disk/f", 3);
	do {
		assert_int_equal(call_to_end(a, VFS_VOLUME, (uint64_t[6]){index++}, "", 0), OK);
		memcpy(&v, a->reply, sizeof(v));
	} while (strcmp((const char *)v.path, "/disk") != 0);
	assert_int_equal(v.total, 100 * PAGE);
	assert_int_equal(v.used, 3 * PAGE);
}

#define TEST(name) cmocka_unit_test_setup(name, callers_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_reads_wait),
		TEST(test_one_fill_for_all),
		TEST(test_read_ahead),
		TEST(test_part_of_a_run),
		TEST(test_read_error),
		TEST(test_cancelled),
		TEST(test_nothing_is_written_at_once),
		TEST(test_part_of_a_page),
		TEST(test_sync),
		TEST(test_sync_of_memory),
		TEST(test_write_error),
		TEST(test_write_error_is_not_lost),
		TEST(test_give_up),
		TEST(test_others_go_on),
		TEST(test_full_disk),
		TEST(test_throttle),
		TEST(test_stable_pages),
		TEST(test_killed_while_it_tells_the_device),
		TEST(test_cut_and_grow),
		TEST(test_grow_over_rubbish),
		TEST(test_cut_waits_for_writes),
		TEST(test_unlinked_while_open),
		TEST(test_unlinked_while_written),
		TEST(test_replaced),
		TEST(test_everything_later),
		TEST(test_symlink_and_list),
		TEST(test_stamps),
		TEST(test_space),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
