// SPDX-License-Identifier: MIT OR Apache-2.0
/* For file systems whose names and times are what they are: devices, disks. */
#pragma once

#include "file_system.h"

/* ERR_ACCESS. */
[[nodiscard]] status_t fixed_create(struct volume *v, uint64_t directory, struct name name,
	enum file_type type, struct name target, uint64_t *node);
[[nodiscard]] status_t fixed_remove(struct volume *v, uint64_t node, struct entry_name name);
[[nodiscard]] status_t fixed_rename(struct volume *v, uint64_t node, struct entry_name from,
	struct entry_name to, uint64_t replaced);

/* OK: nothing changes. */
[[nodiscard]] status_t fixed_set_times(
	struct volume *v, uint64_t node, uint64_t accessed, uint64_t modified);

/* There is none to be had. */
[[nodiscard]] status_t fixed_space(struct volume *v, uint64_t *total, uint64_t *used);

/* A directory that is the only one. */
[[nodiscard]] status_t fixed_parent(struct volume *v, uint64_t directory, uint64_t *node);
