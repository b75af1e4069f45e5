// SPDX-License-Identifier: MIT OR Apache-2.0
/* Times of entries: steps of two seconds, from 1980 to 2107, without a zone: UTC here. */
#pragma once

#include "fs.h"

uint64_t time_of(uint16_t date, uint16_t time); /* nanoseconds since 1970 */
void time_to(uint64_t ns, uint16_t *date, uint16_t *time);

static inline uint64_t time_current(const struct fat *fs)
{
	return fs->environment->now(fs->environment->self);
}

static inline void entry_set_modified(struct dirent *entry, uint64_t ns)
{
	uint16_t date;
	uint16_t time;

	time_to(ns, &date, &time);
	entry->modified_date = date;
	entry->modified_time = time;
}

static inline void entry_set_accessed(struct dirent *entry, uint64_t ns)
{
	uint16_t date;
	uint16_t time;

	time_to(ns, &date, &time);
	entry->accessed_date = date;
}
