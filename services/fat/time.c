// SPDX-License-Identifier: MIT OR Apache-2.0
/* Times of entries: see time.h. */
#include "time.h"

#include <calendar/calendar.h>

#define SECOND_NS  1000000000u
#define YEAR_FIRST 1980u
#define DAYS_1980  3652u /* since 1970 */
#define DAYS_2108  50403u

uint64_t time_of(uint16_t date, uint16_t time)
{
	uint32_t month = date >> 5 & 15u;
	uint32_t day = date & 31u;
	uint64_t seconds = (time >> 11) * 3600u + (time >> 5 & 63u) * 60u + (time & 31u) * 2u;

	if (month < 1 || month > 12 || day < 1)
		return 0;
	seconds += (uint64_t)calendar_days(YEAR_FIRST + (date >> 9), month, day) * DAY_SECONDS;
	return seconds * SECOND_NS;
}

void time_to(uint64_t ns, uint16_t *date, uint16_t *time)
{
	uint64_t seconds = ns / SECOND_NS;
	uint64_t days = seconds / DAY_SECONDS;
	uint32_t year;
	uint32_t month;
	uint32_t day;

	seconds %= DAY_SECONDS;
	if (days < DAYS_1980 || days >= DAYS_2108) {
		days = days < DAYS_1980 ? DAYS_1980 : DAYS_2108 - 1;
		seconds = 0;
	}
	calendar_date((uint32_t)days, &year, &month, &day);
	*date = (uint16_t)((year - YEAR_FIRST) << 9 | month << 5 | day);
	*time = (uint16_t)(seconds / 3600 << 11 | seconds / 60 % 60 << 5 | seconds % 60 / 2);
}
