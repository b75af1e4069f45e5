// SPDX-License-Identifier: MIT OR Apache-2.0
/* Days of the Gregorian calendar, from 1970 on. Months and days count from 1.
 * Tests: tests/host/services/rtc_test.c, fat_name_test.c */
#pragma once

#include <craton/runtime.h>

#define DAY_SECONDS 86400u

uint32_t calendar_days_of_month(uint32_t year, uint32_t month);

/* Days since 1970-01-01 of a date that there is. */
uint32_t calendar_days(uint32_t year, uint32_t month, uint32_t day);

/* The other way. */
void calendar_date(uint32_t days, uint32_t *year, uint32_t *month, uint32_t *day);
