// SPDX-License-Identifier: MIT OR Apache-2.0
/* Devices that work hard, and devices that do nothing but interrupt. */
#include <craton/storm.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MS ((uint64_t)1000000)

static struct storm storm;
static uint64_t now;

static int make(void **state)
{
	(void)state;
	storm = (struct storm){0};
	now = 5000 * MS;
	return 0;
}

/* True: one of so many is taken for a storm. */
static bool interrupts(unsigned count, uint64_t between, unsigned useful_each)
{
	for (unsigned i = 1; i <= count; i++) {
		if (storm_interrupt(&storm, now, useful_each != 0 && i % useful_each == 0))
			return true;
		now += between;
	}
	return false;
}

/* A million interrupts of requests, of which half end in pairs; and some now and then. */
static void test_work(void **state)
{
	(void)state;
	assert_false(interrupts(1000000, 10000, 2));
	assert_false(interrupts(1000000, 10000, 100));
	assert_false(interrupts(10000, MS, 0));
	assert_true(storm_deadline(&storm) == ABI_DEADLINE_NEVER);
}

static void look_until_heard(void)
{
	unsigned looks = 0;

	do {
		assert_true(storm_deadline(&storm) > now);
		assert_true(storm_deadline(&storm) <= now + STORM_LOOK_NS);
		assert_false(storm_interrupt(&storm, now, false)); /* a late one */
		now = storm_deadline(&storm);
		assert_true(++looks < 1000);
	} while (!storm_looked(&storm, now));
}

/* Twice as long each time; then for ever. */
static void test_storms(void **state)
{
	uint64_t quiet = STORM_FIRST_NS;

	(void)state;
	for (unsigned i = 0; i < STORM_REPEATS; i++, quiet *= 2) {
		uint64_t before;

		assert_true(interrupts(1000, 1000, 0));
		before = now;
		look_until_heard();
		assert_in_range(now - before, quiet, quiet + STORM_LOOK_NS);
	}
	assert_true(interrupts(1000, 1000, 0));
	for (unsigned i = 0; i < 100000; i++) {
		now = storm_deadline(&storm);
		assert_false(storm_looked(&storm, now));
	}
	assert_false(interrupts(1000, 1000, 0));
}

/* Some time apart, each is the first. */
static void test_apart(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4 * STORM_REPEATS; i++) {
		uint64_t before;

		assert_true(interrupts(1000, 1000, 0));
		before = now;
		look_until_heard();
		assert_in_range(now - before, STORM_FIRST_NS, STORM_FIRST_NS + STORM_LOOK_NS);
		now += 2000 * MS;
	}
}

/* It does its work in between: too much is too much. */
static void test_busy_storm(void **state)
{
	(void)state;
	assert_true(interrupts(25000, 1000, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_work, make),
		cmocka_unit_test_setup(test_storms, make),
		cmocka_unit_test_setup(test_apart, make),
		cmocka_unit_test_setup(test_busy_storm, make),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
