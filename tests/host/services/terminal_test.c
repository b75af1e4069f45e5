// SPDX-License-Identifier: MIT OR Apache-2.0
/* The line discipline: what is typed, what is shown, what is read; and its state after kills. */
#include "estate_host.h"
#include "terminal.h"

#include <stdlib.h>
#include <string.h>

static struct terminal *t;

static int setup(void **state)
{
	(void)state;
	estate_host_new(1 << 20);
	t = estate_allocate(sizeof(*t), 64);
	return 0;
}

static bool type(const char *text)
{
	bool interrupted = false;

	for (; *text != 0; text++) {
		terminal_receive(t, (uint8_t)*text);
		interrupted |= terminal_process(t, 64);
		estate_commit();
	}
	return interrupted;
}

static void assert_shown(const char *expected)
{
	char shown[TERMINAL_OUTPUT + 1];
	size_t size = 0;

	while (terminal_output_waiting(t) > 0) {
		shown[size++] = (char)terminal_output_next(t);
		terminal_output_sent(t);
	}
	shown[size] = 0;
	assert_string_equal(shown, expected);
}

static void assert_read(const char *expected)
{
	char text[MESSAGE_BYTES + 1];
	size_t size;

	assert_true(terminal_is_readable(t));
	size = terminal_read(t, (uint8_t *)text, MESSAGE_BYTES);
	estate_commit();
	text[size] = 0;
	assert_string_equal(text, expected);
}

static void test_line(void **state)
{
	(void)state;
	type("ls -l");
	assert_false(terminal_is_readable(t));
	type("\rnext\n");
	assert_shown("ls -l\r\nnext\r\n");
	assert_read("ls -l\n");
	assert_read("next\n");
	assert_false(terminal_is_readable(t));
}

static void test_editing(void **state)
{
	(void)state;
	type("abx\177c\n");
	assert_shown("abx\b \bc\r\n");
	assert_read("abc\n");
	type("one two  \27three\n");
	assert_read("one three\n");
	type("gone\25kept\n");
	assert_read("kept\n");
	type("\177\10\27\25\n");
	assert_read("\n");
}

static void test_wide_characters(void **state)
{
	(void)state;
	type("a\303\244\177b\n"); /* two bytes, one character */
	assert_shown("a\303\244\b \bb\r\n");
	assert_read("ab\n");
	type("\33\177x\n"); /* shown as ^[ */
	assert_shown("^[\b \b\b \bx\r\n");
	assert_read("x\n");
}

static void test_end_of_input(void **state)
{
	(void)state;
	type("\4");
	assert_read("");
	type("part\4");
	assert_read("part");
	assert_false(terminal_is_readable(t));
	assert_shown("part");
}

/* A read that takes exactly the bytes before Ctrl-D must not leave an end behind. */
static void test_end_after_full_read(void **state)
{
	uint8_t bytes[4];

	(void)state;
	type("abcd\4");
	assert_int_equal(terminal_read(t, bytes, 4), 4);
	assert_false(terminal_is_readable(t));
}

static void test_interrupt(void **state)
{
	(void)state;
	t->control.foreground = 7;
	assert_true(type("old\nhalf\3"));
	assert_int_equal(t->control.interrupt, 7);
	assert_false(terminal_is_readable(t));
	assert_shown("old\r\nhalf^C\r\n");
	type("new\n");
	assert_read("new\n");
}

static void test_raw(void **state)
{
	(void)state;
	type("part");
	terminal_set_mode(t, TERMINAL_RAW);
	assert_read("part");
	assert_false(type("\3\r\33[A"));
	assert_shown("part");
	assert_read("\3\r\33[A");
}

static void test_output(void **state)
{
	static uint8_t many[TERMINAL_OUTPUT + 10];

	(void)state;
	assert_int_equal(terminal_write(t, (const uint8_t *)"a\nb", 3), 3);
	assert_shown("a\r\nb");
	memset(many, 'x', sizeof(many));
	assert_int_equal(terminal_write(t, many, sizeof(many)), TERMINAL_OUTPUT - 1);
	assert_int_equal(terminal_write(t, many, 1), 0);
}

