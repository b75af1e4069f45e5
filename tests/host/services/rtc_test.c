// SPDX-License-Identifier: MIT OR Apache-2.0
/* Decoding the real-time clock: formats, leap years, what is no date. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <time.h>

#include "rtc.h"

#define BINARY 0x04u
#define HOUR24 0x02u
#define PM     0x80u

static uint8_t bcd(int value)
{
	return (uint8_t)(value / 10 * 16 + value % 10);
}

static struct rtc_registers registers_of(const struct tm *tm, uint8_t format)
{
	int hour = tm->tm_hour;
	int year = tm->tm_year + 1900;
	struct rtc_registers r = {(uint8_t)tm->tm_sec, (uint8_t)tm->tm_min, 0, (uint8_t)tm->tm_mday,
		(uint8_t)(tm->tm_mon + 1), (uint8_t)(year % 100), (uint8_t)(year / 100), format};
	uint8_t half = 0;

	if ((format & HOUR24) == 0) {
		half = hour >= 12 ? PM : 0;
		hour = hour % 12 == 0 ? 12 : hour % 12;
	}
	r.hour = (uint8_t)hour;
	if ((format & BINARY) == 0)
		r = (struct rtc_registers){bcd(r.second), bcd(r.minute), bcd(r.hour), bcd(r.day),
			bcd(r.month), bcd(r.year), bcd(r.century), format};
	r.hour |= half;
	return r;
}

static void test_against_the_library(void **state)
{
	static const uint8_t formats[] = {0, BINARY, HOUR24, BINARY | HOUR24};

	(void)state;
	srand(1);
	for (int i = 0; i < 20000; i++) {
		time_t time = (time_t)((uint64_t)rand() * (uint64_t)rand() % 250000000000u);
		struct rtc_registers r;
		uint64_t seconds;
		struct tm tm;

		gmtime_r(&time, &tm);
		r = registers_of(&tm, formats[i % 4]);
		assert_true(rtc_decode(&r, &seconds));
		assert_int_equal(seconds, time);
	}
}

static void test_without_century(void **state)
{
	struct rtc_registers r = {0, 0, 0, 1, 1, 0x26, 0, HOUR24};
	uint64_t seconds;

	(void)state;
	assert_true(rtc_decode(&r, &seconds));
	assert_int_equal(seconds, 1767225600);
	r.year = 0x99;
	assert_true(rtc_decode(&r, &seconds));
	assert_int_equal(seconds, 915148800);
}

static void test_no_dates(void **state)
{
	static const struct rtc_registers wrong[] = {
		{0x60, 0, 0, 1, 1, 0, 0x20, HOUR24},
		{0, 0x60, 0, 1, 1, 0, 0x20, HOUR24},
		{0, 0, 0x24, 1, 1, 0, 0x20, HOUR24},
		{0, 0, 0, 1, 1, 0, 0x20, 0}, /* 12 hours: no hour 0 */
		{0, 0, 0x13, 1, 1, 0, 0x20, 0},
		{0, 0, 0, 0, 1, 0, 0x20, HOUR24},
		{0, 0, 0, 1, 0, 0, 0x20, HOUR24},
		{0, 0, 0, 1, 0x13, 0, 0x20, HOUR24},
		{0, 0, 0, 0x29, 2, 0x25, 0x20, HOUR24},
		{0, 0, 0, 0x31, 4, 0x25, 0x20, HOUR24},
		{0x0a, 0, 0, 1, 1, 0, 0x20, HOUR24}, /* no decimal digit */
		{0, 0, 0, 1, 1, 0x60, 0x19, HOUR24}, /* before 1970 */
		{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		uint64_t seconds;

		assert_false(rtc_decode(&wrong[i], &seconds));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_the_library),
		cmocka_unit_test(test_without_century),
		cmocka_unit_test(test_no_dates),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
