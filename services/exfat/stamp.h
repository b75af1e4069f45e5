// SPDX-License-Identifier: MIT OR Apache-2.0
/* Times of entries (7.4.5 to 7.4.10): as FAT's, but with steps of 10 ms and a zone. */
#pragma once

#include "disk.h"

uint64_t stamp_modified(const struct exfat_file_entry *file); /* nanoseconds since 1970 */
uint64_t stamp_accessed(const struct exfat_file_entry *file);

/* In UTC. */
void stamp_set_created(struct exfat_file_entry *file, uint64_t ns);
void stamp_set_modified(struct exfat_file_entry *file, uint64_t ns);
void stamp_set_accessed(struct exfat_file_entry *file, uint64_t ns);
