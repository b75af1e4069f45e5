// SPDX-License-Identifier: MIT OR Apache-2.0
/* The PC's real-time clock (MC146818 and its successors): its registers as a date.
 * Tests: tests/host/services/rtc_test.c */
#pragma once

#include <stdint.h>

/* Registers as they were read. */
struct rtc_registers {
	uint8_t second;
	uint8_t minute;
	uint8_t hour;
	uint8_t day;
	uint8_t month;
	uint8_t year;
	uint8_t century; /* 0: the machine has no such register */
	uint8_t format;  /* register B */
};

/* Seconds since 1970-01-01 UTC; the clock is taken to run in UTC. False: no valid date. */
bool rtc_decode(const struct rtc_registers *registers, uint64_t *seconds);
