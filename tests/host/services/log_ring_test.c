// SPDX-License-Identifier: MIT OR Apache-2.0
/* The log's ring: order, overwriting, names, hostile text, and kills. */
#include "estate_host.h"
#include "ring.h"

#include <stdio.h>
#include <string.h>

static struct log_ring *ring;

static int setup(void **state)
{
	(void)state;
	estate_host_new(1 << 20);
	ring = estate_allocate(sizeof(*ring), 64);
	return 0;
}

static void append(uint64_t badge, const char *text)
{
	log_append(ring, 5, 2, badge, (const uint8_t *)text, strlen(text));
	estate_commit();
}

static const struct log_line *last(void)
{
	uint64_t sequence = ring->next - 1;

	return log_line_at(ring, &sequence);
}

static void test_order(void **state)
{
	uint64_t sequence = 0;

	(void)state;
	assert_null(log_line_at(ring, &sequence));
	append(3, "one");
	append(BADGE_SERVICE + SERVICE_NUMBER_VFS, "two");
	assert_string_equal((const char *)log_line_at(ring, &sequence)->text, "one");
	assert_string_equal((const char *)log_line_at(ring, &sequence)->text, "two");
	assert_null(log_line_at(ring, &sequence));
	assert_int_equal(sequence, 2);
	assert_int_equal(last()->pid, 0);
	assert_string_equal((const char *)last()->source, "vfs");
}

static void test_overwriting(void **state)
{
	uint64_t sequence = 0;
	char text[16];

	(void)state;
	for (unsigned i = 0; i < LOG_LINES + 10; i++) {
		snprintf(text, sizeof(text), "%u", i);
		append(1, text);
	}
	assert_string_equal((const char *)log_line_at(ring, &sequence)->text, "10");
	assert_int_equal(sequence, 11);
	sequence = UINT64_MAX;
	assert_null(log_line_at(ring, &sequence));
}

static void test_names(void **state)
{
	(void)state;
	append(40, "x");
	assert_string_equal((const char *)last()->source, "40");
	log_set_name(ring, 40, (const uint8_t *)"a-very-long-program", 19);
	append(40, "x");
	assert_string_equal((const char *)last()->source, "a-very-long-pro");
	for (unsigned i = 0; i < LOG_NAMES; i++)
		log_set_name(ring, 100 + i, (const uint8_t *)"n", 1);
	append(40, "x");
	assert_string_equal((const char *)last()->source, "40");
}

static void test_hostile_text(void **state)
{
	char text[500];

	(void)state;
	append(1, "\033[2Jred\tx\177\nsecond line");
	assert_string_equal((const char *)last()->text, "?[2Jred?x?");
	memset(text, 'y', sizeof(text));
	text[499] = 0;
	append(1, text);
	assert_int_equal(strlen((const char *)last()->text), LOG_TEXT - 1);
	append(1, "");
	assert_string_equal((const char *)last()->text, "");
}

static void test_kills(void **state)
{
	static struct log_ring before;
	jmp_buf killed;
	volatile unsigned long after = 0;

	(void)state;
	append(1, "one");
	before = *ring;
	estate_kill = &killed;
	if (setjmp(killed) != 0) {
		after++;
		estate_host_reopen();
		assert_memory_equal(ring, &before, sizeof(before));
	}
	estate_kill_after = after;
	log_set_name(ring, 1, (const uint8_t *)"name", 4);
	log_append(ring, 9, 1, 1, (const uint8_t *)"two", 3);
	estate_kill = nullptr;
	estate_host_reopen();
	assert_memory_equal(ring, &before, sizeof(before));
	assert_true(after > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_order, setup),
		cmocka_unit_test_setup(test_overwriting, setup),
		cmocka_unit_test_setup(test_names, setup),
		cmocka_unit_test_setup(test_hostile_text, setup),
		cmocka_unit_test_setup(test_kills, setup),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
