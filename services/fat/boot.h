// SPDX-License-Identifier: MIT OR Apache-2.0
/* What the boot sector says of a volume. */
#pragma once

#include "fs.h"

/* Checks it and fills the geometry. ERR_BAD_IMAGE: it is none of FAT; ERR_NOT_SUPPORTED,
 * ERR_CORRUPT: trouble says what is wrong. */
[[nodiscard]] status_t boot_read(struct fat *fs, const struct boot_sector *boot);

/* Where it says whether the volume is in use. */
uint8_t *boot_state(const struct geometry *g, struct boot_sector *boot);
