// SPDX-License-Identifier: MIT OR Apache-2.0
/* UTF-8 and UTF-16: each character there and back, and what is neither. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <text/utf.h>

#include <cmocka.h>

static bool is_surrogate(uint32_t c)
{
	return c >= 0xd800 && c < 0xe000;
}

static void test_all(void **state)
{
	(void)state;
	for (uint32_t c = 1; c <= 0x10ffff; c++) {
		char text[UTF8_MOST];
		const char *at = text;
		uint16_t units[2];
		size_t size = utf8_put(text, c);
		uint32_t got = 0;
		uint32_t place = 0;
		bool is_right = utf8_take(&at, &size, &got);

		assert_int_equal(is_right, !is_surrogate(c));
		if (!is_right)
			continue;
		assert_int_equal(got, c);
		assert_int_equal(size, 0);
		assert_true(utf16_take(units, utf16_put(units, c), &place, &got));
		assert_int_equal(got, c);
	}
}

static void test_wrong_utf8(void **state)
{
	static const char *const wrong[] = {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf",
		"\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
		"\xc3", "\xe2\x82", "\xc3\x28", "\xe2\x28\xa1"};

	(void)state;
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const char *at = wrong[i];
		size_t size = strlen(wrong[i]);
		uint32_t got;

		assert_false(utf8_take(&at, &size, &got));
	}
}

static void test_wrong_utf16(void **state)
{
	static const uint16_t wrong[][2] = {{0xdc00, 0xd800}, {0xd800, 0x41}, {0xd800, 0xd800}};
	uint32_t got;

	(void)state;
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		uint32_t at = 0;

		assert_false(utf16_take(wrong[i], 2, &at, &got));
		at = 0;
		assert_false(utf16_take(wrong[i], 1, &at, &got));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_wrong_utf8),
		cmocka_unit_test(test_wrong_utf16),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
