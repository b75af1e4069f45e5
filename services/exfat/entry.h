// SPDX-License-Identifier: MIT OR Apache-2.0
/* What the set of a file or directory says of it: as in struct variant. */
#pragma once

#include "set.h"

[[nodiscard]] status_t exfat_load(struct fat *fs, uint64_t id, struct node *content);
[[nodiscard]] status_t exfat_store(struct fat *fs, const struct node *n, uint64_t modified);
/* That it can be stored without waiting. */
[[nodiscard]] status_t exfat_touch(struct fat *fs, const struct node *n);
[[nodiscard]] status_t exfat_read_times(
	struct fat *fs, uint64_t id, uint64_t place, struct file_attributes *attributes);
[[nodiscard]] status_t exfat_set_times(
	struct fat *fs, uint64_t id, uint64_t place, uint64_t accessed, uint64_t modified);
