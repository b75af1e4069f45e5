// SPDX-License-Identifier: MIT OR Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "boot/options.h"

static struct options options;
static struct report report;

static void test_defaults(void **state)
{
	(void)state;
	assert_int_equal(options_parse(&options, "", &report), OK);
	assert_true(options.relocate);
	assert_false(options.fixed_entropy || options.check_all || options.help);
}

static void test_known(void **state)
{
	(void)state;
	assert_int_equal(options_parse(&options,
				 "  kaslr=off entropy=fixed  verify=all smp=4 exit=0xf4 "
				 "trace=calls ramdisk=64M",
				 &report),
		OK);
	assert_false(options.relocate);
	assert_true(options.fixed_entropy && options.check_all);
	assert_int_equal(options_parse(&options, "help", &report), OK);
	assert_true(options.help);
}

static void test_command_takes_the_rest(void **state)
{
	(void)state;
	assert_int_equal(
		options_parse(&options, "kaslr=off cmd=ls kaslr=on nonsense | x", &report), OK);
	assert_false(options.relocate);
}

static void test_refused(void **state)
{
	(void)state;
	const char *lines[] = {"nonsense", "kaslr", "kaslr=", "kaslr=maybe", "kaslr=on|off",
		"smp=", "smp=four", "smp=0x", "=", "=on", "kasl=on", "kaslr=off bad=1", "helpp",
		"test=a", "bench=a", "trace=some", "smp=123456789012", "smp=4M",
		"ramdisk=", "ramdisk=M", "ramdisk=64MM", "ramdisk=64T"};
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		assert_int_equal(options_parse(&options, lines[i], &report), ERR_INVALID_ARGUMENT);
		assert_non_null(report.subject);
		assert_true(strlen(report.advice) > 10);
	}
	assert_int_equal(strncmp(report.subject, "ramdisk=", 8), 0);
}

static void test_length(void **state)
{
	(void)state;
	static char line[OPTIONS_LENGTH_MAX + 2];
	memset(line, ' ', sizeof line - 1);
	assert_int_equal(options_parse(&options, line, &report), ERR_TOO_LONG);
	line[OPTIONS_LENGTH_MAX] = '\0';
	assert_int_equal(options_parse(&options, line, &report), OK);
}

static void check_join(const char *text, const char *expected)
{
	char line[32];
	assert_int_equal(options_join(line, sizeof line, text, strlen(text), &report), OK);
	assert_string_equal(line, expected);
}

static void test_join(void **state)
{
	(void)state;
	char line[4];
	check_join("", "");
	check_join("# only a comment\n", "");
	check_join("a=1\r\n# no\nb=2 c=#3\n\n", "a=1   b=2 c=#3");
	assert_int_equal(options_join(line, sizeof line, "abc", 3, &report), OK);
	assert_int_equal(options_join(line, sizeof line, "abcd", 4, &report), ERR_TOO_LONG);
}

static uint64_t printed;

static void count(const char *text)
{
	printed += strlen(text);
}

static void test_explained(void **state)
{
	(void)state;
	options_explain(count);
	assert_true(printed > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_known), cmocka_unit_test(test_command_takes_the_rest),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_length),
		cmocka_unit_test(test_join), cmocka_unit_test(test_explained)};
	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
