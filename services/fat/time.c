// SPDX-License-Identifier: MIT OR Apache-2.0
/* Times of entries: see time.h. */
#include "time.h"

#define SECOND_NS   1000000000u
#define DAY_SECONDS 86400u
#define DAYS_1980   3652u /* since 1970 */
#define DAYS_2108   50403u

static bool is_leap(uint32_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static uint32_t days_of_month(uint32_t year, uint32_t month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month] + (month == 1 && is_leap(year) ? 1 : 0);
}

uint64_t time_of(uint16_t date, uint16_t time)
{
	uint32_t year = 1980u + (date >> 9);
	uint32_t month = (date >> 5 & 15u) - 1; /* from 0 */
	uint32_t days = (date & 31u) - 1;
	uint64_t seconds = (time >> 11) * 3600u + (time >> 5 & 63u) * 60u + (time & 31u) * 2u;

	if (month > 11 || days > 30)
		return 0;
	for (uint32_t y = 1970; y < year; y++)
		days += is_leap(y) ? 366 : 365;
	for (uint32_t m = 0; m < month; m++)
		days += days_of_month(year, m);
	return ((uint64_t)days * DAY_SECONDS + seconds) * SECOND_NS;
}

void time_to(uint64_t ns, uint16_t *date, uint16_t *time)
{
	uint64_t seconds = ns / SECOND_NS;
	uint64_t days = seconds / DAY_SECONDS;
	uint32_t year = 1980;
	uint32_t month = 0;
	uint32_t rest;

	seconds %= DAY_SECONDS;
	if (days < DAYS_1980 || days >= DAYS_2108) {
		days = days < DAYS_1980 ? DAYS_1980 : DAYS_2108 - 1;
		seconds = 0;
	}
	rest = (uint32_t)days - DAYS_1980;
	for (; rest >= (is_leap(year) ? 366u : 365u); year++)
		rest -= is_leap(year) ? 366 : 365;
	for (; rest >= days_of_month(year, month); month++)
		rest -= days_of_month(year, month);
	*date = (uint16_t)((year - 1980) << 9 | (month + 1) << 5 | (rest + 1));
	*time = (uint16_t)(seconds / 3600 << 11 | seconds / 60 % 60 << 5 | seconds % 60 / 2);
}
