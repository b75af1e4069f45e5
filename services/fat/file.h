// SPDX-License-Identifier: MIT OR Apache-2.0
/* Contents and attributes of one file: as in `struct file_engine`. */
#pragma once

#include "fs.h"

[[nodiscard]] status_t file_attributes(
	struct fat *fs, uint64_t id, struct file_attributes *attributes);
[[nodiscard]] status_t file_set_times(
	struct fat *fs, uint64_t id, uint64_t accessed, uint64_t modified);
[[nodiscard]] status_t file_set_size(struct fat *fs, uint64_t id, uint64_t size);
[[nodiscard]] status_t file_reserve(struct fat *fs, uint64_t id, uint64_t offset, uint64_t size);
[[nodiscard]] status_t file_map(
	struct fat *fs, uint64_t id, uint64_t offset, uint32_t size, struct engine_run *run);
[[nodiscard]] status_t file_map_write(
	struct fat *fs, uint64_t id, uint64_t offset, uint32_t size, struct engine_run *run);
[[nodiscard]] status_t file_written(struct fat *fs, uint64_t id, uint64_t offset, uint32_t size);