static void test_long_line(void **state)
{
	char line[TERMINAL_LINE + 100];

	(void)state;
	memset(line, 'y', sizeof(line));
	line[sizeof(line) - 1] = 0;
	type(line);
	type("\n");
	for (size_t left = TERMINAL_LINE; left > 0;) {
		uint8_t bytes[MESSAGE_BYTES];

		assert_true(terminal_is_readable(t));
		left -= terminal_read(t, bytes, sizeof(bytes));
	}
	assert_false(terminal_is_readable(t));
}

/* Without a reader: lines are dropped with a bell and Ctrl-C gets through; raw bytes wait. */
static void test_full_queue(void **state)
{
	uint8_t bytes[MESSAGE_BYTES];

	(void)state;
	t->control.foreground = 3;
	for (unsigned i = 0; i < TERMINAL_QUEUE; i++) {
		type("z\n");
		t->output_tail = t->control.output_head;
	}
	assert_true(type("\3"));
	terminal_set_mode(t, TERMINAL_RAW);
	for (unsigned i = 0; i < TERMINAL_QUEUE + 100; i++)
		type("r");
	assert_false(terminal_can_process(t));
	assert_int_equal(terminal_read(t, bytes, sizeof(bytes)), sizeof(bytes));
	assert_true(terminal_can_process(t));
}

/* --- kills ----------------------------------------------------------------------------------- */

/* All of the terminal but the free part of the output. */
static void assert_same(const struct terminal *before)
{
	assert_memory_equal(&t->control, &before->control, sizeof(t->control));
	assert_memory_equal(t->line, before->line, sizeof(t->line));
	assert_memory_equal(t->queue, before->queue, sizeof(t->queue));
	assert_memory_equal(t->received, before->received, sizeof(t->received));
	for (uint32_t i = before->output_tail; i != before->control.output_head; i++)
		assert_int_equal(
			t->output[i % TERMINAL_OUTPUT], before->output[i % TERMINAL_OUTPUT]);
}

static void random_step(unsigned choice)
{
	uint8_t bytes[32] = "out\nput";

	if (choice < 6)
		(void)terminal_process(t, choice * 3 + 1);
	else if (choice < 8 && terminal_is_readable(t))
		(void)terminal_read(t, bytes, choice * 3);
	else if (choice == 8)
		(void)terminal_write(t, bytes, 7);
	else
		terminal_set_mode(t, choice % 3 == 0 ? TERMINAL_RAW : TERMINAL_LINES);
}

/* Does one step in every way in which it can be killed, and then once without. */
static void kill_and_do(unsigned choice)
{
	static struct terminal before;
	jmp_buf killed;
	volatile unsigned long after = 0;

	before = *t;
	estate_kill = &killed;
	if (setjmp(killed) != 0) {
		after++;
		estate_host_reopen();
		assert_same(&before);
	}
	estate_kill_after = after;
	random_step(choice);
	estate_kill = nullptr;
	estate_rollback(); /* killed before the commit */
	assert_same(&before);
	random_step(choice);
	estate_commit();
}

static void test_kills(void **state)
{
	static const char keys[] = "abc d\303\244\n\r\4\3\10\177\25\27\t\33";

	(void)state;
	srand(1);
	for (unsigned i = 0; i < 4000; i++) {
		for (int n = rand() % 8; n > 0 && terminal_can_receive(t); n--)
			terminal_receive(t, (uint8_t)keys[(size_t)rand() % (sizeof(keys) - 1)]);
		kill_and_do((unsigned)rand() % 12);
		if (rand() % 4 == 0)
			t->output_tail = t->control.output_head;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_line, setup),
		cmocka_unit_test_setup(test_editing, setup),
		cmocka_unit_test_setup(test_wide_characters, setup),
		cmocka_unit_test_setup(test_end_of_input, setup),
		cmocka_unit_test_setup(test_end_after_full_read, setup),
		cmocka_unit_test_setup(test_interrupt, setup),
		cmocka_unit_test_setup(test_raw, setup),
		cmocka_unit_test_setup(test_output, setup),
		cmocka_unit_test_setup(test_long_line, setup),
		cmocka_unit_test_setup(test_full_queue, setup),
		cmocka_unit_test_setup(test_kills, setup),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
