// SPDX-License-Identifier: MIT OR Apache-2.0
// apps/lib: growing texts, buffered streams, UTF-8, patterns.
#include "test.h"

#include "lib/pattern.h"
#include "lib/stream.h"
#include "lib/text.h"
#include "lib/utf8.h"

#include <unistd.h>

static void text_grows(void **)
{
	struct text text = {};
	for (int i = 0; i < 1000; i++)
		text_format(&text, "%d,", i);
	assert_int_equal(text.length, 3890);
	assert_memory_equal(text.bytes, "0,1,2,", 6);
	text_insert(&text, 2, "xx", 2);
	assert_memory_equal(text.bytes, "0,xx1,", 6);
	text_remove(&text, 2, 2);
	assert_memory_equal(text.bytes, "0,1,2,", 6);
	char *taken = text_take(&text);
	assert_int_equal(strlen(taken), 3890);
	assert_null(text.bytes);
	free(taken);
}

static void input_gives_lines(void **)
{
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write_all(ends[1], "a\n\nlong line\nlast", 17), 0);
	(void)close(ends[1]);
	struct input input = {.fd = ends[0]};
	static const char *const lines[] = {"a\n", "\n", "long line\n", "last"};
	const char *line;
	size_t size;
	for (size_t i = 0; i < 4; i++) {
		assert_true(input_line(&input, &line, &size));
		assert_int_equal(size, strlen(lines[i]));
		assert_memory_equal(line, lines[i], size);
	}
	assert_false(input_line(&input, &line, &size));
	input_free(&input);
	(void)close(ends[0]);
}

static void output_keeps_order(void **)
{
	struct text memory = {};
	struct output output = {.fd = -1, .memory = &memory};
	for (int i = 0; i < 100000; i++)
		output_format(&output, "%d\n", i % 10);
	char big[STREAM_BUFFER + 1];
	memset(big, 'b', sizeof big);
	output_bytes(&output, big, sizeof big);
	output_char(&output, '!');
	assert_int_equal(output_flush(&output), 0);
	assert_int_equal(memory.length, 200000 + sizeof big + 1);
	assert_int_equal(memory.bytes[memory.length - 1], '!');
	output_free(&output);
	text_free(&memory);
}

static void output_notes_errors(void **)
{
	struct output output = {.fd = -1};
	output_string(&output, "lost");
	assert_int_not_equal(output_flush(&output), 0);
	output_free(&output);
}

static void utf8_steps(void **)
{
	uint32_t character;
	assert_int_equal(utf8_decode("a", 1, &character), 1);
	assert_int_equal(utf8_decode("\xc3\xa9", 2, &character), 2);
	assert_int_equal(character, 0xe9);
	assert_int_equal(utf8_decode("\xf0\x9f\x98\x80", 4, &character), 4);
	assert_int_equal(character, 0x1f600);
	static const char *const bad[] = {"\xc3", "\xc0\x80", "\xed\xa0\x80", "\xff",
		"\xf5\x80\x80\x80", "\xe0\x80\x80", "\x80"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(utf8_decode(bad[i], strlen(bad[i]), &character), 1);
		assert_int_equal(character, 0xfffd);
	}
	assert_int_equal(utf8_previous("a\xc3\xa9", 3), 1);
	assert_int_equal(utf8_previous("\xa9\xa9", 2), 1);
	assert_int_equal(utf8_columns("\033[1;31mab\033[0m", 13), 2);
	assert_int_equal(utf8_columns("\xe4\xb8\xad"
				      "e\xcc\x81",
				 6),
		3);
	assert_int_equal(utf8_count("\xe4\xb8\xadx", 4), 2);
}

static void patterns_match(void **)
{
	static const struct {
		const char *pattern, *text;
		bool matches;
	} cases[] = {{"*", "", true}, {"a*b*c", "aXXbYYc", true}, {"a*b*c", "aXXbYY", false},
		{"?", "x", true}, {"?", "\xc3\xa9", true}, {"??", "\xc3\xa9", false},
		{"?", "\xff", true}, {"[a-c]", "b", true}, {"[!a-c]", "b", false},
		{"[]]", "]", true}, {"[!]]", "]", false}, {"[[:digit:]]*", "7up", true},
		{"[", "[", true}, {"[a", "[a", true}, {"\\*", "*", true}, {"\\*", "x", false},
		{"a\\", "a\\", true}, {"*.c", ".c", true}, {"[a\\-c]", "b", false},
		{"[a\\-c]", "-", true}, {"", "", true}, {"", "a", false}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		if (pattern_match(cases[i].pattern, cases[i].text, strlen(cases[i].text)) !=
			cases[i].matches)
			fail_msg("%s against %s", cases[i].pattern, cases[i].text);
}

static void pattern_is_quick(void **)
{
	char text[20001];
	memset(text, 'a', 20000);
	text[20000] = 0;
	assert_false(pattern_match("*a*a*a*a*a*a*a*a*a*b", text, 20000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_grows),
		cmocka_unit_test(input_gives_lines),
		cmocka_unit_test(output_keeps_order),
		cmocka_unit_test(output_notes_errors),
		cmocka_unit_test(utf8_steps),
		cmocka_unit_test(patterns_match),
		cmocka_unit_test(pattern_is_quick),
	};
	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
