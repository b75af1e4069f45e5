// SPDX-License-Identifier: MIT OR Apache-2.0
/* The boot regions of a volume: as in struct variant. */
#pragma once

#include "state.h"

[[nodiscard]] status_t exfat_boot_read(struct fat *fs);
bool exfat_is_marked(const struct fat *fs);
void exfat_set_mark(struct fat *fs, bool in_use);
