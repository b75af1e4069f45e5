// SPDX-License-Identifier: MIT OR Apache-2.0
// The estate's undo log: killed between any two writes, also while it is rolled back, the next
// instance finds the state of the last commit.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include <craton/estate.h>

#define SIZE    (128u * 1024u)
#define FIELDS  64u
#define VERSION 3u

static alignas(4096) uint8_t estate[SIZE];
static uint64_t *fields;

[[noreturn]] void runtime_abort(const char *reason)
{
	fprintf(stderr, "%s\n", reason);
	abort();
}

/* A kill: what is in memory stays, everything else starts again. */
static bool start(void)
{
	bool kept = estate_open(estate, SIZE, VERSION);

	fields = estate_allocate(FIELDS * sizeof(*fields), 64);
	assert_non_null(fields);
	return kept;
}

static int fresh(void **state)
{
	(void)state;
	memset(estate, 0xee, SIZE);
	assert_false(start());
	for (unsigned i = 0; i < FIELDS; i++)
		assert_int_equal(fields[i], 0);
	estate_commit();
	return 0;
}

static uint64_t random_state = 99;

static uint64_t random_number(void)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return random_state >> 33;
}

/* A transaction of a few changes, some of them to the same fields again; it is cut off after
 * `steps` writes. True: it came to its commit. */
static bool transaction(uint64_t value, unsigned steps)
{
	for (unsigned i = 0; i < 12; i++) {
		unsigned first = (unsigned)(random_number() % (FIELDS - 4));
		unsigned count = 1 + (unsigned)(random_number() % 4);

		if (steps-- == 0)
			return false;
		estate_save(&fields[first], count * sizeof(*fields));
		for (unsigned k = 0; k < count; k++) {
			if (steps-- == 0)
				return false;
			fields[first + k] = value * 100 + i;
		}
	}
	if (steps == 0)
		return false;
	estate_commit();
	return true;
}

static void test_killed_at_every_write(void **state)
{
	uint64_t before[FIELDS];

	(void)state;
	for (unsigned steps = 0; steps < 80; steps++) {
		for (uint64_t value = 1; value < 20; value++) {
			uint64_t after[FIELDS];
			bool committed;

			memcpy(before, fields, sizeof(before));
			committed = transaction(value, steps);
			memcpy(after, fields, sizeof(after));
			assert_true(start());
			assert_memory_equal(fields, committed ? after : before, sizeof(before));
		}
	}
}

/* A roll-back that is cut off after any of its entries: done again from any mixture. */
static void test_killed_while_rolling_back(void **state)
{
	static uint8_t image[SIZE];
	uint64_t before[FIELDS];

	(void)state;
	for (unsigned i = 0; i < FIELDS; i++)
		ESTATE_SET(fields[i], i);
	estate_commit();
	memcpy(before, fields, sizeof(before));
	for (unsigned i = 0; i < 10; i++)
		ESTATE_SET(fields[i % 3], 1000 + i);
	memcpy(image, estate, SIZE);
	estate_rollback();
	assert_memory_equal(fields, before, sizeof(before));
	for (unsigned cut = 0; cut < 4; cut++) { /* contents restored, the log's end not yet */
		memcpy(estate, image, SIZE);
		for (unsigned i = 0; i < cut; i++)
			fields[i] = before[i];
		assert_true(start());
		assert_memory_equal(fields, before, sizeof(before));
	}
}

/* --- outer transactions -------------------------------------------------------------------------
 */

/* Inner transactions that are cut off at any write: each is there whole or not at all, until the
 * outer one ends; then all are, or none. */
