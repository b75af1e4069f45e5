// SPDX-License-Identifier: MIT OR Apache-2.0
/* Decoding the real-time clock's registers: see rtc.h. */
#include "rtc.h"

#define FORMAT_24_HOURS 0x02u
#define FORMAT_BINARY   0x04u
#define HOUR_PM         0x80u
#define YEAR_FIRST      1970u
#define CENTURY_PIVOT   70u /* two digits from here on belong to 19xx */
#define DAY_SECONDS     86400u

static bool is_leap(unsigned year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned days_of_month(unsigned year, unsigned month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

/* False: no decimal digits. */
static bool number(uint8_t value, uint8_t format, unsigned *result)
{
	*result = value;
	if ((format & FORMAT_BINARY) != 0)
		return true;
	*result = (value >> 4) * 10u + (value & 15u);
	return value >> 4 <= 9 && (value & 15) <= 9;
}

static bool decode_hour(const struct rtc_registers *r, unsigned *hour)
{
	bool afternoon = (r->hour & HOUR_PM) != 0;

	if ((r->format & FORMAT_24_HOURS) != 0)
		return number(r->hour, r->format, hour) && *hour < 24;
	if (!number(r->hour & (uint8_t)~HOUR_PM, r->format, hour) || *hour < 1 || *hour > 12)
		return false;
	*hour = *hour % 12 + (afternoon ? 12 : 0);
	return true;
}

static bool decode_year(const struct rtc_registers *r, unsigned *year)
{
	unsigned century;

	if (!number(r->year, r->format, year) || *year > 99)
		return false;
	if (r->century == 0 || r->century == 0xff || !number(r->century, r->format, &century))
		century = *year >= CENTURY_PIVOT ? 19 : 20;
	*year += century * 100;
	return *year >= YEAR_FIRST && *year < 10000;
}

static uint64_t days_since_first(unsigned year, unsigned month, unsigned day)
{
	uint64_t days = day - 1;

	for (unsigned y = YEAR_FIRST; y < year; y++)
		days += is_leap(y) ? 366 : 365;
	for (unsigned m = 1; m < month; m++)
		days += days_of_month(year, m);
	return days;
}

bool rtc_decode(const struct rtc_registers *r, uint64_t *seconds)
{
	unsigned second, minute, hour, day, month, year;

	if (!number(r->second, r->format, &second) || second > 59 ||
		!number(r->minute, r->format, &minute) || minute > 59 || !decode_hour(r, &hour))
		return false;
	if (!decode_year(r, &year) || !number(r->month, r->format, &month) || month < 1 ||
		month > 12)
		return false;
	if (!number(r->day, r->format, &day) || day < 1 || day > days_of_month(year, month))
		return false;
	*seconds = days_since_first(year, month, day) * DAY_SECONDS + hour * 3600 + minute * 60 +
		   second;
	return true;
}
