// SPDX-License-Identifier: MIT OR Apache-2.0
/* Locks on ranges of files (lock.c): against a model of single bytes, and every limit. */
#include "lock.h"
#include "vfs_forms.h"

#include <craton/estate.h>
#include <stdlib.h>
#include <string.h>

#define BYTES  24u
#define OWNERS 4u
#define ASK    LOCK_TEST

static void test_kinds(void **state)
{
	uint64_t a;
	uint64_t b;
	uint64_t reader;

	(void)state;
	make_file("/tmp/f", "f");
	a = open_ok(0, "/tmp/f", READ | WRITE);
	b = open_ok(0, "/tmp/f", READ | WRITE);
	reader = open_ok(0, "/tmp/f", READ);
	assert_int_equal(vfs_lock(me, a, LOCK_KIND_SHARED, 0, 10), OK);
	assert_int_equal(vfs_lock(me, b, LOCK_KIND_SHARED, 5, 10), OK);
	assert_int_equal(vfs_lock(me, a, LOCK_KIND_EXCLUSIVE, 0, 6), ERR_WOULD_BLOCK);
	assert_int_equal(vfs_lock(me, a, LOCK_KIND_EXCLUSIVE, 0, 5), OK);
	assert_int_equal(vfs_lock(me, b, LOCK_KIND_SHARED, 4, 1), ERR_WOULD_BLOCK);
	assert_int_equal(vfs_lock(me, b, LOCK_KIND_SHARED | ASK, 4, 1), ERR_WOULD_BLOCK);
	assert_int_equal(vfs_lock(me, a, LOCK_KIND_NONE, 4, 1), OK);
	assert_int_equal(vfs_lock(me, b, LOCK_KIND_SHARED | ASK, 4, 1), OK);
	assert_int_equal(vfs_lock(me, reader, LOCK_KIND_EXCLUSIVE, 100, 1), ERR_ACCESS);
	assert_int_equal(vfs_lock(me, reader, LOCK_KIND_SHARED, 100, 1), OK);
	assert_int_equal(vfs_lock(me, a, LOCK_KIND_EXCLUSIVE, 99, 0), ERR_WOULD_BLOCK);
	close_ok(reader);
	assert_int_equal(vfs_lock(me, a, LOCK_KIND_EXCLUSIVE, 99, 0), OK);
	assert_int_equal(vfs_lock(me, b, LOCK_KIND_SHARED, UINT64_MAX - 1, 0), ERR_WOULD_BLOCK);
}

static void test_wrong_requests(void **state)
{
	uint64_t id;
	uint64_t ends[2];

	(void)state;
	make_file("/tmp/f", "f");
	id = open_ok(0, "/tmp/f", READ | WRITE);
	assert_int_equal(vfs_lock(me, 99, LOCK_KIND_SHARED, 0, 1), ERR_INVALID_HANDLE);
	assert_int_equal(vfs_lock(me, id, 3, 0, 1), ERR_INVALID_ARGUMENT);
	assert_int_equal(vfs_lock(me, id, ASK, 0, 1), ERR_INVALID_ARGUMENT);
	assert_int_equal(vfs_lock(me, id, ASK << 1, 0, 1), ERR_INVALID_ARGUMENT);
	assert_int_equal(vfs_lock(me, id, LOCK_KIND_SHARED, UINT64_MAX, 1), ERR_RANGE);
	assert_int_equal(vfs_lock(me, id, LOCK_KIND_SHARED, 1, UINT64_MAX), ERR_RANGE);
	assert_int_equal(
		vfs_lock(me, open_ok(0, "/tmp", READ), LOCK_KIND_SHARED, 0, 1), ERR_IS_DIRECTORY);
	assert_int_equal(vfs_pipe(me, &ends[0], &ends[1]), OK);
	assert_int_equal(vfs_lock(me, ends[0], LOCK_KIND_SHARED, 0, 1), ERR_NOT_SUPPORTED);
}

