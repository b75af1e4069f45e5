// SPDX-License-Identifier: MIT OR Apache-2.0
/* Times of entries: see stamp.h. */
#include "stamp.h"

#include <fat/time.h>

#define STEP_NS      10000000u /* 10 ms */
#define STEPS        200u      /* in two seconds */
#define ZONE_IS_SAID 0x80u
#define ZONE_SIGN    0x40u
#define ZONE_NS      900000000000 /* a quarter of an hour */

/* How far a zone is before UTC, in quarters; 7 bits with a sign. */
static int64_t quarters_of(uint8_t zone)
{
	int64_t value = zone & (ZONE_SIGN - 1);

	if ((zone & ZONE_IS_SAID) == 0)
		return 0;
	return (zone & ZONE_SIGN) != 0 ? value - (int64_t)ZONE_SIGN : value;
}

static uint64_t ns_of(uint32_t stamp, uint8_t steps, uint8_t zone)
{
	uint64_t ns = time_of((uint16_t)(stamp >> 16), (uint16_t)stamp);
	int64_t before = quarters_of(zone) * ZONE_NS;

	if (steps < STEPS)
		ns += (uint64_t)steps * STEP_NS;
	return before > 0 && ns < (uint64_t)before ? 0 : ns - (uint64_t)before;
}

static uint32_t stamp_of(uint64_t ns)
{
	uint16_t date;
	uint16_t time;

	time_to(ns, &date, &time);
	return (uint32_t)date << 16 | time;
}

static uint8_t steps_of(uint64_t ns)
{
	return (uint8_t)(ns / STEP_NS % STEPS);
}

uint64_t stamp_modified(const struct exfat_file_entry *file)
{
	return ns_of(file->modified, file->modified_10ms, file->modified_zone);
}

uint64_t stamp_accessed(const struct exfat_file_entry *file)
{
	return ns_of(file->accessed, 0, file->accessed_zone);
}

void stamp_set_created(struct exfat_file_entry *file, uint64_t ns)
{
	file->created = stamp_of(ns);
	file->created_10ms = steps_of(ns);
	file->created_zone = ZONE_IS_SAID;
}

void stamp_set_modified(struct exfat_file_entry *file, uint64_t ns)
{
	file->modified = stamp_of(ns);
	file->modified_10ms = steps_of(ns);
	file->modified_zone = ZONE_IS_SAID;
}

void stamp_set_accessed(struct exfat_file_entry *file, uint64_t ns)
{
	file->accessed = stamp_of(ns);
	file->accessed_zone = ZONE_IS_SAID;
}
