// SPDX-License-Identifier: MIT OR Apache-2.0
/* Mending sets of entries, and the map of clusters: as in struct variant. */
#pragma once

#include "state.h"

[[nodiscard]] status_t exfat_mend_entry(struct fat *fs);
[[nodiscard]] status_t exfat_shrink(struct fat *fs, uint64_t place, uint64_t size);
[[nodiscard]] status_t exfat_mend_cluster(
	struct fat *fs, uint32_t cluster, bool is_seen, bool *is_free);
