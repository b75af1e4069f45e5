// SPDX-License-Identifier: MIT OR Apache-2.0
/* Contents of tmpfs files (tmpfs_data.c, blocks.c). */
#include "vfs_forms.h"

#include "blocks.h"

#include <stdlib.h>
#include <string.h>

static void test_blocks_run_out(void **state)
{
	uint64_t id = open_ok(0, "/tmp/f", READ | WRITE | CREATE);
	uint8_t bytes[MESSAGE_BYTES] = {1};
	size_t done = 0;
	uint64_t size = 0;
	status_t status;

	(void)state;
	do {
		status = vfs_write(me, id, (struct vfs_bytes){bytes, sizeof(bytes)}, &done);
		size += status == OK ? done : 0;
		estate_commit();
	} while (status == OK);
	assert_int_equal(status, ERR_NO_SPACE);
	assert_int_equal(size, (FIXTURE_BLOCKS - 1) * BLOCK_SIZE); /* one for the map */
	assert_int_equal(link_to("x", "/tmp/l"), ERR_NO_SPACE);
	assert_int_equal(vfs_set_size(me, id, 1), OK);
	estate_commit();
	assert_int_equal(blocks_used(), 1);
	assert_int_equal(link_to("x", "/tmp/l"), OK);
}

/* Random writes, cuts and extensions, compared with an array. */
static void test_contents(void **state)
{
	static uint8_t model[6 << 20];
	uint64_t id = open_ok(0, "/tmp/f", READ | WRITE | CREATE);
	uint64_t size = 0;

	(void)state;
	memset(model, 0, sizeof(model));
	srand(1);
	for (int i = 0; i < 6000; i++) {
		static const uint64_t bases[] = {
			0, 4000, 8 * 4096 - 200, 1032 * 4096 - 300, 1100 * 4096};
		uint64_t offset = bases[(size_t)rand() % 5] + (uint64_t)rand() % 9000;
		size_t length = (size_t)rand() % MESSAGE_BYTES;
		uint8_t bytes[MESSAGE_BYTES];
		size_t done;

		memset(bytes, i, sizeof(bytes));
		if (rand() % 20 == 0) {
			assert_int_equal(vfs_set_size(me, id, offset), OK);
			if (offset < size)
				memset(model + offset, 0, size - offset);
			size = offset;
		} else if (rand() % 2 == 0) {
			assert_int_equal(vfs_write_at(me, id, offset,
						 (struct vfs_bytes){bytes, length}, &done),
				OK);
			assert_int_equal(done, length);
			memcpy(model + offset, bytes, length);
			if (length > 0 && offset + length > size)
				size = offset + length;
		} else {
			size_t expected = offset >= size ? 0 : size - offset;

			expected = expected < length ? expected : length;
			assert_int_equal(vfs_read_at(me, id, offset, bytes, length, &done), OK);
			assert_int_equal(done, expected);
			assert_memory_equal(bytes, model + offset, done);
		}
		estate_commit();
	}
	assert_int_equal(vfs_set_size(me, id, 0), OK);
	assert_int_equal(blocks_used(), 0);
}

static void test_far_offsets(void **state)
{
	uint64_t id = open_ok(0, "/tmp/f", READ | WRITE | CREATE);
	uint64_t most = (8 + 1024 + 1024 * 1024 + 1024 * 1024 * 1024) * (uint64_t)BLOCK_SIZE;
	size_t done;
	char text[4];

	(void)state;
	assert_int_equal(vfs_write_at(me, id, UINT64_MAX, text_bytes("x"), &done), ERR_RANGE);
	assert_int_equal(vfs_write_at(me, id, most, text_bytes("x"), &done), ERR_RANGE);
	assert_int_equal(vfs_write_at(me, id, most - 2, text_bytes("xyz"), &done), OK);
	assert_int_equal(done, 2);
	assert_int_equal(vfs_read_at(me, id, most - 2, text, 4, &done), OK);
	assert_int_equal(done, 2);
	assert_int_equal(vfs_read_at(me, id, UINT64_MAX, text, 4, &done), OK);
	assert_int_equal(done, 0);
	assert_int_equal(vfs_set_size(me, id, most + 1), ERR_RANGE);
	assert_int_equal(vfs_set_size(me, id, 0), OK);
	assert_int_equal(blocks_used(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_blocks_run_out),
		TEST(test_contents),
		TEST(test_far_offsets),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
