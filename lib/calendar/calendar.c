// SPDX-License-Identifier: MIT OR Apache-2.0
/* Days and dates: see calendar.h. */
#include "calendar.h"

#define YEAR_FIRST 1970u

static bool is_leap(uint32_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static uint32_t days_of_year(uint32_t year)
{
	return is_leap(year) ? 366 : 365;
}

uint32_t calendar_days_of_month(uint32_t year, uint32_t month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

uint32_t calendar_days(uint32_t year, uint32_t month, uint32_t day)
{
	uint32_t days = day - 1;

	for (uint32_t y = YEAR_FIRST; y < year; y++)
		days += days_of_year(y);
	for (uint32_t m = 1; m < month; m++)
		days += calendar_days_of_month(year, m);
	return days;
}

void calendar_date(uint32_t days, uint32_t *year, uint32_t *month, uint32_t *day)
{
	for (*year = YEAR_FIRST; days >= days_of_year(*year); ++*year)
		days -= days_of_year(*year);
	for (*month = 1; days >= calendar_days_of_month(*year, *month); ++*month)
		days -= calendar_days_of_month(*year, *month);
	*day = days + 1;
}
