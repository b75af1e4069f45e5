// SPDX-License-Identifier: MIT OR Apache-2.0
/* Capital letters, as the volume's own table has them (7.2). */
#pragma once

#include "state.h"

#include <fat/name.h>

/* As a step of mounting. A table with a wrong sum: the volume is not written to. */
[[nodiscard]] status_t upcase_read(struct fat *fs);

static inline uint16_t upcase(const struct fat *fs, uint16_t unit)
{
	return own_of(fs)->capitals[unit];
}

/* 7.6.4 */
uint16_t upcase_hash(const struct fat *fs, const struct fat_name *name);

bool upcase_is_same(const struct fat *fs, const struct fat_name *a, const struct fat_name *b);
