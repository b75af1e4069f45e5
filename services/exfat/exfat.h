// SPDX-License-Identifier: MIT OR Apache-2.0
/* exFAT as an engine of files (file_engine.h, where the rules are): a variant of services/fat,
 * which has all that the two have in common.
 *
 * A file's node is the place of its entry, and so is a directory's, with NODE_DIRECTORY. Tests:
 * tests/host/services/vfs_engine_test.c */
#pragma once

#include <craton/file_engine.h>

extern const struct file_engine exfat_engine;
