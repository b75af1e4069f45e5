// SPDX-License-Identifier: MIT OR Apache-2.0
/* What the entry of a file or directory says of it: as in struct variant. */
#pragma once

#include "node.h"

[[nodiscard]] status_t entry_load(struct fat *fs, uint64_t id, struct node *content);
[[nodiscard]] status_t entry_store(struct fat *fs, const struct node *n, uint64_t modified);
[[nodiscard]] status_t entry_read_times(
	struct fat *fs, uint64_t id, uint64_t place, struct file_attributes *attributes);
[[nodiscard]] status_t entry_set_times(
	struct fat *fs, uint64_t id, uint64_t place, uint64_t accessed, uint64_t modified);
