// SPDX-License-Identifier: MIT OR Apache-2.0
/* The boot bundle as a read-only file system. Its directories are those that the files' names
 * imply. A file's hash is checked when it is opened first.
 * Tests: tests/host/services/vfs_bundle_test.c */
#pragma once

#include "file_system.h"

extern const struct file_system_ops bundlefs_ops;

/* The bundle at `base`; carves from the estate what must be remembered (false: no room). With a
 * bundle that is malformed the file system is empty. */
bool bundlefs_open(const void *base, uint64_t size, uint64_t *root);
