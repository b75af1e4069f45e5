// SPDX-License-Identifier: MIT OR Apache-2.0
/* Operations on names: as in struct variant. */
#pragma once

#include "state.h"

[[nodiscard]] status_t exfat_lookup(
	struct fat *fs, uint64_t directory, struct name name, uint64_t *node);
[[nodiscard]] status_t exfat_parent(struct fat *fs, uint64_t directory, uint64_t *node);
[[nodiscard]] status_t exfat_next(
	struct fat *fs, uint64_t directory, uint64_t *cookie, struct directory_item *item);
[[nodiscard]] status_t exfat_create(
	struct fat *fs, struct entry_name name, enum file_type type, uint64_t *node);
[[nodiscard]] status_t exfat_remove(struct fat *fs, struct entry_name name);
[[nodiscard]] status_t exfat_rename(struct fat *fs, struct entry_name from, struct entry_name to);
