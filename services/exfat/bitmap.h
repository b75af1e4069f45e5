// SPDX-License-Identifier: MIT OR Apache-2.0
/* The map of clusters, which says what is free (7.1.5): as in struct variant. */
#pragma once

#include "state.h"

[[nodiscard]] status_t bitmap_get(struct fat *fs, uint32_t cluster, bool *is_taken);
[[nodiscard]] status_t bitmap_set(struct fat *fs, uint32_t cluster, bool is_taken);
[[nodiscard]] status_t bitmap_find_usable(
	struct fat *fs, uint32_t *at, uint32_t end, bool *is_found);
uint32_t bitmap_count_free(
	const struct fat *fs, uint64_t position, const uint8_t *part, uint32_t size);
