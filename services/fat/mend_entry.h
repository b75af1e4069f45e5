// SPDX-License-Identifier: MIT OR Apache-2.0
/* Mending what FAT's entries and tables say: as in struct variant. */
#pragma once

#include "fs.h"

[[nodiscard]] status_t mend_entry(struct fat *fs);
[[nodiscard]] status_t mend_shrink(struct fat *fs, uint64_t place, uint64_t size);
[[nodiscard]] status_t mend_cluster(struct fat *fs, uint32_t cluster, bool is_seen, bool *is_free);
