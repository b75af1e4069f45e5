// SPDX-License-Identifier: MIT OR Apache-2.0
/* Programs as files: a directory for each one that runs, named by its number, with `name`,
 * `parent`, `memory` and `descriptors`. What they say is true when they are read; they are devices,
 * so that nobody keeps it. Tests: tests/host/services/vfs_procfs_test.c */
#pragma once

#include "file_system.h"

#define PROCFS_ROOT 1u

extern const struct file_system_ops procfs_ops;