static void test_locks_go_with_the_last_number(void **state)
{
	uint64_t a;
	uint64_t second;
	uint64_t b;

	(void)state;
	make_file("/tmp/f", "f");
	a = open_ok(0, "/tmp/f", READ | WRITE);
	b = open_ok(0, "/tmp/f", READ | WRITE);
	assert_int_equal(vfs_dup(me, a, &second), OK);
	assert_int_equal(vfs_lock(me, a, LOCK_KIND_EXCLUSIVE, 0, 1), OK);
	assert_int_equal(vfs_lock(me, second, LOCK_KIND_EXCLUSIVE, 0, 1), OK);
	close_ok(a);
	assert_int_equal(vfs_lock(me, b, LOCK_KIND_EXCLUSIVE, 0, 1), ERR_WOULD_BLOCK);
	close_ok(second);
	assert_int_equal(vfs_lock(me, b, LOCK_KIND_EXCLUSIVE, 0, 1), OK);
}

static void test_locks_run_out(void **state)
{
	uint64_t owner;
	unsigned made = 0;

	(void)state;
	make_file("/tmp/f", "f");
	owner = open_ok(0, "/tmp/f", READ | WRITE);
	for (unsigned i = 0; i + 1 < LOCKS_OF_ONE; i++)
		assert_int_equal(vfs_lock(me, owner, LOCK_KIND_SHARED, 2 * i, 1), OK);
	assert_int_equal(vfs_lock(me, owner, LOCK_KIND_SHARED, 1000, 1), ERR_TOO_MANY);
	assert_int_equal(vfs_lock(me, owner, LOCK_KIND_NONE, 0, 1), OK);
	assert_int_equal(vfs_lock(me, owner, LOCK_KIND_SHARED, 1000, 1), OK);
	for (;;) {
		uint64_t other = open_ok(0, "/tmp/f", READ | WRITE);
		status_t status = OK;

		for (unsigned i = 0; status == OK && i + 1 < LOCKS_OF_ONE; i++) {
			status = vfs_lock(me, other, LOCK_KIND_SHARED, 2 * i, 1);
			made += status == OK;
		}
		if (status == OK)
			continue;
		assert_int_equal(status, ERR_TOO_MANY);
		assert_int_equal(vfs_lock(me, owner, LOCK_KIND_NONE, 0, 0), OK);
		assert_int_equal(vfs_lock(me, other, LOCK_KIND_SHARED, 5000, 1), OK);
		break;
	}
	assert_true(made > 0);
}

/* --- random changes against bytes ------------------------------------------------------------- */

static uint8_t model[OWNERS][BYTES];

static bool model_allows(unsigned owner, unsigned kind, unsigned start, unsigned end)
{
	for (unsigned o = 0; o < OWNERS; o++) {
		for (unsigned i = start; o != owner && i < end; i++) {
			if (model[o][i] == LOCK_KIND_EXCLUSIVE ||
				(model[o][i] != 0 && kind == LOCK_KIND_EXCLUSIVE))
				return false;
		}
	}
	return true;
}

static void check_all(const uint64_t *ids)
{
	for (unsigned o = 0; o < OWNERS; o++) {
		for (unsigned i = 0; i < BYTES; i++) {
			for (unsigned kind = LOCK_KIND_SHARED; kind <= LOCK_KIND_EXCLUSIVE; kind++)
				assert_int_equal(vfs_lock(me, ids[o], kind | ASK, i, 1),
					model_allows(o, kind, i, i + 1) ? OK : ERR_WOULD_BLOCK);
		}
	}
}

static void test_random(void **state)
{
	uint64_t ids[OWNERS];

	(void)state;
	srand(1);
	memset(model, 0, sizeof(model));
	make_file("/tmp/f", "f");
	for (unsigned o = 0; o < OWNERS; o++)
		ids[o] = open_ok(0, "/tmp/f", READ | WRITE);
	for (unsigned step = 0; step < 5000; step++) {
		unsigned owner = (unsigned)rand() % OWNERS;
		unsigned kind = (unsigned)rand() % 3;
		unsigned start = (unsigned)rand() % BYTES;
		unsigned size = 1 + (unsigned)rand() % (BYTES - start);
		bool allowed = kind == 0 || model_allows(owner, kind, start, start + size);

		assert_int_equal(vfs_lock(me, ids[owner], kind, start, size),
			allowed ? OK : ERR_WOULD_BLOCK);
		estate_commit();
		if (allowed)
			memset(&model[owner][start], (int)kind, size);
		if (step % 10 == 0)
			check_all(ids);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_kinds),
		TEST(test_wrong_requests),
		TEST(test_locks_go_with_the_last_number),
		TEST(test_locks_run_out),
		TEST(test_random),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
