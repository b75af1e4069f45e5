// SPDX-License-Identifier: MIT OR Apache-2.0
/* What the boot sector says of a volume. */
#pragma once

#include "fs.h"

/* As in struct variant. Reads and checks it and fills the geometry. ERR_BAD_IMAGE: it is none of
 * FAT; ERR_NOT_SUPPORTED, ERR_CORRUPT: trouble says what is wrong. */
[[nodiscard]] status_t boot_read(struct fat *fs);

/* The sector that says how many clusters are free. */
[[nodiscard]] status_t info_read(struct fat *fs);
[[nodiscard]] status_t info_write(struct fat *fs);

/* Whether the volume is in use. */
bool boot_is_marked(const struct fat *fs);
void boot_set_mark(struct fat *fs, bool in_use);
