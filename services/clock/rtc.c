// SPDX-License-Identifier: MIT OR Apache-2.0
/* Decoding the real-time clock's registers: see rtc.h. */
#include "rtc.h"

#include <calendar/calendar.h>

#define FORMAT_24_HOURS 0x02u
#define FORMAT_BINARY   0x04u
#define HOUR_PM         0x80u
#define YEAR_FIRST      1970u
#define CENTURY_PIVOT   70u /* two digits from here on belong to 19xx */

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

bool rtc_decode(const struct rtc_registers *r, uint64_t *seconds)
{
	unsigned second, minute, hour, day, month, year;

	if (!number(r->second, r->format, &second) || second > 59 ||
		!number(r->minute, r->format, &minute) || minute > 59 || !decode_hour(r, &hour))
		return false;
	if (!decode_year(r, &year) || !number(r->month, r->format, &month) || month < 1 ||
		month > 12)
		return false;
	if (!number(r->day, r->format, &day) || day < 1 ||
		day > calendar_days_of_month(year, month))
		return false;
	*seconds = (uint64_t)calendar_days(year, month, day) * DAY_SECONDS + hour * 3600 +
		   minute * 60 + second;
	return true;
}