static void test_outer(void **state)
{
	uint64_t outside[FIELDS];
	uint64_t before[FIELDS];
	bool is_begun = false;
	bool is_empty = true;

	(void)state;
	for (unsigned n = 0; n < 4000; n++) {
		bool is_killed = random_number() % 3 == 0;
		unsigned steps = is_killed ? (unsigned)(random_number() % 60) : 1000;
		bool is_kept = random_number() % 2 == 0;
		bool committed;

		if (!is_begun) {
			memcpy(outside, fields, sizeof(outside));
			estate_outer_begin();
			is_begun = true;
			is_empty = true;
		}
		memcpy(before, fields, sizeof(before));
		committed = transaction(n, steps);
		is_empty = is_empty && !committed;
		if (!committed && random_number() % 2 == 0)
			estate_rollback();
		else if (!committed)
			assert_true(start());
		if (!committed)
			assert_memory_equal(fields, before, sizeof(before));
		if (is_killed)
			assert_true(start());
		assert_true(estate_outer_is_open());
		assert_int_equal(estate_outer_is_empty(), is_empty);
		if (random_number() % 4 != 0)
			continue;
		memcpy(before, fields, sizeof(before));
		estate_outer_end(is_kept);
		is_begun = false;
		assert_false(estate_outer_is_open());
		assert_true(start());
		assert_memory_equal(fields, is_kept ? before : outside, sizeof(before));
	}
}

#define HEADER(place) (*(uint64_t *)(estate + (place)))
#define LOG_END       32u
#define LOG_KEPT      48u

/* The end of an outer transaction that is cut off after any of its writes: it is open still, with
 * all of what it did, or empty and with the contents that it was to have. */
static void test_outer_end_is_killed(void **state)
{
	static uint8_t image[SIZE];
	uint64_t before[FIELDS];
	uint64_t after[FIELDS];

	(void)state;
	memcpy(before, fields, sizeof(before));
	estate_outer_begin();
	assert_true(transaction(1, 1000));
	assert_true(transaction(2, 1000));
	memcpy(after, fields, sizeof(after));
	memcpy(image, estate, SIZE);
	HEADER(LOG_END) = 0; /* kept: its first write */
	assert_true(start());
	assert_true(estate_outer_is_open() && estate_outer_is_empty());
	assert_memory_equal(fields, after, sizeof(after));
	estate_outer_end(false);
	assert_memory_equal(fields, after, sizeof(after));
	memcpy(estate, image, SIZE);
	HEADER(LOG_KEPT) = 0; /* undone: its first write */
	assert_true(start());
	assert_true(estate_outer_is_open() && estate_outer_is_empty());
	assert_memory_equal(fields, before, sizeof(before));
	estate_outer_end(true);
	assert_memory_equal(fields, before, sizeof(before));
}

static unsigned ends;
static unsigned ends_kept;

static void count_end(bool is_kept)
{
	ends++;
	ends_kept += is_kept;
}

static void test_when_ended(void **state)
{
	(void)state;
	ends = 0;
	ends_kept = 0;
	estate_when_ended(count_end);
	ESTATE_SET(fields[0], 1);
	estate_commit();
	estate_commit();
	assert_int_equal(ends, 1);
	assert_int_equal(ends_kept, 1);
	estate_when_ended(count_end);
	estate_rollback();
	estate_rollback();
	assert_int_equal(ends, 2);
	assert_int_equal(ends_kept, 1);
	estate_when_ended(count_end);
	assert_true(start()); /* a kill forgets it */
	estate_commit();
	assert_int_equal(ends, 2);
}

static void test_cold_starts(void **state)
{
	(void)state;
	ESTATE_SET(fields[0], 7);
	estate_commit();
	assert_true(start());
	assert_int_equal(fields[0], 7);
	assert_false(estate_open(estate, SIZE, VERSION + 1)); /* another version: empty */
	assert_false(start());
	assert_int_equal(fields[0], 0);
	estate[0] ^= 1; /* a header that was overwritten */
	assert_false(start());
	estate[16] ^= 1; /* the size */
	assert_false(start());
}

static void test_allocation(void **state)
{
	void *first = estate_allocate(10, 8);
	void *second = estate_allocate(10, 64);

	(void)state;
	assert_int_equal((uintptr_t)second % 64, 0);
	assert_null(estate_allocate(SIZE, 8));
	assert_true(start());
	assert_ptr_equal(estate_allocate(10, 8), first); /* the same order gives the same place */
	assert_ptr_equal(estate_allocate(10, 64), second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_killed_at_every_write, fresh),
		cmocka_unit_test_setup(test_killed_while_rolling_back, fresh),
		cmocka_unit_test_setup(test_outer, fresh),
		cmocka_unit_test_setup(test_outer_end_is_killed, fresh),
		cmocka_unit_test_setup(test_when_ended, fresh),
		cmocka_unit_test_setup(test_cold_starts, fresh),
		cmocka_unit_test_setup(test_allocation, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
