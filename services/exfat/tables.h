// SPDX-License-Identifier: MIT OR Apache-2.0
/* What the root says of the volume: where its map of clusters is, and its up-case table. As in
 * struct variant. */
#pragma once

#include "state.h"

[[nodiscard]] status_t exfat_tables_read(struct fat *fs);
